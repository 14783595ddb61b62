/* SPDX-License-Identifier: Apache-2.0 */
/*
 * hypercall/memory_op.c and core/memory.c: every command as the hardware domain and as a guest, good and
 * bad pointers, interrupted calls, and random calls against a model of what each guest frame is.
 */
#include "tests/unit/memory_env.h"

static void test_populate_and_decrease(void **state)
{
	struct xen_memory_reservation r = reservation(1, 3, 9);

	(void)state;
	frames[0] = 0x40000;
	frames[1] = 0x40200;
	frames[2] = 0x80000;
	assert_int_equal(CALL(XENMEM_populate_physmap, r), 3);
	assert_int_equal(domu->tot_pages, 3 * 512);
	assert_int_equal(p2m_lookup(domu, ipa_of_gfn(0x40000)).block_size, MIB(2));
	assert_int_equal(type_at(domu, 0x801ff), P2M_RAM);
	assert_int_equal(type_at(domu, 0x40400), P2M_NONE);
	assert_int_equal(frames[0], 0x40000); /* guests with a stage 2 are told no machine frames */

	/* the guest itself gives back and takes */
	become(domu);
	assert_int_equal(change(XENMEM_decrease_reservation, DOMID_SELF, 0x40005, 0), 1);
	assert_int_equal(domu->tot_pages, 3 * 512 - 1);
	assert_int_equal(type_at(domu, 0x40005), P2M_NONE);
	assert_int_equal(change(XENMEM_decrease_reservation, DOMID_SELF, 0x40005, 0), -EINVAL);
	assert_int_equal(change(XENMEM_decrease_reservation, 1, 0x80000, 9), 1);
	assert_int_equal(domu->tot_pages, 2 * 512 - 1);
	assert_int_equal(change(XENMEM_populate_physmap, DOMID_SELF, 0x40005, 0), 1);
	assert_int_equal(domu->tot_pages, 2 * 512);
	/* over memory that is there: it goes, the domain has no more than before */
	assert_int_equal(change(XENMEM_populate_physmap, DOMID_SELF, 0x40005, 0), 1);
	assert_int_equal(change(XENMEM_populate_physmap, DOMID_SELF, 0x40100, 8), 1);
	assert_int_equal(domu->tot_pages, 2 * 512);
	/* an extent of which a part is no memory is left alone */
	assert_int_equal(change(XENMEM_decrease_reservation, DOMID_SELF, 0x401ff, 0), 1);
	assert_int_equal(change(XENMEM_decrease_reservation, DOMID_SELF, 0x40000, 9), -EINVAL);
	assert_int_equal(domu->tot_pages, 2 * 512 - 1);
}

static void test_populate_stops_at_limits(void **state)
{
	struct xen_memory_reservation r = reservation(1, 10, 0);

	(void)state;
	for (unsigned i = 0; i < 10; i++)
		frames[i] = 0x1000 + i;
	domu->max_pages = 6;
	assert_int_equal(CALL(XENMEM_populate_physmap, r), 6);
	assert_int_equal(domu->tot_pages, 6);
	assert_int_equal(CALL(XENMEM_populate_physmap, r), 0);
	domu->max_pages = 2000;
	/* more than fits an extent: as if there were no memory */
	r.extent_order = 10;
	assert_int_equal(CALL(XENMEM_populate_physmap, r), 0);
	r.extent_order = 0x80000000;
	assert_int_equal(CALL(XENMEM_populate_physmap, r), 0);
	/* outside the address space, before and after good ones */
	r.extent_order = 0;
	r.nr_extents = 2;
	frames[1] = UINT64_MAX;
	assert_int_equal(CALL(XENMEM_populate_physmap, r), 1);
	frames[0] = BIT(28);
	assert_int_equal(CALL(XENMEM_populate_physmap, r), -EINVAL);
	frames[0] = BIT(52);
	assert_int_equal(CALL(XENMEM_populate_physmap, r), -EINVAL);
	assert_int_equal(domu->tot_pages, 6);
	/* memory for tables runs out */
	domu->p2m.pool_pages = 0;
	assert_int_equal(change(XENMEM_populate_physmap, 1, 0x90000, 0), 0);
	domu->dying = DOMAIN_DYING;
	assert_int_equal(change(XENMEM_populate_physmap, 1, 0x1000, 0), 0);
	r.mem_flags = XENMEMF_populate_on_demand;
	assert_int_equal(CALL(XENMEM_populate_physmap, r), -EOPNOTSUPP);
	r.mem_flags = 0;
	r.nr_extents = UINT64_MAX;
	assert_int_equal(CALL(XENMEM_populate_physmap, r), -EINVAL);
	r.nr_extents = 0;
	assert_int_equal(CALL(XENMEM_populate_physmap, r), 0);
}

