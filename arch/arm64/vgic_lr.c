/* SPDX-License-Identifier: Apache-2.0 */
/*
 * List registers: the queue of a vCPU goes into them before the guest runs and its state comes back after
 * (IHI 0069 6.4, 12.4). What does not fit waits in the queue; maintenance interrupts then bring the guest
 * out when there is room, or when it deactivated what is in no list register. An interrupt for the vCPU that is on this
 * CPU takes a free list register at once (virq_list_now()).
 */
#include "arch/arm64/vgic_priv.h"
#include "core/cpu.h"

#define EOICOUNT_MAX 31

/* Interrupts that became free to move to another vCPU: moved when the lock is dropped. */
struct movers {
	struct virq *irq[VGIC_LRS_MAX + EOICOUNT_MAX];
	unsigned count;
};

/* Enabled, forwarded by the distributor to v, and not a second time while the hardware's is active. */
static bool lr_shows_pending(const struct vcpu *v, const struct virq *irq)
{
	return irq->enabled && irq->target == v && virq_is_pending(irq) &&
	       virq_group_in(irq, atomic_load_explicit(&v->domain->arch.vgic.ctlr,
						  memory_order_relaxed));
}

static uint64_t lr_compose(const struct vcpu *v, const struct virq *irq)
{
	uint64_t value = FIELD_PREP(LR_VINTID, irq->intid) | FIELD_PREP(LR_PRIORITY, irq->priority);
	bool pending = lr_shows_pending(v, irq);

	if (irq->group1)
		value |= LR_GROUP1;
	if (irq->active)
		value |= LR_ACTIVE;
	/* Only an edge can be active and pending: hardware must not (LR.HW), a level may fall meanwhile. */
	if (pending && (!irq->active || (irq->edge && !irq->hw_intid)))
		value |= LR_PENDING;
	if (irq->hw_intid)
		return value | LR_HW | FIELD_PREP(LR_PINTID, irq->hw_intid);
	/* Pending again after deactivation: an exit is needed to see it, unless the rise is told. */
	bool again = irq->active ? virq_is_pending(irq) && !(value & LR_PENDING)
	                         : irq->line && !irq->edge && !irq->rise_told;

	return again ? value | LR_EOI : value;
}

static void lr_write(struct vgic_vcpu *g, unsigned n, uint64_t value)
{
	if (g->lr[n] == value)
		return;
	g->lr[n] = value;
	gic_lr_write(n, value);
	g->lrs_used = value ? g->lrs_used | 1U << n : g->lrs_used & ~(1U << n);
}

static void lr_list(struct vgic_vcpu *g, unsigned n, struct virq *irq, uint64_t value)
{
	irq->in_lr = true;
	irq->lr = (uint8_t)n;
	irq->lr_pending = value & LR_PENDING;
	if (irq->lr_pending && (irq->edge || irq->hw_intid))
		irq->latch = false; /* the list register has it now; a new edge is a new interrupt */
	g->lr_irq[n] = irq;
	lr_write(g, n, value);
}

struct fill {
	unsigned used;
	bool skipped, spilled, spilled_active;
};

/* Lists, in order, what is active and what is pending in one of `groups`. */
static void lr_fill_groups(struct vcpu *v, uint32_t groups, struct fill *fill)
{
	struct virq *irq;

	list_for_each_entry (irq, &v->arch.vgic.queue, node) {
		if (irq->in_lr || (!irq->active && !lr_shows_pending(v, irq)))
			continue;
		if (!irq->active && !virq_group_in(irq, groups)) {
			fill->skipped = true;
		} else if (fill->used < gic_info.lr_count) {
			lr_list(&v->arch.vgic, fill->used++, irq, lr_compose(v, irq));
		} else {
			fill->spilled = true;
			fill->spilled_active |= irq->active;
		}
	}
}

