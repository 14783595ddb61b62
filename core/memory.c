/* SPDX-License-Identifier: Apache-2.0 */
/* What is where in a domain's address space: the commands of xen/memory.h on valid domains. */
#include "core/memory.h"

#include "core/domain.h"
#include "core/error.h"

#define GFN_END      BIT(64 - PAGE_SHIFT)
#define TAKE_AT_ONCE 64U /* pages whose TLB entries go together */

static bool extent_ok(uint64_t gfn, unsigned order)
{
	return order <= MEMORY_ORDER_MAX && gfn < GFN_END && BIT(order) <= GFN_END - gfn;
}

static bool is_memory(enum p2m_type type)
{
	return type == P2M_RAM || type == P2M_RAM_RO;
}

/* Nothing maps the frame any more: the domain's own reference goes, and the caller's. */
static void give_up(const struct domain *d, struct page *page)
{
	if (!d->config.direct_mapped && page_clear_allocated(page, d))
		page_put(page);
	page_put(page);
}

/* Maps one page; memory that it takes the place of is given up. */
static int map_over(struct domain *d, uint64_t gfn, paddr_t pa, enum p2m_type type)
{
	enum p2m_type old_type = P2M_NONE;
	struct page *old;
	int err;

	if (!extent_ok(gfn, 0))
		return -EINVAL;
	old = p2m_get_page(d, ipa_of_gfn(gfn), false, &old_type);
	err = p2m_map(d, ipa_of_gfn(gfn), pa, 1, type);
	if (old && !err && is_memory(old_type) && page_phys(old).v != pa.v)
		give_up(d, old);
	else if (old)
		page_put(old);
	return err;
}

/* As above for memory whose reference goes over to the entry. */
static int map_held(struct domain *d, uint64_t gfn, struct page *page, enum p2m_type type)
{
	int err = map_over(d, gfn, page_phys(page), type);

	if (err)
		page_put(page);
	return err;
}

/* Memory */

static void drop_extent(const struct domain *d, struct page *page, unsigned order)
{
	for (uint64_t i = 0; i < BIT(order); i++) {
		if (page_clear_allocated(page + i, d))
			page_put(page + i);
	}
}

static struct page *alloc_extent(struct domain *d, unsigned order, unsigned address_bits)
{
	bool narrow = address_bits && address_bits < 64 && BIT(address_bits) < page_ram_end().v;
	struct page *page = page_alloc_domain(d, order, narrow ? PAGE_LOWEST : PAGE_ANYWHERE);

	if (page && narrow && page_phys(page).v + (PAGE_SIZE << order) > BIT(address_bits)) {
		drop_extent(d, page, order);
		page = NULL;
	}
	return page;
}

/* Takes memory away up to the first page that is something else, in bounded steps: how many pages, or -ENOMEM. */
static int take_some(struct domain *d, uint64_t gfn, uint64_t count)
{
	struct page *pages[TAKE_AT_ONCE];
	int taken = p2m_take_memory(
			d, ipa_of_gfn(gfn), (unsigned)MIN(count, ARRAY_SIZE(pages)), pages);

	for (int i = 0; i < taken; i++)
		give_up(d, pages[i]);
	return taken;
}

static int remove_page(struct domain *d, uint64_t gfn)
{
	enum p2m_type type = P2M_NONE;
	struct page *page = p2m_get_page(d, ipa_of_gfn(gfn), false, &type);
	int err;

	if (!page)
		return -ENOENT;
	if (type == P2M_GRANT || type == P2M_GRANT_RO)
		err = -ENOENT;
	else
		err = p2m_unmap_page(d, ipa_of_gfn(gfn), page_phys(page), type);
	if (!err && is_memory(type))
		give_up(d, page);
	else
		page_put(page);
	return err;
}

/* What is left alone: a grant, a device, or memory that cannot be taken for want of a table. */
static void give_up_extent(struct domain *d, uint64_t gfn, unsigned order)
{
	for (uint64_t done = 0; done < BIT(order);) {
		int taken = take_some(d, gfn + done, BIT(order) - done);

		done += taken > 0 ? (unsigned)taken : 1;
	}
}