static void test_narrow_addresses(void **state)
{
	struct xen_memory_reservation r = reservation(1, 1, 0);

	(void)state;
	r.mem_flags = XENMEMF_address_bits(31); /* all RAM lies below 2 GiB here */
	frames[0] = 1;
	assert_int_equal(CALL(XENMEM_populate_physmap, r), 1);
	r.mem_flags = XENMEMF_address_bits(30); /* none below 1 GiB */
	assert_int_equal(CALL(XENMEM_populate_physmap, r), 0);
	assert_int_equal(domu->tot_pages, 1);
	become(domu); /* nobody looks for narrow ones on a guest's word */
	assert_int_equal(CALL(XENMEM_populate_physmap, r), 1);
}

/* Dom0's memory stays its own: given up it only leaves its address space. */
static void test_direct_mapped(void **state)
{
	struct page *page = page_alloc_domain(dom0, 2, PAGE_LOWEST);
	uint64_t gfn = page_phys(page).v >> PAGE_SHIFT;

	(void)state;
	assert_int_equal(change(XENMEM_populate_physmap, DOMID_SELF, gfn, 2), 1);
	assert_int_equal(change(XENMEM_decrease_reservation, DOMID_SELF, gfn + 1, 0), 1);
	assert_int_equal(dom0->tot_pages, 4);
	assert_int_equal(type_at(dom0, gfn + 1), P2M_NONE);
	assert_int_equal(change(XENMEM_populate_physmap, DOMID_SELF, gfn + 4, 0), -EINVAL);
	assert_int_equal(change(XENMEM_populate_physmap, DOMID_SELF, 5, 0), -EINVAL);
	assert_int_equal(change(XENMEM_populate_physmap, DOMID_SELF, gfn + 1, 0), 1);
	assert_ptr_equal(page_at(dom0, gfn + 1), page + 1);
	assert_int_equal(dom0->tot_pages, 4);
	/* a page mapped over its memory does not take the memory away either */
	assert_int_equal(change(XENMEM_populate_physmap, 1, 7, 0), 1);
	assert_int_equal(memory_map_foreign(dom0, gfn, domu, 7), 0);
	assert_int_equal(dom0->tot_pages, 4);
	assert_int_equal(memory_remove(dom0, gfn), 0);
	assert_int_equal(change(XENMEM_populate_physmap, DOMID_SELF, gfn, 2), 1);
	assert_int_equal(page_refcount(page), 1);
}

