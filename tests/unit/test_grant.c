/* SPDX-License-Identifier: Apache-2.0 */
/* Grant tables: each operation with each of its answers, who holds what, and what ends what. */
#include "tests/unit/grant_env.h"

#define WRITE true
#define READ  false

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

static struct grant_map map_of(unsigned from, grant_ref_t ref, bool write, uint64_t host)
{
	return (struct grant_map){
		.granter = D(from),
		.ref = ref,
		.write = write,
		.parts = GRANT_HOST,
		.host = IPA(host),
	};
}

static int try_map(unsigned to, unsigned from, grant_ref_t ref, bool write, uint64_t host)
{
	struct grant_map map = map_of(from, ref, write, host);

	return grant_map(D(to), &map);
}

static grant_handle_t must_map(
		unsigned to, unsigned from, grant_ref_t ref, bool write, uint64_t host)
{
	struct grant_map map = map_of(from, ref, write, host);

	assert_int_equal(grant_map(D(to), &map), GNTST_okay);
	return map.handle;
}

static void must_unmap(unsigned d, grant_handle_t handle, uint64_t host)
{
	assert_int_equal(grant_unmap(D(d), handle, IPA(host), 0), GNTST_okay);
}

static void expect_entry(unsigned d, uint64_t ipa, enum p2m_type type, const struct page *page)
{
	struct p2m_entry entry = p2m_lookup(D(d), IPA(ipa));

	assert_int_equal(entry.type, type);
	if (type != P2M_NONE)
		assert_int_equal(entry.pa.v, page_phys(page).v);
}

/* Limits and frames */

static void test_limits(void **state)
{
	struct domain d = { .id = 3 };

	(void)state;
	d.config = grant_config(3);
	d.config.grant_version_max = 2;
	assert_int_equal(grant_init_domain(&d), -EINVAL);
	d.config = grant_config(3);
	d.config.grant_frames_max = 0;
	assert_int_equal(grant_init_domain(&d), -EINVAL);
	d.config.grant_frames_max = GRANT_FRAMES_LIMIT + 1;
	assert_int_equal(grant_init_domain(&d), -EINVAL);
	d.config = grant_config(3);
	d.config.maptrack_frames_max = GRANT_MAPTRACK_FRAMES_LIMIT + 1;
	assert_int_equal(grant_init_domain(&d), -EINVAL);
}

static void test_domain_without_a_table(void **state)
{
	struct domain d = { .id = 3 };
	struct grant_map map = { .granter = &d, .parts = GRANT_HOST, .host = IPA(HOLE_IPA) };
	struct page *page;

	(void)state;
	assert_int_equal(grant_init_domain(&d), 0);
	assert_int_equal(grant_frame(&d, 0, &page), -EINVAL);
	assert_int_equal(grant_set_version(&d, 1), -ENOSYS);
	assert_int_equal(grant_swap(&d, 0, 0), GNTST_bad_gntref);
	assert_int_equal(grant_map(D(1), &map), GNTST_bad_gntref);
	map.granter = D(1);
	give(1, 0, 3, ram_gfn(1, 0), 0);
	assert_int_equal(grant_map(&d, &map), GNTST_no_space);
	assert_int_equal(grant_relinquish(&d), 0);
	grant_free_domain(&d);
}

static void test_init_out_of_memory(void **state)
{
	uint64_t free_pages = page_count_free();
	size_t used = heap_bytes_used();
	unsigned n = 0;
	int err;

	(void)state;
	do {
		struct domain d = { .config = grant_config(0) };

		host_fail_at = ++n;
		err = grant_init_domain(&d);
		host_fail_at = 0;
		if (err == 0)
			grant_free_domain(&d);
		assert_int_equal(page_count_free(), free_pages);
		assert_int_equal(heap_bytes_used(), used);
	} while (err == -ENOMEM);
	assert_int_equal(err, 0);
	assert_true(n > 5);
}

static void test_frames(void **state)
{
	unsigned count, max;
	struct page *page, *again;

	(void)state;
	grant_query_size(D(1), &count, &max);
	assert_int_equal(count, 1);
	assert_int_equal(max, 4);
	assert_int_equal(grant_frame(D(1), 2, &page), 0);
	assert_int_equal(grant_frame(D(1), 2, &again), 0);
	assert_ptr_equal(page, again);
	assert_int_equal(page_refcount(page), 3);
	page_put(page);
	page_put(page);
	assert_ptr_equal(page_virt(page), D(1)->grant.frames[2]);
	grant_query_size(D(1), &count, &max);
	assert_int_equal(count, 3);
	assert_int_equal(grant_frame(D(1), 4, &page), -EINVAL);
	assert_int_equal(grant_frame(D(1), UINT32_MAX, &page), -EINVAL);
	assert_int_equal(grant_setup(D(1), 5), -EINVAL);
	host_fail_at = 1;
	assert_int_equal(grant_setup(D(1), 4), -ENOMEM);
	host_fail_at = 2;
	assert_int_equal(grant_frame(D(1), 3, &page), -ENOMEM);
	assert_int_equal(grant_setup(D(1), 4), 0);
	assert_int_equal(grant_setup(D(1), 2), 0);
	grant_query_size(D(1), &count, &max);
	assert_int_equal(count, 4);
}

