/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Work on one domain's stage-2 tables, its p2m lock held (p2m.c). A range of pages is cut into runs:
 * entries of one level in one table.
 */
#pragma once

#include "arch/arm64/pgtable.h"

#define P2M_WORK_FRAMES      64
#define P2M_LEVEL_1_BITS     39 /* one table of level 1 */
#define P2M_LEVEL_1_BITS_MAX 43 /* sixteen of them, concatenated */

/* One piece of work: tables in stock, and what has to wait until the TLBs have forgotten it. */
struct p2m_work {
	struct p2m *p2m;
	uint64_t stale_start, stale_end; /* addresses whose translations changed */
	struct page *frames
			[P2M_WORK_FRAMES]; /* references to put then; tables out of use as well */
	unsigned frame_count;
	void *stock; /* zeroed pages but for the link to the next in each one's first word */
};

struct p2m_run {
	uint64_t ipa, pa;
	unsigned level;
	unsigned count;
};

/* The run that starts the range: entries as large as the alignment of both addresses and level_min allow. */
struct p2m_run p2m_first_run(uint64_t ipa, uint64_t pa, uint64_t pages, unsigned level_min);
uint64_t p2m_run_pages(const struct p2m_run *run);

/* Of an address space of that many bits: the first level of its tables, its start-level tables' order. */
static inline unsigned p2m_first_level(unsigned ipa_bits)
{
	return ipa_bits > P2M_LEVEL_1_BITS_MAX ? 0 : 1;
}

static inline unsigned p2m_first_order(unsigned ipa_bits)
{
	return p2m_first_level(ipa_bits) == 1 && ipa_bits > P2M_LEVEL_1_BITS
	                       ? ipa_bits - P2M_LEVEL_1_BITS
	                       : 0;
}

static inline unsigned p2m_start_level(const struct p2m *p2m)
{
	return p2m_first_level(p2m->ipa_bits);
}

/*
 * VTTBR_EL2 of a stage 2 that maps nothing, with VMID 0; its tables are made once, after p2m_setup() and before the
 * first guest. -ENOMEM.
 */
int p2m_init_empty(void);
uint64_t p2m_empty_vttbr(void);

/* -EBUSY: all are in use. */
int p2m_vmid_alloc(void);
void p2m_vmid_free(unsigned vmid);
pte_t *p2m_root(const struct p2m *p2m);

/* The entry at ipa of the run's level, or NULL when no table reaches so far. */
pte_t *p2m_find_entry(const struct p2m *p2m, uint64_t ipa, unsigned level);
/* The leaf at ipa, 0 if there is none, and its level. */
uint64_t p2m_find_leaf(const struct p2m *p2m, uint64_t ipa, unsigned *level);
/* True if there is a leaf in the run. */
bool p2m_run_used(const struct p2m *p2m, const struct p2m_run *run);

/*
 * How many tables making the run's entry takes. missing: also where there is nothing yet, else only for
 * splitting blocks. last[level]: the table counted last there (start with all ones), since the next run
 * may be in the same.
 */
unsigned p2m_count_tables(const struct p2m *p2m, const struct p2m_run *run, bool missing,
		uint64_t last[PTE_LEVEL_LAST + 1]);

/* As p2m_find_entry(), with tables from the stock: splits blocks, and with missing makes what is not there. */
pte_t *p2m_make_entry(struct p2m_work *work, uint64_t ipa, unsigned level, bool missing);

/* Empties entries. Tables below them go, unless they are pinned or hold one that is. */
void p2m_clear(struct p2m_work *work, pte_t *entry, unsigned level, unsigned count, uint64_t ipa);
/* Fills entries that p2m_clear() has emptied and p2m_finish() has finished with. */
void p2m_fill(pte_t *entry, unsigned level, unsigned count, uint64_t leaf);
/* Frees the tables on the way to ipa that are empty and not pinned. */
void p2m_prune(struct p2m_work *work, uint64_t ipa);

uint64_t p2m_leaf(const struct p2m *p2m, paddr_t pa, enum p2m_type type);

/* Invalidates the TLBs for what became stale, then puts frames. */
void p2m_finish(struct p2m_work *work);
