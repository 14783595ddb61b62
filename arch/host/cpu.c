/* SPDX-License-Identifier: Apache-2.0 */
/* CPUs of the faked machine: one thread plays them in turn. */
#include "core/cpu.h"

#include <stdio.h>
#include <stdlib.h>

#include "arch/host/fake.h"
#include "core/time.h"
#include <arch/barrier.h>

struct cpu *host_this_cpu = &cpus[0];
unsigned host_kicks[CPUS_MAX];
unsigned host_sleeps;
bool host_irq_pending;
void (*host_irq_hook)(void);
void (*host_sleep_hook)(void);
void (*host_relax_hook)(void);

void host_cpu_set(unsigned cpu)
{
	host_this_cpu = &cpus[cpu];
}

void host_cpus_reset(unsigned count, uint64_t start_ns)
{
	for (unsigned i = 0; i < CPUS_MAX; i++) {
		cpus[i] = (struct cpu){
			.id = i, .online = i < count, .mpidr = i, .alike = ~UINT64_C(0)
		};
		host_kicks[i] = 0;
		host_deadline[i] = TIME_NEVER;
	}
	cpu_count = count;
	host_this_cpu = &cpus[0];
	host_now = start_ns;
	host_sleeps = 0;
	host_irq_pending = false;
	host_irq_hook = NULL;
	host_sleep_hook = NULL;
	host_relax_hook = NULL;
	host_switches = 0;
	host_dumps = 0;
	host_machine_ends = 0;
	host_switch_hook = NULL;
	host_interrupts_hook = NULL;
	host_noreturn_hook = NULL;
}

void arch_cpu_kick(unsigned cpu)
{
	host_kicks[cpu]++;
}

static void must_hook(void (*hook)(void), const char *what)
{
	if (hook == NULL) {
		fprintf(stderr, "CPU %u %s, and nothing can end it\n", cpu_id(), what);
		abort();
	}
	hook();
}

void arch_cpu_sleep(void)
{
	host_sleeps++;
	must_hook(host_sleep_hook, "sleeps");
}

void host_cpu_relax(void)
{
	must_hook(host_relax_hook, "waits for another");
}

bool arch_irq_pending(void)
{
	if (host_irq_hook)
		host_irq_hook();
	return host_irq_pending;
}
