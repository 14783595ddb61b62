/* SPDX-License-Identifier: Apache-2.0 */
/* The commands of domctl: each gets a copy of the caller's structure, version and right checked. */
#pragma once

#include "hypercall/priv.h"

/*
 * d is held by the caller; NULL for createdomain alone. 0, -errno; -ERESTART: the structure, with the
 * progress in it, goes back to the caller, which issues the call again.
 */
int domctl_createdomain(struct domain *d, struct xen_domctl *op);
int domctl_destroydomain(struct domain *d, struct xen_domctl *op);
int domctl_pausedomain(struct domain *d, struct xen_domctl *op);
int domctl_unpausedomain(struct domain *d, struct xen_domctl *op);
int domctl_resumedomain(struct domain *d, struct xen_domctl *op);
int domctl_max_vcpus(struct domain *d, struct xen_domctl *op);
int domctl_setdomainhandle(struct domain *d, struct xen_domctl *op);
int domctl_settimeoffset(struct domain *d, struct xen_domctl *op);
int domctl_set_address_size(struct domain *d, struct xen_domctl *op);
int domctl_set_llc_colors(struct domain *d, struct xen_domctl *op);

int domctl_getdomaininfo(struct domain *d, struct xen_domctl *op);
int domctl_getvcpuinfo(struct domain *d, struct xen_domctl *op);

int domctl_setvcpuaffinity(struct domain *d, struct xen_domctl *op);
int domctl_getvcpuaffinity(struct domain *d, struct xen_domctl *op);
int domctl_scheduler_op(struct domain *d, struct xen_domctl *op);
int domctl_setvcpucontext(struct domain *d, struct xen_domctl *op);
int domctl_getvcpucontext(struct domain *d, struct xen_domctl *op);

int domctl_max_mem(struct domain *d, struct xen_domctl *op);
int domctl_setnodeaffinity(struct domain *d, struct xen_domctl *op);
int domctl_getnodeaffinity(struct domain *d, struct xen_domctl *op);
int domctl_cacheflush(struct domain *d, struct xen_domctl *op);
int domctl_get_paging_mempool_size(struct domain *d, struct xen_domctl *op);
int domctl_set_paging_mempool_size(struct domain *d, struct xen_domctl *op);

int domctl_vuart_op(struct domain *d, struct xen_domctl *op);
int domctl_set_virq_handler(struct domain *d, struct xen_domctl *op);
int domctl_irq_permission(struct domain *d, struct xen_domctl *op);
int domctl_bind_pt_irq(struct domain *d, struct xen_domctl *op);
int domctl_unbind_pt_irq(struct domain *d, struct xen_domctl *op);
int domctl_iomem_permission(struct domain *d, struct xen_domctl *op);
int domctl_memory_mapping(struct domain *d, struct xen_domctl *op);
int domctl_assign_device(struct domain *d, struct xen_domctl *op);
int domctl_dt_overlay(struct domain *d, struct xen_domctl *op);
