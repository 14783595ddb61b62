/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes as what three domains do, Dom0's toolstack and two guests: hypercalls with any arguments, writes to memory
 * that is shared with Graft, failing allocations. After each: no lock is held, nobody but Dom0 controls anything;
 * at the end, when all domains are destroyed, all memory is back.
 */
#include "tests/fuzz/fuzz.h"

#include <setjmp.h>
#include <stdarg.h>

#include <arch/guest.h>
#include <arch/mm.h>

#include "arch/host/fake.h"
#include "assign/overlays.h"
#include "core/domain.h"
#include "core/fault.h"
#include "core/heap.h"
#include "core/page.h"
#include "core/panic.h"
#include "core/sched_priv.h"
#include "core/time.h"
#include "dt/fdt_write.h"
#include "hypercall/graft_sysctl.h"
#include "hypercall/hypercall.h"
#include "hypercall/priv.h"

#define RAM_SIZE  MIB(4)
#define RAM_PAGES 16 /* of each domain */
#define RAM_GFN   (UINT64_C(0x40000000) >> PAGE_SHIFT)
#define BUF_SIZE  4096U
#define TURNS_MAX 50 /* so often a call that makes way is made again */

static struct input {
	const uint8_t *at, *end;
} in;
static unsigned char buf[BUF_SIZE];
static gva_t buf_at;
static struct dt_tree tree;
static jmp_buf machine_ended;

static unsigned take(void)
{
	return in.at < in.end ? *in.at++ : 0;
}

static uint64_t take_word(unsigned bytes)
{
	uint64_t value = 0;

	while (bytes--)
		value = value << 8 | take();
	return value;
}

/* Small numbers, places in the buffer, frames of RAM and beside it, ids, and what takes eight bytes to say. */
static uint64_t take_value(void)
{
	switch (take() % 8) {
	case 0:
		return 0;
	case 1:
	case 2:
		return take();
	case 3:
	case 4:
		return buf_at.v + take_word(2) % (BUF_SIZE + 16);
	case 5:
		return RAM_GFN + take() % (2 * RAM_PAGES);
	case 6:
		return DOMID_SELF + take() % 8;
	default:
		return take_word(8);
	}
}

/* The machine */

static void give_ram(struct domain *d)
{
	for (unsigned i = 0; i < RAM_PAGES; i++) {
		struct page *page = page_alloc_domain(d, 0, PAGE_ANYWHERE);
		uint64_t gfn =
			d->config.direct_mapped ? page_phys(page).v >> PAGE_SHIFT : RAM_GFN + i;

		must(p2m_map(d, ipa_of_gfn(gfn), page_phys(page), 1, P2M_RAM) == 0, "RAM mapped");
	}
}

static struct domain *make_domain(domain_id_t id)
{
	struct domain_config config = {
		.privileged = id == 0,
		.hardware = id == 0,
		.direct_mapped = id == 0,
		.vcpus_max = 2,
		.spis = 32,
		.evtchn_port_max = 1023,
		.grant_frames_max = 4,
		.maptrack_frames_max = 4,
		.grant_version_max = 1,
	};
	struct domain *d;

	must(domain_create(id, &config, &d) == 0, "made");
	d->max_pages = RAM_PAGES + 64;
	must(p2m_set_pool(d, 64) == 0, "pool");
	for (unsigned i = 0; i < config.vcpus_max; i++) {
		must(vcpu_create(d, i) == 0, "vCPU");
		must(vcpu_power_on(domain_vcpu(d, i), 0, 0) == 0, "on");
	}
	give_ram(d);
	return d;
}

/* Hooks stay once they are registered. */
static void make_tree(void)
{
	static const struct dt_env env = { .alloc = fuzz_alloc, .free = fuzz_free, .seed = 1 };
	static bool is_registered;
	struct dtb_writer w;
	char blob[1024];
	size_t size;

	dtb_write_init(&w, blob, sizeof(blob));
	dtb_begin_node(&w, "");
	dtb_end_node(&w);
	must(dtb_finish(&w, &size) == 0, "written");
	must(dt_tree_build(&tree, &env, blob, size, NULL) == 0, "built");
	if (!is_registered)
		overlays_init(&tree);
	is_registered = true;
}

