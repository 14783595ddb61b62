/* SPDX-License-Identifier: Apache-2.0 */
/* platform_op: what the hardware domain tells of the machine; on Arm, the time of day (xen/platform.h). */
#include "core/time.h"
#include "core/wallclock.h"
#include "hypercall/priv.h"

XEN_ABI(sizeof(struct xen_platform_op) == 8 + 128);
XEN_ABI(offsetof(struct xen_platform_op, u) == 8);
XEN_ABI(offsetof(struct xenpf_settime64, system_time) == 16);

static int64_t set_time(const struct xenpf_settime64 *t)
{
	uint64_t ns;

	if (t->mbz || t->nsecs >= NS_PER_S || __builtin_mul_overflow(t->secs, NS_PER_S, &ns) ||
			__builtin_add_overflow(ns, t->nsecs, &ns) || t->system_time > ns)
		return -EINVAL;
	wallclock_set(ns, t->system_time);
	return 0;
}

int64_t do_platform_op(uint64_t args[HYPERCALL_ARGS])
{
	struct xen_platform_op op;

	if (!caller_privileged())
		return -EPERM;
	if (guest_read(&op, GVA(args[0]), sizeof(op)))
		return -EFAULT;
	if (op.interface_version != XENPF_INTERFACE_VERSION)
		return -EACCES;
	switch (op.cmd) {
	case XENPF_settime64:
		return set_time(&op.u.settime64);
	default:
		return -ENOSYS;
	}
}
