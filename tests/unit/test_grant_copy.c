/* SPDX-License-Identifier: Apache-2.0 */
/* Copies between pages, cache maintenance, and entries that their granter changes all the time. */
#include "tests/unit/grant_env.h"
#include "tests/unit/hammer.h"

static int setup(void **state)
{
	(void)state;
	grant_env_init();
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	grant_env_free();
	return 0;
}

static struct grant_copy_end by_ref(unsigned d, grant_ref_t ref, unsigned offset)
{
	return (struct grant_copy_end){ .domain = D(d), .ref = ref, .offset = offset };
}

static struct grant_copy_end by_gfn(uint64_t gfn, unsigned offset)
{
	return (struct grant_copy_end){ .gfn = gfn, .offset = offset };
}

static int copy(unsigned d, struct grant_copy_end source, struct grant_copy_end dest, unsigned size)
{
	struct grant_copy request = { .source = source, .dest = dest, .size = size };

	return grant_copy(D(d), &request);
}

static unsigned char *bytes(unsigned d, unsigned n)
{
	return page_virt(env_pages[d][n]);
}

static void expect_at_rest(unsigned d, grant_ref_t ref, unsigned n)
{
	assert_int_equal(marks_of(d, ref), 0);
	assert_int_equal(page_refcount(env_pages[d][n]), 1);
}

static void fill(unsigned char *page)
{
	for (unsigned i = 0; i < PAGE_SIZE; i++)
		page[i] = (unsigned char)(i * 7 + i / 251);
}

static void test_all_four_kinds(void **state)
{
	(void)state;
	give(1, 1, 2, ram_gfn(1, 0), GTF_readonly);
	give(3, 5, 2, ram_gfn(3, 1), 0);
	fill(bytes(1, 0));
	assert_int_equal(copy(2, by_ref(1, 1, 100), by_gfn(ram_gfn(2, 2), 3), 1000), GNTST_okay);
	assert_memory_equal(bytes(2, 2) + 3, bytes(1, 0) + 100, 1000);
	assert_int_equal(bytes(2, 2)[2], 2 * RAM_PAGES + 2);
	assert_int_equal(bytes(2, 2)[1003], 2 * RAM_PAGES + 2);
	assert_int_equal(copy(2, by_gfn(ram_gfn(2, 2), 0), by_gfn(ram_gfn(2, 3), 0), 4096),
			GNTST_okay);
	assert_memory_equal(bytes(2, 3), bytes(2, 2), 4096);
	assert_int_equal(copy(2, by_gfn(ram_gfn(2, 3), 0), by_ref(3, 5, 96), 4000), GNTST_okay);
	assert_memory_equal(bytes(3, 1) + 96, bytes(2, 3), 4000);
	assert_int_equal(copy(2, by_ref(1, 1, 0), by_ref(3, 5, 0), 4096), GNTST_okay);
	assert_memory_equal(bytes(3, 1), bytes(1, 0), 4096);
	expect_at_rest(1, 1, 0);
	expect_at_rest(3, 5, 1);
}

static void test_bounds(void **state)
{
	struct grant_copy_end own = by_gfn(ram_gfn(2, 0), 0);

	(void)state;
	assert_int_equal(copy(2, by_gfn(ram_gfn(2, 1), 1), own, 4096), GNTST_bad_copy_arg);
	assert_int_equal(copy(2, own, by_gfn(ram_gfn(2, 1), 4096), 1), GNTST_bad_copy_arg);
	assert_int_equal(copy(2, own, by_gfn(ram_gfn(2, 1), 65535), 0), GNTST_bad_copy_arg);
	assert_int_equal(copy(2, by_gfn(ram_gfn(2, 1), 65535), own, 65535), GNTST_bad_copy_arg);
	assert_int_equal(copy(2, own, own, 65535), GNTST_bad_copy_arg);
	assert_int_equal(copy(2, own, by_gfn(ram_gfn(2, 1), 4096), 0), GNTST_okay);
	assert_int_equal(copy(2, own, by_gfn(ram_gfn(2, 1), 4095), 1), GNTST_okay);
}

