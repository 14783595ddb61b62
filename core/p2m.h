/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A domain's physical-to-machine map: its stage-2 translation tables (Arm ARM D8), and what each entry
 * means. Entries of type FOREIGN and GRANT hold a page reference each, put when the entry goes; RAM
 * entries live from the frame's "allocated" reference.
 *
 * p2m_prepare() makes and pins every table that mapping a range needs, so that p2m_map_prepared() and the
 * p2m_unmap() of that range cannot fail: plan and commit. p2m_unprepare() gives the tables back. Tables
 * that are empty and not pinned go with the last entry that is unmapped.
 *
 * While an entry changes, the guest may find nothing there for a moment (break before make): a stage-2
 * fault, or a failed translation for a hypercall's argument, at an address that p2m_lookup() finds mapped
 * is to be tried again.
 */
#pragma once

#include "core/page.h"
#include "core/spinlock.h"

struct domain;

/* Kept in the software bits [58:55] of a stage-2 leaf descriptor. */
enum p2m_type {
	P2M_NONE,
	P2M_RAM, /* the domain's own frame, read-write-execute, write-back */
	P2M_RAM_RO,
	/*
	 * Never executable. Device-nGnRE; for the hardware domain stage 1 decides, so that its drivers have Normal
	 * non-cacheable memory where they map it (SRAM, write-combined BARs, frame buffers).
	 */
	P2M_MMIO,
	P2M_SHARED, /* Graft's frame shown to the guest: shared info, grant table frames; no reference */
	P2M_FOREIGN, /* another domain's frame, read-write, holds a reference */
	P2M_FOREIGN_RO,
	P2M_GRANT, /* mapped by a grant, holds a reference, read-write */
	P2M_GRANT_RO,
	P2M_TYPES,
};

struct p2m {
	struct spinlock lock;
	paddr_t root; /* concatenated start-level tables */
	unsigned root_order;
	unsigned ipa_bits;
	bool hardware; /* of the hardware domain */
	uint16_t vmid;
	uint64_t vttbr; /* ready for VTTBR_EL2 */
	uint64_t table_pages; /* tables in use, root included */
	uint64_t pool_pages; /* limit of table_pages less the root's; none for the hardware domain */
	uint64_t highest_ipa; /* one past the highest ever mapped: bounds teardown */
	uint64_t teardown_ipa; /* how far teardown came */
	bool closing; /* teardown has begun: nothing is mapped any more */
};

struct p2m_entry {
	paddr_t pa; /* of the exact page asked for */
	enum p2m_type type; /* P2M_NONE: nothing is mapped */
	uint64_t block_size; /* bytes of the leaf that maps it */
};

/*
 * Bring-up: guests' physical addresses are to reach all below end (the hardware domain sees its RAM and
 * devices at their own), which is at least 40 bits where the CPU has them. Before the first p2m_init().
 */
void p2m_setup(paddr_t end);
unsigned p2m_bits_needed(void); /* of an address below end */
unsigned p2m_ipa_bits(void);
/* VTCR_EL2 for every CPU. */
uint64_t p2m_vtcr(void);

/* Makes an empty map with a VMID of its own. 0, -ENOMEM, -EBUSY (no VMID left). */
int p2m_init(struct domain *d);

/*
 * Frees tables and everything entries still hold, in preemptible steps: 0 done, -ERESTART again. No vCPU
 * of d runs any more. Pins go too: p2m_unprepare() is nothing after. Also for a d without a map: nothing.
 */
int p2m_teardown(struct domain *d);

/* Sets the limit of pages for tables: 0, -EBUSY (more are in use). */
int p2m_set_pool(struct domain *d, uint64_t pages);

/*
 * Maps pages [ipa, ipa + count * 4 KiB) to [pa, …) with the largest blocks that fit (1 GiB, 2 MiB, 4 KiB).
 * Replaces what was there (putting its references). For types that hold a reference the caller has
 * taken one per page and hands them over. 0, -ENOMEM (tables; nothing was changed), -EINVAL (outside the
 * IPA space, or d is being torn down); on failure the caller keeps its references.
 */
int p2m_map(struct domain *d, ipa_t ipa, paddr_t pa, uint64_t count, enum p2m_type type);

/* Makes and pins the tables for p2m_map_prepared(), changing no translation. 0, -ENOMEM, -EINVAL. */
int p2m_prepare(struct domain *d, ipa_t ipa, paddr_t pa, uint64_t count);

/* Undoes one p2m_prepare() of the same arguments; what is mapped there stays. */
void p2m_unprepare(struct domain *d, ipa_t ipa, paddr_t pa, uint64_t count);

/* As p2m_map() with arguments that p2m_prepare() was given. Nothing if d is being torn down. */
void p2m_map_prepared(struct domain *d, ipa_t ipa, paddr_t pa, uint64_t count, enum p2m_type type);

/*
 * Unmaps, putting references, and invalidates the TLBs of every CPU before it returns. Splitting a block
 * may need tables: -ENOMEM, and nothing was changed. -EINVAL outside the IPA space.
 */
int p2m_unmap(struct domain *d, ipa_t ipa, uint64_t count);

/*
 * Unmaps what of the range still shows the registers at [pa, …), and invalidates TLBs as p2m_unmap() does. What the
 * guest has put in their place stays. The range must be of whole mappings: no block is split, so it cannot fail.
 */
void p2m_unmap_registers(struct domain *d, ipa_t ipa, paddr_t pa, uint64_t count);

/* Unmaps one page if it is the one of that address and type now: 0, -ENOENT, -ENOMEM. */
int p2m_unmap_page(struct domain *d, ipa_t ipa, paddr_t pa, enum p2m_type type);

/*
 * Unmaps d's own memory from ipa on, up to count pages or to the first that is something else, and invalidates the
 * TLBs once for all of it. Each frame is held then and the caller's to put. How many they are, or -ENOMEM (tables)
 * and nothing was changed.
 */
int p2m_take_memory(struct domain *d, ipa_t ipa, unsigned count, struct page **pages);

/*
 * Cleans and invalidates d's own memory, of types RAM and RAM_RO, to the point of coherency, in bounded steps that end
 * early when an interrupt is pending: 0 done, -ERESTART again. *next: where the step begins, IPA(0) at first, and moves on.
 * The map may change between steps: frames that are allocated meanwhile are clean (page_alloc_domain()).
 */
int p2m_clean(struct domain *d, ipa_t *next);

struct p2m_entry p2m_lookup(struct domain *d, ipa_t ipa);

/*
 * The frame behind a guest page that is memory, held against being freed (page_put() when done), or NULL.
 * write: only if the guest itself may write it. type may be NULL.
 */
struct page *p2m_get_page(struct domain *d, ipa_t ipa, bool write, enum p2m_type *type);

/* True if any page of the range is mapped. */
bool p2m_range_used(struct domain *d, ipa_t ipa, uint64_t count);

/* One past the highest guest frame that is or was mapped (Xen's maximum_gpfn + 1). */
uint64_t p2m_max_gfn(const struct domain *d);