static void test_frame_places(void **state)
{
	(void)state;
	assert_int_equal(grant_frame_gfn(D(1), 0), UINT64_MAX);
	grant_place_frame(D(1), 0, 0x38000);
	grant_place_frame(D(1), 77, 1);
	assert_int_equal(grant_frame_gfn(D(1), 0), 0x38000);
	assert_int_equal(grant_frame_gfn(D(1), 77), UINT64_MAX);
}

static void test_version(void **state)
{
	(void)state;
	assert_int_equal(grant_set_version(D(1), 1), 0);
	assert_int_equal(grant_set_version(D(1), 2), -ENOSYS);
	assert_int_equal(grant_set_version(D(1), 0), -EINVAL);
	assert_int_equal(grant_set_version(D(1), 3), -EINVAL);
}

static void test_swap(void **state)
{
	grant_handle_t handle;

	(void)state;
	give(1, 8, 2, ram_gfn(1, 0), 0);
	give(1, 9, 3, ram_gfn(1, 1), GTF_readonly);
	assert_int_equal(grant_swap(D(1), 8, 9), GNTST_okay);
	assert_int_equal(entry_of(1, 8)->domid, 3);
	assert_int_equal(entry_of(1, 8)->flags, GTF_permit_access | GTF_readonly);
	assert_int_equal(entry_of(1, 9)->frame, ram_gfn(1, 0));
	assert_int_equal(grant_swap(D(1), 8, 512), GNTST_bad_gntref);
	assert_int_equal(grant_swap(D(1), UINT32_MAX, 8), GNTST_bad_gntref);
	handle = must_map(2, 1, 9, WRITE, HOLE_IPA);
	assert_int_equal(grant_swap(D(1), 8, 9), GNTST_eagain);
	assert_int_equal(grant_swap(D(1), 9, 8), GNTST_eagain);
	must_unmap(2, handle, HOLE_IPA);
	assert_int_equal(grant_swap(D(1), 8, 8), GNTST_okay);
}

/* Mapping */

static void test_map_and_unmap(void **state)
{
	struct page *page = env_pages[1][3];
	grant_handle_t handle;

	(void)state;
	give(1, 20, 2, ram_gfn(1, 3), 0);
	handle = must_map(2, 1, 20, WRITE, HOLE_IPA);
	expect_entry(2, HOLE_IPA, P2M_GRANT, page);
	assert_int_equal(marks_of(1, 20), GTF_reading | GTF_writing);
	assert_int_equal(page_refcount(page), 3);
	must_unmap(2, handle, HOLE_IPA);
	expect_entry(2, HOLE_IPA, P2M_NONE, NULL);
	assert_int_equal(marks_of(1, 20), 0);
	assert_int_equal(entry_of(1, 20)->flags, GTF_permit_access);
	assert_int_equal(page_refcount(page), 1);
	assert_int_equal(grant_unmap(D(2), handle, IPA(HOLE_IPA), 0), GNTST_bad_handle);
}

static void test_marks_follow_the_pins(void **state)
{
	grant_handle_t read, write;

	(void)state;
	give(1, 20, 2, ram_gfn(1, 3), 0);
	read = must_map(2, 1, 20, READ, HOLE_IPA);
	expect_entry(2, HOLE_IPA, P2M_GRANT_RO, env_pages[1][3]);
	assert_int_equal(marks_of(1, 20), GTF_reading);
	write = must_map(2, 1, 20, WRITE, HOLE_IPA + PAGE_SIZE);
	assert_int_equal(marks_of(1, 20), GTF_reading | GTF_writing);
	must_unmap(2, write, HOLE_IPA + PAGE_SIZE);
	assert_int_equal(marks_of(1, 20), GTF_reading);
	write = must_map(2, 1, 20, WRITE, HOLE_IPA + PAGE_SIZE);
	must_unmap(2, read, HOLE_IPA);
	assert_int_equal(marks_of(1, 20), GTF_reading | GTF_writing);
	must_unmap(2, write, HOLE_IPA + PAGE_SIZE);
	assert_int_equal(marks_of(1, 20), 0);
}

