/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Surroundings of the grant tests, included once by each: domains with real memory, p2m and grant table.
 * Domain 0 is direct-mapped and has its RAM at its physical address; the others have theirs from RAM_IPA on.
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/domain.h"
#include "core/error.h"
#include "core/fault.h"
#include "core/grant.h"
#include "core/grant_identity.h"
#include "core/heap.h"
#include "core/page.h"
#include "core/panic.h"
#include <arch/mm.h>
#include <arch/tlb.h>

#include <cmocka.h> /* last: its macro `fail` is not core/error.h's function */

#define ENV_DOMAINS 4
#define RAM_IPA     UINT64_C(0x80000000)
#define RAM_PAGES   16 /* of each domain */
#define ENV_RAM     MIB(32)
/* Where a domain maps grants: nothing else is there. */
#define HOLE_IPA UINT64_C(0x200000000)

/* Held beyond their death, so that a test can look at what is left. */
static struct domain *env_domains[ENV_DOMAINS];
#define D(n) (env_domains[n])

static struct page *env_pages[ENV_DOMAINS][RAM_PAGES];
static uint64_t env_free_pages;

static uint64_t ram_gfn(unsigned d, unsigned n)
{
	uint64_t ipa = D(d)->config.direct_mapped ? page_phys(env_pages[d][n]).v
	                                          : RAM_IPA + n * PAGE_SIZE;

	return ipa >> PAGE_SHIFT;
}

static void make_ram(unsigned d)
{
	for (unsigned n = 0; n < RAM_PAGES; n++) {
		struct page *page = page_alloc_domain(D(d), 0, PAGE_ANYWHERE);

		assert_non_null(page);
		env_pages[d][n] = page;
		memset(page_virt(page), (int)(d * RAM_PAGES + n), PAGE_SIZE);
		assert_int_equal(p2m_map(D(d), ipa_of_gfn(ram_gfn(d, n)), page_phys(page), 1,
						 P2M_RAM),
				0);
	}
}

static struct domain_config grant_config(unsigned d)
{
	return (struct domain_config){
		.privileged = d == 0,
		.direct_mapped = d == 0,
		.vcpus_max = 1,
		.grant_frames_max = 4,
		.maptrack_frames_max = 2,
		.grant_version_max = 1,
	};
}

static void make_domain(unsigned d)
{
	struct domain_config config = grant_config(d);

	assert_int_equal(domain_create((domain_id_t)d, &config, &D(d)), 0);
	domain_hold(D(d));
	D(d)->max_pages = RAM_PAGES;
	assert_int_equal(p2m_set_pool(D(d), 1024), 0);
	make_ram(d);
}

static void grant_env_init(void)
{
	struct page_range ram = { PADDR(HOST_RAM_BASE), ENV_RAM };

	host_ram_init(ENV_RAM);
	assert_int_equal(page_init(&ram, 1, NULL, 0), 0);
	env_free_pages = page_count_free();
	p2m_setup(PADDR(HOST_RAM_BASE + ENV_RAM));
	domain_init_list();
	grant_set_dma_translated(true);
	for (unsigned d = 0; d < ENV_DOMAINS; d++)
		make_domain(d);
}

static void kill_domain(unsigned d)
{
	while (domain_kill(D(d)) == -ERESTART)
		;
}

/* Any frame, object or reference that is still out is a leak. */
static void grant_env_free(void)
{
	for (unsigned d = 0; d < ENV_DOMAINS; d++)
		kill_domain(d);
	for (unsigned d = 0; d < ENV_DOMAINS; d++) {
		assert_int_equal(D(d)->tot_pages, 0);
		assert_int_equal(D(d)->refs, 1);
		domain_put(D(d));
	}
	assert_int_equal(page_count_free(), env_free_pages);
	assert_int_equal(heap_bytes_used(), 0);
	host_ram_free();
}

static struct grant_entry_v1 *entry_of(unsigned d, grant_ref_t ref)
{
	struct grant_entry_v1 *frame = D(d)->grant.frames[ref / 512];

	return &frame[ref % 512];
}

/* As a guest does it. */
static void give(unsigned d, grant_ref_t ref, unsigned to, uint64_t gfn, unsigned flags)
{
	*entry_of(d, ref) = (struct grant_entry_v1){
		.flags = (uint16_t)(GTF_permit_access | flags),
		.domid = (domid_t)to,
		.frame = (uint32_t)gfn,
	};
}

static unsigned marks_of(unsigned d, grant_ref_t ref)
{
	return entry_of(d, ref)->flags & (GTF_reading | GTF_writing);
}
