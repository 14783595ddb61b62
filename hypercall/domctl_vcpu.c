/* SPDX-License-Identifier: Apache-2.0 */
/* domctl: where vCPUs may run, how much, and the registers they start with. */
#include "hypercall/domctl.h"
#include "lib/string.h"

XEN_ABI(sizeof(struct xen_domctl_vcpuaffinity) == 40);
XEN_ABI(offsetof(struct xen_domctl_vcpuaffinity, cpumap_hard) == 8);
XEN_ABI(offsetof(struct xen_domctl_vcpuaffinity, cpumap_soft) == 24);
XEN_ABI(sizeof(struct xen_domctl_scheduler_op) == 24);
XEN_ABI(offsetof(struct xen_domctl_scheduler_op, u) == 8);
XEN_ABI(sizeof(struct xen_domctl_vcpucontext) == 16);
XEN_ABI(offsetof(struct xen_domctl_vcpucontext, ctxt) == 8);

/* Who names a vCPU that the domain cannot have is told so; one that it has not yet is not found. */
static int find_vcpu(struct domain *d, uint32_t id, struct vcpu **v)
{
	if (id >= d->config.vcpus_max)
		return -EINVAL;
	*v = domain_vcpu(d, id);
	return *v ? 0 : -ESRCH;
}

static int check_affinity(const struct xen_domctl_vcpuaffinity *a)
{
	if (!(a->flags & (XEN_VCPUAFFINITY_HARD | XEN_VCPUAFFINITY_SOFT)))
		return -EINVAL;
	if ((a->flags & XEN_VCPUAFFINITY_HARD) && HANDLE_NULL(a->cpumap_hard.bitmap))
		return -EINVAL;
	if ((a->flags & XEN_VCPUAFFINITY_SOFT) && HANDLE_NULL(a->cpumap_soft.bitmap))
		return -EINVAL;
	return 0;
}

static int write_affinity(const struct xen_domctl_vcpuaffinity *a, uint64_t hard, uint64_t soft)
{
	int rc = 0;

	if (a->flags & XEN_VCPUAFFINITY_HARD)
		rc = bitmap_write(&a->cpumap_hard, hard);
	if (!rc && (a->flags & XEN_VCPUAFFINITY_SOFT))
		rc = bitmap_write(&a->cpumap_soft, soft);
	return rc;
}

/* The maps come back as what they are worth: on CPUs that there are, soft within hard. */
int domctl_setvcpuaffinity(struct domain *d, struct xen_domctl *op)
{
	struct xen_domctl_vcpuaffinity *a = &op->u.vcpuaffinity;
	uint64_t hard, soft, all = ~UINT64_C(0) >> (64 - cpu_count);
	struct vcpu *v;
	int rc;

	if ((rc = find_vcpu(d, a->vcpu, &v)) || (rc = check_affinity(a)))
		return rc;
	hard = v->sched.affinity_hard;
	soft = v->sched.affinity_soft;
	if ((a->flags & XEN_VCPUAFFINITY_HARD) && (rc = bitmap_read(&a->cpumap_hard, &hard)))
		return rc;
	if ((a->flags & XEN_VCPUAFFINITY_SOFT) && (rc = bitmap_read(&a->cpumap_soft, &soft)))
		return rc;
	rc = sched_set_affinity(v, hard, soft);
	return rc ? rc : write_affinity(a, hard & all, soft & hard & all);
}

int domctl_getvcpuaffinity(struct domain *d, struct xen_domctl *op)
{
	struct xen_domctl_vcpuaffinity *a = &op->u.vcpuaffinity;
	struct vcpu *v;
	int rc;

	if ((rc = find_vcpu(d, a->vcpu, &v)) || (rc = check_affinity(a)))
		return rc;
	return write_affinity(a, v->sched.affinity_hard, v->sched.affinity_soft);
}

/* The weight stays when 0 is given; the cap is always set, 0 lifts it. */
int domctl_scheduler_op(struct domain *d, struct xen_domctl *op)
{
	struct xen_domctl_scheduler_op *u = &op->u.scheduler_op;
	struct xen_domctl_sched_credit2 *p = &u->u.credit2;

	if (u->sched_id != XEN_SCHEDULER_CREDIT2)
		return -EINVAL;
	switch (u->cmd) {
	case XEN_DOMCTL_SCHEDOP_getinfo:
		p->weight = (uint16_t)d->sched.weight;
		p->cap = (uint16_t)d->sched.cap;
		return 0;
	case XEN_DOMCTL_SCHEDOP_putinfo:
		return sched_set_weight(d, p->weight ? p->weight : d->sched.weight, p->cap);
	default:
		return -EINVAL; /* parameters are the domain's, not a vCPU's */
	}
}

/* A context from outside must be one that the vCPU can be in: AArch64, EL1 or EL0. */
static int check_context(const struct vcpu_guest_context *c)
{
	switch (c->user_regs.cpsr & 0x1f) {
	case PSR_MODE_EL0t:
	case PSR_MODE_EL1t:
	case PSR_MODE_EL1h:
		return 0;
	default:
		return fail(-EINVAL, "setvcpucontext: PSTATE 0x%llx is not a 64-bit guest's",
				(unsigned long long)c->user_regs.cpsr);
	}
}

/* Made to run by PSCI's way, then given the rest: paused, so that nothing runs with half of it. */
static int start(struct vcpu *v, const struct vcpu_guest_context *c)
{
	int rc;

	if (!(c->flags & VGCF_online) && v->online)
		return fail(-EINVAL, "setvcpucontext: d%uv%u is up and does not go down so",
				v->domain->id, v->id);
	domain_pause(v->domain);
	rc = (c->flags & VGCF_online) && !v->online
	                     ? vcpu_power_on(v, c->user_regs.pc64, c->user_regs.x0)
	                     : 0;
	if (!rc) {
		arch_vcpu_set_context(v, c);
		v->initialised = true;
	}
	domain_unpause(v->domain);
	return rc;
}

int domctl_setvcpucontext(struct domain *d, struct xen_domctl *op)
{
	struct xen_domctl_vcpucontext *u = &op->u.vcpucontext;
	struct vcpu_guest_context context;
	struct vcpu *v;
	int rc;

	if (d == caller_domain() || HANDLE_NULL(u->ctxt))
		return -EINVAL;
	if ((rc = find_vcpu(d, u->vcpu, &v)))
		return rc == -ESRCH ? -EINVAL : rc;
	if (guest_read(&context, HANDLE_GVA(u->ctxt), sizeof(context)))
		return -EFAULT;
	rc = check_context(&context);
	return rc ? rc : start(v, &context);
}

int domctl_getvcpucontext(struct domain *d, struct xen_domctl *op)
{
	struct xen_domctl_vcpucontext *u = &op->u.vcpucontext;
	struct vcpu_guest_context context;
	struct vcpu *v;
	int rc;

	if (d == caller_domain()) /* its registers are on a CPU, or another's vCPU waits for this one */
		return -EINVAL;
	if ((rc = find_vcpu(d, u->vcpu, &v)))
		return rc;
	if (!v->initialised)
		return -ENODATA;
	memset(&context, 0, sizeof(context));
	domain_pause(d);
	arch_vcpu_get_context(v, &context);
	domain_unpause(d);
	context.flags = v->online ? VGCF_online : 0;
	return guest_write(HANDLE_GVA(u->ctxt), &context, sizeof(context));
}
