/* SPDX-License-Identifier: Apache-2.0 */
/* The clock of the faked machine stands still until a test moves it; its counter runs at 1 GHz. */
#include "core/time.h"

#include "arch/host/fake.h"

uint64_t host_now;
uint32_t host_stated_frequency;
uint64_t host_deadline[CPUS_MAX];

uint64_t time_now(void)
{
	return host_now;
}

uint64_t time_to_ticks(uint64_t ns)
{
	return ns;
}

uint64_t time_from_ticks(uint64_t ticks)
{
	return ticks;
}

uint32_t time_stated_frequency_hz(void)
{
	return host_stated_frequency;
}

uint64_t time_frequency_hz(void)
{
	return NS_PER_S;
}

void arch_timer_set_deadline(uint64_t ns)
{
	host_deadline[cpu_id()] = ns;
}
