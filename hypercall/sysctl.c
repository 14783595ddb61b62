/* SPDX-License-Identifier: Apache-2.0 */
/* sysctl: commands about the machine, for privileged domains (xen/sysctl.h). One table. */
#include "hypercall/sysctl.h"

#include "hypercall/graft_sysctl.h"
#include "lib/string.h"
#include <arch/nospec.h>

XEN_ABI(sizeof(struct xen_sysctl) == 136);
XEN_ABI(offsetof(struct xen_sysctl, interface_version) == 4);
XEN_ABI(offsetof(struct xen_sysctl, u) == 8);

/* What a Xen answers that was built without the feature: callers tell it from an unknown command. */
static int not_built_in(struct xen_sysctl *op)
{
	(void)op;
	return -EOPNOTSUPP;
}

enum sysctl_flags {
	RESULTS = 1, /* the structure goes back to the caller */
};

static const struct {
	int (*run)(struct xen_sysctl *op);
	unsigned flags;
} table[] = {
	[XEN_SYSCTL_readconsole] = { sysctl_readconsole, RESULTS },
	[XEN_SYSCTL_physinfo] = { sysctl_physinfo, RESULTS },
	[XEN_SYSCTL_sched_id] = { sysctl_sched_id, RESULTS },
	[XEN_SYSCTL_getdomaininfolist] = { sysctl_getdomaininfolist, RESULTS },
	[XEN_SYSCTL_debug_keys] = { sysctl_debug_keys, 0 },
	[XEN_SYSCTL_getcpuinfo] = { sysctl_getcpuinfo, RESULTS },
	[XEN_SYSCTL_availheap] = { sysctl_availheap, RESULTS },
	[XEN_SYSCTL_cputopoinfo] = { sysctl_cputopoinfo, RESULTS },
	[XEN_SYSCTL_numainfo] = { sysctl_numainfo, RESULTS },
	[XEN_SYSCTL_cpupool_op] = { sysctl_cpupool_op, RESULTS },
	[XEN_SYSCTL_scheduler_op] = { sysctl_scheduler_op, RESULTS },
	[XEN_SYSCTL_coverage_op] = { not_built_in, 0 },
	[XEN_SYSCTL_dt_overlay] = { sysctl_dt_overlay, 0 },
};

static int run(gva_t at, struct xen_sysctl *op)
{
	uint64_t cmd;
	int rc;

	if (op->cmd >= GRAFT_SYSCTL_FIRST) {
		struct graft_sysctl own;

		memcpy(&own, op, sizeof(own)); /* of the same layout, graft_sysctl.c */
		return graft_sysctl(at, &own);
	}
	if (op->interface_version != XEN_SYSCTL_INTERFACE_VERSION)
		return -EACCES;
	if (op->cmd >= ARRAY_SIZE(table))
		return -ENOSYS;
	cmd = index_nospec(op->cmd, ARRAY_SIZE(table));
	if (!table[cmd].run)
		return -ENOSYS;
	rc = table[cmd].run(op);
	if (rc == 0 && (table[cmd].flags & RESULTS) && guest_write(at, op, sizeof(*op)))
		return -EFAULT;
	return rc;
}

int64_t do_sysctl(uint64_t args[HYPERCALL_ARGS])
{
	gva_t at = GVA(args[0]);
	struct xen_sysctl op;
	int rc;

	if (!caller_privileged())
		return -EPERM;
	if (guest_read(&op, at, sizeof(op)))
		return -EFAULT;
	rc = run(at, &op);
	return rc == -ERESTART ? HYPERCALL_AGAIN : rc;
}