static void end_of_machine(void)
{
	longjmp(machine_ended, 1);
}

static void make_machine(void)
{
	struct page_range ram = { PADDR(HOST_RAM_BASE), RAM_SIZE };

	host_ram_init(RAM_SIZE);
	must(page_init(&ram, 1, NULL, 0) == 0, "pages");
	p2m_setup(PADDR(HOST_RAM_BASE + RAM_SIZE));
	host_cpus_reset(2, NS_PER_S);
	timer_init_cpu(0);
	timer_init_cpu(1);
	must(sched_init(2) == 0, "scheduler");
	domain_init_list();
	host_guest_reset();
	memset(buf, 0, sizeof(buf));
	buf_at = host_guest_map(buf, sizeof(buf));
	make_tree();
	host_noreturn_hook = end_of_machine;
}

static void kill(struct domain *d)
{
	int rc;

	do
		rc = domain_kill(d);
	while (rc == -ERESTART);
	must(rc == 0, "killed");
	must(d->refs == 1, "nobody else refers to a dead domain");
	domain_put(d);
}

static void end_machine(uint64_t pages, size_t heap)
{
	struct domain *d;

	host_fail_at = 0;
	host_irq_pending = false;
	cpus[0].current = sched_cpus[0].idle;
	hardware_domain = NULL;
	/* Guests first: what Dom0 has mapped of them must not keep them for ever. */
	while ((d = domain_get_next(1)) != NULL) {
		struct domain *dom0 = domain_get(0);

		if (atomic_load(&d->refs) > 2 && dom0) {
			domain_put(d);
			kill(dom0);
			continue;
		}
		if (dom0)
			domain_put(dom0);
		kill(d);
	}
	d = domain_get(0);
	if (d)
		kill(d);
	must(heap_bytes_used() == heap, "all of the heap is free again");
	must(page_count_free() == pages, "all pages are free again");
	dt_tree_drop(&tree);
	for (unsigned i = 0; i < 2; i++) {
		timer_stop(&sched_cpus[i].tick);
		heap_free(sched_cpus[i].idle);
	}
	host_ram_free();
}

/* What they do */

static void expect_no_locks(void)
{
	for (struct domain *d = domain_get_next(0); d;) {
		domain_id_t next = (domain_id_t)(d->id + 1);

		must(!spin_is_locked(&d->lock) && !spin_is_locked(&d->p2m.lock) &&
				!spin_is_locked(&d->evtchn.lock) && !spin_is_locked(&d->grant.lock),
			"no lock of a domain's is held");
		domain_put(d);
		d = domain_get_next(next);
	}
	must(!spin_is_locked(&sched_lock), "the scheduler's lock is free");
}

/* The caller's vCPU; a dying domain has none that runs. */
static void become(unsigned choice)
{
	struct domain *d = domain_get((domain_id_t)(choice / 2 % 4));
	struct vcpu *v = d ? domain_vcpu(d, choice % 2) : NULL;

	if (v && d->dying == DOMAIN_ALIVE)
		cpus[0].current = v;
	if (d)
		domain_put(d);
}

/* Versions to get past, and a command that exists. */
static void aim(uint64_t number, uint64_t args[HYPERCALL_ARGS])
{
	struct xen_domctl *op = (void *)buf;

	if (number != __HYPERVISOR_sysctl && number != __HYPERVISOR_domctl)
		return;
	args[0] = buf_at.v;
	op->cmd = take() % 92;
	op->interface_version = number == __HYPERVISOR_sysctl ? XEN_SYSCTL_INTERFACE_VERSION
	                                                      : XEN_DOMCTL_INTERFACE_VERSION;
	if (number == __HYPERVISOR_domctl)
		op->domain = (domain_id_t)(take() % 5);
	if (op->cmd == XEN_DOMCTL_createdomain && number == __HYPERVISOR_domctl) {
		memset(&op->u, 0, sizeof(op->u));
		op->u.createdomain.flags = XEN_DOMCTL_CDF_hvm | XEN_DOMCTL_CDF_hap;
		op->u.createdomain.max_vcpus = 1 + take() % 3;
		op->u.createdomain.max_evtchn_port = 1023;
		op->u.createdomain.max_grant_frames = (int32_t)(take() % 8);
		op->u.createdomain.max_maptrack_frames = (int32_t)(take() % 8);
		op->u.createdomain.grant_opts = 1;
	}
}