static void test_who_may(void **state)
{
	struct xen_add_to_physmap add = { .domid = 2, .space = XENMAPSPACE_shared_info, .gpfn = 5 };
	struct xen_remove_from_physmap take = { .domid = 2, .gpfn = 5 };
	struct xen_add_to_physmap_batch batch = { .domid = DOMID_SELF,
		.space = XENMAPSPACE_gmfn_foreign };
	struct xen_mem_acquire_resource resource = { .domid = 2,
		.type = XENMEM_resource_grant_table };
	struct xen_memory_domain which = { 2 };
	struct xen_memory_reservation r = reservation(2, 1, 0);

	(void)state;
	become(domu);
	assert_int_equal(change(XENMEM_populate_physmap, 2, 1, 0), -EPERM);
	assert_int_equal(change(XENMEM_populate_physmap, 0, 1, 0), -EPERM);
	assert_int_equal(change(XENMEM_decrease_reservation, 2, 1, 0), -EPERM);
	assert_int_equal(CALL(XENMEM_add_to_physmap, add), -EPERM);
	assert_int_equal(CALL(XENMEM_remove_from_physmap, take), -EPERM);
	assert_int_equal(CALL(XENMEM_add_to_physmap_batch, batch), -EPERM);
	assert_int_equal(CALL(XENMEM_acquire_resource, resource), -EPERM);
	assert_int_equal(CALL(XENMEM_current_reservation, which), -EPERM);
	assert_int_equal(CALL(XENMEM_claim_pages, r), -EPERM);
	batch.domid = 2;
	assert_int_equal(CALL(XENMEM_add_to_physmap_batch, batch), -EPERM);
	become(dom0);
	which.domid = 77;
	r.domid = 77;
	add.domid = take.domid = resource.domid = batch.domid = 77;
	assert_int_equal(CALL(XENMEM_current_reservation, which), -ESRCH);
	assert_int_equal(CALL(XENMEM_populate_physmap, r), -ESRCH);
	assert_int_equal(CALL(XENMEM_add_to_physmap, add), -ESRCH);
	assert_int_equal(CALL(XENMEM_remove_from_physmap, take), -ESRCH);
	assert_int_equal(CALL(XENMEM_acquire_resource, resource), -ESRCH);
	assert_int_equal(CALL(XENMEM_add_to_physmap_batch, batch), -ESRCH);
	batch.domid = DOMID_SELF;
	batch.u.foreign_domid = 77;
	assert_int_equal(CALL(XENMEM_add_to_physmap_batch, batch), -ESRCH);
	batch.u.foreign_domid = DOMID_SELF;
	assert_int_equal(CALL(XENMEM_add_to_physmap_batch, batch), -EINVAL);
	resource.domid = 0;
	assert_int_equal(CALL(XENMEM_acquire_resource, resource), -EPERM);
}

static void test_questions(void **state)
{
	struct xen_memory_domain which = { DOMID_SELF };

	(void)state;
	assert_int_equal(CALL(XENMEM_maximum_gpfn, which), 0);
	which.domid = 1;
	assert_int_equal(change(XENMEM_populate_physmap, 1, 0x4321, 0), 1);
	assert_int_equal(CALL(XENMEM_current_reservation, which), 1);
	assert_int_equal(CALL(XENMEM_maximum_reservation, which), 2000);
	assert_int_equal(CALL(XENMEM_maximum_gpfn, which), 0x4321);
	domu->max_pages = UINT64_MAX;
	assert_int_equal(CALL(XENMEM_maximum_reservation, which), UINT32_MAX);
	assert_int_equal(call_raw(XENMEM_maximum_ram_page, GVA(0)),
			((HOST_RAM_BASE + RAM_SIZE) >> 12) - 1);
	assert_int_equal(call_raw(XENMEM_get_sharing_freed_pages, GVA(0)), 0);
	assert_int_equal(call_raw(XENMEM_get_sharing_shared_pages, GVA(0)), 0);
}

static void test_unknown_and_bad_pointers(void **state)
{
	static const unsigned with_arg[] = { 1, 3, 4, 6, 7, 14, 15, 23, 24, 28 };
	static const unsigned unknown[] = { 5, 8, 9, 10, 11, 12, 13, 16, 17, 20, 21, 22, 25, 26, 27,
		29, 63 };

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(with_arg); i++)
		assert_int_equal(call_raw(with_arg[i], GVA(0x123)), -EFAULT);
	for (unsigned i = 0; i < ARRAY_SIZE(unknown); i++)
		assert_int_equal(call_raw(unknown[i], list), -ENOSYS);
	assert_int_equal(call_raw(XENMEM_increase_reservation, list), -EOPNOTSUPP);
	/* progress where there is none to have */
	assert_int_equal(call_raw(XENMEM_current_reservation | 1 << 6, list), -ENOSYS);
	assert_int_equal(call_raw(UINT64_MAX, list), -ENOSYS);
}

