/* SPDX-License-Identifier: Apache-2.0 */
/* arch/arm64/p2m_clean.c: which frames are cleaned, how much a step is, and a map that changes between steps. */
#include "arch/arm64/pgtable.h"
#include "arch/host/fake.h"
#include "tests/unit/mem_env.h"
#include <arch/stage2.h>

#define RAM_SIZE    MIB(16)
#define FRAMES      (RAM_SIZE / PAGE_SIZE)
#define BLOCK_ORDER 9 /* 2 MiB */

static struct domain *d, *other;
static unsigned cleaned[FRAMES]; /* how often each was */
static unsigned step_pages, step_looks; /* of the step that is under way */
static uint64_t free_pages_before;

static uint64_t frame_of(const struct page *page)
{
	return (page_phys(page).v - HOST_RAM_BASE) >> PAGE_SHIFT;
}

static void note_clean(const void *virt, size_t size)
{
	assert_int_equal(size, PAGE_SIZE);
	cleaned[frame_of(page_of_virt(virt))]++;
	step_pages++;
}

/* p2m_clean() asks after each entry that it looked at. */
static void note_look(void)
{
	step_looks++;
}

static int set_up(void **state)
{
	(void)state;
	host_pa_bits = 40;
	p2m_setup(PADDR(BIT(40)));
	env_init(RAM_SIZE, FRAMES);
	free_pages_before = page_count_free();
	d = &env_domains[1];
	other = &env_domains[2];
	assert_int_equal(p2m_init(d), 0);
	assert_int_equal(p2m_set_pool(d, 1000), 0);
	memset(cleaned, 0, sizeof(cleaned));
	host_irq_pending = false;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	host_clean_hook = NULL;
	host_irq_hook = NULL;
	host_irq_pending = false;
	while (p2m_teardown(d) == -ERESTART)
		;
	env_free(free_pages_before);
	p2m_setup(PADDR(0));
	return 0;
}

static struct page *map_new(struct domain *owner, uint64_t ipa, unsigned order, enum p2m_type type)
{
	struct page *page = page_alloc_domain(owner, order, PAGE_ANYWHERE);

	assert_non_null(page);
	assert_int_equal(p2m_map(d, IPA(ipa), page_phys(page), BIT(order), type), 0);
	return page;
}

static void put_all(struct page *page, unsigned order)
{
	for (unsigned i = 0; i < BIT(order); i++)
		page_put(page + i);
}

static int step(ipa_t *next)
{
	int rc;

	host_clean_hook = note_clean;
	host_irq_hook = note_look;
	step_pages = step_looks = 0;
	rc = p2m_clean(d, next);
	host_clean_hook = NULL;
	host_irq_hook = NULL;
	assert_true(step_pages <= 32);
	assert_true(step_looks <= 512);
	return rc;
}

static unsigned clean_all(void)
{
	unsigned steps = 1;
	ipa_t next = IPA(0);

	while (step(&next)) {
		assert_true(step_looks > 0);
		steps++;
	}
	return steps;
}

static unsigned count_cleaned(void)
{
	unsigned count = 0;

	for (unsigned i = 0; i < FRAMES; i++)
		count += cleaned[i];
	return count;
}

static void assert_cleaned(const struct page *page, unsigned order, unsigned times)
{
	for (unsigned i = 0; i < BIT(order); i++)
		assert_int_equal(cleaned[frame_of(page) + i], times);
}

/* A block, a page, a read-only page far away; and what is not the domain's memory between them. */
static void test_own_memory_alone(void **state)
{
	struct page *block = map_new(d, GIB(1), BLOCK_ORDER, P2M_RAM);
	struct page *page = map_new(d, GIB(1) + MIB(2), 0, P2M_RAM);
	struct page *last = map_new(d, GIB(900), 0, P2M_RAM_RO);
	struct page *foreign = map_new(other, GIB(2), 0, P2M_FOREIGN);
	struct page *grant = map_new(other, GIB(2) + PAGE_SIZE, 0, P2M_GRANT);
	struct page *shared = map_new(other, GIB(2) + 2 * PAGE_SIZE, 0, P2M_SHARED);
	struct page *reserved = map_new(other, GIB(2) + 3 * PAGE_SIZE, 0, P2M_RAM);

	(void)state;
	for (unsigned i = 0; i < 2; i++) /* the entries' own references */
		assert_true(page_get_any(i ? grant : foreign, NULL));
	assert_int_equal(p2m_map(d, IPA(GIB(3)), PADDR(GIB(3)), GIB(1) >> PAGE_SHIFT, P2M_MMIO), 0);
	assert_int_equal(p2m_map(d, IPA(MIB(8)), PADDR(MIB(8)), 3, P2M_MMIO), 0);
	assert_true(clean_all() < 25); /* 1 GiB of registers is passed at once */
	assert_cleaned(block, BLOCK_ORDER, 1);
	assert_cleaned(page, 0, 1);
	assert_cleaned(last, 0, 1);
	assert_int_equal(count_cleaned(), 512 + 2);
	assert_int_equal(page_refcount(page), 1);
	assert_int_equal(p2m_unmap(d, IPA(GIB(2)), 4), 0);
	put_all(block, BLOCK_ORDER);
	page_put(page);
	page_put(last);
	page_put(foreign);
	page_put(grant);
	page_put(shared);
	page_put(reserved);
}

