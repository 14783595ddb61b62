/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A domain with a large grant table and many mappings goes in bounded steps; whoever puts the last reference to it has
 * no more than its arrays left to free.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "core/error.h"
#include "core/grant_priv.h"
#include "core/memory.h"
#include "tests/unit/machine.h"

#include <cmocka.h> /* last: its macro `fail` is not core/error.h's function */

#define RAM_SIZE (32 << 20)
#define FRAMES   400U
#define MAPTRACK 200U
#define HOLE     IPA(UINT64_C(0x80000000))
#define STEP_PAGES                                                                                 \
	256U /* freed at most by one step: a frame goes with four pages of Graft's record of it */
#define LAST_PUT_MOST 32U  /* pages left to the last reference */

static struct domain *dom0, *guest;

static void start_guest(void)
{
	struct domain_config config = {
		.vcpus_max = 1,
		.evtchn_port_max = 1023,
		.grant_frames_max = FRAMES,
		.maptrack_frames_max = MAPTRACK,
		.grant_version_max = 1,
	};
	int err;

	assert_int_equal(domain_create(1, &config, &guest), 0);
	guest->max_pages = MACHINE_RAM_PAGES;
	assert_int_equal(p2m_set_pool(guest, 64), 0);
	assert_int_equal(vcpu_create(guest, 0), 0);
	machine_add_ram(guest);
	do
		err = grant_setup(guest, FRAMES);
	while (err == -ERESTART);
	assert_int_equal(err, 0);
}

static int set_up(void **state)
{
	(void)state;
	machine_start(RAM_SIZE, 1);
	dom0 = machine_add_domain(0, 1);
	start_guest();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	machine_end();
	return 0;
}

static grant_handle_t map(struct domain *d, grant_ref_t ref)
{
	struct grant_entry_v1 *frame = guest->grant.frames[ref / GRANT_ENTRIES_PER_FRAME];
	struct grant_map map = { .granter = guest, .ref = ref, .parts = GRANT_HOST, .host = HOLE };

	frame[ref % GRANT_ENTRIES_PER_FRAME] = (struct grant_entry_v1){
		.flags = GTF_permit_access, .domid = d->id, .frame = (uint32_t)MACHINE_RAM_GFN
	};
	assert_int_equal(grant_map(d, &map), GNTST_okay);
	return map.handle;
}

static void kill_in_steps(void)
{
	uint64_t before;
	int err;

	do {
		before = page_count_free();
		err = domain_kill(guest);
		assert_in_range(page_count_free() - before, 0, STEP_PAGES);
	} while (err == -ERESTART);
	assert_int_equal(err, 0);
}

static void put_last(void)
{
	uint64_t before = page_count_free();

	assert_int_equal(atomic_load(&guest->refs), 1);
	domain_put(guest);
	assert_in_range(page_count_free() - before, 0, LAST_PUT_MOST);
}

static void test_large_table(void **state)
{
	(void)state;
	domain_hold(guest);
	kill_in_steps();
	put_last();
}

static void test_many_mappings(void **state)
{
	unsigned most = MAPTRACK * (PAGE_SIZE / 48); /* a lower bound of what fits */

	(void)state;
	for (grant_ref_t ref = 0; ref < MIN(most, 4096U); ref++)
		(void)map(guest, ref);
	domain_hold(guest);
	kill_in_steps();
	put_last();
}

/* What others still map keeps the frame with its entry, and that alone; it goes with the last of them. */
static void test_entries_in_use(void **state)
{
	struct grant_table *table = &guest->grant;
	grant_handle_t first = map(dom0, 3 * GRANT_ENTRIES_PER_FRAME),
		       second = map(dom0, 3 * GRANT_ENTRIES_PER_FRAME + 1),
		       third = map(dom0, 300 * GRANT_ENTRIES_PER_FRAME);

	(void)state;
	domain_hold(guest);
	kill_in_steps();
	for (unsigned i = 0; i < FRAMES; i++)
		assert_int_equal(table->frames[i] != NULL, i == 3 || i == 300);
	assert_null(grant_entry(table, 0));
	assert_null(grant_active(table, 0));
	assert_int_equal(grant_setup(guest, FRAMES), -EINVAL);
	assert_int_equal(grant_unmap(dom0, third, HOLE, 0), GNTST_okay);
	assert_null(table->frames[300]);
	assert_int_equal(grant_unmap(dom0, first, HOLE, 0), GNTST_okay);
	assert_non_null(table->frames[3]);
	assert_int_equal(grant_unmap(dom0, second, HOLE, 0), GNTST_okay);
	assert_null(table->frames[3]);
	put_last();
}

/* The toolstack maps a frame of the table: it stays the toolstack's until that is undone, whatever becomes of d. */
static void test_frame_of_another(void **state)
{
	uint64_t gfn = 0x90000;
	struct page *page;

	(void)state;
	assert_int_equal(memory_map_foreign_grant_frame(dom0, gfn, guest, 5), 0);
	page = page_of_phys(p2m_lookup(dom0, ipa_of_gfn(gfn)).pa);
	assert_int_equal(page_refcount(page), 2);
	domain_hold(guest);
	kill_in_steps();
	assert_int_equal(page_refcount(page), 1);
	assert_int_equal(memory_map_foreign_grant_frame(dom0, gfn + 1, guest, 5), -EINVAL);
	assert_int_equal(memory_map_grant_frame(guest, 5, gfn), -EINVAL);
	put_last();
	assert_int_equal(page_owner(page), PAGE_OWNER_GRAFT);
	assert_int_equal(memory_remove(dom0, gfn), 0);
	assert_int_equal(page_owner(page), PAGE_OWNER_NONE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_large_table),
		TEST(test_many_mappings),
		TEST(test_entries_in_use),
		TEST(test_frame_of_another),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