static void test_lists_that_fault(void **state)
{
	struct xen_memory_reservation r = reservation(1, 700, 0);
	struct xen_add_to_physmap_batch batch = {
		.domid = 1, .space = XENMAPSPACE_grant_table, .size = 2
	};
	struct xen_mem_acquire_resource resource = {
		.domid = 1, .type = XENMEM_resource_grant_table, .nr_frames = 2
	};
	int32_t errs[2] = { 0 };
	gva_t at = host_guest_map_readonly(errs, sizeof(errs)),
	      last = GVA(list.v + sizeof(frames) - 8);

	(void)state;
	for (unsigned i = 0; i < 600; i++)
		frames[i] = i;
	assert_int_equal(CALL(XENMEM_populate_physmap, r), 600); /* the list ends there */
	r.extent_start.q = 8;
	assert_int_equal(CALL(XENMEM_populate_physmap, r), -EFAULT);
	assert_int_equal(CALL(XENMEM_decrease_reservation, r), -EFAULT);
	batch.idxs.q = list.v;
	batch.gpfns.q = list.v;
	batch.errs.q = at.v;
	assert_int_equal(CALL(XENMEM_add_to_physmap_batch, batch), -EFAULT);
	batch.gpfns.q = 0;
	assert_int_equal(CALL(XENMEM_add_to_physmap_batch, batch), -EFAULT);
	resource.frame_list.q = 16;
	assert_int_equal(CALL(XENMEM_acquire_resource, resource), -EFAULT);
	resource.frame_list.q = last.v;
	frames[599] = 0x777;
	assert_int_equal(CALL(XENMEM_acquire_resource, resource), -EIO);
	assert_int_equal(type_at(dom0, 0x777), P2M_FOREIGN);
}

static int64_t add(domid_t domid, unsigned space, uint64_t index, uint64_t gfn)
{
	struct xen_add_to_physmap op = {
		.domid = domid, .space = space, .idx = index, .gpfn = gfn
	};

	return CALL(XENMEM_add_to_physmap, op);
}