static void test_a_step_is_32_pages(void **state)
{
	struct page *block = map_new(d, GIB(1), BLOCK_ORDER, P2M_RAM);
	ipa_t next = IPA(0);

	(void)state;
	for (unsigned pages = 0; pages < 512; pages += step_pages) {
		assert_int_equal(step(&next), -ERESTART);
		assert_in_range(step_pages, 31, 32); /* the hole below counts in the first */
	}
	while (step(&next))
		assert_int_equal(step_pages, 0);
	assert_cleaned(block, BLOCK_ORDER, 1);
	put_all(block, BLOCK_ORDER);
}

/* Each second page is mapped, and not memory: most that there is to look at for nothing. */
static void test_a_step_is_512_entries_of_nothing(void **state)
{
	ipa_t next = IPA(0);
	unsigned looks = 0;

	(void)state;
	for (unsigned i = 0; i < 4000; i += 2)
		assert_int_equal(p2m_map(d, IPA(i * PAGE_SIZE), PADDR(GIB(8)), 1, P2M_MMIO), 0);
	while (step(&next)) {
		assert_int_equal(step_looks, 512);
		looks += step_looks;
	}
	assert_true(looks + step_looks >= 3999);
	assert_int_equal(count_cleaned(), 0);
}

static void test_an_interrupt_ends_a_step(void **state)
{
	struct page *block = map_new(d, 0, BLOCK_ORDER, P2M_RAM);
	ipa_t next = IPA(0);

	(void)state;
	host_irq_pending = true;
	for (unsigned i = 0; i < 10; i++) {
		assert_int_equal(step(&next), -ERESTART);
		assert_int_equal(step_pages, 1);
	}
	assert_int_equal(next.v, 10 * PAGE_SIZE);
	host_irq_pending = false;
	while (step(&next))
		;
	assert_cleaned(block, BLOCK_ORDER, 1);
	put_all(block, BLOCK_ORDER);
}

/* Pages are given up ahead of the walk, become another domain's, and others come; a block is split under it. */
static void test_the_map_changes_between_steps(void **state)
{
	struct page *block = map_new(d, 0, BLOCK_ORDER, P2M_RAM), *taken[64], *theirs, *late;
	ipa_t next = IPA(0);

	(void)state;
	assert_int_equal(step(&next), -ERESTART);
	assert_int_equal(p2m_take_memory(d, IPA(64 * PAGE_SIZE), 64, taken), 64);
	for (unsigned i = 0; i < 64; i++) {
		assert_true(page_clear_allocated(taken[i], d));
		page_put(taken[i]);
		page_put(taken[i]);
	}
	theirs = page_alloc_domain(other, 0, PAGE_ANYWHERE);
	assert_non_null(theirs);
	late = map_new(d, MIB(4), 0, P2M_RAM);
	while (step(&next))
		;
	assert_int_equal(count_cleaned(), 512 - 64 + 1);
	assert_cleaned(late, 0, 1);
	assert_cleaned(theirs, 0, theirs == late);
	for (unsigned i = 0; i < 512; i++)
		if (i < 64 || i >= 128)
			page_put(block + i);
	page_put(theirs);
	page_put(late);
}

static void test_a_map_that_is_gone(void **state)
{
	struct page *block = map_new(d, 0, BLOCK_ORDER, P2M_RAM);
	ipa_t next = IPA(0);

	(void)state;
	assert_int_equal(step(&next), -ERESTART);
	put_all(block, BLOCK_ORDER);
	while (p2m_teardown(d) == -ERESTART)
		;
	assert_int_equal(step(&next), 0);
	next = IPA(0);
	assert_int_equal(step(&next), 0);
	assert_int_equal(step_looks, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_own_memory_alone),
		TEST(test_a_step_is_32_pages),
		TEST(test_a_step_is_512_entries_of_nothing),
		TEST(test_an_interrupt_ends_a_step),
		TEST(test_the_map_changes_between_steps),
		TEST(test_a_map_that_is_gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