/* Memory that is there already is given up; where that fails it stays the domain's until its end. */
static int map_extent(struct domain *d, uint64_t gfn, struct page *page, unsigned order)
{
	ipa_t ipa = ipa_of_gfn(gfn);
	int err;

	if (!p2m_range_used(d, ipa, BIT(order)))
		return p2m_map(d, ipa, page_phys(page), BIT(order), P2M_RAM);
	err = p2m_prepare(d, ipa, page_phys(page), BIT(order));
	if (err)
		return err;
	give_up_extent(d, gfn, order);
	p2m_map_prepared(d, ipa, page_phys(page), BIT(order), P2M_RAM);
	p2m_unprepare(d, ipa, page_phys(page), BIT(order));
	return 0;
}

static int populate_anew(struct domain *d, uint64_t gfn, unsigned order, unsigned address_bits)
{
	struct page *page = alloc_extent(d, order, address_bits);
	int err;

	if (!page)
		return -ENOMEM;
	err = map_extent(d, gfn, page, order);
	if (err)
		drop_extent(d, page, order);
	return err;
}

static bool owns_extent(const struct domain *d, uint64_t frame, unsigned order)
{
	for (uint64_t i = frame; i < frame + BIT(order); i++) {
		struct page *page = page_of_phys(PADDR(i << PAGE_SHIFT));

		if (!page || page_owner(page) != d->id)
			return false;
	}
	return true;
}

int memory_populate(struct domain *d, uint64_t gfn, unsigned order, unsigned address_bits)
{
	if (!extent_ok(gfn, order))
		return -EINVAL;
	if (!d->config.direct_mapped)
		return populate_anew(d, gfn, order, address_bits);
	if (!owns_extent(d, gfn, order))
		return fail(-EINVAL, "d%u is direct-mapped: frame %#llx is not memory of its own",
				d->id, (unsigned long long)gfn);
	return p2m_map(d, ipa_of_gfn(gfn), PADDR(gfn << PAGE_SHIFT), BIT(order), P2M_RAM);
}

static bool all_memory(struct domain *d, uint64_t gfn, unsigned order)
{
	for (uint64_t i = 0; i < BIT(order); i++) {
		if (!is_memory(p2m_lookup(d, ipa_of_gfn(gfn + i)).type))
			return false;
	}
	return true;
}

int memory_decrease(struct domain *d, uint64_t gfn, unsigned order)
{
	int taken;

	if (!extent_ok(gfn, order) || !all_memory(d, gfn, order))
		return -EINVAL;
	for (uint64_t done = 0; done < BIT(order); done += (unsigned)taken) {
		taken = take_some(d, gfn + done, BIT(order) - done);
		if (taken <= 0)
			return taken ? taken : -EINVAL; /* another vCPU was faster */
	}
	return 0;
}

int memory_remove(struct domain *d, uint64_t gfn)
{
	return extent_ok(gfn, 0) ? remove_page(d, gfn) : -ENOENT;
}

/* Pages of Graft's and of others */

int memory_map_shared_info(struct domain *d, uint64_t index, uint64_t gfn)
{
	if (index != 0)
		return -EINVAL;
	return map_over(d, gfn, page_phys(page_of_virt(d->shared_info)), P2M_SHARED);
}

static int find_grant_frame(struct domain *d, uint64_t index, struct page **page)
{
	if (index > UINT32_MAX || (index & XENMAPIDX_grant_table_status)) /* version 2 only */
		return -EINVAL;
	return grant_frame(d, (unsigned)index, page);
}

/* Its own frame needs no hold in the map: the map goes before the table (core/domain_kill.c). */
int memory_map_grant_frame(struct domain *d, uint64_t index, uint64_t gfn)
{
	struct page *page;
	int err = find_grant_frame(d, index, &page);

	if (err)
		return err;
	err = map_over(d, gfn, page_phys(page), P2M_SHARED);
	page_put(page);
	if (!err)
		grant_place_frame(d, (unsigned)index, gfn);
	return err;
}

int memory_map_foreign_grant_frame(
		struct domain *d, uint64_t gfn, struct domain *from, uint64_t index)
{
	struct page *page;
	int err = find_grant_frame(from, index, &page);

	return err ? err : map_held(d, gfn, page, P2M_FOREIGN);
}

int memory_map_foreign(struct domain *d, uint64_t gfn, struct domain *from, uint64_t from_gfn)
{
	enum p2m_type type = P2M_NONE;
	struct page *page = NULL;

	if (from != d && extent_ok(from_gfn, 0))
		page = p2m_get_page(from, ipa_of_gfn(from_gfn), false, &type);
	if (page && is_memory(type))
		return map_held(d, gfn, page, type == P2M_RAM ? P2M_FOREIGN : P2M_FOREIGN_RO);
	if (page)
		page_put(page);
	return -EINVAL;
}
