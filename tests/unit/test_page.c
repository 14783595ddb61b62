/* SPDX-License-Identifier: Apache-2.0 */
/* core/page.c and core/page_buddy.c against a naive model: who owns each frame, how often it is held. */
#include "tests/unit/mem_env.h"

#define RAM_PAGES  4096
#define RAM_SIZE   (RAM_PAGES * PAGE_SIZE)
#define BLOCKS_MAX 512

static uint64_t cleaned_bytes;

void arch_memory_clear(void *virt, size_t size)
{
	memset(virt, 0, size);
}

void arch_cache_clean(const void *virt, size_t size)
{
	(void)virt;
	cleaned_bytes += size;
}

static bool no_overlap(uint64_t first, uint64_t count, const unsigned char *used)
{
	for (uint64_t i = first; i < first + count; i++)
		if (used[i])
			return false;
	return true;
}

struct block {
	struct page *page;
	unsigned order;
};

static void take_random(struct block *block, unsigned char *used)
{
	unsigned order = env_random(8) ? env_random(4) : env_random(9);
	struct page *page = page_alloc(order);
	uint64_t first;

	if (!page)
		return;
	first = (page_phys(page).v - HOST_RAM_BASE) >> PAGE_SHIFT;
	assert_true(IS_ALIGNED(page_phys(page).v, PAGE_SIZE << order));
	assert_true(first + BIT(order) <= RAM_PAGES);
	assert_true(no_overlap(first, BIT(order), used));
	memset(used + first, 1, BIT(order));
	memset(page_virt(page), 0xee,
			PAGE_SIZE << order); /* AddressSanitizer: it is ours to write */
	*block = (struct block){ page, order };
}

static void give_back(struct block *block, unsigned char *used)
{
	memset(used + ((page_phys(block->page).v - HOST_RAM_BASE) >> PAGE_SHIFT), 0,
			BIT(block->order));
	page_free(block->page, block->order);
	block->page = NULL;
}

static void test_random_blocks_never_overlap(void **state)
{
	static struct block blocks[BLOCKS_MAX];
	static unsigned char used[RAM_PAGES];
	uint64_t free_pages, out = 0;

	(void)state;
	env_init(RAM_SIZE, 0);
	free_pages = page_count_free();
	for (unsigned i = 0; i < 20000; i++) {
		struct block *block = &blocks[env_random(BLOCKS_MAX)];

		if (block->page) {
			out -= BIT(block->order);
			give_back(block, used);
		} else {
			take_random(block, used);
			out += block->page ? BIT(block->order) : 0;
		}
		assert_int_equal(page_count_free(), free_pages - out);
	}
	for (unsigned i = 0; i < BLOCKS_MAX; i++)
		if (blocks[i].page)
			give_back(&blocks[i], used);
	/* everything has merged again: the largest block that a range of this size has is there */
	assert_non_null(page_alloc(11));
	page_free(page_of_phys(PADDR(HOST_RAM_BASE)), 11);
	env_free(free_pages);
}

static void test_until_nothing_is_left(void **state)
{
	struct list_node list, *node;
	struct page *page;
	uint64_t free_pages, count = 0;

	(void)state;
	env_init(RAM_SIZE, 0);
	free_pages = page_count_free();
	assert_int_equal(page_count_total(), RAM_PAGES);
	assert_int_equal(free_pages, RAM_PAGES - RAM_PAGES * sizeof(struct page) / PAGE_SIZE);
	list_init(&list);
	while ((page = page_alloc(0))) {
		list_add(&list, page_virt(page));
		count++;
	}
	assert_int_equal(count, free_pages);
	assert_int_equal(page_count_free(), 0);
	while (!list_empty(&list)) {
		node = list.next;
		list_remove(node);
		page_free_virt(node);
	}
	env_free(free_pages);
}

