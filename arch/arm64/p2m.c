/* SPDX-License-Identifier: Apache-2.0 */
/* A domain's stage-2 map: what core/p2m.h promises, on the tables of p2m_table.c. */
#include "core/p2m.h"

#include "arch/arm64/p2m_table.h"
#include "core/domain.h"
#include "core/error.h"
#include "core/fault.h"
#include "core/panic.h"
#include "lib/string.h"
#include <arch/barrier.h>
#include <arch/tlb.h>

#define LEVEL_BLOCK     1 /* 1 GiB: the largest leaf */
#define TEARDOWN_BUDGET 1024
#define TEARDOWN_COST   16 /* of 2 MiB that have a table, against 1 of an entry passed over */

/* Pieces of work */

static void begin(struct p2m_work *work, struct domain *d)
{
	spin_lock(&d->p2m.lock);
	work->p2m = &d->p2m;
	work->stale_start = work->stale_end = 0;
	work->frame_count = 0; /* frames need no zeroes */
	work->stock = NULL;
}

static void end(struct p2m_work *work)
{
	dsb_ishst(); /* new entries are there for walks before the guest goes on */
	p2m_finish(work);
	while (work->stock) {
		void **table = work->stock;

		work->stock = *table;
		page_free_virt(table);
	}
	spin_unlock(&work->p2m->lock);
}

static bool in_range(const struct p2m *p2m, ipa_t ipa, uint64_t count)
{
	uint64_t space = BIT(p2m->ipa_bits);

	return p2m->root.v && IS_ALIGNED(ipa.v, PAGE_SIZE) && ipa.v <= space &&
	       count <= (space - ipa.v) >> PAGE_SHIFT;
}

static bool may_map(const struct p2m *p2m, ipa_t ipa, paddr_t pa, uint64_t count)
{
	return !p2m->closing && in_range(p2m, ipa, count) && IS_ALIGNED(pa.v, PAGE_SIZE) &&
	       pa.v <= PTE_ADDRESS && count <= (PTE_ADDRESS + PAGE_SIZE - pa.v) >> PAGE_SHIFT;
}

static bool over_pool(const struct domain *d, uint64_t count)
{
	uint64_t used = d->p2m.table_pages - BIT(d->p2m.root_order);

	return !d->config.hardware && count && used + count > d->p2m.pool_pages;
}

/* Tables for all runs of the range come into stock. On failure end() gives back what came. */
static int stock_up(struct domain *d, struct p2m_work *work, struct p2m_run range, uint64_t pages,
		bool missing)
{
	uint64_t last[PTE_LEVEL_LAST + 1];
	uint64_t count = 0;

	memset(last, 0xff, sizeof(last));
	while (pages) {
		struct p2m_run run = p2m_first_run(range.ipa, range.pa, pages, range.level);

		count += p2m_count_tables(work->p2m, &run, missing, last);
		range.ipa += p2m_run_pages(&run) << PAGE_SHIFT;
		range.pa += p2m_run_pages(&run) << PAGE_SHIFT;
		pages -= p2m_run_pages(&run);
	}
	if (over_pool(d, count))
		return -ENOMEM;
	for (; count; count--) {
		void **table = page_alloc_zeroed();

		if (!table)
			return -ENOMEM;
		*table = work->stock;
		work->stock = table;
	}
	return 0;
}

/* What is done to each run of a range: the entry is there, or NULL where a table is missing. */
typedef void run_fn(
		struct p2m_work *work, pte_t *entry, const struct p2m_run *run, enum p2m_type type);

static void each_run(struct p2m_work *work, struct p2m_run range, uint64_t pages, bool missing,
		run_fn *fn, enum p2m_type type)
{
	while (pages) {
		struct p2m_run run = p2m_first_run(range.ipa, range.pa, pages, range.level);

		fn(work, p2m_make_entry(work, run.ipa, run.level, missing), &run, type);
		range.ipa += p2m_run_pages(&run) << PAGE_SHIFT;
		range.pa += p2m_run_pages(&run) << PAGE_SHIFT;
		pages -= p2m_run_pages(&run);
	}
}

/* An entry that holds a reference holds one page's. */
static struct p2m_run range_of(ipa_t ipa, paddr_t pa, enum p2m_type type)
{
	return (struct p2m_run){
		.ipa = ipa.v,
		.pa = pa.v,
		.level = type >= P2M_FOREIGN ? PTE_LEVEL_LAST : LEVEL_BLOCK,
	};
}

/* Mapping */