/* What the granter wrote, and what becomes of a mapping for domain 2. */
struct refusal {
	unsigned flags;
	unsigned domid;
	bool write;
	int status;
};

static const struct refusal refusals[] = {
	{ GTF_permit_access, 2, WRITE, GNTST_okay },
	{ GTF_permit_access, 2, READ, GNTST_okay },
	{ GTF_permit_access | GTF_readonly, 2, READ, GNTST_okay },
	{ GTF_permit_access | GTF_readonly, 2, WRITE, GNTST_general_error },
	{ GTF_permit_access, 3, WRITE, GNTST_general_error },
	{ GTF_permit_access, DOMID_SELF, READ, GNTST_general_error },
	{ GTF_invalid, 2, READ, GNTST_general_error },
	{ GTF_accept_transfer, 2, READ, GNTST_general_error },
	{ GTF_transitive, 2, READ, GNTST_general_error },
	{ 0xfffc, 2, READ, GNTST_general_error },
	{ 0xffff, 2, READ, GNTST_general_error },
	{ 0xfffd, 2, READ, GNTST_okay },
	{ 0xfffd, 2, WRITE, GNTST_general_error },
	{ 0xfff9, 2, WRITE, GNTST_okay },
};

static void test_what_an_entry_allows(void **state)
{
	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(refusals); i++) {
		const struct refusal *r = &refusals[i];
		struct grant_map map = map_of(1, 7, r->write, HOLE_IPA);

		give(1, 7, r->domid, ram_gfn(1, 0), 0);
		entry_of(1, 7)->flags = (uint16_t)r->flags;
		assert_int_equal(grant_map(D(2), &map), r->status);
		if (r->status == GNTST_okay)
			must_unmap(2, map.handle, HOLE_IPA);
		else
			assert_int_equal(entry_of(1, 7)->flags, r->flags);
		expect_entry(2, HOLE_IPA, P2M_NONE, NULL);
		assert_int_equal(page_refcount(env_pages[1][0]), 1);
		assert_int_equal(D(2)->grant.mapping_count, 0);
	}
}

static void test_references_beyond_the_table(void **state)
{
	(void)state;
	assert_int_equal(try_map(2, 1, 512, READ, HOLE_IPA), GNTST_bad_gntref);
	assert_int_equal(try_map(2, 1, UINT32_MAX, READ, HOLE_IPA), GNTST_bad_gntref);
	assert_int_equal(try_map(2, 1, 511, READ, HOLE_IPA), GNTST_general_error);
}

static void test_frames_that_cannot_be_granted(void **state)
{
	(void)state;
	/* nothing there; beyond all memory; a device; Graft's own page; a borrowed page; read-only memory */
	give(1, 1, 2, 0x1234, 0);
	assert_int_equal(try_map(2, 1, 1, READ, HOLE_IPA), GNTST_bad_page);
	give(1, 1, 2, UINT32_MAX, 0);
	assert_int_equal(try_map(2, 1, 1, READ, HOLE_IPA), GNTST_bad_page);
	assert_int_equal(p2m_map(D(1), IPA(HOLE_IPA), PADDR(0x9000000), 1, P2M_MMIO), 0);
	give(1, 1, 2, HOLE_IPA >> PAGE_SHIFT, 0);
	assert_int_equal(try_map(2, 1, 1, READ, HOLE_IPA), GNTST_bad_page);
	assert_int_equal(p2m_map(D(1), IPA(HOLE_IPA), virt_to_phys(D(1)->grant.frames[0]), 1,
					 P2M_SHARED),
			0);
	assert_int_equal(try_map(2, 1, 1, READ, HOLE_IPA), GNTST_bad_page);
	give(3, 1, 1, ram_gfn(3, 0), 0);
	must_map(1, 3, 1, WRITE, HOLE_IPA + PAGE_SIZE);
	give(1, 1, 2, (HOLE_IPA >> PAGE_SHIFT) + 1, 0);
	assert_int_equal(try_map(2, 1, 1, READ, HOLE_IPA), GNTST_bad_page);
	assert_int_equal(page_refcount(env_pages[3][0]), 3);
	assert_int_equal(p2m_map(D(1), ipa_of_gfn(ram_gfn(1, 0)), page_phys(env_pages[1][0]), 1,
					 P2M_RAM_RO),
			0);
	give(1, 1, 2, ram_gfn(1, 0), 0);
	assert_int_equal(try_map(2, 1, 1, WRITE, HOLE_IPA), GNTST_bad_page);
	must_map(2, 1, 1, READ, HOLE_IPA);
	assert_int_equal(try_map(2, 1, 1, WRITE, HOLE_IPA + PAGE_SIZE), GNTST_bad_page);
	assert_int_equal(marks_of(1, 1), GTF_reading);
}

