/* SPDX-License-Identifier: Apache-2.0 */
/* memory_op calls that are long: where they make way, that they go on where they were, and what a step costs. */
#include "tests/unit/memory_env.h"

/* An interrupt is always pending: each round does one step, the command tells how many are done. */
static unsigned rounds(unsigned command, void *arg, size_t size, int64_t *rc)
{
	gva_t at = host_guest_map(arg, size);
	uint64_t args[HYPERCALL_ARGS] = { command, at.v };
	unsigned n = 1;

	host_irq_pending = true;
	while ((*rc = do_memory_op(args)) == HYPERCALL_AGAIN) {
		assert_int_equal(args[0], command | n << 6);
		n++;
	}
	host_irq_pending = false;
	host_guest_unmap(at);
	return n;
}

static void test_interrupted(void **state)
{
	struct xen_memory_reservation r = reservation(1, 5, 0);
	struct xen_add_to_physmap_batch batch = {
		.domid = 0, .space = XENMAPSPACE_gmfn_foreign, .size = 5
	};
	struct xen_mem_acquire_resource resource = { .domid = 1, .type = 1, .nr_frames = 5 };
	int32_t errs[5];
	int64_t rc;

	(void)state;
	for (unsigned i = 0; i < 5; i++)
		frames[i] = 0x40 + i;
	assert_int_equal(rounds(XENMEM_populate_physmap, &r, sizeof(r), &rc), 5);
	assert_int_equal(rc, 5);
	assert_int_equal(domu->tot_pages, 5);
	batch.u.foreign_domid = 1;
	batch.idxs.q = batch.gpfns.q = list.v;
	batch.errs.q = host_guest_map(errs, sizeof(errs)).v;
	assert_int_equal(rounds(XENMEM_add_to_physmap_batch, &batch, sizeof(batch), &rc), 5);
	assert_int_equal(rc, 0);
	for (unsigned i = 0; i < 5; i++)
		assert_ptr_equal(page_at(dom0, 0x40 + i), page_at(domu, 0x40 + i));
	resource.frame_list.q = list.v;
	assert_int_equal(rounds(XENMEM_acquire_resource, &resource, sizeof(resource), &rc), 5);
	assert_int_equal(rc, 0);
	assert_int_equal(rounds(XENMEM_decrease_reservation, &r, sizeof(r), &rc), 5);
	assert_int_equal(rc, 5);
	assert_int_equal(domu->tot_pages, 0);
}

/* 2 MiB go with one invalidation per 64 pages and one for the block, however they are mapped. */
static void test_invalidations_are_few(void **state)
{
	static const uint64_t gfns[] = { 0x40000, 0x80001 };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(gfns); i++) {
		unsigned before;

		assert_int_equal(change(XENMEM_populate_physmap, 1, gfns[i], 9), 1);
		before = host_tlb.range_flushes;
		assert_int_equal(change(XENMEM_decrease_reservation, 1, gfns[i], 9), 1);
		assert_true(host_tlb.range_flushes > before);
		assert_in_range(host_tlb.range_flushes - before, 1, 9);
		assert_int_equal(domu->tot_pages, 0);
		assert_false(p2m_range_used(domu, ipa_of_gfn(gfns[i]), 512));
	}
}

/* Populating over memory takes it away in the same way, and leaves what is none to be mapped over. */
static void test_populate_over_a_mixture(void **state)
{
	unsigned before;

	(void)state;
	assert_int_equal(change(XENMEM_populate_physmap, 1, 0x40000, 9), 1);
	assert_int_equal(change(XENMEM_populate_physmap, 2, 0x10, 0), 1);
	assert_int_equal(memory_map_foreign(domu, 0x40003, other, 0x10), 0);
	assert_int_equal(memory_remove(domu, 0x40101), 0);
	assert_int_equal(domu->tot_pages, 510);
	before = host_tlb.range_flushes;
	assert_int_equal(change(XENMEM_populate_physmap, 1, 0x40000, 9), 1);
	assert_in_range(host_tlb.range_flushes - before, 1, 16);
	assert_int_equal(domu->tot_pages, 512);
	assert_int_equal(p2m_lookup(domu, ipa_of_gfn(0x40003)).type, P2M_RAM);
	assert_int_equal(page_refcount(page_at(other, 0x10)), 1);
}

