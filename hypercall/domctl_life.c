/* SPDX-License-Identifier: Apache-2.0 */
/* domctl: how a domain comes to be, rests, and goes. */
#include "core/time.h"
#include "core/wallclock.h"
#include "hypercall/domctl.h"
#include "lib/string.h"

XEN_ABI(sizeof(struct xen_domctl_createdomain) == 72);
XEN_ABI(offsetof(struct xen_domctl_createdomain, flags) == 20);
XEN_ABI(offsetof(struct xen_domctl_createdomain, arch) == 60);
XEN_ABI(sizeof(struct xen_arch_domainconfig) == 12);
XEN_ABI(sizeof(struct xen_domctl_max_vcpus) == 4);
XEN_ABI(sizeof(struct xen_domctl_settimeoffset) == 8);
XEN_ABI(sizeof(struct xen_domctl_set_llc_colors) == 16);

#define FLAGS_NEEDED  (XEN_DOMCTL_CDF_hvm | XEN_DOMCTL_CDF_hap)
#define FLAGS_ALLOWED (FLAGS_NEEDED | XEN_DOMCTL_CDF_xs_domain)

#define SPIS_MOST 988U /* INTIDs 32 to 1019 (Arm IHI 0069, 2.2) */

static int check_flags(const struct xen_domctl_createdomain *c)
{
	if (c->flags & XEN_DOMCTL_CDF_iommu)
		return fail(-EINVAL,
				"createdomain: passthrough is asked for, but there is no IOMMU");
	if (c->iommu_opts)
		return fail(-EINVAL, "createdomain: options for an IOMMU without passthrough");
	if ((c->flags & FLAGS_NEEDED) != FLAGS_NEEDED || (c->flags & ~FLAGS_ALLOWED))
		return fail(-EINVAL,
				"createdomain: flags 0x%x: hvm and hap are needed, no more is offered",
				c->flags);
	if (c->altp2m_opts || c->vmtrace_size)
		return fail(-EINVAL, "createdomain: alternate p2m and tracing are not offered");
	return 0;
}

static int check_limits(const struct xen_domctl_createdomain *c)
{
	uint32_t grants = c->grant_opts & XEN_DOMCTL_GRANT_version_mask;

	if (c->max_vcpus < 1 || c->max_vcpus > DOMAIN_VCPUS_MAX)
		return fail(-EINVAL, "createdomain: %u vCPUs, 1 to %u are possible", c->max_vcpus,
				DOMAIN_VCPUS_MAX);
	if (c->grant_opts != grants || grants < 1 || grants > GRANT_VERSION_MAX)
		return fail(-EINVAL, "createdomain: grant table version %u is not offered", grants);
	if (c->max_grant_frames > GRANT_FRAMES_LIMIT ||
			c->max_maptrack_frames > GRANT_MAPTRACK_FRAMES_LIMIT)
		return fail(-EINVAL, "createdomain: at most %d grant and %d maptrack frames",
				GRANT_FRAMES_LIMIT, GRANT_MAPTRACK_FRAMES_LIMIT);
	if (c->cpupool_id)
		return fail(-EINVAL, "createdomain: there is no CPU pool %u", c->cpupool_id);
	return 0;
}

static int check_arch(const struct xen_arch_domainconfig *arch)
{
	if (arch->gic_version != XEN_DOMCTL_CONFIG_GIC_NATIVE &&
			arch->gic_version != XEN_DOMCTL_CONFIG_GIC_V3)
		return fail(-EINVAL,
				"createdomain: GICv3 is the only interrupt controller offered");
	if (arch->sve_vl)
		return fail(-EINVAL, "createdomain: SVE is not offered");
	if (arch->tee_type != XEN_DOMCTL_CONFIG_TEE_NONE)
		return fail(-EINVAL, "createdomain: no TEE is offered");
	if (arch->nr_spis > SPIS_MOST)
		return fail(-EINVAL, "createdomain: %u SPIs, at most %u are possible",
				arch->nr_spis, SPIS_MOST);
	return 0;
}