static void test_places_to_map_at(void **state)
{
	grant_handle_t handle;

	(void)state;
	give(1, 1, 2, ram_gfn(1, 0), 0);
	assert_int_equal(try_map(2, 1, 1, READ, HOLE_IPA + 8), GNTST_bad_virt_addr);
	assert_int_equal(try_map(2, 1, 1, READ, UINT64_C(1) << 60), GNTST_bad_virt_addr);
	assert_int_equal(try_map(2, 1, 1, READ, UINT64_C(1) << D(2)->p2m.ipa_bits),
			GNTST_bad_virt_addr);
	assert_int_equal(p2m_map(D(2), IPA(HOLE_IPA), PADDR(0x9000000), 1, P2M_MMIO), 0);
	assert_int_equal(try_map(2, 1, 1, READ, HOLE_IPA), GNTST_bad_virt_addr);
	assert_int_equal(p2m_lookup(D(2), IPA(HOLE_IPA)).type, P2M_MMIO);
	/* its own RAM gives way, as a ballooned page does */
	handle = must_map(2, 1, 1, READ, ram_gfn(2, 5) << PAGE_SHIFT);
	must_unmap(2, handle, ram_gfn(2, 5) << PAGE_SHIFT);
	expect_entry(2, ram_gfn(2, 5) << PAGE_SHIFT, P2M_NONE, NULL);
	assert_int_equal(marks_of(1, 1), 0);
}

static void test_entry_changed_while_in_use(void **state)
{
	grant_handle_t handle;

	(void)state;
	give(1, 1, 2, ram_gfn(1, 0), 0);
	handle = must_map(2, 1, 1, READ, HOLE_IPA);
	entry_of(1, 1)->frame = (uint32_t)ram_gfn(1, 1);
	assert_int_equal(try_map(2, 1, 1, READ, HOLE_IPA + PAGE_SIZE), GNTST_general_error);
	entry_of(1, 1)->frame = (uint32_t)ram_gfn(1, 0);
	entry_of(1, 1)->domid = 3;
	assert_int_equal(try_map(3, 1, 1, READ, HOLE_IPA), GNTST_general_error);
	assert_int_equal(try_map(2, 1, 1, READ, HOLE_IPA + PAGE_SIZE), GNTST_general_error);
	/* wiped and given anew: what was mapped stays what it was, and ends properly */
	give(1, 1, 3, ram_gfn(1, 9), 0);
	assert_int_equal(try_map(3, 1, 1, READ, HOLE_IPA), GNTST_general_error);
	expect_entry(2, HOLE_IPA, P2M_GRANT_RO, env_pages[1][0]);
	must_unmap(2, handle, HOLE_IPA);
	assert_int_equal(page_refcount(env_pages[1][0]), 1);
	handle = must_map(3, 1, 1, READ, HOLE_IPA);
	expect_entry(3, HOLE_IPA, P2M_GRANT_RO, env_pages[1][9]);
	must_unmap(3, handle, HOLE_IPA);
}

static void test_granted_to_oneself(void **state)
{
	grant_handle_t handle;

	(void)state;
	for (unsigned d = 0; d < 2; d++) {
		give(d, 1, d, ram_gfn(d, 0), 0);
		handle = must_map(d, d, 1, WRITE, HOLE_IPA);
		expect_entry(d, HOLE_IPA, P2M_GRANT, env_pages[d][0]);
		expect_entry(d, ram_gfn(d, 0) << PAGE_SHIFT, P2M_RAM, env_pages[d][0]);
		must_unmap(d, handle, HOLE_IPA);
		expect_entry(d, ram_gfn(d, 0) << PAGE_SHIFT, P2M_RAM, env_pages[d][0]);
		assert_int_equal(page_refcount(env_pages[d][0]), 1);
	}
}

/* A frame of domain d far from all others: its own address needs tables of its own. */
static struct page *make_remote_page(unsigned d, uint64_t gfn)
{
	struct page *page;

	D(d)->max_pages++;
	page = page_alloc_domain(D(d), 0, PAGE_LOWEST);
	assert_non_null(page);
	assert_int_equal(p2m_map(D(d), ipa_of_gfn(gfn), page_phys(page), 1, P2M_RAM), 0);
	return page;
}

