/* SPDX-License-Identifier: Apache-2.0 */
/* grant_table_op: what is read, refused per call or per request, written back, and continued. */
#include "tests/unit/grant_env.h"

#include <arch/guest.h>

#include "arch/host/fake.h"
#include "core/cpu.h"
#include "hypercall/hypercall.h"

static struct vcpu callers[ENV_DOMAINS];
static uint64_t args[HYPERCALL_ARGS];

static void call_from(unsigned d)
{
	callers[d].domain = D(d);
	host_this_cpu->current = &callers[d];
}

static int setup(void **state)
{
	(void)state;
	host_cpus_reset(1, 0);
	grant_env_init();
	host_guest_reset();
	call_from(2);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	host_cpus_reset(1, 0);
	grant_env_free();
	return 0;
}

static int64_t call_at(unsigned command, gva_t at, uint64_t count)
{
	args[0] = command;
	args[1] = at.v;
	args[2] = count;
	return do_grant_table_op(args);
}

/* One call on `count` requests at `array`, which the guest has in its memory. */
#define CALL(command, array, count)                                                                \
	({                                                                                         \
		gva_t call_gva = host_guest_map(array, sizeof(*(array)) * (count));                \
		int64_t call_result = call_at(command, call_gva, count);                           \
		host_guest_unmap(call_gva);                                                        \
		call_result;                                                                       \
	})

static void test_calls_that_are_refused(void **state)
{
	struct gnttab_query_size size = { .dom = DOMID_SELF };
	gva_t at = host_guest_map(&size, sizeof(size));

	(void)state;
	assert_int_equal(call_at(13, at, 1), -ENOSYS);
	assert_int_equal(call_at(UINT32_MAX, at, 1), -ENOSYS);
	assert_int_equal(call_at(GNTTABOP_query_size, at, 0), -EINVAL);
	assert_int_equal(call_at(GNTTABOP_query_size, at, 2), -EINVAL);
	assert_int_equal(call_at(GNTTABOP_copy, at, 0x80000000), -EINVAL);
	assert_int_equal(call_at(GNTTABOP_copy, at, 0), 0);
	assert_int_equal(call_at(GNTTABOP_query_size, GVA(8), 1), -EFAULT);
	assert_int_equal(call_at(GNTTABOP_query_size, at, 1), 0);
	host_guest_fault_at = 2;
	assert_int_equal(call_at(GNTTABOP_query_size, at, 1), -EFAULT);
	D(2)->grant.version = 0;
	assert_int_equal(call_at(GNTTABOP_query_size, at, 1), -ENOSYS);
	D(2)->grant.version = 1;
}

static void test_map_and_unmap(void **state)
{
	struct gnttab_map_grant_ref map = {
		.host_addr = HOLE_IPA, .flags = GNTMAP_host_map, .ref = 1, .dom = 1
	};
	struct gnttab_unmap_grant_ref unmap = { .host_addr = HOLE_IPA };

	(void)state;
	give(1, 1, 2, ram_gfn(1, 0), 0);
	map.status = 99;
	assert_int_equal(CALL(GNTTABOP_map_grant_ref, &map, 1), 0);
	assert_int_equal(map.status, GNTST_okay);
	assert_int_equal(map.dev_bus_addr, HOLE_IPA);
	assert_int_equal(marks_of(1, 1), GTF_reading | GTF_writing);
	unmap.handle = map.handle;
	unmap.status = 99;
	assert_int_equal(CALL(GNTTABOP_unmap_grant_ref, &unmap, 1), 0);
	assert_int_equal(unmap.status, GNTST_okay);
	assert_int_equal(CALL(GNTTABOP_unmap_grant_ref, &unmap, 1), 0);
	assert_int_equal(unmap.status, GNTST_bad_handle);
	assert_int_equal(marks_of(1, 1), 0);
}

