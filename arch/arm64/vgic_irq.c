/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One interrupt as the fields of distributor and redistributor registers show it (IHI 0069 12.9, 12.11):
 * enable, pending, active, priority, configuration, group, route. Those of a hardware SPI are kept the
 * same at the physical distributor.
 */
#include "arch/arm64/vgic_priv.h"
#include <arch/nospec.h>

#define ROUTE_AFF0  GENMASK(7, 0)
#define ROUTE_AFF1  GENMASK(15, 8)
#define ROUTE_AFF2  GENMASK(23, 16)
#define ROUTE_IRM   BIT(31)
#define ROUTE_AFF3  GENMASK(39, 32)
#define CONFIG_EDGE 2U

uint64_t virq_get_group(struct virq *irq)
{
	return irq->group1;
}

void virq_set_group(struct virq *irq, uint64_t value)
{
	if (irq->group1 == value)
		return;
	struct vcpu *home = virq_lock_taken(irq);

	irq->group1 = value;
	virq_commit(home, irq);
}

uint64_t virq_get_enabled(struct virq *irq)
{
	return irq->enabled;
}

void virq_set_enabled(struct virq *irq, uint64_t value)
{
	if (!value || irq->enabled)
		return;
	struct vcpu *home = virq_lock(irq);

	irq->enabled = true;
	virq_resample(home, irq);
	if (virq_is_hw_spi(irq))
		gic_spi_enable(irq->hw_intid, true);
	virq_commit(home, irq);
}

void virq_clear_enabled(struct virq *irq, uint64_t value)
{
	if (!value || !irq->enabled)
		return;
	struct vcpu *home = virq_lock_taken(irq);

	irq->enabled = false;
	if (virq_is_hw_spi(irq))
		gic_spi_enable(irq->hw_intid, false);
	virq_commit(home, irq);
}

static bool is_pending_now(struct vcpu *home, struct virq *irq)
{
	if (virq_is_hw_spi(irq))
		return virq_is_pending(irq) || gic_spi_is_pending(irq->hw_intid);
	/* A hardware PPI may be active and pending, and its list register not know yet that the line fell. */
	if (irq->hw_intid && irq->sample)
		return irq->sample(home) || (virq_is_pending(irq) && !irq->by_line);
	return virq_is_pending(irq);
}

uint64_t virq_get_pending(struct virq *irq)
{
	struct vcpu *home = virq_lock_synced(irq);
	bool sampled = irq->sample && !irq->in_lr;

	if (sampled)
		virq_resample(home, irq);
	bool pending = is_pending_now(home, irq);

	if (sampled) /* a rise seen here is no news to the vgic_set_line() that follows it */
		virq_commit(home, irq);
	else
		virq_unlock(home);
	return pending;
}

/* The hardware's is made pending at the hardware, and comes from there when its last one is done. */
void virq_set_pending(struct virq *irq, uint64_t value)
{
	if (!value)
		return;
	struct vcpu *home = virq_lock_taken(irq);

	if (virq_is_hw_spi(irq))
		gic_spi_set_pending(irq->hw_intid, true);
	else
		irq->latch = true;
	irq->by_line = false; /* a write holds until the acknowledgement, whatever the line does */
	virq_commit(home, irq);
}

void virq_clear_pending(struct virq *irq, uint64_t value)
{
	if (!value)
		return;
	struct vcpu *home = virq_lock_taken(irq);

	if (virq_is_hw_spi(irq)) {
		gic_spi_set_pending(irq->hw_intid, false);
		if (irq->latch && !irq->active) /* no deactivation of the guest's will come */
			gic_spi_set_active(irq->hw_intid, false);
	}
	irq->latch = false;
	virq_commit(home, irq);
}

uint64_t virq_get_active(struct virq *irq)
{
	struct vcpu *home = virq_lock_synced(irq);
	bool active = irq->active;

	virq_unlock(home);
	return active;
}

static void virq_change_active(struct virq *irq, bool active)
{
	struct vcpu *home = virq_lock_taken(irq);

	if (virq_is_hw_spi(irq) && irq->active != active)
		gic_spi_set_active(irq->hw_intid, active || irq->latch);
	irq->active = active;
	virq_commit(home, irq);
}

void virq_set_active(struct virq *irq, uint64_t value)
{
	if (value)
		virq_change_active(irq, true);
}

void virq_clear_active(struct virq *irq, uint64_t value)
{
	if (value)
		virq_change_active(irq, false);
}

uint64_t virq_get_priority(struct virq *irq)
{
	return irq->priority;
}

void virq_set_priority(struct virq *irq, uint64_t value)
{
	uint8_t priority = (uint8_t)(value & (0xff00U >> gic_info.priority_bits));

	if (irq->priority == priority)
		return;
	struct vcpu *home = virq_lock_taken(irq);

	irq->priority = priority;
	virq_commit(home, irq);
}

uint64_t virq_get_config(struct virq *irq)
{
	return irq->edge ? CONFIG_EDGE : 0;
}

static void hw_configure(const struct virq *irq)
{
	if (irq->enabled)
		gic_spi_enable(irq->hw_intid, false);
	gic_spi_configure(irq->hw_intid, irq->edge);
	if (irq->enabled)
		gic_spi_enable(irq->hw_intid, true);
}

/* SGIs are edges by nature; what raises a PPI here is a level, and a GIC need not let that be changed. */
void virq_set_config(struct virq *irq, uint64_t value)
{
	bool edge = value & CONFIG_EDGE;

	if (irq->intid < VGIC_PRIVATE_COUNT || irq->edge == edge)
		return;
	struct vcpu *home = virq_lock_taken(irq);

	irq->edge = edge;
	if (virq_is_hw_spi(irq))
		hw_configure(irq);
	virq_commit(home, irq);
}

uint64_t virq_get_route(struct virq *irq)
{
	return irq->route;
}

/* "Any one PE that participates" (IRM): the first that is awake, counted from somewhere else for each. */
static struct vcpu *route_any(const struct domain *d, unsigned intid)
{
	for (unsigned i = 0; i < d->vcpus_count; i++) {
		struct vcpu *v = d->vcpus[(intid + i) % d->vcpus_count];

		if (v && v->arch.vgic.rdist_awake)
			return v;
	}
	return d->vcpus[0];
}

static struct vcpu *route_target(const struct domain *d, const struct virq *irq)
{
	if (irq->route & ROUTE_IRM)
		return route_any(d, irq->intid);
	if (irq->route & (ROUTE_AFF3 | ROUTE_AFF2) || FIELD_GET(ROUTE_AFF0, irq->route) > 0xf)
		return NULL;
	uint64_t id = FIELD_GET(ROUTE_AFF1, irq->route) << 4 | FIELD_GET(ROUTE_AFF0, irq->route);

	return id < d->vcpus_count ? d->vcpus[index_nospec(id, d->vcpus_count)] : NULL;
}

/* What is active stays where it is until it is deactivated there; virq_commit() sees to both. */
void virq_set_route(struct virq *irq, uint64_t value)
{
	struct vcpu *home = virq_lock_taken(irq), *from = irq->target;

	irq->route = value & (ROUTE_IRM | ROUTE_AFF3 | ROUTE_AFF2 | ROUTE_AFF1 | ROUTE_AFF0);
	irq->target = route_target(home->domain, irq);
	if (virq_is_hw_spi(irq))
		vgic_hw_retarget(irq, from);
	virq_commit(home, irq);
}