static void test_map_out_of_memory(void **state)
{
	uint64_t gfn = (RAM_IPA >> PAGE_SHIFT) + 100;
	struct page *page = make_remote_page(1, gfn);
	uint64_t free_pages;
	int status;
	unsigned n = 0;

	(void)state;
	give(1, 1, 0, gfn, 0);
	host_fail_at = 1;
	assert_int_equal(try_map(0, 1, 1, WRITE, HOLE_IPA), GNTST_no_space);
	/* the frame for handles comes to stay */
	must_unmap(0, must_map(0, 1, 1, WRITE, HOLE_IPA), HOLE_IPA);
	free_pages = page_count_free();
	do {
		host_fail_at = ++n;
		status = try_map(0, 1, 1, WRITE, HOLE_IPA);
		if (status != GNTST_okay) {
			assert_true(status == GNTST_no_space || status == GNTST_no_device_space);
			assert_int_equal(marks_of(1, 1), 0);
			assert_int_equal(page_refcount(page), 1);
			assert_int_equal(D(0)->grant.mapping_count, 0);
			assert_int_equal(page_count_free(), free_pages);
		}
	} while (status != GNTST_okay);
	host_fail_at = 0;
	assert_true(n > 3);
	assert_int_equal(page_refcount(page), 4);
}

static void test_handles_run_out(void **state)
{
	unsigned count = 2 * GRANT_MAPPINGS_PER_FRAME;

	(void)state;
	give(1, 1, 2, ram_gfn(1, 0), 0);
	for (unsigned i = 0; i < count; i++)
		assert_int_equal(must_map(2, 1, 1, READ, HOLE_IPA + i * PAGE_SIZE), i);
	assert_int_equal(try_map(2, 1, 1, READ, HOLE_IPA + count * PAGE_SIZE), GNTST_no_space);
	assert_int_equal(page_refcount(env_pages[1][0]), 2 + count);
	must_unmap(2, 7, HOLE_IPA + 7 * PAGE_SIZE);
	assert_int_equal(must_map(2, 1, 1, READ, HOLE_IPA + 7 * PAGE_SIZE), 7);
	assert_int_equal(grant_relinquish(D(2)), -ERESTART);
	assert_int_equal(grant_relinquish(D(2)), -ERESTART);
	assert_int_equal(D(2)->grant.mapping_count, count - 128);
	while (grant_relinquish(D(2)) == -ERESTART)
		;
	assert_int_equal(D(2)->grant.mapping_count, 0);
	assert_int_equal(page_refcount(env_pages[1][0]), 1);
	assert_int_equal(marks_of(1, 1), 0);
	assert_false(p2m_range_used(D(2), IPA(HOLE_IPA), count));
}

/* Unmapping */

static void test_unmap_refusals(void **state)
{
	grant_handle_t handle;

	(void)state;
	give(1, 1, 2, ram_gfn(1, 0), 0);
	assert_int_equal(grant_unmap(D(2), 0, IPA(HOLE_IPA), 0), GNTST_bad_handle);
	handle = must_map(2, 1, 1, READ, HOLE_IPA);
	assert_int_equal(grant_unmap(D(2), handle + 1, IPA(HOLE_IPA), 0), GNTST_bad_handle);
	assert_int_equal(grant_unmap(D(2), UINT32_MAX, IPA(HOLE_IPA), 0), GNTST_bad_handle);
	assert_int_equal(grant_unmap(D(3), handle, IPA(HOLE_IPA), 0), GNTST_bad_handle);
	assert_int_equal(grant_unmap(D(2), handle, IPA(HOLE_IPA + PAGE_SIZE), 0),
			GNTST_bad_virt_addr);
	/* nothing is asked for; the device part, of which there is none */
	assert_int_equal(grant_unmap(D(2), handle, IPA(0), 0), GNTST_okay);
	assert_int_equal(grant_unmap(D(2), handle, IPA(0), 0x5000), GNTST_okay);
	expect_entry(2, HOLE_IPA, P2M_GRANT_RO, env_pages[1][0]);
	assert_int_equal(marks_of(1, 1), GTF_reading);
}