static void test_own_pages(void **state)
{
	(void)state;
	become(domu);
	assert_int_equal(add(DOMID_SELF, XENMAPSPACE_shared_info, 0, 0x100), 0);
	assert_ptr_equal(page_virt(page_at(domu, 0x100)), domu->shared_info);
	assert_int_equal(type_at(domu, 0x100), P2M_SHARED);
	assert_int_equal(add(DOMID_SELF, XENMAPSPACE_shared_info, 1, 0x100), -EINVAL);
	assert_int_equal(add(DOMID_SELF, XENMAPSPACE_grant_table, 3, 0x101), 0);
	assert_ptr_equal(page_virt(page_at(domu, 0x101)), domu->grant.frames[3]);
	assert_int_equal(grant_frame_gfn(domu, 3), 0x101);
	assert_int_equal(add(DOMID_SELF, XENMAPSPACE_grant_table, 8, 0x102), -EINVAL);
	assert_int_equal(add(DOMID_SELF, XENMAPSPACE_grant_table, BIT(32), 0x102), -EINVAL);
	assert_int_equal(add(DOMID_SELF, XENMAPSPACE_grant_table, XENMAPIDX_grant_table_status,
					 0x102),
			-EINVAL);
	assert_int_equal(add(DOMID_SELF, XENMAPSPACE_shared_info, 0, UINT64_MAX), -EINVAL);
	assert_int_equal(add(DOMID_SELF, XENMAPSPACE_gmfn, 0, 0x102), -ENOSYS);
	assert_int_equal(add(DOMID_SELF, XENMAPSPACE_gmfn_range, 0, 0x102), -ENOSYS);
	assert_int_equal(add(DOMID_SELF, XENMAPSPACE_gmfn_foreign, 0, 0x102), -ENOSYS);
	assert_int_equal(add(DOMID_SELF, XENMAPSPACE_dev_mmio, 0, 0x102), -EPERM);
	assert_int_equal(add(DOMID_SELF, 99, 0, 0x102), -ENOSYS);
	assert_int_equal(take_away(DOMID_SELF, 0x100), 0);
	assert_int_equal(take_away(DOMID_SELF, 0x100), -ENOENT);
	assert_int_equal(take_away(DOMID_SELF, UINT64_MAX), -ENOENT);
	/* over memory: the guest cannot get at it any more, so it goes back */
	assert_int_equal(change(XENMEM_populate_physmap, DOMID_SELF, 0x100, 0), 1);
	assert_int_equal(add(DOMID_SELF, XENMAPSPACE_shared_info, 0, 0x100), 0);
	assert_int_equal(domu->tot_pages, 0);
	assert_int_equal(change(XENMEM_populate_physmap, DOMID_SELF, 0x200, 0), 1);
	assert_int_equal(take_away(DOMID_SELF, 0x200), 0);
	assert_int_equal(domu->tot_pages, 0);
	/* a device is not for the guest to take out of its map, a grant only by unmapping it */
	assert_int_equal(p2m_map(domu, ipa_of_gfn(0x300), PADDR(0), 1, P2M_MMIO), 0);
	assert_int_equal(take_away(DOMID_SELF, 0x300), -ENOENT);
	assert_int_equal(change(XENMEM_populate_physmap, DOMID_SELF, 0x301, 0), 1);
	assert_true(page_get(page_at(domu, 0x301), domu));
	assert_int_equal(p2m_map(domu, ipa_of_gfn(0x302), page_phys(page_at(domu, 0x301)), 1,
					 P2M_GRANT),
			0);
	assert_int_equal(take_away(DOMID_SELF, 0x302), -ENOENT);
	assert_int_equal(type_at(domu, 0x302), P2M_GRANT);
}

static void test_foreign_pages(void **state)
{
	uint64_t gfns[4] = { 0x500, 0x501, 0x502, 0x503 };
	int32_t errs[4] = { 1, 1, 1, 1 };
	struct xen_add_to_physmap_batch op = {
		.domid = DOMID_SELF, .space = XENMAPSPACE_gmfn_foreign, .size = 4
	};
	struct page *page;

	(void)state;
	op.u.foreign_domid = 1;
	op.idxs.q = list.v;
	op.gpfns.q = host_guest_map(gfns, sizeof(gfns)).v;
	op.errs.q = host_guest_map(errs, sizeof(errs)).v;
	assert_int_equal(change(XENMEM_populate_physmap, 1, 0x10, 0), 1);
	assert_int_equal(p2m_map(domu, ipa_of_gfn(0x11), page_phys(page_at(domu, 0x10)), 1,
					 P2M_RAM_RO),
			0);
	assert_int_equal(add(1, XENMAPSPACE_shared_info, 0, 0x12), 0);
	page = page_at(domu, 0x10);
	frames[0] = 0x10;
	frames[1] = 0x11;
	frames[2] = 0x12; /* not its memory */
	frames[3] = 0x13;
	assert_int_equal(CALL(XENMEM_add_to_physmap_batch, op), 0);
	assert_int_equal(errs[0], 0);
	assert_int_equal(errs[1], 0);
	assert_int_equal(errs[2], -EINVAL);
	assert_int_equal(errs[3], -EINVAL);
	assert_int_equal(type_at(dom0, 0x500), P2M_FOREIGN);
	assert_int_equal(type_at(dom0, 0x501), P2M_FOREIGN_RO);
	assert_ptr_equal(page_at(dom0, 0x500), page);
	assert_int_equal(page_refcount(page), 3);
	/* the same again: the references of what is replaced go */
	assert_int_equal(CALL(XENMEM_add_to_physmap_batch, op), 0);
	assert_int_equal(page_refcount(page), 3);
	/* the guest gives the page up: it stays until Dom0 lets go of it */
	assert_int_equal(p2m_unmap(domu, ipa_of_gfn(0x11), 1), 0);
	assert_int_equal(change(XENMEM_decrease_reservation, 1, 0x10, 0), 1);
	assert_int_equal(domu->tot_pages, 1);
	assert_int_equal(take_away(DOMID_SELF, 0x501), 0);
	assert_int_equal(domu->tot_pages, 1);
	assert_int_equal(take_away(DOMID_SELF, 0x500), 0);
	assert_int_equal(domu->tot_pages, 0);
	/* other spaces in a batch; what they leave unused must be zero */
	op.space = XENMAPSPACE_shared_info;
	assert_int_equal(CALL(XENMEM_add_to_physmap_batch, op), -EINVAL);
	op.u.res0 = 0;
	op.size = 1;
	frames[0] = 0;
	assert_int_equal(CALL(XENMEM_add_to_physmap_batch, op), 0);
	assert_int_equal(errs[0], 0);
	assert_int_equal(type_at(dom0, 0x500), P2M_SHARED);
	/* more done than there is to do */
	assert_int_equal(CALL(XENMEM_add_to_physmap_batch | 2 << 6, op), -EINVAL);
}

