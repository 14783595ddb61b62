/* SPDX-License-Identifier: Apache-2.0 */
/* The virtual and the physical timer (Arm ARM D12): condition, line, and interrupt agree. */
#include "tests/guest/checks/checks.h"

#define ENABLE  1U
#define IMASK   2U
#define ISTATUS 4U
#define TIMERS  64

static struct timer {
	unsigned intid;
	uint64_t (*ctl)(void);
	void (*set_ctl)(uint64_t value);
	void (*set_cval)(uint64_t value);
	uint64_t (*count)(void);
} *timer;

#define TIMER_FUNCTIONS(name)                                                                      \
	static uint64_t name##_ctl(void)                                                           \
	{                                                                                          \
		return sysreg_read(cnt##name##_ctl_el0);                                           \
	}                                                                                          \
	static void name##_set_ctl(uint64_t value)                                                 \
	{                                                                                          \
		sysreg_write(cnt##name##_ctl_el0, value);                                          \
	}                                                                                          \
	static void name##_set_cval(uint64_t value)                                                \
	{                                                                                          \
		sysreg_write(cnt##name##_cval_el0, value);                                         \
	}                                                                                          \
	static uint64_t name##_count(void)                                                         \
	{                                                                                          \
		__asm__ volatile("isb" ::: "memory");                                              \
		return sysreg_read(cnt##name##ct_el0);                                             \
	}
TIMER_FUNCTIONS(v)
TIMER_FUNCTIONS(p)

static struct timer timers[] = {
	{ PPI_VTIMER, v_ctl, v_set_ctl, v_set_cval, v_count },
	{ PPI_PTIMER, p_ctl, p_set_ctl, p_set_cval, p_count },
};

static void expire(void)
{
	timer->set_cval(timer->count() - 1);
	timer->set_ctl(ENABLE);
}

static bool is_met(void)
{
	return timer->ctl() & ISTATUS;
}

static bool is_pending(void)
{
	return gic_pending(this_vcpu(), timer->intid);
}

static bool is_quiet(void)
{
	return !is_pending();
}

static bool came(void)
{
	return interrupts[0][timer->intid];
}

static void quiet(unsigned intid)
{
	if (intid == timer->intid)
		timer->set_ctl(ENABLE | IMASK);
}

static void start(bool enabled)
{
	timer->set_ctl(0);
	on_interrupt = quiet;
	gic_enable(timer->intid, enabled);
	interrupts[0][timer->intid] = 0;
}

/* The interrupt is disabled at the redistributor: the line is seen in GICR_ISPENDR0 alone. */
static bool line_follows_condition(void)
{
	start(false);
	timer->set_cval(timer->count() + sysreg_read(cntfrq_el0) * 1000);
	timer->set_ctl(ENABLE);
	if (is_met() || is_pending())
		return false;
	expire();
	if (!is_met() || !wait_for(is_pending))
		return false;
	timer->set_ctl(0);
	if (!wait_for(is_quiet))
		return false;
	gic_enable(timer->intid, true);
	if (came() || is_met())
		return false;
	timer->set_ctl(ENABLE | IMASK);
	return is_met() && !is_pending() && !came();
}

/* The condition ends while PSTATE.I is set: no interrupt once it is clear. */
static bool withdrawn_while_masked(void)
{
	start(true);
	irqs_off();
	expire();
	bool pended = wait_for(is_pending);

	timer->set_ctl(0);
	bool ended = wait_for(is_quiet);

	irqs_on();
	return pended && ended && !came();
}

/*
 * The handler deactivates before it quiets the timer: one interrupt for each timer all the same. Some come twice: where
 * the vCPU is taken off its CPU in between, longer than an interrupt is put off, its line is still up when it is back.
 */
static bool one_interrupt_each(void)
{
	start(true);
	for (unsigned i = 0; i < TIMERS; i++) {
		unsigned before = interrupts[0][timer->intid];

		timer->set_cval(timer->count() + 1000);
		timer->set_ctl(ENABLE);
		while (interrupts[0][timer->intid] == before)
			;
	}
	return interrupts[0][timer->intid] <= TIMERS + TIMERS / 4;
}

static void quiet_third(unsigned intid)
{
	if (interrupts[0][timer->intid] >= 3)
		quiet(intid);
}

/* Whoever leaves the timer as it is gets the interrupt again. */
static bool repeats_while_met(void)
{
	start(true);
	on_interrupt = quiet_third;
	expire();
	while (interrupts[0][timer->intid] < 3)
		;
	on_interrupt = quiet;
	return true;
}

/*
 * The condition is true no earlier than the compare value, and the interrupt is there with it: at once for the physical
 * timer, which a hypervisor emulates.
 */
static bool status_with_interrupt(void)
{
	start(true);
	uint64_t due = timer->count() + sysreg_read(cntfrq_el0) / 1000;

	timer->set_cval(due);
	timer->set_ctl(ENABLE);
	while (!is_met())
		;
	__asm__ volatile("isb" ::: "memory");
	bool there = timer->intid == PPI_PTIMER ? came() : wait_for(came);

	return there && timer->count() >= due;
}

static bool for_virtual(bool (*check)(void))
{
	timer = &timers[0];
	bool good = check();

	timer->set_ctl(0);
	return good;
}

static bool for_physical(bool (*check)(void))
{
	timer = &timers[1];
	bool good = check();

	timer->set_ctl(0);
	return good;
}

/* The other vCPU's timer, read from here: enabled at neither redistributor. */
static void other_expires(void)
{
	gic_enable(timer->intid, false);
	expire();
}

static void other_quiets(void)
{
	timer->set_ctl(0);
}

static void other_enables(void)
{
	gic_enable(timer->intid, true);
	timer->set_ctl(0);
}

static bool is_pending_there(void)
{
	return gic_pending(1, timer->intid);
}

static bool is_quiet_there(void)
{
	return !is_pending_there();
}

static bool line_of_another(void)
{
	on_other(other_expires);
	if (!wait_for(is_pending_there))
		return false;
	on_other(other_quiets);
	if (!wait_for(is_quiet_there))
		return false;
	interrupts[1][timer->intid] = 0;
	on_other(other_enables);
	return interrupts[1][timer->intid] == 0;
}

#define BOTH(name)                                                                                 \
	static bool v_##name(void)                                                                 \
	{                                                                                          \
		return for_virtual(name);                                                          \
	}                                                                                          \
	static bool p_##name(void)                                                                 \
	{                                                                                          \
		return for_physical(name);                                                         \
	}
BOTH(line_follows_condition)
BOTH(withdrawn_while_masked)
BOTH(one_interrupt_each)
BOTH(repeats_while_met)
BOTH(status_with_interrupt)
BOTH(line_of_another)

const struct check timer_checks[] = {
	{ "vtimer-line", v_line_follows_condition },
	{ "ptimer-line", p_line_follows_condition },
	{ "vtimer-withdrawn", v_withdrawn_while_masked },
	{ "ptimer-withdrawn", p_withdrawn_while_masked },
	{ "vtimer-one-interrupt-each", v_one_interrupt_each },
	{ "ptimer-one-interrupt-each", p_one_interrupt_each },
	{ "vtimer-repeats", v_repeats_while_met },
	{ "ptimer-repeats", p_repeats_while_met },
	{ "vtimer-status", v_status_with_interrupt },
	{ "ptimer-status", p_status_with_interrupt },
	{ "vtimer-of-another-vcpu", v_line_of_another },
	{ "ptimer-of-another-vcpu", p_line_of_another },
	{ NULL, NULL },
};
