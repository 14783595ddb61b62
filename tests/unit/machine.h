/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A machine with domains on the real core, included once by each test that wants one: as the boot path and the
 * toolstack would have made it, and when it ends nothing may be left of it. The fuzzer of hypercalls uses it too.
 */
#pragma once

#include <string.h>

#include <arch/guest.h>
#include <arch/mm.h>

#include "arch/arm64/vgic.h"
#include "arch/host/fake.h"
#include "core/domain.h"
#include "core/fault.h"
#include "core/heap.h"
#include "core/page.h"
#include "core/sched_priv.h"
#include "core/time.h"
#include "dt/fdt_write.h"
#include "dt/tree.h"
#include "tests/must.h"

#define MACHINE_RAM_PAGES 16 /* of each domain that has memory */
#define MACHINE_RAM_GFN   (UINT64_C(0x40000000) >> PAGE_SHIFT) /* from there on, but for Dom0's */

static struct {
	unsigned cpu_count;
	uint64_t free_pages;
	size_t heap_used;
} machine;

static inline void machine_start(uint64_t ram_size, unsigned count)
{
	struct page_range ram = { PADDR(HOST_RAM_BASE), ram_size };

	host_ram_init(ram_size);
	must(page_init(&ram, 1, NULL, 0) == 0, "the machine has pages");
	p2m_setup(PADDR(HOST_RAM_BASE + ram_size));
	host_cpus_reset(count, NS_PER_S);
	for (unsigned i = 0; i < count; i++)
		timer_init_cpu(i);
	must(sched_init(count) == 0, "the machine has a scheduler");
	domain_init_list();
	host_guest_reset();
	machine.cpu_count = count;
	machine.free_pages = page_count_free();
	machine.heap_used = heap_bytes_used();
}

/* 0 is Dom0. All vCPUs are on, and nothing runs them. */
static inline struct domain *machine_add_domain(domain_id_t id, unsigned vcpu_count)
{
	struct domain_config config = {
		.privileged = id == 0,
		.hardware = id == 0,
		.direct_mapped = id == 0,
		.vcpus_max = vcpu_count,
		.spis = 32,
		.evtchn_port_max = 1023,
		.grant_frames_max = 4,
		.maptrack_frames_max = 4,
		.grant_version_max = 1,
	};
	struct domain *d;

	must(domain_create(id, &config, &d) == 0, "a domain");
	d->max_pages = MACHINE_RAM_PAGES + 64;
	must(p2m_set_pool(d, 64) == 0, "its tables");
	must(vgic_init_domain(d, 32, IPA(GUEST_GICV3_GICD_BASE), IPA(GUEST_GICV3_GICR0_BASE)) == 0,
			"its virtual GIC");
	for (unsigned i = 0; i < vcpu_count; i++) {
		must(vcpu_create(d, i) == 0, "a vCPU");
		must(vcpu_power_on(domain_vcpu(d, i), 0, 0) == 0, "which is on");
		vgic_init_vcpu(domain_vcpu(d, i));
	}
	return d;
}

static inline void machine_add_page(struct domain *d, uint64_t gfn)
{
	struct page *page = page_alloc_domain(d, 0, PAGE_ANYWHERE);

	if (d->config.direct_mapped)
		gfn = page_phys(page).v >> PAGE_SHIFT;
	must(p2m_map(d, ipa_of_gfn(gfn), page_phys(page), 1, P2M_RAM) == 0, "a page");
}

static inline void machine_add_ram(struct domain *d)
{
	for (unsigned i = 0; i < MACHINE_RAM_PAGES; i++)
		machine_add_page(d, MACHINE_RAM_GFN + i);
}

static inline void machine_kill(struct domain *d)
{
	int rc;

	do
		rc = domain_kill(d);
	while (rc == -ERESTART);
	must(rc == 0, "it can be killed");
}

/* All die before any is forgotten: they may hold each other's pages. */
static inline void machine_kill_all(void)
{
	domain_id_t id = 0;
	struct domain *d;

	host_fail_at = 0;
	host_irq_pending = false;
	cpus[0].current = sched_cpus[0].idle;
	hardware_domain = NULL;
	while ((d = domain_get_next(id)) != NULL) {
		machine_kill(d);
		id = (domain_id_t)(d->id + 1);
	}
	while ((d = domain_get_next(0)) != NULL) {
		must(atomic_load(&d->tot_pages) == 0, "the dead have no page");
		must(atomic_load(&d->refs) == 2, "nobody else refers to the dead");
		domain_put(d);
		domain_put(d);
	}
}

static inline void machine_end(void)
{
	machine_kill_all();
	must(heap_bytes_used() == machine.heap_used, "the heap is as at the start");
	must(page_count_free() == machine.free_pages, "as many pages are free as at the start");
	for (unsigned i = 0; i < machine.cpu_count; i++) {
		timer_stop(&sched_cpus[i].tick);
		heap_free(sched_cpus[i].idle);
	}
	host_ram_free();
}

/* A machine without devices, for what only needs a tree to be there. */
static inline void machine_empty_tree(struct dt_tree *tree, const struct dt_env *env)
{
	struct dtb_writer w;
	char blob[1024];
	size_t size;

	dtb_write_init(&w, blob, sizeof(blob));
	dtb_begin_node(&w, "");
	dtb_end_node(&w);
	must(dtb_finish(&w, &size) == 0, "a blob");
	must(dt_tree_build(tree, env, blob, size, NULL) == 0, "a tree");
}