/* What the guest has to be brought out for when not everything fits. */
static uint64_t lr_spill_hcr(const struct fill *fill, uint64_t vmcr)
{
	uint64_t hcr = ICH_HCR_EN;

	if (!fill->spilled)
		return hcr;
	hcr |= ICH_HCR_UIE;
	if (!(vmcr & VMCR_VENG0))
		hcr |= ICH_HCR_VGRP0EIE;
	if (!(vmcr & VMCR_VENG1))
		hcr |= ICH_HCR_VGRP1EIE;
	if (fill->spilled_active)
		hcr |= ICH_HCR_LRENPIE | (gic_info.dir_traps ? ICH_HCR_TDIR : 0);
	return hcr;
}

static void hcr_write(struct vgic_vcpu *g, uint64_t hcr)
{
	if (g->hcr == hcr)
		return;
	g->hcr = hcr;
	gic_hcr_write(hcr);
}

/* Back to the queue alone, each where it was. What was there only for being listed leaves. */
static void lr_take_all(struct vcpu *v)
{
	struct vgic_vcpu *g = &v->arch.vgic;

	for (unsigned used = g->lrs_used; used; used &= used - 1) {
		struct virq *irq = g->lr_irq[__builtin_ctz(used)];

		if (!irq)
			continue;
		virq_take_back(v, irq);
		if (!virq_is_wanted(v, irq))
			list_remove(&irq->node);
	}
}

/*
 * The virtual timer's PPI is active at the redistributor of the CPU for as long as it is pending or active
 * in the guest, so it does not fire again. That belongs to the vCPU, not to the CPU: it changes hands at a
 * switch. Only the CPU itself can end it, so what a write of another vCPU ended ends at the next flush.
 */
static void timer_hold(struct vgic_vcpu *g, bool hold)
{
	if (g->timer_held == hold)
		return;
	g->timer_held = hold;
	gic_ppi_set_active(gic_info.vtimer_intid, hold);
}

static bool timer_is_due(const struct vgic_vcpu *g)
{
	const struct virq *irq = &g->private[VGIC_PPI_VTIMER];

	return irq->active || virq_is_pending(irq);
}

/* Latched while it could not be listed: the guest may have ended the timer's condition since. */
static void timer_resample(struct vcpu *v)
{
	struct virq *irq = &v->arch.vgic.private[VGIC_PPI_VTIMER];

	virq_resample(v, irq);
	if (!list_empty(&irq->node) && !virq_is_wanted(v, irq))
		list_remove(&irq->node);
}

static noinline void lr_fill(struct vcpu *v)
{
	struct vgic_vcpu *g = &v->arch.vgic;
	uint64_t vmcr = gic_vmcr_read();
	struct fill fill = { 0 };

	lr_take_all(v);
	timer_resample(v);
	lr_fill_groups(v, (uint32_t)vmcr & VGIC_CTLR_GROUPS, &fill);
	if (fill.skipped) {
		fill.spilled = fill.spilled_active = false;
		lr_fill_groups(v, VGIC_CTLR_GROUPS, &fill);
	}
	for (unsigned rest = g->lrs_used & ~((1U << fill.used) - 1); rest; rest &= rest - 1)
		lr_write(g, (unsigned)__builtin_ctz(rest), 0);
	hcr_write(g, lr_spill_hcr(&fill, vmcr));
	if (g->timer_held && !timer_is_due(g))
		timer_hold(g, false);
}

/*
 * This CPU has v's list registers and they show its queue: nothing waits for one (ICH_HCR_EL2 asks for no maintenance
 * interrupt), nothing has changed since they were filled, and v is on its way back into the guest.
 */
static bool lrs_are_current(const struct vcpu *v)
{
	const struct vgic_vcpu *g = &v->arch.vgic;

	return v == current_vcpu() && !g->changed && g->hcr == ICH_HCR_EN &&
	       !(atomic_load_explicit(&g->listed, memory_order_relaxed) & 1) &&
	       !atomic_load_explicit(&v->sched.blocked, memory_order_relaxed);
}

/* Which list register it is does not matter: the CPU interface takes the most urgent (IHI 0069 4.8). */
bool virq_list_now(struct vcpu *v, struct virq *irq)
{
	struct vgic_vcpu *g = &v->arch.vgic;
	unsigned unused = ~g->lrs_used & ((1U << gic_info.lr_count) - 1);

	if (!unused || !lrs_are_current(v) || !list_empty(&irq->node))
		return false;
	uint64_t value = lr_compose(v, irq);

	if (!(value & LR_PENDING))
		return false;
	virq_enqueue(g, irq);
	lr_list(g, (unsigned)__builtin_ctz(unused), irq, value);
	atomic_store_explicit(&g->dirty, true, memory_order_relaxed);
	return true;
}