static int map_status(uint32_t flags, unsigned dom)
{
	struct gnttab_map_grant_ref map = {
		.host_addr = HOLE_IPA, .flags = flags, .ref = 1, .dom = (domid_t)dom
	};
	struct gnttab_unmap_grant_ref unmap = { .host_addr = HOLE_IPA };

	assert_int_equal(CALL(GNTTABOP_map_grant_ref, &map, 1), 0);
	unmap.handle = map.handle;
	unmap.dev_bus_addr = map.dev_bus_addr;
	if (map.status == GNTST_okay)
		assert_int_equal(CALL(GNTTABOP_unmap_grant_ref, &unmap, 1), 0);
	return map.status;
}

static void test_map_flags_and_domains(void **state)
{
	(void)state;
	give(1, 1, 2, ram_gfn(1, 0), GTF_readonly);
	assert_int_equal(map_status(GNTMAP_host_map | GNTMAP_readonly, 1), GNTST_okay);
	assert_int_equal(map_status(GNTMAP_host_map | GNTMAP_readonly | GNTMAP_device_map, 1),
			GNTST_okay);
	assert_int_equal(
			map_status(GNTMAP_host_map | GNTMAP_readonly | 0xffff0000U, 1), GNTST_okay);
	assert_int_equal(map_status(GNTMAP_host_map, 1), GNTST_general_error);
	assert_int_equal(map_status(GNTMAP_readonly, 1), GNTST_general_error);
	assert_int_equal(map_status(GNTMAP_host_map | GNTMAP_readonly | GNTMAP_contains_pte, 1),
			GNTST_general_error);
	assert_int_equal(map_status(GNTMAP_host_map | GNTMAP_readonly | GNTMAP_application_map, 1),
			GNTST_general_error);
	assert_int_equal(map_status(GNTMAP_host_map | GNTMAP_readonly | 0x20, 1),
			GNTST_general_error);
	assert_int_equal(map_status(GNTMAP_host_map | GNTMAP_readonly, 9), GNTST_bad_domain);
	assert_int_equal(map_status(GNTMAP_host_map | GNTMAP_readonly, DOMID_SELF),
			GNTST_bad_domain);
	assert_int_equal(D(1)->refs, 3);
}

/* One bad request in the middle hurts no other. */
static void test_each_request_has_its_own_status(void **state)
{
	struct gnttab_map_grant_ref maps[3];

	(void)state;
	give(1, 1, 2, ram_gfn(1, 0), 0);
	for (unsigned i = 0; i < 3; i++)
		maps[i] = (struct gnttab_map_grant_ref){
			.host_addr = HOLE_IPA + i * PAGE_SIZE,
			.flags = GNTMAP_host_map,
			.ref = i == 1 ? 700 : 1,
			.dom = 1,
		};
	assert_int_equal(CALL(GNTTABOP_map_grant_ref, maps, 3), 0);
	assert_int_equal(maps[0].status, GNTST_okay);
	assert_int_equal(maps[1].status, GNTST_bad_gntref);
	assert_int_equal(maps[2].status, GNTST_okay);
	assert_int_equal(maps[2].handle, 1);
}

static void test_setup_table(void **state)
{
	xen_pfn_t list[4] = { 7, 7, 7, 7 };
	gva_t at = host_guest_map(list, sizeof(list));
	struct gnttab_setup_table op = { .dom = DOMID_SELF, .nr_frames = 3 };

	(void)state;
	op.frame_list.q = at.v;
	grant_place_frame(D(2), 0, 0x38000);
	assert_int_equal(CALL(GNTTABOP_setup_table, &op, 1), 0);
	assert_int_equal(op.status, GNTST_okay);
	assert_int_equal(list[0], 0x38000);
	assert_true(list[2] == UINT64_MAX);
	assert_int_equal(list[3], 7);
	op.nr_frames = 5;
	assert_int_equal(CALL(GNTTABOP_setup_table, &op, 1), 0);
	assert_int_equal(op.status, GNTST_general_error);
	op.nr_frames = 1;
	op.frame_list.q = 8;
	assert_int_equal(CALL(GNTTABOP_setup_table, &op, 1), 0);
	assert_int_equal(op.status, GNTST_bad_virt_addr);
	op.dom = 1;
	assert_int_equal(CALL(GNTTABOP_setup_table, &op, 1), 0);
	assert_int_equal(op.status, GNTST_permission_denied);
}

