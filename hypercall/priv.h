/* SPDX-License-Identifier: Apache-2.0 */
/* What the families share: who calls, and reading and writing what a handle points to. */
#pragma once

#include "core/arch.h"
#include "core/cpu.h"
#include "core/domain.h"
#include "core/error.h"
#include "core/xen_abi.h"
#include "hypercall/hypercall.h"

static inline struct domain *caller_domain(void)
{
	return current_vcpu()->domain;
}

static inline bool caller_privileged(void)
{
	return caller_domain()->config.privileged;
}

/* The address in a handle of the ABI; its NULL is "not given". */
#define HANDLE_GVA(handle)  GVA((handle).q)
#define HANDLE_NULL(handle) ((handle).q == 0)

static inline gva_t gva_add(gva_t at, uint64_t offset)
{
	return GVA(at.v + offset);
}

/*
 * CPU and node maps of sysctl and domctl (struct xenctl_bitmap): both sides may be wider than the other;
 * what the caller has no room for is left out, what Graft has not is zero. 0, -EFAULT, -EINVAL when the
 * caller's map is absurdly long.
 */
int bitmap_read(const struct xenctl_bitmap *map, uint64_t *bits);
int bitmap_write(const struct xenctl_bitmap *map, uint64_t bits);

struct domain;
struct xen_domctl_getdomaininfo;
/* What XEN_DOMCTL_getdomaininfo and XEN_SYSCTL_getdomaininfolist tell of a domain. */
void domain_info_fill(struct domain *d, struct xen_domctl_getdomaininfo *info);
