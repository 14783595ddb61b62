/* SPDX-License-Identifier: Apache-2.0 */
/* Stage-2 tables: walking, making, splitting, emptying (Arm ARM D8.2, D8.3; break before make D8.16.1). */
#include "arch/arm64/p2m_table.h"

#include <arch/barrier.h>
#include <arch/mm.h>
#include <arch/tlb.h>

static uint64_t load(const pte_t *entry)
{
	return atomic_load_explicit(entry, memory_order_relaxed);
}

static void store(pte_t *entry, uint64_t pte)
{
	atomic_store_explicit(entry, pte, memory_order_relaxed);
}

static pte_t *table_of(uint64_t pte)
{
	return phys_to_virt(PADDR(pte & PTE_ADDRESS));
}

static pte_t *entry_in(pte_t *table, unsigned level, uint64_t ipa)
{
	return table + (ipa >> pte_shift(level)) % PTE_ENTRIES;
}

pte_t *p2m_root(const struct p2m *p2m)
{
	return phys_to_virt(p2m->root);
}

/* Concatenated tables at the start level are as one large one. */
static pte_t *root_entry(const struct p2m *p2m, uint64_t ipa)
{
	return p2m_root(p2m) + (ipa >> pte_shift(p2m_start_level(p2m)));
}

struct p2m_run p2m_first_run(uint64_t ipa, uint64_t pa, uint64_t pages, unsigned level_min)
{
	struct p2m_run run = { .ipa = ipa, .pa = pa, .level = level_min };
	uint64_t room, count;

	while (!IS_ALIGNED(ipa | pa, pte_size(run.level)) ||
			pages << PAGE_SHIFT < pte_size(run.level))
		run.level++;
	room = PTE_ENTRIES - (ipa >> pte_shift(run.level)) % PTE_ENTRIES;
	count = pages << PAGE_SHIFT >> pte_shift(run.level);
	run.count = (unsigned)MIN(room, count);
	return run;
}

uint64_t p2m_run_pages(const struct p2m_run *run)
{
	return run->count * pte_size(run->level) >> PAGE_SHIFT;
}

/*
 * Stage 1 and stage 2 combine to the stricter of the two (Arm ARM D8.6.5): Device of stage 2 would make Device of
 * every mapping of registers, write-back leaves the guest's own stage 1 to decide.
 */
static uint64_t memattr_of(const struct p2m *p2m, enum p2m_type type)
{
	return type == P2M_MMIO && !p2m->hardware ? PTE_MEMATTR_DEVICE_nGnRE
	                                          : PTE_MEMATTR_WRITE_BACK;
}

uint64_t p2m_leaf(const struct p2m *p2m, paddr_t pa, enum p2m_type type)
{
	bool read_only = type == P2M_RAM_RO || type == P2M_FOREIGN_RO || type == P2M_GRANT_RO;
	uint64_t pte = pa.v | PTE_VALID | PTE_AF | FIELD_PREP(PTE_SH, PTE_SH_INNER);

	pte |= FIELD_PREP(PTE_MEMATTR, memattr_of(p2m, type)) | FIELD_PREP(PTE_SOFTWARE, type);
	pte |= FIELD_PREP(PTE_S2AP, read_only ? PTE_S2AP_READ : PTE_S2AP_READ_WRITE);
	if (type != P2M_RAM && type != P2M_RAM_RO)
		pte |= PTE_XN; /* nothing but its own memory is the guest's to execute */
	return pte;
}

/* Walking */

pte_t *p2m_find_entry(const struct p2m *p2m, uint64_t ipa, unsigned level)
{
	pte_t *entry = root_entry(p2m, ipa);

	for (unsigned l = p2m_start_level(p2m); l < level; l++) {
		if (!pte_is_table(load(entry), l))
			return NULL;
		entry = entry_in(table_of(load(entry)), l + 1, ipa);
	}
	return entry;
}

uint64_t p2m_find_leaf(const struct p2m *p2m, uint64_t ipa, unsigned *level)
{
	pte_t *entry = root_entry(p2m, ipa);
	uint64_t pte;

	*level = p2m_start_level(p2m);
	while (pte_is_table(pte = load(entry), *level))
		entry = entry_in(table_of(pte), ++*level, ipa);
	return pte;
}

static bool has_leaf(const pte_t *entry, unsigned level, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		uint64_t pte = load(&entry[i]);

		if (pte_is_leaf(pte, level))
			return true;
		if (pte_is_table(pte, level) && has_leaf(table_of(pte), level + 1, PTE_ENTRIES))
			return true;
	}
	return false;
}

bool p2m_run_used(const struct p2m *p2m, const struct p2m_run *run)
{
	const pte_t *entry = p2m_find_entry(p2m, run->ipa, run->level);
	unsigned level;

	if (entry)
		return has_leaf(entry, run->level, run->count);
	return p2m_find_leaf(p2m, run->ipa, &level) != 0;
}

/* Making */

unsigned p2m_count_tables(const struct p2m *p2m, const struct p2m_run *run, bool missing,
		uint64_t last[PTE_LEVEL_LAST + 1])
{
	unsigned level, count = 0;
	uint64_t pte = p2m_find_leaf(p2m, run->ipa, &level);

	if (!missing && !pte)
		return 0;
	for (; level < run->level; level++) {
		uint64_t table = run->ipa >> pte_shift(level);

		count += last[level] != table;
		last[level] = table;
	}
	return count;
}