/* The table grows step by step: a turn changes nothing that the guest sees but its table's size. */
static void test_setup_table_makes_way(void **state)
{
	enum { FRAMES = 150 };
	static xen_pfn_t list[FRAMES + 1];
	struct gnttab_setup_table op = { .dom = DOMID_SELF, .nr_frames = FRAMES, .status = 99 };
	gva_t at = host_guest_map(&op, sizeof(op));
	unsigned turns = 0, before = 1;
	int64_t result;

	(void)state;
	grant_free_domain(D(2));
	D(2)->config.grant_frames_max = FRAMES;
	assert_int_equal(grant_init_domain(D(2)), 0);
	op.frame_list.q = host_guest_map(list, sizeof(list)).v;
	list[FRAMES] = 7;
	while ((result = call_at(GNTTABOP_setup_table, at, 1)) == HYPERCALL_AGAIN) {
		turns++;
		assert_int_equal(op.status, 99);
		assert_int_equal(list[0], 0);
		assert_in_range(D(2)->grant.frame_count, before + 1, before + 16);
		before = D(2)->grant.frame_count;
	}
	assert_int_equal(result, 0);
	assert_int_equal(turns, 9);
	assert_int_equal(op.status, GNTST_okay);
	for (unsigned i = 0; i < FRAMES; i++)
		assert_true(list[i] == UINT64_MAX);
	assert_int_equal(list[FRAMES], 7);
	op.frame_list.q += 8 * (FRAMES + 1 - 70); /* its end is no memory */
	assert_int_equal(call_at(GNTTABOP_setup_table, at, 1), 0);
	assert_int_equal(op.status, GNTST_bad_virt_addr);
}

static void test_query_size(void **state)
{
	struct gnttab_query_size op = { .dom = 2 };

	(void)state;
	assert_int_equal(CALL(GNTTABOP_query_size, &op, 1), 0);
	assert_int_equal(op.status, GNTST_okay);
	assert_int_equal(op.nr_frames, 1);
	assert_int_equal(op.max_nr_frames, 4);
	op.dom = 1;
	assert_int_equal(CALL(GNTTABOP_query_size, &op, 1), 0);
	assert_int_equal(op.status, GNTST_permission_denied);
	call_from(0);
	assert_int_equal(CALL(GNTTABOP_query_size, &op, 1), 0);
	assert_int_equal(op.status, GNTST_okay);
	op.dom = 9;
	assert_int_equal(CALL(GNTTABOP_query_size, &op, 1), 0);
	assert_int_equal(op.status, GNTST_bad_domain);
}

static void test_versions(void **state)
{
	struct gnttab_set_version set = { .version = 2 };
	struct gnttab_get_version get = { .dom = DOMID_SELF, .version = 99 };
	struct gnttab_get_status_frames frames = { .dom = DOMID_SELF };

	(void)state;
	assert_int_equal(CALL(GNTTABOP_set_version, &set, 1), -ENOSYS);
	assert_int_equal(set.version, 1);
	set.version = 3;
	assert_int_equal(CALL(GNTTABOP_set_version, &set, 1), -EINVAL);
	assert_int_equal(set.version, 1);
	assert_int_equal(CALL(GNTTABOP_set_version, &set, 1), 0);
	assert_int_equal(CALL(GNTTABOP_get_version, &get, 1), 0);
	assert_int_equal(get.version, 1);
	get.dom = 1;
	assert_int_equal(CALL(GNTTABOP_get_version, &get, 1), -EPERM);
	call_from(0);
	get.dom = 9;
	assert_int_equal(CALL(GNTTABOP_get_version, &get, 1), -ESRCH);
	assert_int_equal(CALL(GNTTABOP_get_status_frames, &frames, 1), 0);
	assert_int_equal(frames.status, GNTST_general_error);
}