static void test_host_and_device_parts(void **state)
{
	struct grant_map map;

	(void)state;
	give(1, 1, 2, ram_gfn(1, 0), 0);
	map = map_of(1, 1, WRITE, HOLE_IPA);
	map.parts = GRANT_HOST | GRANT_DEVICE;
	assert_int_equal(grant_map(D(2), &map), GNTST_okay);
	assert_int_equal(map.device_addr, HOLE_IPA);
	assert_int_equal(grant_unmap(D(2), map.handle, IPA(HOLE_IPA), 0x5000), GNTST_bad_dev_addr);
	assert_int_equal(grant_unmap(D(2), map.handle, IPA(HOLE_IPA), 0), GNTST_okay);
	assert_int_equal(marks_of(1, 1), GTF_reading | GTF_writing);
	assert_int_equal(grant_unmap(D(2), map.handle, IPA(HOLE_IPA), 0), GNTST_bad_virt_addr);
	assert_int_equal(grant_unmap(D(2), map.handle, IPA(0), map.device_addr), GNTST_okay);
	assert_int_equal(marks_of(1, 1), 0);
	assert_int_equal(grant_unmap(D(2), map.handle, IPA(0), map.device_addr), GNTST_bad_handle);
	/* both at once */
	assert_int_equal(grant_map(D(2), &map), GNTST_okay);
	assert_int_equal(grant_unmap(D(2), map.handle, map.host, map.device_addr), GNTST_okay);
	assert_int_equal(marks_of(1, 1), 0);
	/* for devices alone: only where they reach a frame by its own address */
	map.parts = GRANT_DEVICE;
	assert_int_equal(grant_map(D(2), &map), GNTST_no_device_space);
	give(1, 1, 0, ram_gfn(1, 0), 0);
	assert_int_equal(grant_map(D(0), &map), GNTST_okay);
	expect_entry(0, map.device_addr, P2M_GRANT, env_pages[1][0]);
	expect_entry(0, HOLE_IPA, P2M_NONE, NULL);
	assert_int_equal(grant_unmap(D(0), map.handle, IPA(0), map.device_addr), GNTST_okay);
	expect_entry(0, map.device_addr, P2M_NONE, NULL);
}

/* The guest puts something else where a grant was mapped: that survives the unmapping. */
static void test_something_else_is_there(void **state)
{
	grant_handle_t first, second;

	(void)state;
	give(1, 1, 2, ram_gfn(1, 0), 0);
	give(1, 2, 2, ram_gfn(1, 1), 0);
	first = must_map(2, 1, 1, WRITE, HOLE_IPA);
	second = must_map(2, 1, 2, WRITE, HOLE_IPA);
	assert_int_equal(page_refcount(env_pages[1][0]), 2);
	must_unmap(2, first, HOLE_IPA);
	assert_int_equal(marks_of(1, 1), 0);
	expect_entry(2, HOLE_IPA, P2M_GRANT, env_pages[1][1]);
	assert_int_equal(p2m_unmap(D(2), IPA(HOLE_IPA), 1), 0);
	must_unmap(2, second, HOLE_IPA);
	assert_int_equal(marks_of(1, 2), 0);
	assert_int_equal(page_refcount(env_pages[1][1]), 1);
}

static void test_unmap_flushes_before_it_tells(void **state)
{
	grant_handle_t handle;

	(void)state;
	give(1, 1, 2, ram_gfn(1, 0), 0);
	handle = must_map(2, 1, 1, WRITE, HOLE_IPA);
	memset(&host_tlb, 0, sizeof(host_tlb));
	must_unmap(2, handle, HOLE_IPA);
	assert_true(host_tlb.range_flushes + host_tlb.guest_flushes > 0);
}

/* Direct-mapped mappers */

static void test_identity_follows_the_mappings(void **state)
{
	struct page *page = env_pages[1][0];
	uint64_t pa = page_phys(page).v;
	grant_handle_t read, write, other;

	(void)state;
	give(1, 1, 0, ram_gfn(1, 0), 0);
	give(1, 2, 0, ram_gfn(1, 0), 0);
	read = must_map(0, 1, 1, READ, HOLE_IPA);
	expect_entry(0, pa, P2M_GRANT_RO, page);
	write = must_map(0, 1, 1, WRITE, HOLE_IPA + PAGE_SIZE);
	expect_entry(0, pa, P2M_GRANT, page);
	other = must_map(0, 1, 2, READ, HOLE_IPA + 2 * PAGE_SIZE);
	expect_entry(0, pa, P2M_GRANT, page);
	/* allocated; two active entries; three places and its own address */
	assert_int_equal(page_refcount(page), 1 + 2 + 3 + 1);
	must_unmap(0, write, HOLE_IPA + PAGE_SIZE);
	expect_entry(0, pa, P2M_GRANT_RO, page);
	must_unmap(0, read, HOLE_IPA);
	expect_entry(0, pa, P2M_GRANT_RO, page);
	must_unmap(0, other, HOLE_IPA + 2 * PAGE_SIZE);
	expect_entry(0, pa, P2M_NONE, NULL);
	assert_int_equal(page_refcount(page), 1);
}