static void test_refusals(void **state)
{
	struct grant_copy_end own = by_gfn(ram_gfn(2, 0), 0);

	(void)state;
	give(1, 1, 2, ram_gfn(1, 0), GTF_readonly);
	give(1, 2, 3, ram_gfn(1, 0), 0);
	give(1, 3, 2, 0x1234, 0);
	assert_int_equal(copy(2, own, by_ref(1, 1, 0), 8), GNTST_general_error);
	assert_int_equal(copy(2, own, by_ref(1, 2, 0), 8), GNTST_general_error);
	assert_int_equal(copy(2, by_ref(1, 2, 0), own, 8), GNTST_general_error);
	assert_int_equal(copy(2, by_ref(1, 3, 0), own, 8), GNTST_bad_page);
	assert_int_equal(copy(2, by_ref(1, 512, 0), own, 8), GNTST_bad_gntref);
	assert_int_equal(copy(2, own, by_gfn(0x1234, 0), 8), GNTST_bad_page);
	assert_int_equal(copy(2, by_ref(1, 1, 0), by_gfn(0x1234, 0), 8), GNTST_bad_page);
	assert_int_equal(copy(2, by_gfn(UINT64_MAX, 0), own, 8), GNTST_bad_page);
	expect_at_rest(1, 1, 0);
	expect_at_rest(2, 0, 0);
}

static void test_own_frames_that_do_not_count(void **state)
{
	struct grant_map map = {
		.granter = D(1), .ref = 1, .parts = GRANT_HOST, .write = true, .host = IPA(HOLE_IPA)
	};
	uint64_t hole = HOLE_IPA >> PAGE_SHIFT;

	(void)state;
	give(1, 1, 2, ram_gfn(1, 0), 0);
	assert_int_equal(grant_map(D(2), &map), GNTST_okay);
	assert_int_equal(copy(2, by_gfn(hole, 0), by_gfn(ram_gfn(2, 0), 0), 8), GNTST_bad_page);
	assert_int_equal(copy(2, by_gfn(ram_gfn(2, 0), 0), by_gfn(hole, 0), 8), GNTST_bad_page);
	assert_int_equal(p2m_map(D(2), ipa_of_gfn(ram_gfn(2, 1)), page_phys(env_pages[2][1]), 1,
					 P2M_RAM_RO),
			0);
	assert_int_equal(
			copy(2, by_gfn(ram_gfn(2, 1), 0), by_gfn(ram_gfn(2, 0), 0), 8), GNTST_okay);
	assert_int_equal(copy(2, by_gfn(ram_gfn(2, 0), 0), by_gfn(ram_gfn(2, 1), 0), 8),
			GNTST_bad_page);
	assert_int_equal(page_refcount(env_pages[1][0]), 3);
	assert_int_equal(page_refcount(env_pages[2][1]), 1);
}

/* Both ends in one page, and both ends the same entry. */
static void test_overlap(void **state)
{
	unsigned char expected[PAGE_SIZE];

	(void)state;
	fill(bytes(2, 0));
	memcpy(expected, bytes(2, 0), PAGE_SIZE);
	memmove(expected + 8, expected, 4000);
	assert_int_equal(copy(2, by_gfn(ram_gfn(2, 0), 0), by_gfn(ram_gfn(2, 0), 8), 4000),
			GNTST_okay);
	assert_memory_equal(bytes(2, 0), expected, PAGE_SIZE);
	give(2, 1, 2, ram_gfn(2, 0), 0);
	memmove(expected, expected + 96, 4000);
	assert_int_equal(copy(2, by_ref(2, 1, 96), by_ref(2, 1, 0), 4000), GNTST_okay);
	assert_memory_equal(bytes(2, 0), expected, PAGE_SIZE);
	expect_at_rest(2, 1, 0);
}

