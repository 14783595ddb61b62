/* SPDX-License-Identifier: Apache-2.0 */
/* The frame table: who owns each frame of RAM and how many hold it (core/page.h has the word's layout). */
#include "core/page.h"

#include "core/arch.h"
#include "core/domain.h"
#include "core/error.h"
#include "core/fault.h"
#include "core/page_priv.h"
#include "core/panic.h"
#include "lib/string.h"
#include <arch/mm.h>

#define SECTIONS_MAX       1024
#define RELINQUISH_SCAN    32768 /* frames looked at in one step: a quarter MiB of the table */
#define RELINQUISH_RETURNS 1024 /* frames given back in one step */

static struct page_section sections[SECTIONS_MAX];
static size_t section_count;
struct page_table_of_frames page_frames;

/* Frames and their addresses */

struct page *page_of_frame(uint64_t frame)
{
	for (size_t i = 0; i < section_count; i++) {
		if (frame - sections[i].first < sections[i].count)
			return sections[i].pages + (frame - sections[i].first);
	}
	return NULL;
}

uint64_t page_frame(const struct page *page)
{
	for (size_t i = 0; i < section_count; i++) {
		uint64_t index = (uint64_t)(page - page_frames.pages) -
		                 (uint64_t)(sections[i].pages - page_frames.pages);

		if (index < sections[i].count)
			return sections[i].first + index;
	}
	panic("page %p is not in the frame table", (const void *)page);
}

struct page *page_of_phys(paddr_t pa)
{
	return page_of_frame(pa.v >> PAGE_SHIFT);
}

paddr_t page_phys(const struct page *page)
{
	return PADDR(page_frame(page) << PAGE_SHIFT);
}

void *page_virt(const struct page *page)
{
	return phys_to_virt(page_phys(page));
}

struct page *page_of_virt(const void *virt)
{
	return page_of_phys(virt_to_phys(virt));
}

uint64_t page_count_total(void)
{
	return page_frames.count;
}

uint64_t page_count_free(void)
{
	return buddy_count();
}

paddr_t page_ram_end(void)
{
	const struct page_section *last = &sections[section_count - 1];

	return PADDR((last->first + last->count) << PAGE_SHIFT);
}

/* Bring-up */

/* Ranges that touch become one section, so that blocks may lie across their border. */
static int add_section(struct page_range ram)
{
	uint64_t first = ALIGN_UP(ram.base.v, PAGE_SIZE) >> PAGE_SHIFT;
	uint64_t end = (ram.base.v + ram.size) >> PAGE_SHIFT;
	struct page_section *last = section_count ? &sections[section_count - 1] : NULL;

	if (first >= end)
		return 0;
	if (last && last->first + last->count == first) {
		last->count += end - first;
		return 0;
	}
	if (section_count == SECTIONS_MAX)
		return -E2BIG;
	sections[section_count++] = (struct page_section){ .first = first, .count = end - first };
	return 0;
}

static uint64_t taken_first(const struct page_range *taken)
{
	return taken->base.v >> PAGE_SHIFT;
}

static uint64_t taken_end(const struct page_range *taken)
{
	return (taken->base.v + taken->size + PAGE_SIZE - 1) >> PAGE_SHIFT;
}

/* The first frame of the highest free place in the section for count frames; 0: none. */
static uint64_t find_place(const struct page_section *section, uint64_t count,
		const struct page_range *taken, size_t taken_count)
{
	uint64_t end = section->first + section->count;

	for (size_t i = 0; i < taken_count; i++) {
		if (end < section->first + count)
			return 0;
		if (taken[i].size && taken_first(&taken[i]) < end &&
				taken_end(&taken[i]) > end - count) {
			end = taken_first(&taken[i]);
			i = (size_t)-1; /* a lower place: all of them count again */
		}
	}
	return end < section->first + count ? 0 : end - count;
}