static unsigned limit_or(int32_t limit, unsigned otherwise)
{
	return limit < 0 ? otherwise : (unsigned)limit;
}

int domctl_createdomain(struct domain *d, struct xen_domctl *op)
{
	struct xen_domctl_createdomain *c = &op->u.createdomain;
	struct domain_config config = {
		.vcpus_max = c->max_vcpus,
		.spis = c->arch.nr_spis,
		.evtchn_port_max = c->max_evtchn_port,
		.grant_frames_max = limit_or(c->max_grant_frames, GRANT_FRAMES_DEFAULT),
		.maptrack_frames_max =
				limit_or(c->max_maptrack_frames, GRANT_MAPTRACK_FRAMES_DEFAULT),
		.grant_version_max = XEN_DOMCTL_GRANT_version(c->grant_opts),
		.ssidref = c->ssidref,
		.flags = c->flags,
	};
	int rc;

	if ((rc = check_flags(c)) || (rc = check_limits(c)) || (rc = check_arch(&c->arch)))
		return rc;
	memcpy(config.handle, c->handle, sizeof(config.handle));
	/* 0 is Dom0's for good: it stands for "any", as ids beyond the ordinary do. */
	rc = domain_create(op->domain ? op->domain : DOMID_INVALID, &config, &d);
	if (rc)
		return rc;
	wallclock_update_domain(d);
	op->domain = d->id;
	c->arch.gic_version = XEN_DOMCTL_CONFIG_GIC_V3;
	c->arch.clock_frequency = time_stated_frequency_hz();
	return 0;
}

int domctl_destroydomain(struct domain *d, struct xen_domctl *op)
{
	(void)op;
	return d == caller_domain() ? -EINVAL : domain_kill(d);
}

int domctl_pausedomain(struct domain *d, struct xen_domctl *op)
{
	(void)op;
	return d == caller_domain() ? -EINVAL : domain_pause_by_toolstack(d);
}

int domctl_unpausedomain(struct domain *d, struct xen_domctl *op)
{
	(void)op;
	return domain_unpause_by_toolstack(d);
}

/* Makes the vCPUs that createdomain was told of; those that are there already stay. */
int domctl_max_vcpus(struct domain *d, struct xen_domctl *op)
{
	if (op->u.max_vcpus.max != d->config.vcpus_max)
		return fail(-EINVAL, "d%u: %u vCPUs, but it was created for %u", d->id,
				op->u.max_vcpus.max, d->config.vcpus_max);
	for (unsigned i = 0; i < d->config.vcpus_max; i++) {
		int rc = vcpu_create(d, i);

		if (rc && rc != -EEXIST)
			return rc;
	}
	return 0;
}

int domctl_resumedomain(struct domain *d, struct xen_domctl *op)
{
	(void)op;
	if (d == caller_domain())
		return -EINVAL;
	domain_resume(d);
	return 0;
}

int domctl_setdomainhandle(struct domain *d, struct xen_domctl *op)
{
	spin_lock(&d->lock);
	memcpy(d->config.handle, op->u.setdomainhandle.handle, sizeof(d->config.handle));
	spin_unlock(&d->lock);
	return 0;
}

int domctl_settimeoffset(struct domain *d, struct xen_domctl *op)
{
	spin_lock(&d->lock);
	d->time_offset_seconds = op->u.settimeoffset.time_offset_seconds;
	spin_unlock(&d->lock);
	wallclock_update_domain(d);
	return 0;
}

/* Guests are AArch64 at EL1. */
int domctl_set_address_size(struct domain *d, struct xen_domctl *op)
{
	uint32_t bits = op->u.address_size.size;

	if (bits != 64)
		return fail(-EINVAL, "d%u: guests of %u bits are not offered", d->id, bits);
	return 0;
}

/* `xl create` always says how many colours; without cache colouring any number is not supported. */
int domctl_set_llc_colors(struct domain *d, struct xen_domctl *op)
{
	(void)d;
	return op->u.set_llc_colors.pad ? -EINVAL : -EOPNOTSUPP;
}
