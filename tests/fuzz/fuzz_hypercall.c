/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes as what three domains do, Dom0's toolstack and two guests: hypercalls that mean something and any others,
 * writes to memory that is shared with Graft, failing allocations. After each step: no lock is held, nobody but
 * Dom0 controls anything, whatever is held has a holder; at the end, when all domains are destroyed, all is back.
 */
#include "tests/fuzz/hyper.h"

#include <setjmp.h>

#include "hypercall/graft_sysctl.h"
#include "tests/unit/machine.h"

#define TURNS_MAX 50 /* so often a call that makes way is made again */
#define DOMAINS   3U
#define ABANDONED (11 * NS_PER_S) /* behind it nobody is waited for (assign/turn.c) */

static struct input {
	const uint8_t *at, *end;
} in;
unsigned char buf[BUF_SIZE];
gva_t buf_at, buf_readonly_at;
static uint64_t dom0_gfn; /* of its memory's first page, which the others are behind or before */
static jmp_buf machine_ended;
static unsigned dom0_refs;

unsigned take(void)
{
	return in.at < in.end ? *in.at++ : 0;
}

uint64_t take_word(unsigned bytes)
{
	uint64_t value = 0;

	while (bytes--)
		value = value << 8 | take();
	return value;
}

uint64_t take_value(void)
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
		return MACHINE_RAM_GFN + take() % (2 * MACHINE_RAM_PAGES);
	case 6:
		return DOMID_SELF + take() % 8;
	default:
		return take_word(8);
	}
}

/* The machine */

static void end_of_machine(void)
{
	longjmp(machine_ended, 1);
}

/* Before Dom0's devices are; it has its pages from the highest on, or from the lowest. */
static void find_ram(struct domain *dom0)
{
	uint64_t gfn = HOST_RAM_BASE >> PAGE_SHIFT;

	while (p2m_lookup(dom0, ipa_of_gfn(gfn)).type != P2M_RAM)
		gfn++;
	dom0_gfn = gfn;
}

uint64_t ram_gfn(domain_id_t id, unsigned n)
{
	return (id == 0 ? dom0_gfn : MACHINE_RAM_GFN) + n % (MACHINE_RAM_PAGES + 4);
}

static void make_machine(void)
{
	machine_start(RAM_SIZE, 2);
	grant_set_dma_translated(true);
	memset(buf, 0, sizeof(buf));
	buf_at = host_guest_map(buf, sizeof(buf));
	buf_readonly_at = host_guest_map_readonly(buf, sizeof(buf));
	for (domain_id_t id = 0; id < DOMAINS; id++)
		machine_add_ram(machine_add_domain(id, 2));
	find_ram(hardware_domain);
	devices_start(hardware_domain);
	shaped_reset();
	check_allow_holders(false);
	become(0, 0);
	host_noreturn_hook = end_of_machine;
}

/* What was begun and left is ended by who comes next. */
static void end_what_was_left(void)
{
	struct xen_sysctl op = { .cmd = XEN_SYSCTL_dt_overlay,
		.interface_version = XEN_SYSCTL_INTERFACE_VERSION };
	uint64_t args[HYPERCALL_ARGS] = { buf_at.v };

	host_fail_at = 0;
	host_irq_pending = false;
	host_now += ABANDONED;
	become(0, 0);
	op.u.dt_overlay.overlay_fdt.q = devices_blobs[DEVICES_BLOBS - 1].at.v;
	op.u.dt_overlay.overlay_fdt_size = devices_blobs[DEVICES_BLOBS - 1].size;
	op.u.dt_overlay.overlay_op = XEN_SYSCTL_DT_OVERLAY_REMOVE;
	memcpy(buf, &op, sizeof(op));
	must(issue(__HYPERVISOR_sysctl, args) != HYPERCALL_AGAIN, "an operation ends");
}

static void end_machine(void)
{
	struct domain *d;
	domain_id_t id = 1;

	end_what_was_left();
	check_all();
	while ((d = domain_get_next(id)) != NULL) {
		machine_kill(d);
		id = (domain_id_t)(d->id + 1);
		domain_put(d);
	}
	check_all();
	devices_end();
	machine_end();
}

/* What they do */

static void expect_no_locks(void)
{
	for (struct domain *d = domain_get_next(0); d;) {
		domain_id_t next = (domain_id_t)(d->id + 1);

		must(!spin_is_locked(&d->lock) && !spin_is_locked(&d->p2m.lock) &&
						!spin_is_locked(&d->evtchn.lock) &&
						!spin_is_locked(&d->grant.lock),
				"no lock of a domain's is held");
		domain_put(d);
		d = domain_get_next(next);
	}
	must(!spin_is_locked(&sched_lock), "the scheduler's lock is free");
}

