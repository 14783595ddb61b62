/* SPDX-License-Identifier: Apache-2.0 */
/*
 * sysctl: the scheduler and its CPU pool. Graft schedules fairly by weight with optional caps, whose
 * parameters are those of Xen's credit2: it answers by that name. There is one pool with all CPUs.
 */
#include "hypercall/sysctl.h"

#define POOL_ID 0U

XEN_ABI(sizeof(struct xen_sysctl_cpupool_op) == 40);
XEN_ABI(offsetof(struct xen_sysctl_cpupool_op, cpumap) == 24);
XEN_ABI(sizeof(struct xen_sysctl_scheduler_op) == 32);
XEN_ABI(offsetof(struct xen_sysctl_scheduler_op, u) == 16);

int sysctl_sched_id(struct xen_sysctl *op)
{
	op->u.sched_id.sched_id = XEN_SCHEDULER_CREDIT2;
	return 0;
}

/* The rate limit keeps a vCPU on its CPU for a least time; Graft has none, which Xen writes as 0. */
int sysctl_scheduler_op(struct xen_sysctl *op)
{
	struct xen_sysctl_scheduler_op *u = &op->u.scheduler_op;
	uint32_t limit = u->u.sched_credit2.ratelimit_us;

	if (u->cpupool_id != POOL_ID)
		return -ESRCH;
	if (u->sched_id != XEN_SCHEDULER_CREDIT2)
		return -EINVAL;
	switch (u->cmd) {
	case XEN_SYSCTL_SCHEDOP_getinfo:
		u->u.sched_credit2.ratelimit_us = 0;
		return 0;
	case XEN_SYSCTL_SCHEDOP_putinfo:
		if (limit == 0)
			return 0;
		if (limit < XEN_SYSCTL_SCHED_RATELIMIT_MIN ||
				limit > XEN_SYSCTL_SCHED_RATELIMIT_MAX)
			return -EINVAL;
		return fail(-EOPNOTSUPP, "the scheduler has no rate limit to set");
	default:
		return -EINVAL;
	}
}

static uint32_t count_domains(void)
{
	uint32_t count = 0;
	struct domain *d = domain_get_next(0);

	while (d) {
		domain_id_t next = (domain_id_t)(d->id + 1);

		count++;
		domain_put(d);
		d = domain_get_next(next);
	}
	return count;
}

/* The caller walks pools: it gets the first with this id or a higher one. */
static int pool_info(struct xen_sysctl_cpupool_op *u)
{
	if (u->cpupool_id > POOL_ID)
		return -ENOENT;
	u->cpupool_id = POOL_ID;
	u->sched_id = XEN_SCHEDULER_CREDIT2;
	u->n_dom = count_domains();
	return bitmap_write(&u->cpumap, ~UINT64_C(0) >> (64 - cpu_count));
}

static int pool_move_domain(const struct xen_sysctl_cpupool_op *u)
{
	struct domain *d =
			u->domid < DOMID_FIRST_RESERVED ? domain_get((domain_id_t)u->domid) : NULL;

	if (!d)
		return -ESRCH;
	domain_put(d);
	return u->cpupool_id == POOL_ID ? 0 : -ENOENT; /* it is in this pool already */
}

int sysctl_cpupool_op(struct xen_sysctl *op)
{
	struct xen_sysctl_cpupool_op *u = &op->u.cpupool_op;

	switch (u->op) {
	case XEN_SYSCTL_CPUPOOL_OP_INFO:
		return pool_info(u);
	case XEN_SYSCTL_CPUPOOL_OP_FREEINFO:
		return bitmap_write(&u->cpumap, 0);
	case XEN_SYSCTL_CPUPOOL_OP_MOVEDOMAIN:
		return pool_move_domain(u);
	case XEN_SYSCTL_CPUPOOL_OP_CREATE:
		return fail(-EOPNOTSUPP, "there is one CPU pool, and no other can be made");
	case XEN_SYSCTL_CPUPOOL_OP_DESTROY:
	case XEN_SYSCTL_CPUPOOL_OP_RMCPU:
		return u->cpupool_id == POOL_ID ? -EBUSY : -ENOENT;
	case XEN_SYSCTL_CPUPOOL_OP_ADDCPU:
		return u->cpupool_id == POOL_ID ? -ENODEV : -ENOENT; /* no CPU is free */
	default:
		return -ENOSYS;
	}
}
