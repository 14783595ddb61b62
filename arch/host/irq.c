/* SPDX-License-Identifier: Apache-2.0 */
/* Device interrupts, faked: who has which, and a crash where the machine would have refused. */
#include <assert.h>

#include <arch/irq.h>

#include "core/error.h"

struct host_route host_routes[HOST_IRQS];
unsigned host_spi_count = 988;
uint32_t host_irq_of_graft;
const struct domain *host_domain_without_irqs;

int irq_may_route(struct domain *d, uint32_t intid)
{
	if (d == host_domain_without_irqs || intid < 32 || intid >= 32 + host_spi_count ||
			intid >= HOST_IRQS)
		return -EINVAL;
	return host_routes[intid].owner || intid == host_irq_of_graft ? -EBUSY : 0;
}

void irq_route(struct domain *d, uint32_t intid, bool edge)
{
	assert(irq_may_route(d, intid) == 0);
	host_routes[intid] = (struct host_route){ .owner = d, .edge = edge };
}

void irq_unroute(struct domain *d, uint32_t intid)
{
	assert(intid < HOST_IRQS && host_routes[intid].owner == d);
	host_routes[intid].owner = NULL;
}

bool irq_is_enabled(const struct domain *d, uint32_t intid)
{
	return irq_owner(intid) == d && host_routes[intid].enabled;
}

struct domain *irq_owner(uint32_t intid)
{
	return intid < HOST_IRQS ? host_routes[intid].owner : NULL;
}
