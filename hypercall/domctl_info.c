/* SPDX-License-Identifier: Apache-2.0 */
/* domctl: what is to be known of a domain and its vCPUs (`xl list`, `xl vcpu-list`). */
#include "hypercall/domctl.h"
#include "lib/string.h"

XEN_ABI(sizeof(struct xen_domctl_getdomaininfo) == 120);
XEN_ABI(offsetof(struct xen_domctl_getdomaininfo, tot_pages) == 8);
XEN_ABI(offsetof(struct xen_domctl_getdomaininfo, cpu_time) == 56);
XEN_ABI(offsetof(struct xen_domctl_getdomaininfo, handle) == 76);
XEN_ABI(offsetof(struct xen_domctl_getdomaininfo, arch_config) == 104);
XEN_ABI(sizeof(struct xen_domctl_getvcpuinfo) == 24);
XEN_ABI(offsetof(struct xen_domctl_getvcpuinfo, cpu_time) == 8);

static uint32_t domain_flags(struct domain *d)
{
	uint32_t flags = XEN_DOMINF_hvm_guest | XEN_DOMINF_hap;

	spin_lock(&d->lock);
	if (d->dying == DOMAIN_DEAD)
		flags |= XEN_DOMINF_dying;
	if (d->shut_down)
		flags |= XEN_DOMINF_shutdown;
	if (d->controller_pause_count)
		flags |= XEN_DOMINF_paused;
	if (d->config.flags & XEN_DOMCTL_CDF_xs_domain)
		flags |= XEN_DOMINF_xs_domain;
	flags |= (d->shutdown_code & XEN_DOMINF_shutdownmask) << XEN_DOMINF_shutdownshift;
	spin_unlock(&d->lock);
	return flags;
}

/* Blocked is a domain all of whose vCPUs are; running is one with a vCPU on a CPU. */
static void add_vcpus(const struct domain *d, struct xen_domctl_getdomaininfo *info)
{
	bool blocked = true;

	for (unsigned i = 0; i < d->vcpus_count; i++) {
		const struct vcpu *v = domain_vcpu(d, i);

		if (!v)
			continue;
		info->max_vcpu_id = i;
		info->cpu_time += sched_vcpu_time(v);
		if (!v->online)
			continue;
		info->nr_online_vcpus++;
		if (!v->sched.blocked)
			blocked = false;
		if (v->sched.running)
			info->flags |= XEN_DOMINF_running;
	}
	if (blocked)
		info->flags |= XEN_DOMINF_blocked;
}

void domain_info_fill(struct domain *d, struct xen_domctl_getdomaininfo *info)
{
	memset(info, 0, sizeof(*info)); /* padding too: it goes to the caller */
	info->domain = d->id;
	info->flags = domain_flags(d);
	info->tot_pages = d->tot_pages;
	info->max_pages = d->max_pages;
	info->shared_info_frame = ~UINT64_C(0); /* the guest says where, and may move it */
	info->max_vcpu_id = XEN_INVALID_MAX_VCPU_ID;
	info->ssidref = d->config.ssidref;
	info->gpaddr_bits = (uint8_t)d->p2m.ipa_bits;
	info->arch_config.gic_version = XEN_DOMCTL_CONFIG_GIC_V3;
	info->arch_config.nr_spis = d->config.spis;
	memcpy(info->handle, d->config.handle, sizeof(info->handle));
	add_vcpus(d, info);
}

int domctl_getdomaininfo(struct domain *d, struct xen_domctl *op)
{
	domain_info_fill(d, &op->u.getdomaininfo);
	op->domain = d->id;
	return 0;
}

int domctl_getvcpuinfo(struct domain *d, struct xen_domctl *op)
{
	struct xen_domctl_getvcpuinfo *info = &op->u.getvcpuinfo;
	const struct vcpu *v = domain_vcpu(d, info->vcpu);

	if (info->vcpu >= d->config.vcpus_max)
		return -EINVAL;
	if (!v)
		return -ESRCH;
	info->online = v->online;
	info->blocked = v->sched.blocked;
	info->running = v->sched.running;
	info->cpu_time = sched_vcpu_time(v);
	info->cpu = v->sched.cpu;
	return 0;
}
