/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hardware interrupts of a domain. A physical interrupt stays active from the moment Graft acknowledges it
 * until the guest deactivates the virtual one (LR.HW, IHI 0069 6.2): pending or active in the vGIC is
 * active in the GIC, and it cannot fire twice in between.
 */
#include "arch/arm64/vgic_priv.h"
#include "core/error.h"
#include "core/panic.h"

static _Atomic uint64_t *hw_spi_word(struct vcpu *v, const struct virq *irq)
{
	return &v->arch.vgic.hw_spis[(irq->intid - GIC_INTID_SPI_BASE) / 64U];
}

static uint64_t hw_spi_bit(const struct virq *irq)
{
	return BIT((irq->intid - GIC_INTID_SPI_BASE) % 64U);
}

/* The vCPU may move meanwhile: whoever comes last writes where it is now. */
static void hw_follow(const struct virq *irq, struct vcpu *v)
{
	unsigned cpu, seen = atomic_load(&v->arch.vgic.cpu);

	atomic_fetch_or(hw_spi_word(v, irq), hw_spi_bit(irq));
	do {
		cpu = seen;
		gic_spi_set_target(irq->hw_intid, cpu);
		seen = atomic_load(&v->arch.vgic.cpu);
	} while (seen != cpu);
}

void vgic_hw_retarget(const struct virq *irq, struct vcpu *from)
{
	if (from)
		atomic_fetch_and(hw_spi_word(from, irq), ~hw_spi_bit(irq));
	if (irq->target)
		hw_follow(irq, irq->target);
}

void vgic_vcpu_moved(struct vcpu *v, unsigned cpu)
{
	struct vgic_vcpu *g = &v->arch.vgic;

	if (atomic_load_explicit(&g->cpu, memory_order_relaxed) == cpu)
		return;
	atomic_store(&g->cpu, cpu);
	for (unsigned i = 0; i < ARRAY_SIZE(g->hw_spis); i++)
		for (uint64_t bits = atomic_load(&g->hw_spis[i]); bits; bits &= bits - 1)
			gic_spi_set_target(GIC_INTID_SPI_BASE + i * 64 +
							   (unsigned)__builtin_ctzll(bits),
					cpu);
}

int vgic_may_route_hw(struct domain *d, vintid_t intid)
{
	const struct virq *irq = virq_find(d, NULL, intid);

	if (!irq || !atomic_load(&irq->home))
		return -EINVAL;
	return irq->hw_intid || (d->arch.vuart && intid == GUEST_VPL011_SPI) ? -EBUSY : 0;
}

bool vgic_is_enabled(const struct domain *d, vintid_t intid)
{
	const struct virq *irq = virq_find(d, NULL, intid);

	return irq && irq->enabled;
}

int vgic_route_hw(struct domain *d, vintid_t intid, uint32_t hw_intid, bool edge)
{
	struct virq *irq = virq_find(d, NULL, intid);

	if (!irq || intid != hw_intid || !atomic_load(&irq->home))
		return -EINVAL;
	struct vcpu *home = virq_lock_taken(irq);

	if (irq->hw_intid) {
		virq_unlock(home);
		return -EBUSY;
	}
	gic_spi_configure(hw_intid, edge);
	gic_spi_set_active(hw_intid, false);
	irq->hw_intid = (uint16_t)hw_intid;
	irq->edge = edge;
	irq->latch = irq->line = false; /* a pending of the hardware's is the hardware's to tell */
	vgic_hw_retarget(irq, NULL);
	if (irq->enabled)
		gic_spi_enable(hw_intid, true);
	virq_commit(home, irq);
	return 0;
}

void vgic_unroute_hw(struct domain *d, vintid_t intid)
{
	struct virq *irq = virq_find(d, NULL, intid);

	if (!irq || !irq->hw_intid)
		return;
	struct vcpu *home = virq_lock_taken(irq);
	uint32_t hw_intid = irq->hw_intid;

	if (!hw_intid) {
		virq_unlock(home);
		return;
	}
	/* A CPU that has acknowledged it but not delivered it finds it gone, and deactivates it. */
	gic_spi_enable(hw_intid, false);
	gic_spi_set_pending(hw_intid, false);
	gic_spi_set_active(hw_intid, false);
	if (irq->target)
		atomic_fetch_and(hw_spi_word(irq->target, irq), ~hw_spi_bit(irq));
	irq->hw_intid = 0;
	/* Who gets the next device on it is not interrupted before asking for that. */
	irq->enabled = irq->latch = irq->active = false;
	virq_commit(home, irq);
}

void vgic_deliver_hw(struct domain *d, uint32_t hw_intid)
{
	struct virq *irq = virq_find(d, NULL, hw_intid);

	if (!irq) {
		gic_deactivate(hw_intid);
		return;
	}
	struct vcpu *home = virq_lock(irq);

	if (unlikely(!irq->hw_intid)) {
		virq_unlock(home);
		gic_deactivate(hw_intid);
		return;
	}
	irq->latch = true;
	virq_commit(home, irq);
}

/* v's CPU: the physical interrupt is active from now on. */
static void latch_ppi(struct vcpu *v, struct virq *irq)
{
	v->arch.vgic.timer_held = true;
	irq->by_line |= !irq->latch;
	irq->latch = true;
}

void vgic_deliver_hw_ppi(struct vcpu *v, vintid_t intid)
{
	struct virq *irq = &v->arch.vgic.private[intid];

	ASSERT(irq->hw_intid);
	spin_lock(&v->arch.vgic.lock); /* a PPI's home is its vCPU */
	latch_ppi(v, irq);
	virq_commit(v, irq);
}

void vgic_put_off_timer(struct vcpu *v)
{
	struct vgic_vcpu *g = &v->arch.vgic;

	spin_lock(&g->lock);
	latch_ppi(v, &g->private[VGIC_PPI_VTIMER]);
	g->timer_put_off = true;
	spin_unlock(&g->lock);
}

void vgic_tell_timer(struct vcpu *v)
{
	struct virq *irq = &v->arch.vgic.private[VGIC_PPI_VTIMER];
	struct vcpu *home = virq_lock(irq);

	v->arch.vgic.timer_put_off = false;
	virq_resample(home, irq);
	virq_commit(home, irq);
}