/* v's CPU alone counts. */
static void listed_next(struct vgic_vcpu *g)
{
	uint32_t listed = atomic_load_explicit(&g->listed, memory_order_relaxed);

	atomic_store_explicit(&g->listed, listed + 1, memory_order_release);
}

void vgic_flush(struct vcpu *v)
{
	struct vgic_vcpu *g = &v->arch.vgic;

	if (unlikely(atomic_load_explicit(&g->listed, memory_order_relaxed) & 1))
		vgic_sync(v);
	spin_lock(&g->lock);
	if (g->changed)
		lr_fill(v);
	g->changed = false;
	atomic_store_explicit(&g->dirty, false, memory_order_relaxed);
	if (g->lrs_used)
		listed_next(g);
	spin_unlock(&g->lock);
}

/* A finished interrupt, or one whose state moved on, may be pending again or belong elsewhere. */
static void virq_settle(struct vcpu *v, struct virq *irq, struct movers *movers)
{
	virq_place(v, irq);
	if (virq_must_move(v, irq))
		movers->irq[movers->count++] = irq;
}

/* A line that moved while its interrupt was in a list register, now with state `value`. */
static void lr_resample(struct vcpu *v, struct virq *irq, uint64_t value)
{
	if (irq->hw_intid) {
		if (!(value & LR_PENDING) || !irq->by_line || irq->sample(v))
			return;
		irq->lr_pending = false; /* lr_fill() does not list it again */
	} else {
		if (irq->sample(v) == irq->line)
			return;
		irq->line = !irq->line;
	}
	virq_mark(v);
}

/* The list register is empty: as good as written with zero, unless its empty state keeps asking. */
static void lr_release(struct vgic_vcpu *g, unsigned n, struct virq *irq, uint64_t value)
{
	g->lr_irq[n] = NULL;
	irq->in_lr = false;
	if (irq->intid == VGIC_PPI_VTIMER)
		g->timer_held = false;
	if (!(value & LR_HW) && value & LR_EOI)
		gic_lr_write(n, 0);
	g->lr[n] = 0;
	g->lrs_used &= ~(1U << n);
}

/* lr_end() of an interrupt that may be pending again, or whose target is another vCPU. */
static noinline void lr_end_slowly(struct vcpu *v, struct virq *irq, struct movers *movers)
{
	struct vgic_vcpu *g = &v->arch.vgic;
	bool again = g->changed || virq_is_pending(irq);

	virq_settle(v, irq, movers);
	g->changed = again;
}

static void lr_end(
		struct vcpu *v, unsigned n, struct virq *irq, uint64_t value, struct movers *movers)
{
	lr_release(&v->arch.vgic, n, irq, value);
	if (likely(!virq_is_pending(irq) && irq->target == v))
		list_remove(&irq->node); /* nobody else's place changes */
	else
		lr_end_slowly(v, irq, movers);
}

static noinline void lr_move_on(struct vcpu *v, unsigned n, struct virq *irq, uint64_t value)
{
	struct vgic_vcpu *g = &v->arch.vgic;
	bool again = g->changed;

	g->lr[n] = value;
	virq_place(v, irq); /* active goes before equals */
	g->changed = again;
}

static void lr_fold(struct vcpu *v, unsigned n, struct virq *irq, struct movers *movers)
{
	uint64_t value = gic_lr_read(n);
	bool same = value == v->arch.vgic.lr[n];

	if (!same) {
		/* Acknowledged: an edge was moved out of the latch before. */
		if (irq->lr_pending && !(value & LR_PENDING) && !irq->edge && !irq->hw_intid)
			irq->latch = false;
		irq->active = value & LR_ACTIVE;
		irq->lr_pending = value & LR_PENDING;
	}
	if (irq->sample)
		lr_resample(v, irq, value);
	if (same)
		return;
	if (value & LR_STATE)
		lr_move_on(v, n, irq, value);
	else
		lr_end(v, n, irq, value, movers);
}

