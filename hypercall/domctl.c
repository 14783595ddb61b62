/* SPDX-License-Identifier: Apache-2.0 */
/* domctl: commands about one domain, for privileged domains (xen/domctl.h). One table. */
#include "hypercall/domctl.h"
#include <arch/nospec.h>

XEN_ABI(sizeof(struct xen_domctl) == 144);
XEN_ABI(offsetof(struct xen_domctl, interface_version) == 4);
XEN_ABI(offsetof(struct xen_domctl, domain) == 8);
XEN_ABI(offsetof(struct xen_domctl, u) == 16);

enum domctl_flags {
	RESULTS = 1, /* the structure goes back to the caller */
	NO_DOMAIN = 2, /* op->domain names none that exists */
};

static const struct {
	int (*run)(struct domain *d, struct xen_domctl *op);
	unsigned flags;
} table[] = {
	[XEN_DOMCTL_createdomain] = { domctl_createdomain, RESULTS | NO_DOMAIN },
	[XEN_DOMCTL_destroydomain] = { domctl_destroydomain, 0 },
	[XEN_DOMCTL_pausedomain] = { domctl_pausedomain, 0 },
	[XEN_DOMCTL_unpausedomain] = { domctl_unpausedomain, 0 },
	[XEN_DOMCTL_getdomaininfo] = { domctl_getdomaininfo, RESULTS },
	[XEN_DOMCTL_setvcpuaffinity] = { domctl_setvcpuaffinity, 0 },
	[XEN_DOMCTL_max_mem] = { domctl_max_mem, 0 },
	[XEN_DOMCTL_setvcpucontext] = { domctl_setvcpucontext, 0 },
	[XEN_DOMCTL_getvcpucontext] = { domctl_getvcpucontext, 0 },
	[XEN_DOMCTL_getvcpuinfo] = { domctl_getvcpuinfo, RESULTS },
	[XEN_DOMCTL_max_vcpus] = { domctl_max_vcpus, 0 },
	[XEN_DOMCTL_scheduler_op] = { domctl_scheduler_op, RESULTS },
	[XEN_DOMCTL_setdomainhandle] = { domctl_setdomainhandle, 0 },
	[XEN_DOMCTL_irq_permission] = { domctl_irq_permission, 0 },
	[XEN_DOMCTL_iomem_permission] = { domctl_iomem_permission, 0 },
	[XEN_DOMCTL_settimeoffset] = { domctl_settimeoffset, 0 },
	[XEN_DOMCTL_getvcpuaffinity] = { domctl_getvcpuaffinity, 0 },
	[XEN_DOMCTL_resumedomain] = { domctl_resumedomain, 0 },
	[XEN_DOMCTL_set_address_size] = { domctl_set_address_size, 0 },
	[XEN_DOMCTL_setnodeaffinity] = { domctl_setnodeaffinity, 0 },
	[XEN_DOMCTL_getnodeaffinity] = { domctl_getnodeaffinity, 0 },
	[XEN_DOMCTL_assign_device] = { domctl_assign_device, 0 },
	[XEN_DOMCTL_bind_pt_irq] = { domctl_bind_pt_irq, 0 },
	[XEN_DOMCTL_memory_mapping] = { domctl_memory_mapping, 0 },
	[XEN_DOMCTL_test_assign_device] = { domctl_assign_device, 0 },
	[XEN_DOMCTL_deassign_device] = { domctl_assign_device, 0 },
	[XEN_DOMCTL_unbind_pt_irq] = { domctl_unbind_pt_irq, 0 },
	[XEN_DOMCTL_set_virq_handler] = { domctl_set_virq_handler, 0 },
	[XEN_DOMCTL_cacheflush] = { domctl_cacheflush, 0 },
	[XEN_DOMCTL_vuart_op] = { domctl_vuart_op, RESULTS },
	[XEN_DOMCTL_get_paging_mempool_size] = { domctl_get_paging_mempool_size, RESULTS },
	[XEN_DOMCTL_set_paging_mempool_size] = { domctl_set_paging_mempool_size, 0 },
	[XEN_DOMCTL_dt_overlay] = { domctl_dt_overlay, 0 },
	[XEN_DOMCTL_set_llc_colors] = { domctl_set_llc_colors, 0 },
};

/* One command at a time: two toolstack processes must not build or destroy one domain together. */
static struct spinlock domctl_lock = SPINLOCK_INIT;

static int run(struct xen_domctl *op)
{
	struct domain *d = NULL;
	uint64_t cmd;
	int rc;

	if (op->cmd >= ARRAY_SIZE(table))
		return -ENOSYS;
	cmd = index_nospec(op->cmd, ARRAY_SIZE(table));
	if (!table[cmd].run)
		return -ENOSYS;
	if (!(table[cmd].flags & NO_DOMAIN)) {
		d = domain_get(op->domain);
		if (!d)
			return -ESRCH;
	}
	rc = table[cmd].run(d, op);
	if (d)
		domain_put(d);
	return rc;
}

static int64_t finish(gva_t at, const struct xen_domctl *op, int rc)
{
	bool results = rc == -ERESTART ||
	               (rc == 0 && (table[index_nospec(op->cmd, ARRAY_SIZE(table))].flags &
						   RESULTS));

	if (results && guest_write(at, op, sizeof(*op)))
		return -EFAULT;
	return rc == -ERESTART ? HYPERCALL_AGAIN : rc;
}

int64_t do_domctl(uint64_t args[HYPERCALL_ARGS])
{
	gva_t at = GVA(args[0]);
	struct xen_domctl op;
	int rc;

	if (!caller_privileged())
		return -EPERM;
	if (guest_read(&op, at, sizeof(op)))
		return -EFAULT;
	if (op.interface_version != XEN_DOMCTL_INTERFACE_VERSION)
		return -EACCES;
	/* Never waits: who holds it may be waiting for this CPU to let go of a vCPU. */
	if (!spin_trylock(&domctl_lock))
		return HYPERCALL_AGAIN;
	rc = run(&op);
	spin_unlock(&domctl_lock);
	return finish(at, &op, rc);
}