static void test_copy_beside_a_mapping(void **state)
{
	struct grant_map map = {
		.granter = D(1), .ref = 1, .parts = GRANT_HOST, .host = IPA(HOLE_IPA)
	};

	(void)state;
	give(1, 1, 2, ram_gfn(1, 0), 0);
	assert_int_equal(grant_map(D(2), &map), GNTST_okay);
	assert_int_equal(copy(2, by_gfn(ram_gfn(2, 0), 0), by_ref(1, 1, 0), 8), GNTST_okay);
	assert_int_equal(marks_of(1, 1), GTF_reading);
	assert_int_equal(grant_unmap(D(2), map.handle, map.host, 0), GNTST_okay);
	expect_at_rest(1, 1, 0);
}

static void test_cache_flush(void **state)
{
	struct grant_map map = {
		.granter = D(1), .ref = 1, .parts = GRANT_HOST, .host = IPA(HOLE_IPA)
	};
	uint64_t own = page_phys(env_pages[0][0]).v;

	(void)state;
	give(1, 1, 0, ram_gfn(1, 0), 0);
	assert_int_equal(grant_cache_flush(D(0), own, 0, 4096), 0);
	assert_int_equal(grant_cache_flush(D(0), own + 77, 64, 128), 0);
	assert_int_equal(grant_cache_flush(D(0), own, 1, 4096), -EINVAL);
	assert_int_equal(grant_cache_flush(D(0), own, 65535, 65535), -EINVAL);
	assert_int_equal(grant_cache_flush(D(0), page_phys(env_pages[1][0]).v, 0, 64), -EPERM);
	assert_int_equal(grant_cache_flush(D(0), UINT64_MAX, 0, 64), -EPERM);
	assert_int_equal(grant_map(D(0), &map), GNTST_okay);
	assert_int_equal(grant_cache_flush(D(0), map.device_addr, 0, 64), 0);
	assert_int_equal(grant_unmap(D(0), map.handle, map.host, 0), GNTST_okay);
	assert_int_equal(grant_cache_flush(D(0), map.device_addr, 0, 64), -EPERM);
	assert_int_equal(grant_cache_flush(D(2), RAM_IPA, 0, 64), 0);
	expect_at_rest(1, 1, 0);
}

/* A granter that keeps changing its entry gets nothing wrong past the checks. */
static void hammer_on(uint32_t first, uint32_t second, bool may_succeed)
{
	struct grant_map map = {
		.granter = D(1), .ref = 1, .parts = GRANT_HOST, .write = true, .host = IPA(HOLE_IPA)
	};
	struct hammer *h;
	unsigned done = 0;

	give(1, 1, 2, ram_gfn(1, 0), 0);
	h = hammer_start((uint32_t *)(void *)entry_of(1, 1), first, second);
	for (unsigned i = 0; i < 5000; i++) {
		int status = grant_map(D(2), &map);

		assert_true(status == GNTST_okay || status == GNTST_general_error);
		if (status != GNTST_okay)
			continue;
		done++;
		assert_int_equal(grant_unmap(D(2), map.handle, map.host, 0), GNTST_okay);
	}
	hammer_stop(h);
	assert_true(may_succeed || done == 0);
	assert_int_equal(page_refcount(env_pages[1][0]), 1);
	assert_int_equal(D(1)->grant.active[0][1].read_pins + D(1)->grant.active[0][1].write_pins,
			0);
}

static void test_hostile_words(void **state)
{
	uint32_t granted = GTF_permit_access | 2U << 16;

	(void)state;
	hammer_on(granted, granted | 0x8000, true);
	hammer_on(granted, 0, true);
	hammer_on(granted, granted | GTF_readonly, true);
	/* one half says domain 3 may write, the other that domain 2 may read: never both */
	hammer_on(GTF_permit_access | 3U << 16, granted | GTF_readonly, false);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_all_four_kinds),
		TEST(test_bounds),
		TEST(test_refusals),
		TEST(test_own_frames_that_do_not_count),
		TEST(test_overlap),
		TEST(test_copy_beside_a_mapping),
		TEST(test_cache_flush),
		TEST(test_hostile_words),
	};

	return cmocka_run_group_tests_name("grant copy", tests, NULL, NULL);
}
