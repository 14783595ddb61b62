/* SPDX-License-Identifier: Apache-2.0 */
/* What page.c (frames and who holds them) and page_buddy.c (which frames are free) share. */
#pragma once

#include "core/page.h"

#define PAGE_WORD_OWNER     GENMASK(15, 0)
#define PAGE_WORD_ALLOCATED BIT(16) /* the domain's own reference is not yet taken away */
#define PAGE_WORD_FREE_HEAD BIT(17) /* first frame of a free block */
#define PAGE_WORD_ORDER     GENMASK(23, 19)
#define PAGE_WORD_COUNT     GENMASK(63, 32)
#define PAGE_WORD_ONE       BIT(32)

/* A stretch of RAM without holes, and its part of the frame table. */
struct page_section {
	uint64_t first; /* frame number */
	uint64_t count;
	struct page *pages;
};

/* The whole frame table in order of address: sections follow each other without a gap. */
struct page_table_of_frames {
	struct page *pages;
	uint64_t count;
};
extern struct page_table_of_frames page_frames;

uint64_t page_frame(const struct page *page);
struct page *page_of_frame(uint64_t frame); /* NULL: not RAM */

void buddy_reset(void);

/* Free frames enter; their words are PAGE_OWNER_NONE without a count. */
void buddy_free(struct page *page, unsigned order);
void buddy_free_range(uint64_t first, uint64_t count);

/* A block leaves, its words still PAGE_OWNER_NONE. NULL when there is none. */
struct page *buddy_alloc(unsigned order, enum page_place place);

/* These very frames leave. NULL, and nothing changed: not all of them are free. */
struct page *buddy_take(uint64_t first, uint64_t count);

/* Frames of the free block that begins here; 0: none does. At boot, while one CPU runs. */
uint64_t buddy_free_length(const struct page *page);

uint64_t buddy_count(void);
