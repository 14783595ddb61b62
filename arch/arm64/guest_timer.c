/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A vCPU's generic timers (Arm ARM D12). The virtual one is the hardware's while the vCPU runs; its
 * interrupt is linked to the physical PPI, so the guest's deactivation rearms it. While the vCPU is
 * away a software timer stands in and wakes it. The physical timer is always software.
 */
#include "arch/arm64/counter.h"
#include "arch/arm64/el2.h"
#include "arch/arm64/gic.h"
#include "arch/arm64/guest.h"
#include "arch/arm64/vgic.h"
#include "core/cpu.h"
#include "core/sched.h"
#include "core/time.h"
#include "lib/scale.h"
#include <arch/barrier.h>
#include <arch/sysreg.h>

static bool is_armed(const struct guest_timer *t)
{
	return (t->ctl & (TIMER_ENABLE | TIMER_IMASK)) == TIMER_ENABLE;
}

/*
 * While another CPU runs the guest, its redistributor shows the line: of a level, also in the active state
 * (IHI 0069 12.11, GICR_ISPENDR0).
 */
bool vtimer_line(const struct vcpu *v)
{
	const struct guest_timer *t = &v->arch.vtimer;

	if (v == current_vcpu())
		return (sysreg_read(cntv_ctl_el0) & TIMER_ALL) == (TIMER_ENABLE | TIMER_ISTATUS);
	if (v->arch.vgic.loaded)
		return gic_ppi_is_pending(atomic_load(&v->arch.vgic.cpu), gic_info.vtimer_intid);
	return is_armed(t) && counter_now() >= add_saturating(t->cval, v->domain->arch.cntvoff);
}

/* How long a repeated interrupt of the virtual timer is put off, doubled each time; six times make 1.3 ms. */
#define PUT_OFF_NS  (20 * NS_PER_US)
#define PUT_OFF_MAX 6

static bool may_put_off(const struct vcpu *v)
{
	return (v->arch.regs.pstate & PSTATE_I) && v->arch.vtimer.put_off < PUT_OFF_MAX;
}

/* The interrupt is of another compare value than the one delivered last, and is delivered now. */
static bool is_news(struct guest_timer *t)
{
	uint64_t cval = sysreg_read(cntv_cval_el0);

	if (cval == t->told)
		return false;
	t->told = cval;
	t->put_off = 0;
	return true;
}

static void set_put_off(struct guest_timer *t)
{
	timer_set(&t->timer, time_now() + (PUT_OFF_NS << t->put_off++));
}

/*
 * A guest may deactivate the interrupt before it quiets the timer. The line is still up then, so the GIC signals it a
 * second time; a physical CPU interface withdraws that when the line falls (IHI 0069 4.1.2), a list register does not.
 * The repeated interrupt of one compare value is therefore not listed while the guest masks interrupts, and looked at
 * again at the next exit or, at the latest, by a software timer.
 */
bool vtimer_put_off(struct vcpu *v)
{
	struct guest_timer *t = &v->arch.vtimer;

	if (is_news(t) || !may_put_off(v))
		return false;
	vgic_put_off_timer(v);
	set_put_off(t);
	return true;
}

void vtimer_tell(struct vcpu *v)
{
	(void)is_news(&v->arch.vtimer);
	vgic_tell_timer(v);
}

static void put_off_expire(struct vcpu *v)
{
	if (vtimer_line(v) && !is_news(&v->arch.vtimer) && may_put_off(v))
		set_put_off(&v->arch.vtimer);
	else
		vtimer_tell(v);
}

/* The vCPU is away: its interrupt is pending before it is back, which saves it an exit. */
static void vtimer_expire(void *data)
{
	struct vcpu *v = data;

	if (v == current_vcpu()) {
		if (v->arch.vgic.timer_put_off)
			put_off_expire(v);
		return;
	}
	/* A vCPU that was reset meanwhile has no timer running. */
	if (is_armed(&v->arch.vtimer))
		vgic_set_line(v, GUEST_PPI_VTIMER, true);
}

static bool ptimer_condition(const struct guest_timer *t)
{
	return (t->ctl & TIMER_ENABLE) && counter_now() >= t->cval;
}

bool ptimer_line(const struct vcpu *v)
{
	return is_armed(&v->arch.ptimer) && ptimer_condition(&v->arch.ptimer);
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
	v->arch.vtimer.told = UINT64_MAX;
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

/* ISTATUS reads true no earlier than the line is up: the software timer that raises it may be late. */
uint64_t ptimer_read_ctl(struct vcpu *v)
{
	const struct guest_timer *t = &v->arch.ptimer;
	bool condition = ptimer_condition(t);

	if (condition && is_armed(t))
		vgic_set_line(v, GUEST_PPI_PTIMER, true);
	return t->ctl | (condition ? TIMER_ISTATUS : 0);
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