static uint64_t find_table_place(uint64_t count, const struct page_range *taken, size_t taken_count)
{
	uint64_t first = 0;

	for (size_t i = section_count; i-- > 0 && !first;)
		first = find_place(&sections[i], count, taken, taken_count);
	return first;
}

static void set_words(struct page *page, uint64_t count, uint64_t word)
{
	for (uint64_t i = 0; i < count; i++)
		atomic_store_explicit(&page[i].word, word, memory_order_relaxed);
}

static void mark_taken(struct page_range range)
{
	for (uint64_t frame = taken_first(&range); range.size && frame < taken_end(&range);
			frame++) {
		struct page *page = page_of_frame(frame);

		if (page)
			set_words(page, 1, PAGE_OWNER_GRAFT | PAGE_WORD_ONE);
	}
}

static bool untaken(const struct page *page)
{
	return atomic_load_explicit(&page->word, memory_order_relaxed) == PAGE_OWNER_NONE;
}

static void free_untaken(const struct page_section *section)
{
	for (uint64_t i = 0, end; i < section->count; i = end + 1) {
		for (end = i; end < section->count && untaken(&section->pages[end]);)
			end++;
		buddy_free_range(section->first + i, end - i);
	}
}

static void lay_out_table(uint64_t first)
{
	struct page *pages = phys_to_virt(PADDR(first << PAGE_SHIFT));

	page_frames.pages = pages;
	for (size_t i = 0; i < section_count; i++) {
		sections[i].pages = pages;
		pages += sections[i].count;
	}
	set_words(page_frames.pages, page_frames.count, PAGE_OWNER_NONE);
}

int page_init(const struct page_range *ram, size_t ram_count, const struct page_range *taken,
		size_t taken_count)
{
	struct page_range table;
	uint64_t frames;
	int err = 0;

	section_count = 0;
	page_frames.count = 0;
	buddy_reset();
	for (size_t i = 0; i < ram_count && !err; i++)
		err = add_section(ram[i]);
	if (err)
		return err;
	for (size_t i = 0; i < section_count; i++)
		page_frames.count += sections[i].count;
	frames = DIV_ROUND_UP(page_frames.count * sizeof(struct page), PAGE_SIZE);
	table.base = PADDR(find_table_place(frames, taken, taken_count) << PAGE_SHIFT);
	table.size = frames << PAGE_SHIFT;
	if (!table.base.v)
		return -ENOMEM;
	lay_out_table(table.base.v >> PAGE_SHIFT);
	mark_taken(table);
	for (size_t i = 0; i < taken_count; i++)
		mark_taken(taken[i]);
	for (size_t i = 0; i < section_count; i++)
		free_untaken(&sections[i]);
	return 0;
}

static bool is_within(uint64_t frame, const struct page_range *ranges, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		if (ranges[i].size && frame >= taken_first(&ranges[i]) &&
				frame < taken_end(&ranges[i]))
			return true;
	}
	return false;
}

/* As mark_taken() left it: neither of another range that shared this page and has been released, nor outside RAM. */
static bool is_taken(const struct page *page)
{
	return page && atomic_load_explicit(&page->word, memory_order_relaxed) ==
	                               (PAGE_OWNER_GRAFT | PAGE_WORD_ONE);
}

void page_release_range(struct page_range range, const struct page_range *keep, size_t keep_count)
{
	for (uint64_t frame = taken_first(&range); range.size && frame < taken_end(&range);
			frame++) {
		struct page *page = page_of_frame(frame);

		if (is_taken(page) && !is_within(frame, keep, keep_count))
			page_free(page, 0);
	}
}

/* References */

static uint64_t word_of(const struct page *page)
{
	return atomic_load_explicit(&page->word, memory_order_relaxed);
}

domain_id_t page_owner(const struct page *page)
{
	return (domain_id_t)FIELD_GET(PAGE_WORD_OWNER, word_of(page));
}

unsigned page_refcount(const struct page *page)
{
	return (unsigned)FIELD_GET(PAGE_WORD_COUNT, word_of(page));
}

