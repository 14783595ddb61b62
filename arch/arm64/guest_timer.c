/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A vCPU's generic timers (Arm ARM D12). The virtual one is the hardware's while the vCPU runs; its
 * interrupt is linked to the physical PPI, so the guest's deactivation rearms it. While the vCPU is
 * away a software timer stands in and wakes it. The physical timer is always software.
 */
#include "arch/arm64/el2.h"
#include "arch/arm64/guest.h"
#include "arch/arm64/vgic.h"
#include "core/sched.h"
#include "core/time.h"
#include "lib/scale.h"
#include <arch/barrier.h>
#include <arch/sysreg.h>

static bool is_armed(const struct guest_timer *t)
{
	return (t->ctl & (TIMER_ENABLE | TIMER_IMASK)) == TIMER_ENABLE;
}

/* The vCPU is away: its interrupt is pending before it is back, which saves it an exit. */
static void vtimer_expire(void *data)
{
	struct vcpu *v = data;

	/* A vCPU that was reset meanwhile has no timer running. */
	if (is_armed(&v->arch.vtimer))
		vgic_set_line(v, GUEST_PPI_VTIMER, true);
}

uint64_t counter_now(void)
{
	isb(); /* CNTPCT_EL0 may be read early otherwise */
	return sysreg_read(cntpct_el0);
}

static bool ptimer_condition(const struct guest_timer *t)
{
	return (t->ctl & TIMER_ENABLE) && counter_now() >= t->cval;
}

/* The line follows the condition; a timer runs to its next change while that lies ahead. */
static void ptimer_update(struct vcpu *v)
{
	struct guest_timer *t = &v->arch.ptimer;
	bool condition = ptimer_condition(t);

	vgic_set_line(v, GUEST_PPI_PTIMER, condition && !(t->ctl & TIMER_IMASK));
	if (is_armed(t) && !condition)
		timer_set(&t->timer, time_from_ticks(t->cval));
	else
		timer_stop(&t->timer);
}

static void ptimer_expire(void *data)
{
	struct vcpu *v = data;
	const struct guest_timer *t = &v->arch.ptimer;

	/*
	 * Rounding from ticks to ns may bring it a tick early; the line must not be raised then. Never for a time
	 * that has passed: it would fire again at once, and the CPU did nothing else.
	 */
	if (is_armed(t) && !ptimer_condition(t))
		timer_set(&v->arch.ptimer.timer,
				add_saturating(MAX(time_from_ticks(t->cval), time_now()), 1));
	else if (is_armed(t))
		vgic_set_line(v, GUEST_PPI_PTIMER, true);
}

void guest_timer_init(struct vcpu *v)
{
	timer_init(&v->arch.vtimer.timer, vtimer_expire, v);
	timer_init(&v->arch.ptimer.timer, ptimer_expire, v);
	patience_init(v);
}

void guest_timer_free(struct vcpu *v)
{
	timer_stop(&v->arch.vtimer.timer);
	timer_stop(&v->arch.ptimer.timer);
	patience_free(v);
}

void guest_timer_save(struct vcpu *v)
{
	struct guest_timer *t = &v->arch.vtimer;

	t->ctl = sysreg_read(cntv_ctl_el0) & (TIMER_ENABLE | TIMER_IMASK);
	t->cval = sysreg_read(cntv_cval_el0);
	sysreg_write(cntv_ctl_el0, 0);
	if (is_armed(t))
		timer_set(&t->timer,
				time_from_ticks(add_saturating(t->cval, v->domain->arch.cntvoff)));
}

void guest_timer_restore(struct vcpu *v)
{
	struct guest_timer *t = &v->arch.vtimer;

	if (timer_active(&t->timer))
		timer_stop(&t->timer);
	sysreg_write(cntvoff_el2, v->domain->arch.cntvoff);
	sysreg_write(cntv_cval_el0, t->cval);
	isb(); /* no stale comparison with the new control */
	sysreg_write(cntv_ctl_el0, t->ctl);
}

uint64_t ptimer_read_ctl(struct vcpu *v)
{
	const struct guest_timer *t = &v->arch.ptimer;

	return t->ctl | (ptimer_condition(t) ? TIMER_ISTATUS : 0);
}

uint64_t ptimer_read_cval(struct vcpu *v)
{
	return v->arch.ptimer.cval;
}

uint64_t ptimer_read_tval(struct vcpu *v)
{
	return (v->arch.ptimer.cval - counter_now()) & UINT32_MAX;
}

void ptimer_write_ctl(struct vcpu *v, uint64_t value)
{
	v->arch.ptimer.ctl = value & (TIMER_ENABLE | TIMER_IMASK);
	ptimer_update(v);
}

void ptimer_write_cval(struct vcpu *v, uint64_t value)
{
	v->arch.ptimer.cval = value;
	ptimer_update(v);
}

void ptimer_write_tval(struct vcpu *v, uint64_t value)
{
	ptimer_write_cval(v, counter_now() + (uint64_t)(int64_t)(int32_t)value);
}
