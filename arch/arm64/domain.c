/* SPDX-License-Identifier: Apache-2.0 */
/* What a domain has on arm64: a virtual GIC and an offset of its virtual counter. */
#include "arch/arm64/counter.h"
#include "arch/arm64/guest.h"
#include "arch/arm64/irq.h"
#include "core/arch.h"
#include "core/domain.h"
#include "core/vuart.h"

int arch_domain_init(struct domain *d)
{
	const struct domain_config *c = &d->config;
	uint64_t dist = c->gic_dist ? c->gic_dist : GUEST_GICV3_GICD_BASE;
	uint64_t redist = c->gic_redist ? c->gic_redist : GUEST_GICV3_GICR0_BASE;

	/* The hardware domain's virtual counter is the physical one: clocks of the two agree. */
	d->arch.cntvoff = c->hardware ? 0 : counter_now();
	return vgic_init_domain(d, c->spis, IPA(dist), IPA(redist));
}

void arch_domain_free(struct domain *d)
{
	vuart_free(d);
	vgic_free_domain(d);
}

bool arch_domain_emulates(const struct domain *d, ipa_t ipa, uint64_t size)
{
	return vgic_overlaps(d, ipa, size) || vuart_overlaps(d, ipa, size);
}

void arch_domain_dump_irqs(struct domain *d)
{
	irq_dump_routes(d);
	vgic_dump(d);
}