/*
 * The guest deactivated interrupts that were in no list register, and the hardware only counts. Deactivation
 * by EOI goes from the most urgent to the least; one by DIR traps where it can be trapped (vgic_deactivate).
 */
static void sync_eoi_count(struct vcpu *v, struct movers *movers)
{
	struct vgic_vcpu *g = &v->arch.vgic;
	unsigned count = (unsigned)FIELD_GET(ICH_HCR_EOICOUNT, gic_hcr_read());
	struct virq *irq, *next;

	list_for_each_entry_safe (irq, next, &g->queue, node) {
		if (!count)
			break;
		if (!irq->active || irq->in_lr)
			continue;
		count--;
		irq->active = false;
		if (irq->hw_intid)
			gic_deactivate(irq->hw_intid);
		virq_settle(v, irq, movers);
	}
}

void vgic_sync(struct vcpu *v)
{
	struct vgic_vcpu *g = &v->arch.vgic;
	struct movers movers;

	if (!(atomic_load_explicit(&g->listed, memory_order_relaxed) & 1))
		return;
	movers.count = 0;
	spin_lock(&g->lock);
	for (unsigned used = g->lrs_used; used; used &= used - 1) {
		unsigned n = (unsigned)__builtin_ctz(used);

		if (g->lr_irq[n])
			lr_fold(v, n, g->lr_irq[n], &movers);
	}
	if (g->hcr & ICH_HCR_LRENPIE)
		sync_eoi_count(v, &movers);
	if (g->hcr & ICH_HCR_UIE) {
		/* With what it asked for done, the maintenance interrupt ends before it is handled. */
		hcr_write(g, ICH_HCR_EN);
		g->changed = true;
	}
	if (g->changed || g->lrs_used)
		atomic_store_explicit(&g->dirty, true, memory_order_relaxed);
	listed_next(g);
	spin_unlock(&g->lock);
	for (unsigned i = 0; i < movers.count; i++)
		virq_commit(virq_lock(movers.irq[i]), movers.irq[i]);
}

void vgic_save(struct vcpu *v)
{
	struct vgic_vcpu *g = &v->arch.vgic;
	unsigned aprs = 1U << (gic_info.preemption_bits - 5);

	vgic_sync(v);
	spin_lock(&g->lock);
	lr_take_all(v);
	while (g->lrs_used)
		lr_write(g, (unsigned)__builtin_ctz(g->lrs_used), 0);
	g->vmcr = gic_vmcr_read();
	for (unsigned n = 0; n < aprs; n++) {
		g->ap0r[n] = gic_ap0r_read(n);
		g->ap1r[n] = gic_ap1r_read(n);
	}
	hcr_write(g, 0);
	if (g->timer_put_off) { /* no longer active, it fires again where v is restored */
		g->timer_put_off = false;
		g->private[VGIC_PPI_VTIMER].latch = false;
	}
	timer_hold(g, false);
	g->loaded = false;
	spin_unlock(&g->lock);
}

void vgic_restore(struct vcpu *v)
{
	struct vgic_vcpu *g = &v->arch.vgic;
	unsigned aprs = 1U << (gic_info.preemption_bits - 5);

	spin_lock(&g->lock);
	gic_vmcr_write(g->vmcr);
	for (unsigned n = 0; n < aprs; n++) {
		gic_ap0r_write(n, g->ap0r[n]);
		gic_ap1r_write(n, g->ap1r[n]);
	}
	hcr_write(g, ICH_HCR_EN);
	timer_hold(g, timer_is_due(g));
	g->loaded = true;
	if (!list_empty(&g->queue))
		virq_mark(v);
	spin_unlock(&g->lock);
}

void vgic_deactivate(struct vcpu *v, vintid_t intid)
{
	struct virq *irq = virq_find(v->domain, v, intid);

	if (!irq)
		return;
	struct vcpu *home = virq_lock_taken(irq);

	if (irq->active && irq->hw_intid)
		gic_deactivate(irq->hw_intid);
	irq->active = false;
	virq_commit(home, irq);
}
