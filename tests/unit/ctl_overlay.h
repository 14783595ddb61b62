/* SPDX-License-Identifier: Apache-2.0 */
/* The commands about devices of the sysctl and domctl tests: not there, they have tests of their own. */
#pragma once

#include "hypercall/domctl.h"
#include "hypercall/graft_sysctl.h"
#include "hypercall/sysctl.h"

int sysctl_dt_overlay(struct xen_sysctl *op)
{
	(void)op;
	return -EOPNOTSUPP;
}

int domctl_dt_overlay(struct domain *d, struct xen_domctl *op)
{
	(void)d;
	(void)op;
	return -EOPNOTSUPP;
}

int graft_sysctl(gva_t at, struct graft_sysctl *op)
{
	(void)at;
	(void)op;
	return -ENOSYS;
}

#define NOT_HERE(name)                                                                             \
	int domctl_##name(struct domain *d, struct xen_domctl *op)                                 \
	{                                                                                          \
		(void)d;                                                                           \
		(void)op;                                                                          \
		return -EOPNOTSUPP;                                                                \
	}

NOT_HERE(vuart_op)
NOT_HERE(set_virq_handler)
NOT_HERE(irq_permission)
NOT_HERE(bind_pt_irq)
NOT_HERE(unbind_pt_irq)
NOT_HERE(iomem_permission)
NOT_HERE(memory_mapping)
NOT_HERE(assign_device)
