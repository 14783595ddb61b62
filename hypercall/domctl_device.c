/* SPDX-License-Identifier: Apache-2.0 */
/* domctl: devices of a domain, emulated and handed over (xl's vuart=, irqs=, iomem=, dtdev=). */
#include "core/vuart.h"
#include "hypercall/domctl.h"

static_assert(sizeof(struct xen_domctl_vuart_op) == 24, "xen/domctl.h");
static_assert(offsetof(struct xen_domctl_vuart_op, console_domid) == 16, "xen/domctl.h");
static_assert(offsetof(struct xen_domctl_vuart_op, evtchn) == 20, "xen/domctl.h");
static_assert(sizeof(struct xen_domctl_set_virq_handler) == 4, "xen/domctl.h");

int domctl_vuart_op(struct domain *d, struct xen_domctl *op)
{
	struct xen_domctl_vuart_op *u = &op->u.vuart_op;

	if (u->cmd != XEN_DOMCTL_VUART_OP_INIT)
		return -EINVAL;
	if (u->type != XEN_DOMCTL_VUART_TYPE_VPL011)
		return -EOPNOTSUPP;
	return vuart_init(d, u->gfn, u->console_domid, &u->evtchn);
}

int domctl_set_virq_handler(struct domain *d, struct xen_domctl *op)
{
	return evtchn_set_virq_handler(d, op->u.set_virq_handler.virq);
}
