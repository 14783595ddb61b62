/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The buddy allocator: free blocks of 2^order frames on lists by order, apart below and above 4 GiB. A
 * list's node lies in the free block itself, what kind of block it is in the frame's word.
 */
#include "core/fault.h"
#include "core/page_priv.h"
#include "core/spinlock.h"
#include "lib/list.h"

enum zone {
	ZONE_LOW,
	ZONE_HIGH,
	ZONES,
};

#define ORDERS          (PAGE_ORDER_MAX + 1)
#define ZONE_HIGH_FRAME (GIB(4) >> PAGE_SHIFT)

static struct spinlock lock = SPINLOCK_INIT;
static struct list_node lists[ZONES][ORDERS];
static uint64_t free_count;

void buddy_reset(void)
{
	for (unsigned zone = 0; zone < ZONES; zone++) {
		for (unsigned order = 0; order < ORDERS; order++)
			list_init(&lists[zone][order]);
	}
	free_count = 0;
}

static uint64_t head_word(unsigned order)
{
	return PAGE_OWNER_NONE | PAGE_WORD_FREE_HEAD | FIELD_PREP(PAGE_WORD_ORDER, order);
}

static struct page *page_of_node(const struct list_node *node)
{
	return page_of_virt(node);
}

/* Higher blocks go to the front: a cheap way of handing out the high ones first. */
static void insert(struct page *page, unsigned order)
{
	uint64_t frame = page_frame(page);
	struct list_node *list = &lists[frame >= ZONE_HIGH_FRAME][order];
	struct list_node *node = page_virt(page);

	memory_show(node, sizeof(*node));
	atomic_store_explicit(&page->word, head_word(order), memory_order_relaxed);
	if (!list_empty(list) && page_frame(page_of_node(list->next)) > frame)
		list_add_tail(list, node);
	else
		list_add(list, node);
}

static void withdraw(struct page *page)
{
	struct list_node *node = page_virt(page);

	list_remove(node);
	memory_hide(node, sizeof(*node));
	atomic_store_explicit(&page->word, PAGE_OWNER_NONE, memory_order_relaxed);
}

/* The other half of the block of twice the size, if all of it is free. */
static struct page *free_buddy(const struct page *page, unsigned order)
{
	struct page *buddy = page_of_frame(page_frame(page) ^ BIT(order));

	if (!buddy || order == PAGE_ORDER_MAX)
		return NULL;
	return atomic_load_explicit(&buddy->word, memory_order_relaxed) == head_word(order) ? buddy
	                                                                                    : NULL;
}

static void free_locked(struct page *page, unsigned order)
{
	struct page *buddy;

	free_count += BIT(order);
	while ((buddy = free_buddy(page, order))) {
		withdraw(buddy);
		page = MIN(page, buddy);
		order++;
	}
	insert(page, order);
}

void buddy_free(struct page *page, unsigned order)
{
	memory_hide(page_virt(page), PAGE_SIZE << order);
	spin_lock(&lock);
	free_locked(page, order);
	spin_unlock(&lock);
}

/* Of the largest block that begins at the frame and is no longer than count. */
static unsigned order_at(uint64_t first, uint64_t count)
{
	unsigned order = MIN(ilog2(count), (unsigned)PAGE_ORDER_MAX);

	return first ? MIN(order, (unsigned)__builtin_ctzll(first)) : order;
}

void buddy_free_range(uint64_t first, uint64_t count)
{
	while (count) {
		unsigned order = order_at(first, count);

		buddy_free(page_of_frame(first), order);
		first += BIT(order);
		count -= BIT(order);
	}
}

static struct page *find_anywhere(unsigned order)
{
	for (unsigned zone = ZONES; zone-- > 0;) {
		for (unsigned o = order; o < ORDERS; o++) {
			if (!list_empty(&lists[zone][o]))
				return page_of_node(lists[zone][o].next);
		}
	}
	return NULL;
}

static struct page *find_lowest(unsigned order)
{
	struct page *lowest = NULL;

	for (unsigned zone = 0; zone < ZONES; zone++) {
		for (unsigned o = order; o < ORDERS; o++) {
			struct list_node *list = &lists[zone][o];

			for (struct list_node *node = list->next; node != list; node = node->next) {
				struct page *page = page_of_node(node);

				if (!lowest || page < lowest)
					lowest = page;
			}
		}
	}
	return lowest;
}

/* Gives back halves of the free block at page until 2^order frames are left. */
static struct page *split(struct page *page, unsigned order, enum page_place place)
{
	unsigned o = (unsigned)FIELD_GET(PAGE_WORD_ORDER, atomic_load(&page->word));

	withdraw(page);
	while (o > order) {
		struct page *upper = page + BIT(--o);

		insert(place == PAGE_LOWEST ? upper : page, o);
		page = place == PAGE_LOWEST ? page : upper;
	}
	atomic_store_explicit(&page->word, PAGE_OWNER_NONE, memory_order_relaxed);
	return page;
}

struct page *buddy_alloc(unsigned order, enum page_place place)
{
	struct page *page;

	if (order > PAGE_ORDER_MAX)
		return NULL;
	spin_lock(&lock);
	page = place == PAGE_LOWEST ? find_lowest(order) : find_anywhere(order);
	if (page) {
		page = split(page, order, place);
		free_count -= BIT(order);
	}
	spin_unlock(&lock);
	if (page)
		memory_show(page_virt(page), PAGE_SIZE << order);
	return page;
}

/* The head of the free block that the frame is in, or NULL. */
static struct page *find_block(uint64_t frame, unsigned *order)
{
	for (*order = 0; *order <= PAGE_ORDER_MAX; ++*order) {
		struct page *head = page_of_frame(ALIGN_DOWN(frame, BIT(*order)));

		if (head && atomic_load_explicit(&head->word, memory_order_relaxed) ==
						head_word(*order))
			return head;
	}
	return NULL;
}

static void insert_range(uint64_t first, uint64_t end)
{
	while (first < end) {
		unsigned order = order_at(first, end - first);

		insert(page_of_frame(first), order);
		first += BIT(order);
	}
}

/* Takes the part of [first, end) that is in the free block there. Returns where that part ends. */
static uint64_t take_part(uint64_t first, uint64_t end)
{
	unsigned order;
	struct page *head = find_block(first, &order);
	uint64_t start = page_frame(head), stop = MIN(start + BIT(order), end);

	withdraw(head);
	insert_range(start, first);
	insert_range(stop, start + BIT(order));
	free_count -= stop - first;
	return stop;
}

static bool is_free(uint64_t first, uint64_t end)
{
	unsigned order;

	while (first < end) {
		struct page *head = find_block(first, &order);

		if (!head)
			return false;
		first = page_frame(head) + BIT(order);
	}
	return true;
}

struct page *buddy_take(uint64_t first, uint64_t count)
{
	struct page *page = NULL;

	spin_lock(&lock);
	if (count && is_free(first, first + count)) {
		for (uint64_t at = first; at < first + count;)
			at = take_part(at, first + count);
		page = page_of_frame(first);
	}
	spin_unlock(&lock);
	if (page)
		memory_show(page_virt(page), count << PAGE_SHIFT);
	return page;
}

uint64_t buddy_free_length(const struct page *page)
{
	uint64_t word = atomic_load_explicit(&page->word, memory_order_relaxed);

	return word & PAGE_WORD_FREE_HEAD ? BIT(FIELD_GET(PAGE_WORD_ORDER, word)) : 0;
}

uint64_t buddy_count(void)
{
	uint64_t count;

	spin_lock(&lock);
	count = free_count;
	spin_unlock(&lock);
	return count;
}
