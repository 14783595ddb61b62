/* SPDX-License-Identifier: Apache-2.0 */
/* System time from the physical counter, deadlines on the EL2 physical timer (Arm ARM D12). */
#include "arch/arm64/time.h"

#include "arch/arm64/counter.h"
#include "arch/arm64/el2.h"
#include "core/time.h"
#include "lib/scale.h"
#include <arch/sysreg.h>

/* Any, until the tree is read: nothing waits before. */
#define FREQUENCY_UNKNOWN 1000000

/* Fixed point with 32 fraction bits, both ways; a frequency is below 4 GHz (Arm ARM: 1 GHz at most). */
static uint32_t stated_frequency;
static uint64_t frequency, ns_per_tick, ticks_per_ns, boot_ticks;

/* CNTFRQ_EL0 is software's to set (Arm ARM D12.1.2): zero where firmware did not. */
static uint64_t choose_frequency(uint32_t dt_frequency)
{
	uint64_t firmware = sysreg_read(cntfrq_el0);

	if (dt_frequency)
		return dt_frequency;
	return firmware ? firmware : FREQUENCY_UNKNOWN;
}

void arch_time_init(uint32_t dt_frequency)
{
	stated_frequency = dt_frequency;
	frequency = choose_frequency(dt_frequency);
	ns_per_tick = (NS_PER_S << 32) / frequency;
	ticks_per_ns = (frequency << 32) / NS_PER_S;
	boot_ticks = counter_now();
}

uint64_t time_now(void)
{
	return scale_fixed32(counter_now() - boot_ticks, ns_per_tick);
}

/*
 * Counter values as CNTPCT_EL0 shows them, not since boot. Guests choose both: what lies beyond the end of time
 * must not come back as the past, which would fire for ever.
 */
uint64_t time_to_ticks(uint64_t ns)
{
	return add_saturating(scale_fixed32(ns, ticks_per_ns), boot_ticks);
}

uint64_t time_from_ticks(uint64_t ticks)
{
	return ticks < boot_ticks ? 0 : scale_fixed32(ticks - boot_ticks, ns_per_tick);
}

bool arch_time_is_known(void)
{
	return stated_frequency || sysreg_read(cntfrq_el0);
}

uint32_t time_stated_frequency_hz(void)
{
	return stated_frequency;
}

uint64_t time_frequency_hz(void)
{
	return frequency;
}

void arch_timer_set_deadline(uint64_t ns)
{
	if (ns == TIME_NEVER) {
		sysreg_write(cnthp_ctl_el2, 0);
		return;
	}
	/* One tick late rather than early: an early one would find nothing due and be set again. */
	sysreg_write(cnthp_cval_el2, add_saturating(time_to_ticks(ns), 1));
	sysreg_write(cnthp_ctl_el2, TIMER_ENABLE);
}