static void test_acquire_resource(void **state)
{
	struct xen_mem_acquire_resource op = { .domid = 1, .type = XENMEM_resource_grant_table };
	struct page *page;

	(void)state;
	assert_int_equal(CALL(XENMEM_acquire_resource, op), 0);
	assert_int_equal(op.nr_frames, 8);
	assert_int_equal(CALL(XENMEM_acquire_resource, op), -EINVAL); /* frames, no list */
	op.frame_list.q = list.v;
	op.nr_frames = 3;
	op.frame = 5;
	for (unsigned i = 0; i < 3; i++)
		frames[i] = 0x600 + i;
	assert_int_equal(CALL(XENMEM_acquire_resource, op), 0);
	assert_ptr_equal(page_virt(page_at(dom0, 0x602)), domu->grant.frames[7]);
	page = page_at(dom0, 0x602);
	assert_int_equal(type_at(dom0, 0x602), P2M_FOREIGN);
	assert_int_equal(page_refcount(page), 2);
	op.frame = 6;
	assert_int_equal(CALL(XENMEM_acquire_resource, op), -EINVAL);
	op.frame = UINT64_MAX;
	assert_int_equal(CALL(XENMEM_acquire_resource, op), -EINVAL);
	op.frame = 0;
	op.nr_frames = 0;
	assert_int_equal(CALL(XENMEM_acquire_resource, op), -EINVAL);
	op.nr_frames = 1;
	frames[0] = UINT64_MAX;
	assert_int_equal(CALL(XENMEM_acquire_resource, op), -EINVAL);
	op.pad = 1;
	assert_int_equal(CALL(XENMEM_acquire_resource, op), -EINVAL);
	op.pad = 0;
	op.id = XENMEM_resource_grant_table_id_status;
	assert_int_equal(CALL(XENMEM_acquire_resource, op), -EINVAL);
	op.type = XENMEM_resource_ioreq_server;
	assert_int_equal(CALL(XENMEM_acquire_resource, op), -EOPNOTSUPP);
	/* the domain dies: its grant frame lives as long as Dom0 has it mapped */
	free_domain(domu);
	assert_int_equal(page_refcount(page), 1);
	assert_int_equal(take_away(DOMID_SELF, 0x602), 0);
	assert_int_equal(page_owner(page), PAGE_OWNER_NONE);
	domu->dying = DOMAIN_ALIVE;
	make_domain(domu);
}

static void test_claims(void **state)
{
	struct xen_memory_reservation r = { .domid = 1 };

	(void)state;
	assert_int_equal(CALL(XENMEM_claim_pages, r), 0);
	r.nr_extents = 100;
	assert_int_equal(CALL(XENMEM_claim_pages, r), -EOPNOTSUPP);
	r.extent_order = 1;
	assert_int_equal(CALL(XENMEM_claim_pages, r), -EINVAL);
}