static bool is_control(uint64_t number)
{
	return number == __HYPERVISOR_domctl || number == __HYPERVISOR_sysctl ||
	       number == __HYPERVISOR_platform_op || number == __HYPERVISOR_hypfs_op;
}

static void call(void)
{
	static const uint64_t numbers[] = {
#define ROW(number, name, argc) number,
		HYPERCALL_LIST(ROW)
#undef ROW
	};
	uint64_t number = numbers[take() % ARRAY_SIZE(numbers)];
	uint64_t args[HYPERCALL_ARGS];
	int64_t rc = HYPERCALL_AGAIN;

	args[0] = take() % 34;
	for (unsigned i = 1; i < HYPERCALL_ARGS; i++)
		args[i] = i < 3 ? take_value() : 0;
	aim(number, args);
	for (unsigned turn = 0; turn < TURNS_MAX && rc == HYPERCALL_AGAIN; turn++)
		rc = hypercall_dispatch(number, args);
	must(rc >= -200 || rc == HYPERCALL_AGAIN, "an error is one of errno's");
	must(rc != -ERESTART, "-ERESTART stays inside");
	must(caller_domain()->config.privileged || !is_control(number) || rc == -EPERM,
		"a guest controls nothing");
}

/* As a guest may at any time: its frames, those it shares with Graft among them. */
static void scribble(void)
{
	struct domain *d = current_vcpu()->domain;
	uint64_t gfn = take() % 2 ? RAM_GFN + take() % (2 * RAM_PAGES) : take_value();
	struct page *page = p2m_get_page(d, ipa_of_gfn(gfn & (BIT(52) - 1)), true, NULL);
	uint64_t value;

	if (take() % 4 == 0 && d->grant.frame_count) {
		struct grant_entry_v1 *entry = d->grant.frames[0];

		entry += take() % 32;
		entry->flags = (uint16_t)(take() % 8);
		entry->domid = (domid_t)(take() % 3);
		entry->frame = (uint32_t)(RAM_GFN + take() % (2 * RAM_PAGES));
	}
	if (!page)
		return;
	value = take_value();
	memcpy((char *)page_virt(page) + take_word(2) % 512 * 8, &value, sizeof(value));
	page_put(page);
}

static void write_buffer(void)
{
	size_t at = take_word(2) % (BUF_SIZE / 8) * 8;

	for (unsigned n = take() % 8 + 1; n && at + 8 <= BUF_SIZE; n--, at += 8) {
		uint64_t value = take_value();
		uint32_t half = take() % 2 ? (uint32_t)take_value() : (uint32_t)(value >> 32);

		memcpy(buf + at, &value, 8);
		memcpy(buf + at + 4, &half, 4);
	}
}

static void step(void)
{
	unsigned what = take();

	switch (what % 8) {
	case 0:
		become(take());
		break;
	case 1:
	case 2:
		write_buffer();
		break;
	case 3:
		scribble();
		break;
	case 4:
		host_fail_at = take() % 16;
		host_irq_pending = take() % 2;
		host_now += take_word(3) << take() % 16;
		break;
	default:
		call();
		break;
	}
	expect_no_locks();
}

/* A shutdown of Dom0's holds whom it ends, for good. */
static void run(struct domain *dom0)
{
	static unsigned refs; /* a static outlives the jump */

	refs = atomic_load(&dom0->refs);
	if (setjmp(machine_ended)) {
		must(atomic_load(&dom0->refs) <= refs + 1, "held once");
		atomic_store(&dom0->refs, refs);
		dom0->shutting_down = dom0->shut_down = false;
	}
	while (in.at < in.end) {
		refs = atomic_load(&dom0->refs);
		step();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct domain *dom0;
	uint64_t pages;
	size_t heap;

	in = (struct input){ data, data + size };
	make_machine();
	pages = page_count_free();
	heap = heap_bytes_used();
	dom0 = make_domain(0);
	make_domain(1);
	make_domain(2);
	cpus[0].current = domain_vcpu(dom0, 0);
	become(2);
	run(dom0);
	end_machine(pages, heap);
	return 0;
}
