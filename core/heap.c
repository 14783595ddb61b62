/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory for Graft's own objects. A slab is one page: a header, then objects of one size class; its free
 * objects form a list through themselves, but for those from `fresh` on, which were never handed out. A pointer
 * at the start of a page is whole pages instead, since the header keeps an object from ever being there. A slab
 * that gets empty goes back at once: what is allocated and freed leaves free memory as it was.
 */
#include "core/heap.h"

#include "core/fault.h"
#include "core/page.h"
#include "core/panic.h"
#include "core/spinlock.h"
#include "lib/list.h"
#include "lib/string.h"

struct slab {
	struct list_node node; /* in its class's list while it has a free object */
	void *free;
	uint16_t class;
	uint16_t used;
	uint16_t fresh; /* bytes from the slab's start */
};

#define SLAB_HEADER ALIGN_UP(sizeof(struct slab), 16)
#define SLAB_ROOM   (PAGE_SIZE - SLAB_HEADER)

/* Sizes of which n fill a slab with little left over. */
static const uint16_t class_sizes[] = { 16, 32, 48, 64, 96, 128, 192, 288, 400, 576, 800, 1008,
	1344, 2032 };
#define CLASSES ARRAY_SIZE(class_sizes)

static_assert(2 * 2032 <= SLAB_ROOM, "the largest class fits twice");

static struct spinlock lock = SPINLOCK_INIT;
static struct list_node
		partial[CLASSES]; /* slabs with a free object; next is NULL before its first use */
static size_t used_bytes;

static struct slab *slab_of(void *ptr)
{
	return (struct slab *)((uintptr_t)ptr & PAGE_MASK);
}

static unsigned class_of(size_t size)
{
	unsigned class = size <= class_sizes[CLASSES / 2 - 1] ? 0 : CLASSES / 2;

	while (class < CLASSES && class_sizes[class] < size)
		class ++;
	return class;
}

static void push_free(struct slab *slab, void *object, size_t size)
{
	memory_show(object, sizeof(void *));
	*(void **)object = slab->free;
	slab->free = object;
	memory_hide(object, size);
}

static bool has_fresh(const struct slab *slab, size_t size)
{
	return slab->fresh + size <= PAGE_SIZE;
}

static bool has_free(const struct slab *slab, size_t size)
{
	return slab->free || has_fresh(slab, size);
}

/* The slab has a free object (has_free()). */
static void *pop_free(struct slab *slab, size_t size)
{
	void *object = slab->free;

	if (object) {
		memory_show(object, size);
		slab->free = *(void **)object;
		return object;
	}
	object = (char *)slab + slab->fresh;
	slab->fresh = (uint16_t)(slab->fresh + size);
	memory_show(object, size);
	return object;
}

/* The page is not cleared: heap_alloc() clears each object. */
static struct slab *make_slab(unsigned class)
{
	struct page *page = page_alloc(0);
	struct slab *slab;

	if (!page)
		return NULL;
	slab = page_virt(page);
	*slab = (struct slab){ .class = (uint16_t)class, .fresh = SLAB_HEADER };
	memory_hide((char *)slab + SLAB_HEADER, SLAB_ROOM);
	list_add(&partial[class], &slab->node);
	return slab;
}

static void *alloc_small(unsigned class)
{
	struct slab *slab = NULL;
	void *object;

	if (!partial[class].next)
		list_init(&partial[class]);
	if (!list_empty(&partial[class]))
		slab = list_first(&partial[class], struct slab, node);
	else
		slab = make_slab(class);
	if (!slab)
		return NULL;
	object = pop_free(slab, class_sizes[class]);
	slab->used++;
	if (!has_free(slab, class_sizes[class]))
		list_remove(&slab->node);
	used_bytes += class_sizes[class];
	return object;
}

static void free_small(struct slab *slab, void *object)
{
	unsigned class = slab->class;

	ASSERT(class < CLASSES && slab->used > 0);
	if (!has_free(slab, class_sizes[class]))
		list_add(&partial[class], &slab->node);
	push_free(slab, object, class_sizes[class]);
	used_bytes -= class_sizes[class];
	if (--slab->used == 0) {
		list_remove(&slab->node);
		page_free_virt(slab);
	}
}

static unsigned order_of(size_t size)
{
	return size <= PAGE_SIZE ? 0 : ilog2((size - 1) >> PAGE_SHIFT) + 1;
}

static void *alloc_pages(size_t size)
{
	unsigned order = order_of(size);
	struct page *page = order <= PAGE_ORDER_MAX ? page_alloc(order) : NULL;

	if (!page)
		return NULL;
	used_bytes += PAGE_SIZE << order;
	return page_virt(page);
}

static void free_pages(void *ptr)
{
	struct page *page = page_of_virt(ptr);
	unsigned order = page_order(page);

	page_free(page, order);
	used_bytes -= PAGE_SIZE << order;
}

void *heap_alloc_unset(size_t size)
{
	unsigned class = class_of(size);
	void *ptr;

	if (alloc_should_fail())
		return NULL;
	spin_lock(&lock);
	ptr = class < CLASSES ? alloc_small(class) : alloc_pages(size);
	spin_unlock(&lock);
	if (ptr && class < CLASSES) /* what is beyond the size asked for is nobody's */
		memory_hide((char *)ptr + size, class_sizes[class] - size);
	return ptr;
}

void *heap_alloc(size_t size)
{
	void *ptr = heap_alloc_unset(size);

	return ptr ? memset(ptr, 0, size) : NULL;
}

void *heap_alloc_array(size_t count, size_t size)
{
	size_t bytes;

	return __builtin_mul_overflow(count, size, &bytes) ? NULL : heap_alloc(bytes);
}

void heap_free(void *ptr)
{
	if (!ptr)
		return;
	spin_lock(&lock);
	if (IS_ALIGNED((uintptr_t)ptr, PAGE_SIZE))
		free_pages(ptr);
	else
		free_small(slab_of(ptr), ptr);
	spin_unlock(&lock);
}

size_t heap_bytes_used(void)
{
	size_t bytes;

	spin_lock(&lock);
	bytes = used_bytes;
	spin_unlock(&lock);
	return bytes;
}