static void test_identity_address(void **state)
{
	struct grant_map map;

	(void)state;
	give(1, 1, 0, ram_gfn(1, 0), 0);
	map = map_of(1, 1, WRITE, HOLE_IPA);
	map.parts |= GRANT_DEVICE;
	assert_int_equal(grant_map(D(0), &map), GNTST_okay);
	assert_int_equal(map.device_addr, page_phys(env_pages[1][0]).v);
	must_unmap(0, map.handle, HOLE_IPA);
	expect_entry(0, map.device_addr, P2M_GRANT, env_pages[1][0]);
	assert_int_equal(grant_unmap(D(0), map.handle, IPA(0), map.device_addr), GNTST_okay);
	expect_entry(0, map.device_addr, P2M_NONE, NULL);
}

/* The domain maps a frame at the frame's own address, or another there. */
static void test_identity_address_is_taken(void **state)
{
	struct page *page = env_pages[1][0];
	uint64_t pa = page_phys(page).v;
	grant_handle_t there, first, second;

	(void)state;
	give(1, 1, 0, ram_gfn(1, 0), 0);
	give(1, 2, 0, ram_gfn(1, 1), 0);
	there = must_map(0, 1, 1, WRITE, pa);
	first = must_map(0, 1, 1, READ, HOLE_IPA);
	expect_entry(0, pa, P2M_GRANT, page);
	must_unmap(0, there, pa);
	expect_entry(0, pa, P2M_GRANT_RO, page);
	second = must_map(0, 1, 2, WRITE, pa);
	expect_entry(0, pa, P2M_GRANT, env_pages[1][1]);
	there = must_map(0, 1, 1, WRITE, HOLE_IPA + PAGE_SIZE);
	expect_entry(0, pa, P2M_GRANT, env_pages[1][1]);
	must_unmap(0, there, HOLE_IPA + PAGE_SIZE);
	must_unmap(0, first, HOLE_IPA);
	expect_entry(0, pa, P2M_GRANT, env_pages[1][1]);
	must_unmap(0, second, pa);
	expect_entry(0, pa, P2M_NONE, NULL);
	expect_entry(0, page_phys(env_pages[1][1]).v, P2M_NONE, NULL);
	assert_int_equal(page_refcount(page), 1);
	assert_int_equal(page_refcount(env_pages[1][1]), 1);
}

static void test_identity_of_many_frames(void **state)
{
	grant_handle_t handles[RAM_PAGES];

	(void)state;
	for (unsigned i = 0; i < RAM_PAGES; i++) {
		give(1, 8 + i, 0, ram_gfn(1, i), 0);
		handles[i] = must_map(0, 1, 8 + i, i % 2 != 0, HOLE_IPA + i * PAGE_SIZE);
	}
	for (unsigned i = 0; i < RAM_PAGES; i++)
		must_unmap(0, handles[(i * 5) % RAM_PAGES],
				HOLE_IPA + (i * 5) % RAM_PAGES * PAGE_SIZE);
	for (unsigned i = 0; i < RAM_PAGES; i++)
		expect_entry(0, page_phys(env_pages[1][i]).v, P2M_NONE, NULL);
}

static void test_no_identity_where_dma_is_not_translated(void **state)
{
	struct page *page = env_pages[1][0];
	uint64_t pa = page_phys(page).v;
	struct grant_map map;

	(void)state;
	grant_set_dma_translated(false);
	give(1, 1, 0, ram_gfn(1, 0), 0);
	map = map_of(1, 1, WRITE, HOLE_IPA);
	map.parts |= GRANT_DEVICE;
	assert_int_equal(grant_map(D(0), &map), GNTST_okay);
	assert_int_equal(map.device_addr, pa);
	expect_entry(0, pa, P2M_NONE, NULL);
	assert_int_equal(page_refcount(page), 3);
	/* the domain's kernel may use the address for another mapping, and still clean by it */
	give(1, 2, 0, ram_gfn(1, 1), 0);
	must_map(0, 1, 2, WRITE, pa);
	assert_int_equal(grant_cache_flush(D(0), pa, 0, 64), 0);
	assert_int_equal(grant_unmap(D(0), map.handle, map.host, map.device_addr), GNTST_okay);
	assert_int_equal(grant_cache_flush(D(0), pa, 0, 64), -EPERM);
	expect_entry(0, pa, P2M_GRANT, env_pages[1][1]);
	assert_int_equal(page_refcount(page), 1);
}

/* Death */