/* Each allocation fails in turn: the answer says so, and what is there is as before. */
static void test_allocations_that_fail(void **state)
{
	unsigned n = 1;

	(void)state;
	for (;; n++) {
		uint64_t free_pages = page_count_free();

		host_fail_at = n;
		if (change(XENMEM_populate_physmap, 1, 0x12345, 0) == 1)
			break;
		assert_int_equal(host_fail_at, 0);
		assert_int_equal(domu->tot_pages, 0);
		assert_int_equal(page_count_free(), free_pages);
	}
	assert_int_equal(n, 4); /* the page and two tables */
	for (n = 1;; n++) {
		uint64_t free_pages = page_count_free();

		host_fail_at = n;
		if (memory_map_foreign(dom0, 0x777000, domu, 0x12345) == 0)
			break;
		assert_int_equal(host_fail_at, 0);
		assert_int_equal(page_refcount(page_at(domu, 0x12345)), 1);
		assert_int_equal(page_count_free(), free_pages);
	}
	assert_int_equal(n, 3);
	host_fail_at = 0;
}

#define WINDOW 64

enum model { NOTHING, MEMORY, SHARED, FOREIGN };

/* Random calls of the toolstack and of the guest; the model knows the kind of each frame and the count. */
static void test_random_calls(void **state)
{
	enum model model[WINDOW] = { NOTHING };
	uint64_t count = 0;

	(void)state;
	for (unsigned i = 0; i < 16; i++)
		assert_int_equal(change(XENMEM_populate_physmap, 2, i, 0), 1);
	for (unsigned i = 0; i < 6000; i++) {
		unsigned gfn = env_random(WINDOW);
		bool toolstack = env_random(2);
		domid_t id = toolstack ? 1 : DOMID_SELF;

		become(toolstack ? dom0 : domu);
		switch (env_random(5)) {
		case 0:
			assert_int_equal(change(XENMEM_populate_physmap, id, gfn, 0), 1);
			count += model[gfn] != MEMORY;
			model[gfn] = MEMORY;
			break;
		case 1:
			assert_int_equal(change(XENMEM_decrease_reservation, id, gfn, 0),
					model[gfn] == MEMORY ? 1 : -EINVAL);
			count -= model[gfn] == MEMORY;
			model[gfn] = model[gfn] == MEMORY ? NOTHING : model[gfn];
			break;
		case 2:
			assert_int_equal(take_away(id, gfn), model[gfn] == NOTHING ? -ENOENT : 0);
			count -= model[gfn] == MEMORY;
			model[gfn] = NOTHING;
			break;
		case 3:
			assert_int_equal(add(id, XENMAPSPACE_grant_table, env_random(8), gfn), 0);
			count -= model[gfn] == MEMORY;
			model[gfn] = SHARED;
			break;
		default:
			assert_int_equal(memory_map_foreign(domu, gfn, other, env_random(16)), 0);
			count -= model[gfn] == MEMORY;
			model[gfn] = FOREIGN;
			break;
		}
		assert_int_equal(domu->tot_pages, count);
		for (unsigned g = 0; g < WINDOW; g++) {
			static const enum p2m_type types[] = { P2M_NONE, P2M_RAM, P2M_SHARED,
				P2M_FOREIGN };

			assert_int_equal(type_at(domu, g), types[model[g]]);
		}
	}
	become(dom0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_populate_and_decrease),
		TEST(test_populate_stops_at_limits),
		TEST(test_narrow_addresses),
		TEST(test_direct_mapped),
		TEST(test_who_may),
		TEST(test_questions),
		TEST(test_unknown_and_bad_pointers),
		TEST(test_lists_that_fault),
		TEST(test_own_pages),
		TEST(test_foreign_pages),
		TEST(test_acquire_resource),
		TEST(test_claims),
		TEST(test_allocations_that_fail),
		TEST(test_random_calls),
	};

	return cmocka_run_group_tests_name("memory_op", tests, NULL, NULL);
}
