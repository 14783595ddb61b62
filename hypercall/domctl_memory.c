/* SPDX-License-Identifier: Apache-2.0 */
/* domctl: how much memory a domain may have, and that its caches are clean before it starts. */
#include "hypercall/domctl.h"

XEN_ABI(sizeof(struct xen_domctl_max_mem) == 8);
XEN_ABI(sizeof(struct xen_domctl_nodeaffinity) == 16);
XEN_ABI(sizeof(struct xen_domctl_cacheflush) == 16);
XEN_ABI(sizeof(struct xen_domctl_paging_mempool) == 8);

#define CACHEFLUSH_PAGES_MAX (UINT64_C(1) << PAGE_ORDER_MAX)
#define CACHEFLUSH_AT_ONCE   128U /* pages between two looks for interrupts */

/* A limit below what the domain has is allowed: it only gets no more. */
int domctl_max_mem(struct domain *d, struct xen_domctl *op)
{
	d->max_pages = op->u.max_mem.max_memkb >> (PAGE_SHIFT - 10);
	return 0;
}

/* There is one node: any map with it is right, and nothing changes. */
int domctl_setnodeaffinity(struct domain *d, struct xen_domctl *op)
{
	uint64_t nodes;
	int rc = bitmap_read(&op->u.nodeaffinity.nodemap, &nodes);

	(void)d;
	if (rc)
		return rc;
	return (nodes & 1) ? 0 : -EINVAL;
}

int domctl_getnodeaffinity(struct domain *d, struct xen_domctl *op)
{
	(void)d;
	return bitmap_write(&op->u.nodeaffinity.nodemap, 1);
}

static void clean_page(struct domain *d, uint64_t gfn)
{
	struct page *page = p2m_get_page(d, ipa_of_gfn(gfn), false, NULL);

	if (page) {
		arch_cache_clean(page_virt(page), PAGE_SIZE);
		page_put(page);
	}
}

/* What is not memory has nothing in the caches and is passed over. */
int domctl_cacheflush(struct domain *d, struct xen_domctl *op)
{
	struct xen_domctl_cacheflush *u = &op->u.cacheflush;

	if (u->nr_pfns > CACHEFLUSH_PAGES_MAX || u->start_pfn + u->nr_pfns < u->start_pfn ||
			u->start_pfn + u->nr_pfns > BIT(64 - PAGE_SHIFT))
		return -EINVAL;
	while (u->nr_pfns) {
		uint64_t n = MIN(u->nr_pfns, CACHEFLUSH_AT_ONCE);

		for (uint64_t i = 0; i < n; i++)
			clean_page(d, u->start_pfn + i);
		u->start_pfn += n;
		u->nr_pfns -= n;
		if (u->nr_pfns && arch_irq_pending())
			return -ERESTART;
	}
	/* The frames may have held another guest's code, and a kernel starts without having looked. */
	arch_icache_invalidate();
	return 0;
}

int domctl_get_paging_mempool_size(struct domain *d, struct xen_domctl *op)
{
	spin_lock(&d->p2m.lock);
	op->u.paging_mempool.size = d->p2m.pool_pages << PAGE_SHIFT;
	spin_unlock(&d->p2m.lock);
	return 0;
}

/* The pool is a limit, not a reserve: it may be lowered to what is in use. */
int domctl_set_paging_mempool_size(struct domain *d, struct xen_domctl *op)
{
	uint64_t size = op->u.paging_mempool.size;

	if (!IS_ALIGNED(size, PAGE_SIZE) || d == hardware_domain)
		return -EINVAL;
	return p2m_set_pool(d, size >> PAGE_SHIFT);
}