unsigned page_order(const struct page *page)
{
	return (unsigned)FIELD_GET(PAGE_WORD_ORDER, word_of(page));
}

/* Somebody holds it already, and the count has room for one more. */
static bool may_hold(uint64_t word)
{
	return (word & PAGE_WORD_COUNT) != 0 && (word & PAGE_WORD_COUNT) != PAGE_WORD_COUNT;
}

bool page_get_any(struct page *page, domain_id_t *owner)
{
	uint64_t word = word_of(page);

	do {
		if (!may_hold(word))
			return false;
	} while (!atomic_compare_exchange_weak_explicit(&page->word, &word, word + PAGE_WORD_ONE,
			memory_order_acquire, memory_order_relaxed));
	if (owner)
		*owner = (domain_id_t)FIELD_GET(PAGE_WORD_OWNER, word);
	return true;
}

bool page_get(struct page *page, const struct domain *d)
{
	uint64_t word = word_of(page);

	do {
		if (FIELD_GET(PAGE_WORD_OWNER, word) != d->id || !may_hold(word))
			return false;
	} while (!atomic_compare_exchange_weak_explicit(&page->word, &word, word + PAGE_WORD_ONE,
			memory_order_acquire, memory_order_relaxed));
	return true;
}

/* The last reference went: nobody can take another, so the frame is this CPU's alone. */
static void release(struct page *page, domain_id_t owner)
{
	struct domain *d = NULL;

	if (owner != PAGE_OWNER_GRAFT) {
		d = domain_get(owner);
		ASSERT(d); /* held while it has frames */
	}
	set_words(page, 1, PAGE_OWNER_NONE);
	buddy_free(page, 0);
	if (!d)
		return;
	if (atomic_fetch_sub(&d->tot_pages, 1) == 1)
		domain_put(d); /* for the hold of its first frame */
	domain_put(d);
}

void page_put(struct page *page)
{
	uint64_t word = atomic_fetch_sub_explicit(&page->word, PAGE_WORD_ONE, memory_order_acq_rel);

	ASSERT((word & PAGE_WORD_COUNT) != 0);
	if (FIELD_GET(PAGE_WORD_COUNT, word) == 1)
		release(page, (domain_id_t)FIELD_GET(PAGE_WORD_OWNER, word));
}

bool page_clear_allocated(struct page *page, const struct domain *d)
{
	uint64_t word = word_of(page);

	do {
		if (FIELD_GET(PAGE_WORD_OWNER, word) != d->id || !(word & PAGE_WORD_ALLOCATED))
			return false;
	} while (!atomic_compare_exchange_weak_explicit(&page->word, &word,
			word & ~PAGE_WORD_ALLOCATED, memory_order_relaxed, memory_order_relaxed));
	return true;
}

/* Graft's own frames */

static struct page *alloc_block(unsigned order, enum page_place place)
{
	return alloc_should_fail() ? NULL : buddy_alloc(order, place);
}

struct page *page_alloc(unsigned order)
{
	struct page *page = alloc_block(order, PAGE_ANYWHERE);

	if (!page)
		return NULL;
	set_words(page, BIT(order), PAGE_OWNER_GRAFT | PAGE_WORD_ONE);
	set_words(page, 1, PAGE_OWNER_GRAFT | PAGE_WORD_ONE | FIELD_PREP(PAGE_WORD_ORDER, order));
	return page;
}

void page_free(struct page *page, unsigned order)
{
	ASSERT(page && page_owner(page) == PAGE_OWNER_GRAFT && page_order(page) == order);
	if (order == 0) {
		page_put(page);
		return;
	}
	for (uint64_t i = 0; i < BIT(order); i++)
		ASSERT(page_refcount(page + i) == 1);
	set_words(page, BIT(order), PAGE_OWNER_NONE);
	buddy_free(page, order);
}

void *page_alloc_zeroed(void)
{
	struct page *page = page_alloc(0);

	return page ? memset(page_virt(page), 0, PAGE_SIZE) : NULL;
}

