/* SPDX-License-Identifier: Apache-2.0 */
/* A domain's devices on the host: a test that needs its virtual GIC makes it, and it goes with the domain. */
#include "core/arch.h"
#include "core/domain.h"
#include "core/error.h"
#include "core/fault.h"
#include "core/vuart.h"

int arch_domain_init(struct domain *d)
{
	(void)d;
	return alloc_should_fail() ? -ENOMEM : 0;
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
