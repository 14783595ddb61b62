/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a guest that reads past its caches (MMU off, or a Non-cacheable stage-1 mapping) finds in the frames that it
 * can map. host_ram is what the caches show; `dram` lies behind them and changes by arch_cache_clean() alone.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "core/error.h"
#include "core/memory.h"
#include "tests/unit/machine.h"

#include <cmocka.h> /* last: its macro `fail` is not core/error.h's function */

#define RAM_SIZE (8 << 20)
#define SECRET   0x5e
#define AT       UINT64_C(0x1000) /* the guest-physical frame where mappings begin */

static unsigned char dram[RAM_SIZE];
static struct domain *guest;

static void clean(const void *virt, size_t size)
{
	memcpy(dram + ((const unsigned char *)virt - host_ram), virt, size);
}

/* Memory everywhere holds what another domain, or firmware, has left. */
static int set_up(void **state)
{
	(void)state;
	memset(dram, SECRET, sizeof(dram));
	host_clean_hook = clean;
	machine_start(RAM_SIZE, 1);
	machine_add_domain(0, 1);
	guest = machine_add_domain(1, 1);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	host_clean_hook = NULL;
	machine_end();
	return 0;
}

static unsigned stale_bytes(struct domain *d, uint64_t gfn)
{
	enum p2m_type type;
	struct page *page = p2m_get_page(d, ipa_of_gfn(gfn), false, &type);
	const unsigned char *at;
	unsigned count = 0;

	assert_non_null(page);
	at = dram + ((unsigned char *)page_virt(page) - host_ram);
	for (unsigned i = 0; i < PAGE_SIZE; i++)
		count += at[i] == SECRET;
	page_put(page);
	return count;
}

static void test_own_ram(void **state)
{
	(void)state;
	machine_add_ram(guest);
	for (unsigned i = 0; i < MACHINE_RAM_PAGES; i++)
		assert_int_equal(stale_bytes(guest, MACHINE_RAM_GFN + i), 0);
}

static void test_shared_info(void **state)
{
	(void)state;
	assert_int_equal(memory_map_shared_info(guest, 0, AT), 0);
	assert_int_equal(stale_bytes(guest, AT), 0);
}

static void test_grant_frames(void **state)
{
	(void)state;
	for (unsigned i = 0; i < guest->config.grant_frames_max; i++) {
		assert_int_equal(memory_map_grant_frame(guest, i, AT + i), 0);
		assert_int_equal(stale_bytes(guest, AT + i), 0);
	}
}

/* As the toolstack has them (XENMEM_acquire_resource). */
static void test_grant_frames_of_another(void **state)
{
	(void)state;
	for (unsigned i = 0; i < guest->config.grant_frames_max; i++) {
		assert_int_equal(memory_map_foreign_grant_frame(hardware_domain, AT + i, guest, i),
				0);
		assert_int_equal(stale_bytes(hardware_domain, AT + i), 0);
	}
}

/* The frames of a domain that is gone come back to the next one, with what that domain left in memory. */
static void test_frames_of_a_domain_that_is_gone(void **state)
{
	(void)state;
	for (unsigned i = 0; i < guest->config.grant_frames_max; i++)
		assert_int_equal(memory_map_grant_frame(guest, i, AT + i), 0);
	machine_kill(guest);
	memset(dram, SECRET, sizeof(dram));
	guest = machine_add_domain(2, 1);
	test_shared_info(state);
	for (unsigned i = 0; i < guest->config.grant_frames_max; i++) {
		assert_int_equal(memory_map_grant_frame(guest, i, AT + 1 + i), 0);
		assert_int_equal(stale_bytes(guest, AT + 1 + i), 0);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_own_ram),
		TEST(test_shared_info),
		TEST(test_grant_frames),
		TEST(test_grant_frames_of_another),
		TEST(test_frames_of_a_domain_that_is_gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