static void test_dump_table(void **state)
{
	struct gnttab_dump_table op = { .dom = 2 };

	(void)state;
	assert_int_equal(CALL(GNTTABOP_dump_table, &op, 1), 0);
	assert_int_equal(op.status, GNTST_permission_denied);
	give(2, 1, 2, ram_gfn(2, 0), 0);
	assert_int_equal(D(2)->grant.mapping_count, 0);
	call_from(0);
	assert_int_equal(CALL(GNTTABOP_dump_table, &op, 1), 0);
	assert_int_equal(op.status, GNTST_okay);
	op.dom = 9;
	assert_int_equal(CALL(GNTTABOP_dump_table, &op, 1), 0);
	assert_int_equal(op.status, GNTST_bad_domain);
	assert_int_equal(D(2)->refs, 3);
}

static void test_what_arm_has_not(void **state)
{
	struct gnttab_transfer transfer = { .mfn = ram_gfn(2, 0), .domid = 1, .ref = 1 };
	struct gnttab_unmap_and_replace replace = { .host_addr = HOLE_IPA, .new_addr = HOLE_IPA };

	(void)state;
	assert_int_equal(CALL(GNTTABOP_transfer, &transfer, 1), 0);
	assert_int_equal(transfer.status, GNTST_bad_page);
	assert_int_equal(CALL(GNTTABOP_unmap_and_replace, &replace, 1), 0);
	assert_int_equal(replace.status, GNTST_general_error);
}

static struct gnttab_copy copy_in(unsigned from, grant_ref_t ref, unsigned to_page, uint16_t size)
{
	struct gnttab_copy op = { .len = size, .flags = GNTCOPY_source_gref };

	op.source.u.ref = ref;
	op.source.domid = (domid_t)from;
	op.dest.u.gmfn = ram_gfn(2, to_page);
	op.dest.domid = DOMID_SELF;
	return op;
}

static int copy_status(struct gnttab_copy op)
{
	assert_int_equal(CALL(GNTTABOP_copy, &op, 1), 0);
	return op.status;
}

static void test_copy(void **state)
{
	struct gnttab_copy op = copy_in(1, 1, 0, 64);

	(void)state;
	give(1, 1, 2, ram_gfn(1, 5), 0);
	assert_int_equal(copy_status(op), GNTST_okay);
	assert_memory_equal(page_virt(env_pages[2][0]), page_virt(env_pages[1][5]), 64);
	op.source.offset = 4090;
	assert_int_equal(copy_status(op), GNTST_bad_copy_arg);
	op = copy_in(9, 1, 0, 64);
	assert_int_equal(copy_status(op), GNTST_bad_domain);
	op = copy_in(1, 1, 0, 64);
	op.dest.domid = 1;
	assert_int_equal(copy_status(op), GNTST_permission_denied);
	op.flags |= GNTCOPY_dest_gref;
	op.dest.u.ref = 600;
	assert_int_equal(copy_status(op), GNTST_bad_gntref);
	op.dest.domid = 9;
	assert_int_equal(copy_status(op), GNTST_bad_domain);
	/* one's own grant to oneself */
	give(2, 3, 2, ram_gfn(2, 1), 0);
	op = copy_in(DOMID_SELF, 3, 0, 64);
	assert_int_equal(copy_status(op), GNTST_okay);
	assert_memory_equal(page_virt(env_pages[2][0]), page_virt(env_pages[2][1]), 64);
	assert_int_equal(D(1)->refs, 3);
	assert_int_equal(D(2)->refs, 3);
}

static void test_swap(void **state)
{
	struct gnttab_swap_grant_ref op = { .ref_a = 1, .ref_b = 2 };

	(void)state;
	give(2, 1, 3, ram_gfn(2, 0), 0);
	assert_int_equal(CALL(GNTTABOP_swap_grant_ref, &op, 1), 0);
	assert_int_equal(op.status, GNTST_okay);
	assert_int_equal(entry_of(2, 2)->domid, 3);
	op.ref_a = 512;
	assert_int_equal(CALL(GNTTABOP_swap_grant_ref, &op, 1), 0);
	assert_int_equal(op.status, GNTST_bad_gntref);
}

