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

int domctl_vuart_op(struct domain *d, struct xen_domctl *op)
{
	(void)d;
	(void)op;
	return -EOPNOTSUPP;
}

int domctl_set_virq_handler(struct domain *d, struct xen_domctl *op)
{
	(void)d;
	(void)op;
	return -EOPNOTSUPP;
}
