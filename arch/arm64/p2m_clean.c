/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cleaning all of a domain's memory: page by page, each held meanwhile, so that the map may change under the walk.
 *
 * Only frames that the domain owns: a frame of another domain that it maps is cleaned at the owner's wish. Registers
 * have nothing in caches; Graft's frames that a guest maps are cleaned when they are made, and shared by write-back
 * mappings from then on. Dom0's reserved memory is owned by nobody: its drivers clean it by address.
 */
#include "arch/arm64/p2m_table.h"
#include "core/arch.h"
#include "core/cpu.h"
#include "core/domain.h"
#include "core/error.h"

/* A step: 32 pages, or 512 entries that are not the domain's memory, and what lies between. */
#define CLEAN_BUDGET 512
#define PAGE_COST    16

static bool is_own(uint64_t pte)
{
	return pte && (pte_type(pte) == P2M_RAM || pte_type(pte) == P2M_RAM_RO);
}

static struct page *hold(const struct domain *d, uint64_t pa)
{
	struct page *page = page_of_phys(PADDR(pa));

	return page && page_get(page, d) ? page : NULL;
}

/*
 * The frame at *next if it is d's, held, else NULL; *next moves on by that page, or over an entry that is something
 * else. False: there is nothing more.
 */
static bool take_next(struct domain *d, ipa_t *next, struct page **page)
{
	struct p2m *p2m = &d->p2m;
	bool more;

	spin_lock(&p2m->lock);
	*page = NULL;
	more = p2m->root.v && next->v < p2m->highest_ipa;
	if (more) {
		unsigned level;
		uint64_t pte = p2m_find_leaf(p2m, next->v, &level);
		uint64_t size = is_own(pte) ? PAGE_SIZE : pte_size(level);

		if (is_own(pte))
			*page = hold(d, (pte & PTE_ADDRESS) | (next->v & (pte_size(level) - 1)));
		next->v = ALIGN_DOWN(next->v, size) + size;
	}
	spin_unlock(&p2m->lock);
	return more;
}

static unsigned clean(struct page *page)
{
	if (!page)
		return 1;
	arch_cache_clean(page_virt(page), PAGE_SIZE);
	page_put(page);
	return PAGE_COST;
}

int p2m_clean(struct domain *d, ipa_t *next)
{
	unsigned cost = 0;
	struct page *page;

	while (take_next(d, next, &page)) {
		cost += clean(page);
		if (arch_irq_pending() || cost >= CLEAN_BUDGET)
			return -ERESTART;
	}
	return 0;
}