static void test_granter_dies_while_mapped(void **state)
{
	struct page *page = env_pages[1][0];
	uint64_t free_pages;
	grant_handle_t handle;

	(void)state;
	give(1, 1, 0, ram_gfn(1, 0), 0);
	handle = must_map(0, 1, 1, WRITE, HOLE_IPA);
	assert_int_equal(D(1)->refs,
			1 + 1 + 1 + 1); /* its life's, ours, its pages', the mapping's */
	kill_domain(1);
	assert_int_equal(D(1)->tot_pages, 1);
	assert_int_equal(page_owner(page), 1);
	expect_entry(0, HOLE_IPA, P2M_GRANT, page);
	memset(page_virt(page), 1, PAGE_SIZE);
	free_pages = page_count_free();
	must_unmap(0, handle, HOLE_IPA);
	assert_int_equal(D(1)->tot_pages, 0);
	assert_int_equal(D(1)->refs, 1);
	assert_true(page_count_free() > free_pages);
	assert_int_equal(try_map(0, 1, 1, WRITE, HOLE_IPA), GNTST_bad_gntref);
}

static void test_mapper_dies(void **state)
{
	struct grant_map map;

	(void)state;
	for (unsigned d = 0; d < 3; d += 2) {
		give(1, 1, d, ram_gfn(1, 0), 0);
		map = map_of(1, 1, WRITE, HOLE_IPA);
		map.parts |= GRANT_DEVICE;
		assert_int_equal(grant_map(D(d), &map), GNTST_okay);
		map.host.v += PAGE_SIZE;
		assert_int_equal(grant_map(D(d), &map), GNTST_okay);
		must_unmap(d, map.handle, map.host.v);
		kill_domain(d);
		assert_int_equal(marks_of(1, 1), 0);
		assert_int_equal(page_refcount(env_pages[1][0]), 1);
		assert_int_equal(D(d)->refs, 1);
		assert_int_equal(D(1)->refs, 3);
	}
}

/* The stage-2 tables may go first: the pins go all the same. */
static void test_mapper_dies_the_other_way_round(void **state)
{
	(void)state;
	give(1, 1, 0, ram_gfn(1, 0), 0);
	must_map(0, 1, 1, WRITE, HOLE_IPA);
	while (p2m_teardown(D(0)) == -ERESTART)
		;
	assert_int_equal(page_refcount(env_pages[1][0]), 2);
	while (grant_relinquish(D(0)) == -ERESTART)
		;
	assert_int_equal(page_refcount(env_pages[1][0]), 1);
	assert_int_equal(try_map(0, 1, 1, WRITE, HOLE_IPA), GNTST_no_device_space);
}

/* The granter unmaps its own page while it is mapped elsewhere: it stays until the mapper lets go. */
static void test_granter_gives_the_page_up(void **state)
{
	struct page *page = env_pages[1][0];
	grant_handle_t handle;

	(void)state;
	give(1, 1, 2, ram_gfn(1, 0), 0);
	handle = must_map(2, 1, 1, WRITE, HOLE_IPA);
	assert_int_equal(p2m_unmap(D(1), ipa_of_gfn(ram_gfn(1, 0)), 1), 0);
	assert_true(page_clear_allocated(page, D(1)));
	page_put(page);
	assert_int_equal(page_owner(page), 1);
	must_unmap(2, handle, HOLE_IPA);
	assert_int_equal(page_owner(page), PAGE_OWNER_NONE);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_limits),
		TEST(test_domain_without_a_table),
		TEST(test_init_out_of_memory),
		TEST(test_frames),
		TEST(test_frame_places),
		TEST(test_version),
		TEST(test_swap),
		TEST(test_map_and_unmap),
		TEST(test_marks_follow_the_pins),
		TEST(test_what_an_entry_allows),
		TEST(test_references_beyond_the_table),
		TEST(test_frames_that_cannot_be_granted),
		TEST(test_places_to_map_at),
		TEST(test_entry_changed_while_in_use),
		TEST(test_granted_to_oneself),
		TEST(test_map_out_of_memory),
		TEST(test_handles_run_out),
		TEST(test_unmap_refusals),
		TEST(test_host_and_device_parts),
		TEST(test_something_else_is_there),
		TEST(test_unmap_flushes_before_it_tells),
		TEST(test_identity_follows_the_mappings),
		TEST(test_identity_address),
		TEST(test_identity_address_is_taken),
		TEST(test_identity_of_many_frames),
		TEST(test_no_identity_where_dma_is_not_translated),
		TEST(test_granter_dies_while_mapped),
		TEST(test_mapper_dies),
		TEST(test_mapper_dies_the_other_way_round),
		TEST(test_granter_gives_the_page_up),
	};

	return cmocka_run_group_tests_name("grant", tests, NULL, NULL);
}
