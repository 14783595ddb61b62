/* SPDX-License-Identifier: Apache-2.0 */
/* domctl: devices of a domain, emulated and handed over (xl's vuart=, irqs=, iomem=, dtdev=). */
#include "assign/passthrough.h"
#include "assign/turn.h"
#include "core/vuart.h"
#include "hypercall/domctl.h"

XEN_ABI(sizeof(struct xen_domctl_vuart_op) == 24);
XEN_ABI(offsetof(struct xen_domctl_vuart_op, console_domid) == 16);
XEN_ABI(offsetof(struct xen_domctl_vuart_op, evtchn) == 20);
XEN_ABI(sizeof(struct xen_domctl_set_virq_handler) == 4);
XEN_ABI(offsetof(struct xen_domctl_irq_permission, allow_access) == 4);
XEN_ABI(offsetof(struct xen_domctl_iomem_permission, allow_access) == 16);
XEN_ABI(offsetof(struct xen_domctl_memory_mapping, add_mapping) == 24);
XEN_ABI(offsetof(struct xen_domctl_bind_pt_irq, u) == 8);

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

/* Graft's ledger of devices, for one step; who does not get it now comes again. The reason goes to the log. */
static int with_ledger(
		int (*step)(struct domain *d, const struct xen_domctl *op, struct dt_why *why),
		struct domain *d, const struct xen_domctl *op)
{
	struct dt_why why = { .text = "" };
	int err;

	if (!turn_take())
		return -ERESTART;
	err = step(d, op, &why);
	turn_give();
	return why.text[0] ? fail(err, "d%u: refused: %s", d->id, why.text) : err;
}

static int permit_irq(struct domain *d, const struct xen_domctl *op, struct dt_why *why)
{
	const struct xen_domctl_irq_permission *u = &op->u.irq_permission;

	return u->allow_access ? passthrough_give_interrupt(d, u->pirq, false, why)
	                       : passthrough_take_interrupt(d, u->pirq, why);
}

int domctl_irq_permission(struct domain *d, struct xen_domctl *op)
{
	return with_ledger(permit_irq, d, op);
}

static int bind_irq(struct domain *d, const struct xen_domctl *op, struct dt_why *why)
{
	return passthrough_give_interrupt(d, op->u.bind_pt_irq.machine_irq, true, why);
}

static int unbind_irq(struct domain *d, const struct xen_domctl *op, struct dt_why *why)
{
	return passthrough_take_interrupt(d, op->u.bind_pt_irq.machine_irq, why);
}

/* As on Xen: SPIs alone, and under their own number. To be permitted an interrupt is part of its being bound. */
static int check_pt_irq(const struct domain *d, const struct xen_domctl_bind_pt_irq *u)
{
	if (u->irq_type != PT_IRQ_TYPE_SPI)
		return -EOPNOTSUPP;
	if (u->u.spi.spi != u->machine_irq)
		return fail(-EINVAL, "d%u: interrupt %u cannot have the number %u", d->id,
				u->machine_irq, u->u.spi.spi);
	return 0;
}

int domctl_bind_pt_irq(struct domain *d, struct xen_domctl *op)
{
	int err = check_pt_irq(d, &op->u.bind_pt_irq);

	return err ? err : with_ledger(bind_irq, d, op);
}

int domctl_unbind_pt_irq(struct domain *d, struct xen_domctl *op)
{
	int err = check_pt_irq(d, &op->u.bind_pt_irq);

	return err ? err : with_ledger(unbind_irq, d, op);
}

static int permit_iomem(struct domain *d, const struct xen_domctl *op, struct dt_why *why)
{
	const struct xen_domctl_iomem_permission *u = &op->u.iomem_permission;

	return u->allow_access ? passthrough_give_registers(d, u->first_mfn, u->nr_mfns, why)
	                       : passthrough_take_registers(d, u->first_mfn, u->nr_mfns, why);
}

int domctl_iomem_permission(struct domain *d, struct xen_domctl *op)
{
	return with_ledger(permit_iomem, d, op);
}

static int map_iomem(struct domain *d, const struct xen_domctl *op, struct dt_why *why)
{
	const struct xen_domctl_memory_mapping *u = &op->u.memory_mapping;

	return (u->add_mapping ? passthrough_map : passthrough_unmap)(
			d, u->first_gfn, u->first_mfn, u->nr_mfns, why);
}

int domctl_memory_mapping(struct domain *d, struct xen_domctl *op)
{
	return with_ledger(map_iomem, d, op);
}

/* assign, test and deassign alike: of what is behind an IOMMU. */
int domctl_assign_device(struct domain *d, struct xen_domctl *op)
{
	if (op->u.assign_device.dev == XEN_DOMCTL_DEV_PCI)
		return fail(-ENODEV, "d%u: PCI devices are not passed through", d->id);
	return fail(-EXDEV, "d%u: no device is behind an IOMMU that Graft drives", d->id);
}