/* Holes, ranges that touch, taken parts at every kind of place. */
static void test_ram_with_holes(void **state)
{
	const struct page_range ram[] = {
		{ PADDR(HOST_RAM_BASE), MIB(2) },
		{ PADDR(HOST_RAM_BASE + MIB(2)), MIB(2) },
		{ PADDR(HOST_RAM_BASE + MIB(5)), MIB(1) + 0x800 },
		{ PADDR(HOST_RAM_BASE + MIB(8) + 0x10), MIB(4) - 0x10 },
	};
	const struct page_range taken[] = {
		{ PADDR(HOST_RAM_BASE + MIB(11)), MIB(1) },
		{ PADDR(HOST_RAM_BASE), 0x1001 },
		{ PADDR(HOST_RAM_BASE + MIB(1) + 5), 1 },
		{ PADDR(HOST_RAM_BASE + MIB(1) + 8), 0x2000 },
		{ PADDR(HOST_RAM_BASE + MIB(3)), 0 },
	};
	const uint64_t pages = 1024 + 256 + 1023;
	struct page *page;

	(void)state;
	host_ram_init(MIB(12));
	assert_int_equal(page_init(ram, ARRAY_SIZE(ram), taken, ARRAY_SIZE(taken)), 0);
	assert_int_equal(page_count_total(), pages);
	assert_int_equal(page_count_free(),
			pages - 256 - 2 - 3 - DIV_ROUND_UP(pages * 8, PAGE_SIZE));
	assert_int_equal(page_ram_end().v, HOST_RAM_BASE + MIB(12));

	assert_null(page_of_phys(PADDR(HOST_RAM_BASE - 1)));
	assert_null(page_of_phys(PADDR(HOST_RAM_BASE + MIB(4))));
	assert_null(page_of_phys(PADDR(HOST_RAM_BASE + MIB(6))));
	assert_null(page_of_phys(PADDR(HOST_RAM_BASE + MIB(8))));
	assert_null(page_of_phys(PADDR(HOST_RAM_BASE + MIB(12))));
	for (uint64_t at = MIB(8) + PAGE_SIZE; at < MIB(12); at += PAGE_SIZE)
		assert_int_equal(page_phys(page_of_phys(PADDR(HOST_RAM_BASE + at))).v,
				HOST_RAM_BASE + at);

	/* the frame table went below what is taken of the highest range */
	assert_int_equal(page_owner(page_of_phys(PADDR(HOST_RAM_BASE + MIB(11) - 1))),
			PAGE_OWNER_GRAFT);
	assert_int_equal(page_owner(page_of_phys(PADDR(HOST_RAM_BASE + MIB(10)))), PAGE_OWNER_NONE);
	/* taken: whole pages however little of them is */
	assert_int_equal(page_owner(page_of_phys(PADDR(HOST_RAM_BASE + 0x1000))), PAGE_OWNER_GRAFT);
	assert_int_equal(page_owner(page_of_phys(PADDR(HOST_RAM_BASE + 0x2000))), PAGE_OWNER_NONE);
	assert_int_equal(page_owner(page_of_phys(PADDR(HOST_RAM_BASE + MIB(1) + 0x2000))),
			PAGE_OWNER_GRAFT);
	assert_int_equal(page_owner(page_of_phys(PADDR(HOST_RAM_BASE + MIB(1) + 0x3000))),
			PAGE_OWNER_NONE);

	page_release_range(taken[0], NULL, 0);
	page = page_alloc(8);
	assert_non_null(page);
	page_release_range(taken[1], NULL, 0);
	page_release_range(taken[2], NULL, 0);
	page_free(page, 8);
	assert_int_equal(page_count_free(), pages - 2 - DIV_ROUND_UP(pages * 8, PAGE_SIZE));
	host_ram_free();
}

/* Two modules share a page, another lies partly in reserved memory, and the blob is nowhere near RAM. */
static void test_release(void **state)
{
	const struct page_range ram = { PADDR(HOST_RAM_BASE), MIB(4) };
	const struct page_range taken[] = {
		{ PADDR(HOST_RAM_BASE + MIB(1)), 0x1800 },
		{ PADDR(HOST_RAM_BASE + MIB(1) + 0x1800), 0x1000 },
		{ PADDR(HOST_RAM_BASE + MIB(2)), 0x4000 },
		{ PADDR(HOST_RAM_BASE + MIB(2) + 0x1000), 0x1001 },
		{ PADDR(HOST_RAM_BASE - MIB(1)), 0x3000 },
		{ PADDR(HOST_RAM_BASE + MIB(4) - PAGE_SIZE), MIB(1) },
	};
	const struct page_range *reserved = &taken[3];
	uint64_t free_pages;

	(void)state;
	host_ram_init(MIB(4));
	assert_int_equal(page_init(&ram, 1, taken, ARRAY_SIZE(taken)), 0);
	free_pages = page_count_free();
	page_release_range(taken[0], reserved, 1);
	assert_int_equal(page_count_free(), free_pages + 2);
	page_release_range(taken[1], reserved, 1);
	assert_int_equal(page_count_free(), free_pages + 3);
	page_release_range(taken[2], reserved, 1);
	assert_int_equal(page_count_free(), free_pages + 5);
	assert_int_equal(page_owner(page_of_phys(PADDR(HOST_RAM_BASE + MIB(2) + 0x1000))),
			PAGE_OWNER_GRAFT);
	assert_int_equal(page_owner(page_of_phys(PADDR(HOST_RAM_BASE + MIB(2) + 0x2000))),
			PAGE_OWNER_GRAFT);
	page_release_range(taken[4], reserved, 1);
	assert_int_equal(page_count_free(), free_pages + 5);
	page_release_range(taken[5], reserved, 1);
	assert_int_equal(page_count_free(), free_pages + 6);
	host_ram_free();
}