static void map_run(
		struct p2m_work *work, pte_t *entry, const struct p2m_run *run, enum p2m_type type)
{
	p2m_clear(work, entry, run->level, run->count, run->ipa);
	p2m_finish(work); /* before make */
	p2m_fill(entry, run->level, run->count, p2m_leaf(work->p2m, PADDR(run->pa), type));
}

static void map_range(
		struct p2m_work *work, ipa_t ipa, paddr_t pa, uint64_t count, enum p2m_type type)
{
	each_run(work, range_of(ipa, pa, type), count, true, map_run, type);
	work->p2m->highest_ipa = MAX(work->p2m->highest_ipa, ipa.v + (count << PAGE_SHIFT));
}

int p2m_map(struct domain *d, ipa_t ipa, paddr_t pa, uint64_t count, enum p2m_type type)
{
	struct p2m_work work;
	int err = -EINVAL;

	begin(&work, d);
	if (may_map(&d->p2m, ipa, pa, count))
		err = stock_up(d, &work, range_of(ipa, pa, type), count, true);
	if (!err)
		map_range(&work, ipa, pa, count, type);
	end(&work);
	return err;
}

static void pin_run(
		struct p2m_work *work, pte_t *entry, const struct p2m_run *run, enum p2m_type type)
{
	bool held = page_get_any(page_of_virt((const void *)entry), NULL);

	(void)work;
	(void)run;
	(void)type;
	ASSERT(held); /* a table's count does not come near its limit */
}

static void unpin_run(
		struct p2m_work *work, pte_t *entry, const struct p2m_run *run, enum p2m_type type)
{
	(void)type;
	ASSERT(entry); /* pinned, so it is there */
	page_put(page_of_virt((const void *)entry));
	p2m_prune(work, run->ipa);
}

int p2m_prepare(struct domain *d, ipa_t ipa, paddr_t pa, uint64_t count)
{
	struct p2m_work work;
	int err = -EINVAL;

	begin(&work, d);
	if (may_map(&d->p2m, ipa, pa, count))
		err = stock_up(d, &work, range_of(ipa, pa, P2M_MMIO), count, true);
	if (!err)
		each_run(&work, range_of(ipa, pa, P2M_MMIO), count, true, pin_run, P2M_MMIO);
	end(&work);
	return err;
}

void p2m_unprepare(struct domain *d, ipa_t ipa, paddr_t pa, uint64_t count)
{
	struct p2m_work work;

	begin(&work, d);
	if (!d->p2m.closing)
		each_run(&work, range_of(ipa, pa, P2M_MMIO), count, false, unpin_run, P2M_MMIO);
	end(&work);
}

void p2m_map_prepared(struct domain *d, ipa_t ipa, paddr_t pa, uint64_t count, enum p2m_type type)
{
	struct p2m_work work;

	begin(&work, d);
	if (!d->p2m.closing)
		map_range(&work, ipa, pa, count, type);
	end(&work);
}

/* Unmapping */

static void clear_run(
		struct p2m_work *work, pte_t *entry, const struct p2m_run *run, enum p2m_type type)
{
	(void)type;
	if (!entry)
		return;
	p2m_clear(work, entry, run->level, run->count, run->ipa);
	p2m_prune(work, run->ipa);
}

static int unmap_locked(struct domain *d, struct p2m_work *work, ipa_t ipa, uint64_t count)
{
	struct p2m_run range = range_of(ipa, PADDR(ipa.v), P2M_RAM);
	int err = in_range(&d->p2m, ipa, count) ? stock_up(d, work, range, count, false) : -EINVAL;

	if (!err)
		each_run(work, range, count, false, clear_run, P2M_NONE);
	return err;
}

int p2m_unmap(struct domain *d, ipa_t ipa, uint64_t count)
{
	struct p2m_work work;
	int err;

	begin(&work, d);
	err = unmap_locked(d, &work, ipa, count);
	end(&work);
	return err;
}

/* The entry there, if it shows these registers. How many pages it covers from ipa on, which may be a hole. */
static uint64_t clear_registers(struct p2m_work *work, uint64_t ipa, uint64_t pa)
{
	unsigned level;
	uint64_t pte = p2m_find_leaf(work->p2m, ipa, &level);
	uint64_t offset = ipa & (pte_size(level) - 1);

	if (pte_type(pte) == P2M_MMIO && (pte & PTE_ADDRESS) == pa - offset) {
		ASSERT(offset == 0); /* of whole mappings, as all who call this know */
		p2m_clear(work, p2m_find_entry(work->p2m, ipa, level), level, 1, ipa);
	}
	return (pte_size(level) - offset) >> PAGE_SHIFT;
}

