/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Physical RAM: one 8-byte word per 4 KiB frame (who owns it, how many hold it), and a buddy allocator
 * whose free lists live in the free frames themselves. A frame leaves its owner's hands only when the
 * last reference is put, so no page is ever freed or given away while anybody maps it.
 */
#pragma once

#include <stdatomic.h>

#include "core/types.h"

struct domain;

/*
 * The word: [15:0] owner (domain id, PAGE_OWNER_GRAFT, or PAGE_OWNER_NONE for a free frame), [31:16]
 * flags and, for the head of a block, its order, [63:32] reference count. All in one word so that
 * "is it still d's, then hold it" is one compare-and-swap.
 */
struct page {
	_Atomic uint64_t word;
};

#define PAGE_OWNER_GRAFT 0xfffe
#define PAGE_OWNER_NONE  0xffff
#define PAGE_ORDER_MAX   18 /* 1 GiB */

struct page_range {
	paddr_t base;
	uint64_t size;
};

/*
 * Bring-up: RAM ranges (sorted, disjoint), and the ranges inside them that are taken, in any order (the
 * image, boot modules, reserved memory). The frame table is carved from the highest free RAM. Free RAM
 * is not touched, but for the first bytes of each free block. 0, -ENOMEM (no room for the frame table),
 * -E2BIG (more ranges than it can hold).
 */
int page_init(const struct page_range *ram, size_t ram_count, const struct page_range *taken,
		size_t taken_count);

/*
 * Gives a taken range (a boot module after its copy) to the allocator, before anything else is freed: less the frames
 * of the keep_count ranges at keep (reserved memory), those outside RAM (a blob in flash) and those that went with a
 * range before, in whose last page this one begins.
 */
void page_release_range(struct page_range range, const struct page_range *keep, size_t keep_count);

/*
 * Frames for Graft itself, 2^order, aligned to their size, not cleared. NULL when there is none. A single
 * frame that others still hold (page_get_any) goes when the last of them puts it.
 */
struct page *page_alloc(unsigned order);
void page_free(struct page *page, unsigned order);

/* The order with which Graft's block that starts here was allocated. */
unsigned page_order(const struct page *page);

/* One zeroed frame for Graft, as its address in the direct map. */
void *page_alloc_zeroed(void);
/*
 * The same for a frame that guests may map: cleaned to the point of coherency, since a guest that reads past its
 * caches (MMU off, or a Non-cacheable mapping: Arm ARM B2.16) would find what memory held before the zeroes.
 */
void *page_alloc_for_guests(void);
void page_free_virt(void *virt);

enum page_place {
	/*
	 * From above 4 GiB while there is any (low memory is kept for devices with narrow DMA), and from
	 * the smallest free block that will do, so that large ones stay whole.
	 */
	PAGE_ANYWHERE,
	PAGE_LOWEST, /* the lowest aligned place of all; looks at every free block */
};

/*
 * Frames for a domain: 2^order, cleared, cleaned to the point of coherency (a guest may start with its
 * caches off), each with the "allocated" reference, counted in d's tot_pages (never over max_pages).
 * NULL: no memory, over max_pages, or d is dying. d is held as long as it has frames.
 */
struct page *page_alloc_domain(struct domain *d, unsigned order, enum page_place place);

/*
 * The same for `count` frames at one address, in one piece. NULL also when not all of them are free.
 */
struct page *page_alloc_domain_at(struct domain *d, paddr_t base, uint64_t count);

/*
 * At boot, while one CPU runs: the lowest free run of at least `least` frames, else the longest. Runs are cut to
 * multiples of 2^order frames. False when none is left of that.
 */
bool page_find_run(uint64_t least, unsigned order, struct page_range *run);

/*
 * Holds the frame if d owns it now and it is not on its way out, unless it is held so often that the
 * count is full. Paired with page_put().
 */
bool page_get(struct page *page, const struct domain *d);
/* Holds the frame for whoever owns it, Graft included; owner (may be NULL) gets that one's id. */
bool page_get_any(struct page *page, domain_id_t *owner);
/*
 * The last put of a frame returns it to the allocator and takes it off its owner's tot_pages. May end in
 * domain_put() of an owner that is dead: no lock of a domain's own may be held but the p2m's of another.
 */
void page_put(struct page *page);

/*
 * Takes away d's "allocated" reference, once: true for the caller that must page_put() for it. A caller that does not
 * hold the frame may find it another domain's by now: false, and that one keeps it.
 */
bool page_clear_allocated(struct page *page, const struct domain *d);

domain_id_t page_owner(const struct page *page);
unsigned page_refcount(const struct page *page);

/* NULL when the address is not RAM. */
struct page *page_of_phys(paddr_t pa);
paddr_t page_phys(const struct page *page);
void *page_virt(const struct page *page);
struct page *page_of_virt(const void *virt);

/* In frames. */
uint64_t page_count_total(void);
uint64_t page_count_free(void);

/* One past the highest address that is RAM. */
paddr_t page_ram_end(void);

/*
 * Frames of a dying domain that are still in its name and "allocated", found by scanning the frame table
 * from *cursor; gives back what it finds. Preemptible: 0 when the table's end was reached, -ERESTART
 * after a bounded number of frames.
 */
int page_relinquish_domain(struct domain *d, uint64_t *cursor);