static pte_t *take_table(struct p2m_work *work)
{
	void **table = work->stock; /* there is one: p2m_count_tables() saw to it */

	work->stock = *table;
	*table = NULL;
	work->p2m->table_pages++;
	return (pte_t *)table;
}

static void link_table(pte_t *entry, const pte_t *table)
{
	smp_wmb(); /* whoever sees the link sees what is in the table */
	store(entry, virt_to_phys((const void *)table).v | PTE_VALID | PTE_TABLE);
}

static void stale(struct p2m_work *work, uint64_t ipa, uint64_t size)
{
	if (work->stale_start == work->stale_end) {
		work->stale_start = ipa;
		work->stale_end = ipa + size;
	} else {
		work->stale_start = MIN(work->stale_start, ipa);
		work->stale_end = MAX(work->stale_end, ipa + size);
	}
}

/* The same translations, one level down. */
static void split_block(struct p2m_work *work, pte_t *entry, unsigned level, uint64_t ipa)
{
	uint64_t pte = load(entry);
	pte_t *table = take_table(work);

	for (unsigned i = 0; i < PTE_ENTRIES; i++) {
		uint64_t page_bit = level + 1 == PTE_LEVEL_LAST ? PTE_TABLE : 0;

		store(&table[i], (pte + i * pte_size(level + 1)) | page_bit);
	}
	store(entry, 0);
	stale(work, ALIGN_DOWN(ipa, pte_size(level)), pte_size(level));
	p2m_finish(work);
	link_table(entry, table);
}

pte_t *p2m_make_entry(struct p2m_work *work, uint64_t ipa, unsigned level, bool missing)
{
	pte_t *entry = root_entry(work->p2m, ipa);

	for (unsigned l = p2m_start_level(work->p2m); l < level; l++) {
		if (pte_is_leaf(load(entry), l))
			split_block(work, entry, l, ipa);
		else if (load(entry) == 0 && missing)
			link_table(entry, take_table(work));
		else if (load(entry) == 0)
			return NULL;
		entry = entry_in(table_of(load(entry)), l + 1, ipa);
	}
	return entry;
}

void p2m_fill(pte_t *entry, unsigned level, unsigned count, uint64_t leaf)
{
	for (unsigned i = 0; i < count; i++) {
		uint64_t pte = load(&entry[i]);

		if (pte_is_table(pte, level)) /* pinned: stays, and is filled instead */
			p2m_fill(table_of(pte), level + 1, PTE_ENTRIES, leaf);
		else
			store(&entry[i], leaf | (level == PTE_LEVEL_LAST ? PTE_TABLE : 0));
		leaf += pte_size(level);
	}
}

/* Emptying */

void p2m_finish(struct p2m_work *work)
{
	if (work->stale_start != work->stale_end)
		tlb_flush_guest_range(work->p2m->vttbr, work->stale_start,
				work->stale_end - work->stale_start);
	work->stale_start = work->stale_end = 0;
	for (unsigned i = 0; i < work->frame_count; i++)
		page_put(work->frames[i]);
	work->frame_count = 0;
}

static void put_later(struct p2m_work *work, struct page *page)
{
	if (work->frame_count == P2M_WORK_FRAMES)
		p2m_finish(work);
	work->frames[work->frame_count++] = page;
}

static void clear_leaf(struct p2m_work *work, pte_t *entry, unsigned level, uint64_t ipa)
{
	uint64_t pte = load(entry);

	store(entry, 0);
	stale(work, ipa, pte_size(level));
	if (pte_type(pte) >= P2M_FOREIGN)
		put_later(work, page_of_phys(PADDR(pte & PTE_ADDRESS)));
}

static bool is_empty(const pte_t *table)
{
	for (unsigned i = 0; i < PTE_ENTRIES; i++)
		if (load(&table[i]))
			return false;
	return true;
}

/* Unlinks the table below the entry if nothing is in it and nobody pins it. */
static void drop_table(struct p2m_work *work, pte_t *entry, uint64_t ipa)
{
	pte_t *table = table_of(load(entry));
	struct page *page = page_of_virt((const void *)table);

	if ((page_refcount(page) > 1 && !work->p2m->closing) || !is_empty(table))
		return;
	while (page_refcount(page) > 1)
		page_put(page);
	store(entry, 0);
	stale(work, ipa, PAGE_SIZE); /* any address of it makes walk caches forget the table */
	put_later(work, page);
	work->p2m->table_pages--;
}

void p2m_clear(struct p2m_work *work, pte_t *entry, unsigned level, unsigned count, uint64_t ipa)
{
	for (unsigned i = 0; i < count; i++, ipa += pte_size(level)) {
		uint64_t pte = load(&entry[i]);

		if (pte_is_table(pte, level)) {
			p2m_clear(work, table_of(pte), level + 1, PTE_ENTRIES, ipa);
			drop_table(work, &entry[i], ipa);
		} else if (pte) {
			clear_leaf(work, &entry[i], level, ipa);
		}
	}
}

void p2m_prune(struct p2m_work *work, uint64_t ipa)
{
	for (unsigned level = PTE_LEVEL_LAST; level-- > p2m_start_level(work->p2m);) {
		pte_t *entry = p2m_find_entry(work->p2m, ipa, level);

		if (entry && pte_is_table(load(entry), level))
			drop_table(work, entry, ipa);
	}
}