static void test_bad_ram(void **state)
{
	static struct page_range many[1025];
	const struct page_range ram = { PADDR(HOST_RAM_BASE), MIB(1) };
	const struct page_range taken = { PADDR(HOST_RAM_BASE + 0x1000), MIB(1) - 0x2000 };

	(void)state;
	host_ram_init(MIB(2));
	assert_int_equal(page_init(NULL, 0, NULL, 0), -ENOMEM);
	assert_int_equal(page_init(&ram, 1, &ram, 1), -ENOMEM);
	assert_int_equal(page_init(&ram, 1, &taken, 1), 0); /* one page for the table is enough */
	assert_int_equal(page_count_free(), 1);
	for (unsigned i = 0; i < ARRAY_SIZE(many); i++)
		many[i] = (struct page_range){ PADDR(HOST_RAM_BASE + i * 0x2000), 0x1000 };
	assert_int_equal(page_init(many, ARRAY_SIZE(many), NULL, 0), -E2BIG);
	host_ram_free();
}

static void put_each(struct page *page, unsigned order)
{
	for (uint64_t i = 0; i < BIT(order); i++)
		page_put(page + i);
}

static void test_places(void **state)
{
	struct page *lowest, *large, *small;

	(void)state;
	env_init(RAM_SIZE, RAM_PAGES);
	lowest = page_alloc_domain(&env_domains[1], 9, PAGE_LOWEST);
	assert_int_equal(page_phys(lowest).v, HOST_RAM_BASE);
	large = page_alloc_domain(&env_domains[1], 9, PAGE_LOWEST);
	assert_int_equal(page_phys(large).v, HOST_RAM_BASE + MIB(2));
	put_each(lowest, 9);
	/* a single frame comes from the remains at the top, not out of the low block */
	small = page_alloc_domain(&env_domains[1], 0, PAGE_ANYWHERE);
	assert_true(page_phys(small).v > HOST_RAM_BASE + MIB(14));
	page_put(small);
	put_each(large, 9);
	assert_null(page_alloc_domain(&env_domains[1], PAGE_ORDER_MAX + 1, PAGE_LOWEST));
	env_free(RAM_PAGES - 8);
}

static void test_domain_frames_are_clear_and_counted(void **state)
{
	struct domain *d = &env_domains[1];
	struct page *page;

	(void)state;
	env_init(RAM_SIZE, 6);
	page = page_alloc(2);
	memset(page_virt(page), 0x5a, 4 * PAGE_SIZE);
	page_free(page, 2);
	cleaned_bytes = 0;
	page = page_alloc_domain(d, 2, PAGE_ANYWHERE);
	for (unsigned i = 0; i < 4 * PAGE_SIZE; i++)
		assert_int_equal(((unsigned char *)page_virt(page))[i], 0);
	assert_int_equal(cleaned_bytes, 4 * PAGE_SIZE);
	assert_int_equal(d->tot_pages, 4);
	assert_int_equal(d->refs, 2);
	for (unsigned i = 0; i < 4; i++) {
		assert_int_equal(page_owner(page + i), 1);
		assert_int_equal(page_refcount(page + i), 1);
	}
	/* never over max_pages, to the page, also when max_pages is lowered below */
	assert_null(page_alloc_domain(d, 2, PAGE_ANYWHERE));
	d->max_pages = 3;
	assert_null(page_alloc_domain(d, 0, PAGE_ANYWHERE));
	d->max_pages = 5;
	page_put(page_alloc_domain(d, 0, PAGE_ANYWHERE));
	/* nor when dying */
	d->dying = DOMAIN_DYING;
	assert_null(page_alloc_domain(d, 0, PAGE_ANYWHERE));
	assert_int_equal(d->tot_pages, 4);
	for (unsigned i = 0; i < 4; i++)
		page_put(page + i);
	env_free(RAM_PAGES - 8);
}