/* A dying domain has no vCPU that runs. */
void become(domain_id_t id, unsigned vcpu)
{
	struct domain *d = domain_get(id);
	struct vcpu *v = d ? domain_vcpu(d, vcpu) : NULL;

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
	if (number == __HYPERVISOR_sysctl && op->cmd % 4 == 0) {
		op->cmd = GRAFT_SYSCTL_FIRST + op->cmd / 4 % 6;
		op->interface_version = GRAFT_SYSCTL_VERSION;
	}
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

/* An operation on overlays that was left holds the domain that it is about. */
static bool may_hold(uint64_t number, int64_t rc)
{
	const struct xen_domctl *op = (const void *)buf;

	if (number == __HYPERVISOR_domctl && rc == 0)
		return op->cmd == XEN_DOMCTL_set_virq_handler;
	return rc == HYPERCALL_AGAIN;
}

int64_t issue(uint64_t number, uint64_t args[HYPERCALL_ARGS])
{
	int64_t rc = HYPERCALL_AGAIN;

	for (unsigned turn = 0; turn < TURNS_MAX && rc == HYPERCALL_AGAIN; turn++)
		rc = hypercall_dispatch(number, args);
	must(rc >= -200 || rc == HYPERCALL_AGAIN, "an error is one of errno's");
	must(rc != -ERESTART, "-ERESTART stays inside");
	must(caller_domain()->config.privileged || !is_control(number) || rc == -EPERM,
			"a guest controls nothing");
	if (may_hold(number, rc) || number == __HYPERVISOR_multicall)
		check_allow_holders(true);
	return rc;
}

static void any_call(void)
{
	static const uint64_t numbers[] = {
#define ROW(number, name, argc) number,
		HYPERCALL_LIST(ROW)
#undef ROW
	};
	uint64_t number = numbers[take() % ARRAY_SIZE(numbers)];
	uint64_t args[HYPERCALL_ARGS];

	args[0] = take() % 34;
	for (unsigned i = 1; i < HYPERCALL_ARGS; i++)
		args[i] = i < 3 ? take_value() : 0;
	aim(number, args);
	issue(number, args);
}

/* As a guest may at any time: its frames, those it shares with Graft among them. */
static void scribble(void)
{
	struct domain *d = current_vcpu()->domain;
	uint64_t gfn = take() % 2 ? MACHINE_RAM_GFN + take() % (2 * MACHINE_RAM_PAGES)
	                          : take_value();
	struct page *page = p2m_get_page(d, ipa_of_gfn(gfn & (BIT(52) - 1)), true, NULL);
	uint64_t value;

	if (take() % 4 == 0 && d->grant.frame_count && d->grant.frames[0]) {
		struct grant_entry_v1 *entry = d->grant.frames[0];

		entry += take() % 32;
		entry->flags = (uint16_t)(take() % 8);
		entry->domid = (domid_t)(take() % 3);
		entry->frame = (uint32_t)(MACHINE_RAM_GFN + take() % (2 * MACHINE_RAM_PAGES));
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

static void change_weather(void)
{
	host_fail_at = take() % 16;
	host_irq_pending = take() % 2;
	host_now += take_word(3) << take() % 16;
}

static void step(void)
{
	unsigned what = take(), choice;

	switch (what % 16) {
	case 0:
	case 1:
	case 2:
		choice = take();
		become((domain_id_t)(choice / 2 % 4), choice % 2);
		return;
	case 3:
		write_buffer();
		break;
	case 4:
		scribble();
		break;
	case 5:
		change_weather();
		break;
	case 6:
	case 7:
	case 8:
		any_call();
		break;
	default:
		shaped_call();
		break;
	}
	expect_no_locks();
	check_all();
}

/* A shutdown of Dom0's holds whom it ends, for good. */
static void run(struct domain *dom0)
{
	if (setjmp(machine_ended)) {
		must(atomic_load(&dom0->refs) <= dom0_refs + 1, "held once");
		atomic_store(&dom0->refs, dom0_refs);
		dom0->shutting_down = dom0->shut_down = false;
	}
	while (in.at < in.end) {
		dom0_refs = atomic_load(&dom0->refs);
		step();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	in = (struct input){ data, data + size };
	make_machine();
	run(hardware_domain);
	end_machine();
	return 0;
}