void p2m_unmap_registers(struct domain *d, ipa_t ipa, paddr_t pa, uint64_t count)
{
	uint64_t done = 0, start = ipa.v, pages;
	struct p2m_work work;

	begin(&work, d);
	if (!in_range(&d->p2m, ipa, count))
		count = 0;
	for (; done < count; done += pages, ipa.v = start + (done << PAGE_SHIFT)) {
		pages = clear_registers(&work, ipa.v, pa.v + (done << PAGE_SHIFT));
		/* Once for each table of pages. */
		if (done + pages >= count || IS_ALIGNED(ipa.v + (pages << PAGE_SHIFT),
							     pte_size(PTE_LEVEL_LAST - 1)))
			p2m_prune(&work, ipa.v);
	}
	end(&work);
}

/* Looking */

static struct p2m_entry lookup(const struct p2m *p2m, ipa_t ipa)
{
	struct p2m_entry found = { .type = P2M_NONE };
	unsigned level;
	uint64_t pte;

	if (!p2m->root.v || ipa.v >> p2m->ipa_bits)
		return found;
	pte = p2m_find_leaf(p2m, ipa.v, &level);
	if (!pte)
		return found;
	found.type = pte_type(pte);
	found.block_size = pte_size(level);
	found.pa = PADDR((pte & PTE_ADDRESS) | (ipa.v & (pte_size(level) - 1) & PAGE_MASK));
	return found;
}

struct p2m_entry p2m_lookup(struct domain *d, ipa_t ipa)
{
	struct p2m_entry found;

	spin_lock(&d->p2m.lock);
	found = lookup(&d->p2m, ipa);
	spin_unlock(&d->p2m.lock);
	return found;
}

int p2m_unmap_page(struct domain *d, ipa_t ipa, paddr_t pa, enum p2m_type type)
{
	struct p2m_work work;
	struct p2m_entry found;
	int err = -ENOENT;

	begin(&work, d);
	found = lookup(&d->p2m, ipa);
	if (found.type == type && found.type != P2M_NONE && found.pa.v == pa.v)
		err = unmap_locked(d, &work, ipa, 1);
	end(&work);
	return err;
}

static struct page *hold_memory(const struct domain *d, struct p2m_entry found, bool write)
{
	struct page *page = page_of_phys(found.pa);
	bool held = false;

	switch (found.type) {
	case P2M_RAM_RO:
	case P2M_RAM:
		held = page && !(write && found.type == P2M_RAM_RO) && page_get(page, d);
		break;
	case P2M_FOREIGN_RO:
	case P2M_GRANT_RO:
	case P2M_FOREIGN:
	case P2M_GRANT:
	case P2M_SHARED:
		held = page &&
		       !(write && (found.type == P2M_FOREIGN_RO || found.type == P2M_GRANT_RO)) &&
		       page_get_any(page, NULL);
		break;
	case P2M_NONE:
	case P2M_MMIO:
	case P2M_TYPES:
		break;
	}
	return held ? page : NULL;
}

static struct page *hold_own(const struct domain *d, ipa_t ipa)
{
	struct p2m_entry found = lookup(&d->p2m, ipa);
	bool own = found.type == P2M_RAM || found.type == P2M_RAM_RO;

	return own ? hold_memory(d, found, false) : NULL;
}

struct page *p2m_get_page(struct domain *d, ipa_t ipa, bool write, enum p2m_type *type)
{
	struct p2m_entry found;
	struct page *page;

	spin_lock(&d->p2m.lock);
	found = lookup(&d->p2m, ipa);
	page = hold_memory(d, found, write);
	spin_unlock(&d->p2m.lock);
	if (type)
		*type = found.type;
	return page;
}

int p2m_take_memory(struct domain *d, ipa_t ipa, unsigned count, struct page **pages)
{
	struct p2m_work work;
	unsigned held = 0;
	int err = 0;

	begin(&work, d);
	while (held < count && (pages[held] = hold_own(d, IPA(ipa.v + held * PAGE_SIZE))))
		held++;
	if (held)
		err = unmap_locked(d, &work, ipa, held);
	end(&work);
	for (unsigned i = 0; err && i < held; i++)
		page_put(pages[i]);
	return err ? err : (int)held;
}