static void test_references(void **state)
{
	struct domain *d = &env_domains[1];
	struct page *page, *other;
	domain_id_t owner = 77;

	(void)state;
	env_init(RAM_SIZE, 8);
	page = page_alloc_domain(d, 0, PAGE_ANYWHERE);
	assert_false(page_get(page, &env_domains[2]));
	assert_true(page_get(page, d));
	assert_true(page_get_any(page, &owner));
	assert_int_equal(owner, 1);
	assert_int_equal(page_refcount(page), 3);
	assert_false(page_clear_allocated(page, &env_domains[2]));
	assert_true(page_clear_allocated(page, d));
	assert_false(page_clear_allocated(page, d));
	page_put(page);
	page_put(page);
	assert_int_equal(d->tot_pages, 1); /* it stays the owner's as long as anybody holds it */
	assert_int_equal(page_owner(page), 1);
	page_put(page);
	assert_int_equal(d->tot_pages, 0);
	assert_false(page_get(page, d));
	assert_false(page_get_any(page, &owner));
	expect_panic(page_put(page));
	atomic_store(&page->word, PAGE_OWNER_NONE | BIT(17)); /* as before the put too many */

	/* Graft's own: the allocator's reference and those of others */
	other = page_alloc(0);
	assert_true(page_get_any(other, &owner));
	assert_int_equal(owner, PAGE_OWNER_GRAFT);
	assert_false(page_get(other, d));
	page_free(other, 0);
	assert_int_equal(page_refcount(other), 1);
	page_put(other);
	assert_int_equal(page_owner(other), PAGE_OWNER_NONE);
	host_ram_free();
}

static void test_count_that_is_full(void **state)
{
	struct domain *d = &env_domains[1];
	struct page *page;
	uint64_t word;

	(void)state;
	env_init(RAM_SIZE, 8);
	page = page_alloc_domain(d, 0, PAGE_ANYWHERE);
	word = atomic_load(&page->word);
	atomic_store(&page->word, word | GENMASK(63, 33));
	assert_int_equal(page_refcount(page), UINT32_MAX);
	assert_false(page_get(page, d));
	assert_false(page_get_any(page, NULL));
	atomic_store(&page->word, (word & UINT32_MAX) | GENMASK(63, 33));
	assert_true(page_get(page, d));
	assert_false(page_get(page, d));
	atomic_store(&page->word, word);
	page_put(page);
	env_free(RAM_PAGES - 8);
}

static void test_misuse_is_noticed(void **state)
{
	struct page *page;

	(void)state;
	env_init(RAM_SIZE, 8);
	page = page_alloc(2);
	expect_panic(page_free(page, 1));
	expect_panic(page_free(page + 1, 2));
	page_free(page, 2);
	expect_panic(page_free(page, 2));
	page = page_alloc_domain(&env_domains[1], 0, PAGE_ANYWHERE);
	expect_panic(page_free(page, 0));
	page_put(page);
	env_free(RAM_PAGES - 8);
}

static void test_relinquish(void **state)
{
	struct domain *d = &env_domains[2];
	struct page *held = NULL;
	uint64_t cursor = 0, steps = 0;
	int err;

	(void)state;
	env_init(RAM_SIZE, RAM_PAGES);
	for (unsigned i = 0; i < 2500; i++) {
		held = page_alloc_domain(d, 0, PAGE_ANYWHERE);
		assert_non_null(held);
		if (i % 3 == 0)
			page_put(page_alloc_domain(&env_domains[1], 0, PAGE_ANYWHERE));
	}
	assert_true(page_get(held, d));
	assert_non_null(page_alloc_domain(&env_domains[1], 3, PAGE_LOWEST));
	d->dying = DOMAIN_DYING;
	while ((err = page_relinquish_domain(d, &cursor)) == -ERESTART)
		steps++;
	assert_int_equal(err, 0);
	assert_in_range(steps, 2, 4);
	assert_int_equal(d->tot_pages, 1);
	assert_int_equal(d->refs, 2);
	/* another run finds nothing of its own, and nothing of others */
	assert_int_equal(page_relinquish_domain(d, &cursor), 0);
	assert_int_equal(env_domains[1].tot_pages, 8);
	page_put(held);
	assert_int_equal(page_relinquish_domain(&env_domains[1], &cursor), 0);
	env_free(RAM_PAGES - 8);
}

static void test_allocations_that_fail(void **state)
{
	(void)state;
	env_init(RAM_SIZE, 8);
	host_fail_at = 1;
	assert_null(page_alloc(3));
	host_fail_at = 1;
	assert_null(page_alloc_zeroed());
	host_fail_at = 1;
	assert_null(page_alloc_domain(&env_domains[1], 1, PAGE_LOWEST));
	assert_int_equal(host_fail_at, 0);
	env_free(RAM_PAGES - 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random_blocks_never_overlap),
		cmocka_unit_test(test_until_nothing_is_left),
		cmocka_unit_test(test_ram_with_holes),
		cmocka_unit_test(test_release),
		cmocka_unit_test(test_bad_ram),
		cmocka_unit_test(test_places),
		cmocka_unit_test(test_domain_frames_are_clear_and_counted),
		cmocka_unit_test(test_references),
		cmocka_unit_test(test_count_that_is_full),
		cmocka_unit_test(test_misuse_is_noticed),
		cmocka_unit_test(test_relinquish),
		cmocka_unit_test(test_allocations_that_fail),
	};

	return cmocka_run_group_tests_name("page", tests, NULL, NULL);
}