/* So often the call is made, with the progress that it left in its command. */
static unsigned turns_of(unsigned command, void *arg, size_t size)
{
	gva_t at = host_guest_map(arg, size);
	uint64_t args[HYPERCALL_ARGS] = { command, at.v };
	unsigned turns = 1;
	int64_t rc;

	while ((rc = do_memory_op(args)) == HYPERCALL_AGAIN)
		turns++;
	assert_int_equal(rc, 0);
	host_guest_unmap(at);
	return turns;
}

static void give_grant_frames(struct domain *d, unsigned max)
{
	grant_free_domain(d);
	d->config.grant_frames_max = max;
	assert_int_equal(grant_init_domain(d), 0);
}

/* A grant table grows step by step, whoever asks for a frame far out; what is done is not done again. */
static void test_grant_table_grows_in_steps(void **state)
{
	struct xen_add_to_physmap one = {
		.domid = 1, .space = XENMAPSPACE_grant_table, .idx = 99, .gpfn = 0x100
	};
	struct xen_add_to_physmap_batch batch = {
		.domid = 1, .space = XENMAPSPACE_grant_table, .size = 3
	};
	struct xen_mem_acquire_resource resource = { .domid = 1, .type = 1, .nr_frames = 100 };
	uint64_t gfns[3] = { 0x100, 0x101, 0x102 };
	int32_t errs[3] = { 9, 9, 9 };

	(void)state;
	give_grant_frames(domu, 100);
	assert_int_equal(turns_of(XENMEM_add_to_physmap, &one, sizeof(one)), 7);
	assert_int_equal(domu->grant.frame_count, 100);
	assert_int_equal(grant_frame_gfn(domu, 99), 0x100);
	assert_int_equal(take_away(1, 0x100), 0);
	give_grant_frames(domu, 100);
	frames[0] = 99;
	frames[1] = 1;
	frames[2] = 50;
	batch.idxs.q = list.v;
	batch.gpfns.q = host_guest_map(gfns, sizeof(gfns)).v;
	batch.errs.q = host_guest_map(errs, sizeof(errs)).v;
	assert_int_equal(turns_of(XENMEM_add_to_physmap_batch, &batch, sizeof(batch)), 7);
	for (unsigned i = 0; i < 3; i++) {
		assert_int_equal(errs[i], 0);
		assert_int_equal(grant_frame_gfn(domu, (unsigned)frames[i]), gfns[i]);
		assert_int_equal(take_away(1, gfns[i]), 0);
	}
	give_grant_frames(domu, 100);
	for (unsigned i = 0; i < 100; i++)
		frames[i] = 0x600 + i;
	resource.frame_list.q = list.v;
	assert_int_equal(turns_of(XENMEM_acquire_resource, &resource, sizeof(resource)), 1);
	assert_ptr_equal(page_virt(page_at(dom0, 0x663)), domu->grant.frames[99]);
	give_grant_frames(other, 100);
	resource.domid = 2;
	resource.frame = 50;
	resource.nr_frames = 2;
	assert_int_equal(turns_of(XENMEM_acquire_resource, &resource, sizeof(resource)), 4);
	assert_ptr_equal(page_virt(page_at(dom0, 0x601)), other->grant.frames[51]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_interrupted),
		TEST(test_invalidations_are_few),
		TEST(test_populate_over_a_mixture),
		TEST(test_grant_table_grows_in_steps),
	};

	return cmocka_run_group_tests_name("memory_steps", tests, NULL, NULL);
}