void *page_alloc_for_guests(void)
{
	void *virt = page_alloc_zeroed();

	if (virt)
		arch_cache_clean(virt, PAGE_SIZE);
	return virt;
}

void page_free_virt(void *virt)
{
	if (virt)
		page_free(page_of_virt(virt), 0);
}

/* A domain's frames */

static bool may_have(const struct domain *d, uint64_t count)
{
	uint64_t tot = atomic_load(&d->tot_pages);
	uint64_t max = atomic_load(&d->max_pages);

	return d->dying == DOMAIN_ALIVE && tot <= max && count <= max - tot;
}

/* Under d's lock, so that no frame comes into its name behind the scan that takes them all away. */
static bool give(struct domain *d, struct page *page, uint64_t count)
{
	bool ok;

	spin_lock(&d->lock);
	ok = may_have(d, count);
	if (ok) {
		set_words(page, count, d->id | PAGE_WORD_ALLOCATED | PAGE_WORD_ONE);
		if (atomic_fetch_add(&d->tot_pages, count) == 0)
			domain_hold(d);
	}
	spin_unlock(&d->lock);
	return ok;
}

static bool clean_and_give(struct domain *d, struct page *page, uint64_t count)
{
	arch_memory_clear(page_virt(page), count << PAGE_SHIFT);
	arch_cache_clean(page_virt(page), count << PAGE_SHIFT);
	return give(d, page, count);
}

struct page *page_alloc_domain(struct domain *d, unsigned order, enum page_place place)
{
	struct page *page;

	if (order > PAGE_ORDER_MAX || !may_have(d, BIT(order)))
		return NULL;
	page = alloc_block(order, place);
	if (!page)
		return NULL;
	if (clean_and_give(d, page, BIT(order)))
		return page;
	buddy_free(page, order);
	return NULL;
}

struct page *page_alloc_domain_at(struct domain *d, paddr_t base, uint64_t count)
{
	uint64_t first = base.v >> PAGE_SHIFT;
	struct page *page;

	if (!may_have(d, count) || alloc_should_fail())
		return NULL;
	page = buddy_take(first, count);
	if (!page)
		return NULL;
	if (clean_and_give(d, page, count))
		return page;
	buddy_free_range(first, count);
	return NULL;
}

/* The free run at or behind index i of the section, cut to alignment. Returns the index behind it. */
static uint64_t next_run(const struct page_section *section, uint64_t i, uint64_t alignment,
		struct page_range *run)
{
	uint64_t length, start, end;

	while (i < section->count && !buddy_free_length(&section->pages[i]))
		i++;
	start = ALIGN_UP(section->first + i, alignment);
	while (i < section->count && (length = buddy_free_length(&section->pages[i])))
		i += length;
	end = ALIGN_DOWN(section->first + i, alignment);
	run->base = PADDR(start << PAGE_SHIFT);
	run->size = start < end ? (end - start) << PAGE_SHIFT : 0;
	return i;
}

bool page_find_run(uint64_t least, unsigned order, struct page_range *run)
{
	run->size = 0;
	for (size_t n = 0; n < section_count; n++) {
		const struct page_section *section = &sections[n];

		for (uint64_t i = 0; i < section->count;) {
			struct page_range next;

			i = next_run(section, i, BIT(order), &next);
			if (next.size > run->size)
				*run = next;
			if (run->size >> PAGE_SHIFT >= MAX(least, UINT64_C(1)))
				return true;
		}
	}
	return run->size != 0;
}

int page_relinquish_domain(struct domain *d, uint64_t *cursor)
{
	uint64_t end = MIN(page_frames.count, *cursor + RELINQUISH_SCAN);
	unsigned returns = 0;

	for (; *cursor < end && returns < RELINQUISH_RETURNS; ++*cursor) {
		struct page *page = page_frames.pages + *cursor;

		if (!page_clear_allocated(page, d))
			continue;
		page_put(page);
		returns++;
	}
	if (*cursor < page_frames.count)
		return -ERESTART;
	*cursor = 0;
	return 0;
}