bool p2m_range_used(struct domain *d, ipa_t ipa, uint64_t count)
{
	bool used = false;

	spin_lock(&d->p2m.lock);
	if (!in_range(&d->p2m, ipa, count))
		count = 0;
	while (count && !used) {
		struct p2m_run run = p2m_first_run(ipa.v, ipa.v, count, LEVEL_BLOCK);

		used = p2m_run_used(&d->p2m, &run);
		ipa.v += p2m_run_pages(&run) << PAGE_SHIFT;
		count -= p2m_run_pages(&run);
	}
	spin_unlock(&d->p2m.lock);
	return used;
}

uint64_t p2m_max_gfn(const struct domain *d)
{
	return d->p2m.highest_ipa >> PAGE_SHIFT;
}

int p2m_set_pool(struct domain *d, uint64_t pages)
{
	int err = -EBUSY;

	spin_lock(&d->p2m.lock);
	if (d->p2m.table_pages - BIT(d->p2m.root_order) <= pages) {
		d->p2m.pool_pages = pages;
		err = 0;
	}
	spin_unlock(&d->p2m.lock);
	return err;
}

/* Life */

static uint64_t empty_root;

int p2m_init_empty(void)
{
	unsigned order = p2m_first_order(p2m_ipa_bits());
	struct page *root = page_alloc(order);

	if (!root)
		return -ENOMEM;
	memset(page_virt(root), 0, PAGE_SIZE << order);
	dsb_ishst();
	empty_root = page_phys(root).v;
	return 0;
}

uint64_t p2m_empty_vttbr(void)
{
	return empty_root;
}

int p2m_init(struct domain *d)
{
	struct p2m *p2m = &d->p2m;
	unsigned order = p2m_first_order(p2m_ipa_bits());
	struct page *root = page_alloc(order);
	int vmid;

	if (!root)
		return -ENOMEM;
	vmid = p2m_vmid_alloc();
	if (vmid < 0) {
		page_free(root, order);
		return vmid;
	}
	memset(page_virt(root), 0, PAGE_SIZE << order);
	*p2m = (struct p2m){
		.lock = SPINLOCK_INIT,
		.root = page_phys(root),
		.root_order = order,
		.ipa_bits = p2m_ipa_bits(),
		.hardware = d->config.hardware,
		.vmid = (uint16_t)vmid,
		.vttbr = FIELD_PREP(VTTBR_VMID, vmid) | page_phys(root).v,
		.table_pages = BIT(order),
	};
	tlb_flush_guest(p2m->vttbr); /* of who had the VMID before */
	return 0;
}

/* Empties the next 2 MiB, or passes over what has no table below it. Returns what that cost. */
static unsigned teardown_next(struct p2m_work *work)
{
	struct p2m *p2m = work->p2m;
	unsigned level = PTE_LEVEL_LAST - 1;
	pte_t *entry;

	while (!(entry = p2m_find_entry(p2m, p2m->teardown_ipa, level)))
		level--;
	p2m_clear(work, entry, level, 1, p2m->teardown_ipa);
	p2m->teardown_ipa = ALIGN_DOWN(p2m->teardown_ipa, pte_size(level)) + pte_size(level);
	return level == PTE_LEVEL_LAST - 1 ? TEARDOWN_COST : 1;
}

static void free_root(struct p2m_work *work)
{
	struct p2m *p2m = work->p2m;
	unsigned entries = (unsigned)BIT(p2m->ipa_bits - pte_shift(p2m_start_level(p2m)));
	struct page *root = page_of_phys(p2m->root);

	p2m_clear(work, p2m_root(p2m), p2m_start_level(p2m), entries, 0);
	p2m_finish(work);
	tlb_flush_guest(p2m->vttbr);
	for (unsigned i = 0; i < BIT(p2m->root_order); i++)
		while (page_refcount(root + i) > 1) /* pins */
			page_put(root + i);
	page_free(root, p2m->root_order);
	p2m_vmid_free(p2m->vmid);
	p2m->root = PADDR(0);
	p2m->vttbr = 0;
	p2m->table_pages = 0;
}

int p2m_teardown(struct domain *d)
{
	struct p2m_work work;
	int err = 0;

	begin(&work, d);
	d->p2m.closing = true;
	for (unsigned cost = 0;
			d->p2m.root.v && !err && d->p2m.teardown_ipa < d->p2m.highest_ipa;) {
		cost += teardown_next(&work);
		err = cost >= TEARDOWN_BUDGET ? -ERESTART : 0;
	}
	if (d->p2m.root.v && !err)
		free_root(&work);
	end(&work);
	return err;
}