static int64_t flush(uint64_t addr, unsigned offset, unsigned size, uint32_t how)
{
	struct gnttab_cache_flush op = {
		.offset = (uint16_t)offset, .length = (uint16_t)size, .op = how
	};

	op.a.dev_bus_addr = addr;
	return CALL(GNTTABOP_cache_flush, &op, 1);
}

static void test_cache_flush(void **state)
{
	uint64_t own = page_phys(env_pages[0][0]).v;

	(void)state;
	call_from(0);
	assert_int_equal(flush(own, 0, 4096, GNTTAB_CACHE_CLEAN), 0);
	assert_int_equal(flush(own, 0, 4096, GNTTAB_CACHE_CLEAN | GNTTAB_CACHE_INVAL), 0);
	assert_int_equal(flush(own, 8, 4096, GNTTAB_CACHE_INVAL), -EINVAL);
	assert_int_equal(flush(0, 8, 4096, 0), 0);
	assert_int_equal(flush(own, 0, 64, 4), -EINVAL);
	assert_int_equal(flush(own, 0, 64, GNTTAB_CACHE_CLEAN | GNTTAB_CACHE_SOURCE_GREF),
			-EOPNOTSUPP);
	assert_int_equal(flush(page_phys(env_pages[1][0]).v, 0, 64, GNTTAB_CACHE_CLEAN), -EPERM);
}

/* Goes on where it was, however often it makes way; nothing is done twice. */
static void test_long_arrays_make_way(void **state)
{
	enum { COUNT = 700 };
	static struct gnttab_copy ops[COUNT];
	gva_t at = host_guest_map(ops, sizeof(ops));
	unsigned turns = 0;
	int64_t result;

	(void)state;
	give(1, 1, 2, ram_gfn(1, 5), 0);
	for (unsigned i = 0; i < COUNT; i++) {
		ops[i] = copy_in(1, 1, 0, 8);
		ops[i].status = 99;
	}
	args[0] = GNTTABOP_copy;
	args[1] = at.v;
	args[2] = COUNT;
	while ((result = do_grant_table_op(args)) == HYPERCALL_AGAIN) {
		turns++;
		assert_int_equal(args[0], GNTTABOP_copy);
		assert_int_equal(args[1] + args[2] * sizeof(ops[0]), at.v + sizeof(ops));
		host_irq_pending = turns == 1;
		if (turns == 2)
			assert_int_equal(args[2], COUNT - 257);
	}
	assert_int_equal(result, 0);
	assert_int_equal(turns, 3);
	for (unsigned i = 0; i < COUNT; i++)
		assert_int_equal(ops[i].status, GNTST_okay);
}

static void test_fault_in_the_middle(void **state)
{
	struct gnttab_copy ops[3];
	gva_t at = host_guest_map(ops, sizeof(ops) - 8);

	(void)state;
	give(1, 1, 2, ram_gfn(1, 5), 0);
	for (unsigned i = 0; i < 3; i++) {
		ops[i] = copy_in(1, 1, 0, 8);
		ops[i].status = 99;
	}
	assert_int_equal(call_at(GNTTABOP_copy, at, 3), -EFAULT);
	assert_int_equal(ops[1].status, GNTST_okay);
	assert_int_equal(ops[2].status, 99);
	assert_int_equal(marks_of(1, 1), 0);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_calls_that_are_refused),
		TEST(test_map_and_unmap),
		TEST(test_map_flags_and_domains),
		TEST(test_each_request_has_its_own_status),
		TEST(test_setup_table),
		TEST(test_setup_table_makes_way),
		TEST(test_query_size),
		TEST(test_versions),
		TEST(test_dump_table),
		TEST(test_what_arm_has_not),
		TEST(test_copy),
		TEST(test_swap),
		TEST(test_cache_flush),
		TEST(test_long_arrays_make_way),
		TEST(test_fault_in_the_middle),
	};

	return cmocka_run_group_tests_name("grant_table_op", tests, NULL, NULL);
}
