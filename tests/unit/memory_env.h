/* SPDX-License-Identifier: Apache-2.0 */
/* Surroundings of the tests of memory_op, included once by each: three domains with a map and a grant table. */
#pragma once

#include <arch/guest.h>
#include <arch/tlb.h>

#include "arch/host/fake.h"
#include "core/cpu.h"
#include "core/memory.h"
#include "core/printk.h"
#include "hypercall/hypercall.h"
#include "tests/unit/mem_env.h"

#define RAM_PAGES 8192 /* 32 MiB */
#define RAM_SIZE  (RAM_PAGES * PAGE_SIZE)

struct domain *hardware_domain = &env_domains[0];

void printk(enum log_level level, const char *fmt, ...)
{
	(void)level;
	(void)fmt;
}

void guest_printk(enum log_level level, const char *fmt, ...)
{
	(void)level;
	(void)fmt;
}

static struct domain *const dom0 = &env_domains[0], *const domu = &env_domains[1],
			    *const other = &env_domains[2];
static struct vcpu vcpus[ENV_DOMAINS];
static uint64_t free_pages_before;
static uint64_t frames[600]; /* a guest's list */
static gva_t list;
static uint64_t guest_arg[8];
static gva_t guest_arg_at;

static inline void make_domain(struct domain *d)
{
	d->config.grant_version_max = 1;
	d->config.grant_frames_max = 8;
	d->config.maptrack_frames_max = 4;
	assert_int_equal(p2m_init(d), 0);
	d->p2m.pool_pages = 1000;
	assert_int_equal(grant_init_domain(d), 0);
	d->shared_info = page_alloc_zeroed();
}

static inline void free_domain(struct domain *d)
{
	uint64_t cursor = 0;

	d->dying = DOMAIN_DYING;
	while (p2m_teardown(d) == -ERESTART)
		;
	while (page_relinquish_domain(d, &cursor) == -ERESTART)
		;
	grant_free_domain(d);
	page_free_virt(d->shared_info);
}

static inline void become(struct domain *d)
{
	cpus[0].current = &vcpus[d->id];
}

static inline int set_up(void **state)
{
	(void)state;
	env_init(RAM_SIZE, 2000);
	free_pages_before = page_count_free();
	host_guest_reset();
	host_irq_pending = false;
	for (unsigned i = 0; i < ENV_DOMAINS; i++)
		vcpus[i] = (struct vcpu){ .domain = &env_domains[i] };
	dom0->config.direct_mapped = true;
	make_domain(dom0);
	make_domain(domu);
	make_domain(other);
	memset(frames, 0, sizeof(frames));
	list = host_guest_map(frames, sizeof(frames));
	guest_arg_at = host_guest_map(guest_arg, sizeof(guest_arg));
	become(dom0);
	return 0;
}

/* Whatever a test did, nothing leaks. Foreign mappings go before the domains whose pages they are. */
static inline int tear_down(void **state)
{
	(void)state;
	free_domain(dom0);
	free_domain(domu);
	free_domain(other);
	env_free(free_pages_before);
	return 0;
}

static inline int64_t call_raw(uint64_t command, gva_t arg)
{
	uint64_t args[HYPERCALL_ARGS] = { command, arg.v };

	return do_memory_op(args);
}

static inline int64_t call(uint64_t command, void *arg, size_t size)
{
	int64_t rc;

	memcpy(guest_arg, arg, size);
	rc = call_raw(command, guest_arg_at);
	memcpy(arg, guest_arg, size);
	return rc;
}

#define CALL(command, arg) call(command, &(arg), sizeof(arg))

static inline struct xen_memory_reservation reservation(
		domid_t domid, uint64_t count, unsigned order)
{
	struct xen_memory_reservation r = {
		.nr_extents = count, .extent_order = order, .domid = domid
	};

	r.extent_start.q = list.v;
	return r;
}

static inline int64_t change(unsigned command, domid_t domid, uint64_t gfn, unsigned order)
{
	struct xen_memory_reservation r = reservation(domid, 1, order);

	frames[0] = gfn;
	return CALL(command, r);
}

static inline enum p2m_type type_at(struct domain *d, uint64_t gfn)
{
	return p2m_lookup(d, ipa_of_gfn(gfn)).type;
}

static inline struct page *page_at(struct domain *d, uint64_t gfn)
{
	return page_of_phys(p2m_lookup(d, ipa_of_gfn(gfn)).pa);
}

static inline int64_t take_away(domid_t domid, uint64_t gfn)
{
	struct xen_remove_from_physmap op = { .domid = domid, .gpfn = gfn };

	return CALL(XENMEM_remove_from_physmap, op);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)
