/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Hypercalls on the real core: the table, several in one, the life of a domain by domctl with every
 * allocation failing in turn, and any number with any arguments on any memory.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "assign/overlays.h"
#include "assign/passthrough.h"
#include "core/console.h"
#include "core/error.h"
#include "hypercall/graft_sysctl.h"
#include "hypercall/hypercall.h"
#include "tests/unit/machine.h"

#include <cmocka.h> /* last: its macro `fail` is not core/error.h's function */

#define RAM_SIZE MIB(64)

static struct domain *dom0, *domu;
static unsigned char buf[8192];
static gva_t buf_at;

static void become(struct domain *d, unsigned vcpu)
{
	cpus[0].current = d ? domain_vcpu(d, vcpu) : sched_cpus[0].idle;
}

static void *tree_alloc(void *ctx, size_t size)
{
	(void)ctx;
	return heap_alloc(size);
}

static void tree_free(void *ctx, void *at, size_t size)
{
	(void)ctx;
	(void)size;
	heap_free(at);
}

static struct dt_tree tree;

/* Hooks stay once they are registered. */
static void make_tree(void)
{
	static const struct dt_env env = { .alloc = tree_alloc, .free = tree_free, .seed = 1 };
	static bool is_registered;

	machine_empty_tree(&tree, &env);
	if (!is_registered) {
		overlays_init(&tree);
		passthrough_init();
	}
	is_registered = true;
}

static struct domain *add_domain(domain_id_t id)
{
	struct domain *d = machine_add_domain(id, 2);

	machine_add_ram(d);
	return d;
}

static int setup(void **state)
{
	(void)state;
	machine_start(RAM_SIZE, 2);
	buf_at = host_guest_map(buf, sizeof(buf));
	make_tree();
	dom0 = add_domain(0);
	domu = add_domain(1);
	become(dom0, 0);
	return 0;
}

/* Whatever happened: when all domains are gone, nothing is left of them. */
static int teardown(void **state)
{
	(void)state;
	machine_kill_all();
	dt_tree_drop(&tree);
	machine_end();
	return 0;
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

static int64_t call3(uint64_t number, uint64_t a, uint64_t b, uint64_t c)
{
	uint64_t args[HYPERCALL_ARGS] = { a, b, c };

	return hypercall_dispatch(number, args);
}

static void test_numbers(void **state)
{
	static const struct {
		uint64_t number;
		const char *name;
	} list[] = {
#define ROW(number, name, argc) { number, #name },
		HYPERCALL_LIST(ROW)
#undef ROW
	};
	size_t next = 0;

	(void)state;
	for (uint64_t n = 0; n < 200; n++) {
		if (next < ARRAY_SIZE(list) && list[next].number == n) {
			assert_string_equal(hypercall_name(n), list[next++].name);
			continue;
		}
		assert_null(hypercall_name(n));
		assert_int_equal(call3(n, 0, buf_at.v, 0), -ENOSYS);
	}
	assert_int_equal(next, ARRAY_SIZE(list));
	assert_int_equal(call3(UINT64_MAX, 0, 0, 0), -ENOSYS);
	assert_int_equal(call3(UINT64_C(1) << 32 | __HYPERVISOR_xen_version, 0, 0, 0), -ENOSYS);
	assert_null(hypercall_name(UINT64_MAX));
}

static void test_families_without_commands(void **state)
{
	(void)state;
	assert_int_equal(call3(__HYPERVISOR_physdev_op, PHYSDEVOP_pci_device_add, buf_at.v, 0),
			-ENOSYS);
	assert_int_equal(call3(__HYPERVISOR_xsm_op, buf_at.v, 0, 0), -ENOSYS);
}

static struct xen_platform_op *platform;

static int64_t set_time(uint64_t sec, uint32_t nsec, uint64_t system)
{
	platform = (void *)buf;
	memset(platform, 0, sizeof(*platform));
	platform->cmd = XENPF_settime64;
	platform->interface_version = XENPF_INTERFACE_VERSION;
	platform->u.settime64.secs = sec;
	platform->u.settime64.nsecs = nsec;
	platform->u.settime64.system_time = system;
	return call3(__HYPERVISOR_platform_op, buf_at.v, 0, 0);
}

static void test_time_of_day(void **state)
{
	(void)state;
	domu->time_offset_seconds = -3600;
	assert_int_equal(set_time(UINT64_C(0x123456789), 500, 200 * NS_PER_S), 0);
	assert_int_equal(dom0->shared_info->wc_sec, 0x23456789 - 200);
	assert_int_equal(dom0->shared_info->wc_sec_hi, 1);
	assert_int_equal(dom0->shared_info->wc_nsec, 500);
	assert_int_equal(dom0->shared_info->wc_version % 2, 0);
	assert_int_equal(domu->shared_info->wc_sec, 0x23456789 - 200 - 3600);
	assert_int_equal(set_time(1, NS_PER_S, 0), -EINVAL);
	assert_int_equal(set_time(UINT64_MAX / 2, 0, 0), -EINVAL);
	assert_int_equal(set_time(1, 0, 2 * NS_PER_S), -EINVAL);
	platform->u.settime64.mbz = 1;
	assert_int_equal(call3(__HYPERVISOR_platform_op, buf_at.v, 0, 0), -EINVAL);
	platform->cmd = XENPF_getidletime;
	assert_int_equal(call3(__HYPERVISOR_platform_op, buf_at.v, 0, 0), -ENOSYS);
	platform->interface_version++;
	assert_int_equal(call3(__HYPERVISOR_platform_op, buf_at.v, 0, 0), -EACCES);
	assert_int_equal(call3(__HYPERVISOR_platform_op, 0x1000, 0, 0), -EFAULT);
	become(domu, 0);
	assert_int_equal(call3(__HYPERVISOR_platform_op, 0x1000, 0, 0), -EPERM);
}

static char wire[4096];

static void wire_put(const char *text, size_t size)
{
	strncat(wire, text, size);
}

static const char *typed = "";

static int wire_get(void)
{
	return *typed ? *typed++ : -1;
}

static void test_console_io(void **state)
{
	static const struct console_uart uart = { .put = wire_put, .get = wire_get };
	uint64_t args[HYPERCALL_ARGS] = { CONSOLEIO_write, 300, buf_at.v };

	(void)state;
	console_set_uart(&uart);
	wire[0] = '\0';
	memset(buf, 'k', 300);
	host_irq_pending = true;
	assert_true(hypercall_dispatch(__HYPERVISOR_console_io, args) == HYPERCALL_AGAIN);
	while (hypercall_dispatch(__HYPERVISOR_console_io, args) == HYPERCALL_AGAIN)
		;
	assert_int_equal(strlen(wire), 300);
	assert_int_equal(call3(__HYPERVISOR_console_io, CONSOLEIO_write, sizeof(buf) + 1, buf_at.v),
			HYPERCALL_AGAIN);
	host_irq_pending = false;
	assert_int_equal(call3(__HYPERVISOR_console_io, CONSOLEIO_write, 5, 0x1000), -EFAULT);
	typed = "typed";
	console_receive();
	assert_int_equal(call3(__HYPERVISOR_console_io, CONSOLEIO_read, 2, buf_at.v), 2);
	assert_int_equal(call3(__HYPERVISOR_console_io, CONSOLEIO_read, 200, buf_at.v + 2), 3);
	assert_memory_equal(buf, "typedk", 6);
	assert_int_equal(call3(__HYPERVISOR_console_io, CONSOLEIO_read, 200, buf_at.v), 0);
	assert_int_equal(
			call3(__HYPERVISOR_console_io, CONSOLEIO_read, 1U << 31, buf_at.v), -E2BIG);
	typed = "x";
	console_receive();
	assert_int_equal(call3(__HYPERVISOR_console_io, CONSOLEIO_read, 1, 0x1000), -EFAULT);
	assert_int_equal(call3(__HYPERVISOR_console_io, 2, 0, 0), -ENOSYS);
	become(domu, 0);
	assert_int_equal(call3(__HYPERVISOR_console_io, CONSOLEIO_read, 1, buf_at.v), -EPERM);
	assert_int_equal(call3(__HYPERVISOR_console_io, CONSOLEIO_write, 5, buf_at.v), 0);
	console_set_uart(NULL);
}

static struct multicall_entry *entries = (void *)buf;

static void test_multicall(void **state)
{
	uint64_t args[HYPERCALL_ARGS] = { buf_at.v, 4 };

	(void)state;
	memset(buf, 0, sizeof(buf));
	entries[0].op = __HYPERVISOR_xen_version;
	entries[0].args[0] = XENVER_version;
	entries[1].op = 999;
	entries[2].op = __HYPERVISOR_multicall;
	entries[2].args[1] = 1;
	entries[3].op = __HYPERVISOR_xen_version;
	entries[3].args[0] = XENVER_pagesize;
	assert_int_equal(hypercall_dispatch(__HYPERVISOR_multicall, args), 0);
	assert_int_equal(entries[0].result, 4 << 16 | 20);
	assert_int_equal((int64_t)entries[1].result, -ENOSYS);
	assert_int_equal((int64_t)entries[2].result, -EINVAL);
	assert_int_equal(entries[3].result, 4096);
	assert_int_equal(call3(__HYPERVISOR_multicall, 0, 0, 0), 0);
	assert_int_equal(call3(__HYPERVISOR_multicall, 0x1000, 1, 0), -EFAULT);
	/* The list runs into a hole: what was before it has been done. */
	entries = (void *)(buf + sizeof(buf) - 64);
	entries[0] = (struct multicall_entry){ .op = __HYPERVISOR_xen_version };
	assert_int_equal(call3(__HYPERVISOR_multicall, buf_at.v + sizeof(buf) - 64, 2, 0), -EFAULT);
	assert_int_equal(entries[0].result, 4 << 16 | 20);
	entries = (void *)buf;
}

/* A call that makes way keeps its progress in its entry, and the list in the caller's registers. */
static void test_multicall_makes_way(void **state)
{
	uint64_t args[HYPERCALL_ARGS] = { buf_at.v, 3 };
	unsigned turns = 1;

	(void)state;
	memset(buf, 0, sizeof(buf));
	for (unsigned i = 0; i < 3; i++) {
		entries[i].op = __HYPERVISOR_console_io;
		entries[i].args[0] = CONSOLEIO_write;
		entries[i].args[1] = 1000;
		entries[i].args[2] = buf_at.v + 4096;
		entries[i].result = 77;
	}
	host_irq_pending = true;
	assert_true(hypercall_dispatch(__HYPERVISOR_multicall, args) == HYPERCALL_AGAIN);
	assert_true(entries[0].args[1] < 1000);
	assert_int_equal(args[0], buf_at.v);
	while (hypercall_dispatch(__HYPERVISOR_multicall, args) == HYPERCALL_AGAIN)
		turns++;
	assert_int_equal(turns, 3 * 8 - 1);
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(entries[i].result, 0);
	assert_int_equal(args[1], 0);
}

/* domctl and sysctl in the buffer. */
static struct xen_domctl *domctl_new(uint32_t cmd, domain_id_t id)
{
	struct xen_domctl *op = (void *)buf;

	memset(op, 0, sizeof(*op));
	op->cmd = cmd;
	op->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
	op->domain = id;
	return op;
}

static int64_t domctl(void)
{
	int64_t rc;

	do
		rc = call3(__HYPERVISOR_domctl, buf_at.v, 0, 0);
	while (rc == HYPERCALL_AGAIN);
	return rc;
}

static int64_t create(domain_id_t *id)
{
	struct xen_domctl *op = domctl_new(XEN_DOMCTL_createdomain, *id);

	op->u.createdomain.flags = XEN_DOMCTL_CDF_hvm | XEN_DOMCTL_CDF_hap;
	op->u.createdomain.max_vcpus = 3;
	op->u.createdomain.max_evtchn_port = 1023;
	op->u.createdomain.max_grant_frames = -1;
	op->u.createdomain.max_maptrack_frames = -1;
	op->u.createdomain.grant_opts = 1;
	op->u.createdomain.arch.nr_spis = 1;
	if (domctl() == 0) {
		*id = op->domain;
		return 0;
	}
	return call3(__HYPERVISOR_domctl, buf_at.v, 0, 0);
}

static int64_t max_vcpus(domain_id_t id, uint32_t count)
{
	domctl_new(XEN_DOMCTL_max_vcpus, id)->u.max_vcpus.max = count;
	return domctl();
}

static int64_t destroy(domain_id_t id)
{
	domctl_new(XEN_DOMCTL_destroydomain, id);
	return domctl();
}

static struct xen_domctl_getdomaininfo info_of(domain_id_t id)
{
	struct xen_domctl *op = domctl_new(XEN_DOMCTL_getdomaininfo, id);

	assert_int_equal(domctl(), 0);
	return op->u.getdomaininfo;
}

static void set_context(domain_id_t id)
{
	struct vcpu_guest_context *context = (void *)(buf + 4096);
	struct xen_domctl *op = domctl_new(XEN_DOMCTL_setvcpucontext, id);

	memset(context, 0, sizeof(*context));
	context->flags = VGCF_online;
	context->user_regs.pc64 = 0x40080000;
	context->user_regs.cpsr = PSR_GUEST64_INIT;
	op->u.vcpucontext.ctxt.q = buf_at.v + 4096;
	assert_int_equal(domctl(), 0);
}

static void test_life_of_a_domain(void **state)
{
	struct xen_domctl_getdomaininfo info;
	struct domain *d;
	domain_id_t id = 0;

	(void)state;
	assert_int_equal(create(&id), 0);
	assert_int_equal(id, 2);
	info = info_of(id);
	assert_int_equal(info.max_vcpu_id, XEN_INVALID_MAX_VCPU_ID);
	assert_true(info.flags & XEN_DOMINF_paused);
	assert_int_equal(max_vcpus(id, 2), -EINVAL);
	assert_int_equal(max_vcpus(id, 3), 0);
	assert_int_equal(max_vcpus(id, 3), 0);
	domctl_new(XEN_DOMCTL_max_mem, id)->u.max_mem.max_memkb = 64;
	assert_int_equal(domctl(), 0);
	domctl_new(XEN_DOMCTL_set_paging_mempool_size, id)->u.paging_mempool.size = MIB(1);
	assert_int_equal(domctl(), 0);
	set_context(id);
	info = info_of(id);
	assert_int_equal(info.max_vcpu_id, 2);
	assert_int_equal(info.nr_online_vcpus, 1);
	assert_int_equal(info.max_pages, 16);
	domctl_new(XEN_DOMCTL_unpausedomain, id);
	assert_int_equal(domctl(), 0);
	assert_int_equal(call3(__HYPERVISOR_domctl, buf_at.v, 0, 0), -EINVAL);
	assert_false(info_of(id).flags & XEN_DOMINF_paused);
	d = domain_get(id);
	assert_true(domain_vcpu(d, 0)->sched.queued);
	domain_put(d);
	assert_int_equal(destroy(id), 0);
	domctl_new(XEN_DOMCTL_getdomaininfo, id);
	assert_int_equal(domctl(), -ESRCH);
	assert_int_equal(destroy(0), -EINVAL);
	assert_int_equal(create(&(domain_id_t){ 1 }), -EEXIST);
}

/* One that somebody still refers to is a zombie: listed as dying, and named by no new domain. */
static void test_zombie(void **state)
{
	struct domain *held = domain_get(1);
	domain_id_t id = 1;

	(void)state;
	assert_int_equal(destroy(1), 0);
	assert_true(info_of(1).flags & XEN_DOMINF_dying);
	assert_int_equal(info_of(1).tot_pages, 0);
	assert_int_equal(create(&id), -EEXIST);
	domain_put(held);
	assert_int_equal(create(&id), 0);
}

static void test_allocations_fail(void **state)
{
	size_t heap = heap_bytes_used();
	uint64_t pages = page_count_free();
	unsigned n = 0;
	bool made;

	(void)state;
	do {
		domain_id_t id = 9;

		host_fail_at = ++n;
		made = create(&id) == 0 && max_vcpus(9, 3) == 0;
		made = made && host_fail_at != 0; /* no failure was met */
		host_fail_at = 0;
		domctl_new(XEN_DOMCTL_destroydomain, 9);
		assert_true(domctl() == 0 || !made);
		assert_int_equal(heap_bytes_used(), heap);
		assert_int_equal(page_count_free(), pages);
	} while (!made && n < 1000);
	assert_true(made && n > 8);
}

static void test_debug_keys(void **state)
{
	struct xen_sysctl *op = (void *)buf;

	(void)state;
	memset(op, 0, sizeof(*op));
	op->cmd = XEN_SYSCTL_debug_keys;
	op->interface_version = XEN_SYSCTL_INTERFACE_VERSION;
	op->u.debug_keys.keys.q = buf_at.v + 4096;
	op->u.debug_keys.nr_keys = 10;
	memcpy(buf + 4096, "deghimqr?\n", 10);
	assert_int_equal(call3(__HYPERVISOR_sysctl, buf_at.v, 0, 0), 0);
	assert_true(host_dumps >= 4);
}

/* Any number, any arguments, any memory. */

static jmp_buf machine_ended;
static unsigned dom0_refs;

static void end_of_machine(void)
{
	longjmp(machine_ended, 1);
}

static uint64_t random64(void)
{
	return (uint64_t)rand() << 42 ^ (uint64_t)rand() << 21 ^ (uint64_t)rand();
}

/* Values that lead somewhere: small ones, addresses of the buffer, of RAM, ids, and noise. */
static uint64_t random_value(void)
{
	switch (rand() % 8) {
	case 0:
		return 0;
	case 1:
	case 2:
		return (uint64_t)rand() % 48;
	case 3:
	case 4:
		return buf_at.v + (uint64_t)rand() % (sizeof(buf) + 16);
	case 5:
		return MACHINE_RAM_GFN + (uint64_t)rand() % (2 * MACHINE_RAM_PAGES);
	case 6:
		return DOMID_SELF + (uint64_t)rand() % 8;
	default:
		return random64() >> rand() % 64;
	}
}

static void random_memory(void)
{
	for (size_t i = 0; i < 64; i++) {
		size_t at = (size_t)rand() % (sizeof(buf) / 8) * 8;
		uint64_t value = random_value();

		/* Fields are of 8, 4 and 2 bytes. */
		memcpy(buf + at, &value, 8);
		if (rand() % 2)
			memcpy(buf + at + 4, &(uint32_t){ (uint32_t)random_value() }, 4);
	}
}

/* Mostly as the families have them: a command, then small numbers and places with something in them. */
static void random_arguments(uint64_t args[HYPERCALL_ARGS])
{
	bool shaped = rand() % 4;

	for (unsigned i = 0; i < HYPERCALL_ARGS; i++) {
		args[i] = random_value();
		if (shaped && i == 0)
			args[i] = (uint64_t)rand() % 34;
		else if (shaped && rand() % 8)
			args[i] = rand() % 3 ? buf_at.v + (uint64_t)rand() % (sizeof(buf) / 8) * 8
			                     : (uint64_t)rand() % 3;
	}
}

/* sysctl and domctl have a version to get past, and a command and a domain that exist. */
static void aim(uint64_t number, uint64_t args[HYPERCALL_ARGS])
{
	struct xen_domctl *op = (void *)buf;

	if (number != __HYPERVISOR_sysctl && number != __HYPERVISOR_domctl)
		return;
	args[0] = buf_at.v;
	op->cmd = (uint32_t)rand() % 92;
	op->interface_version = number == __HYPERVISOR_sysctl ? XEN_SYSCTL_INTERFACE_VERSION
	                                                      : XEN_DOMCTL_INTERFACE_VERSION;
	if (number == __HYPERVISOR_sysctl && rand() % 8 == 0) {
		op->cmd = GRAFT_SYSCTL_FIRST + (uint32_t)rand() % 6;
		op->interface_version = GRAFT_SYSCTL_VERSION;
	}
	if (number == __HYPERVISOR_domctl)
		op->domain = (domain_id_t)(rand() % 5);
	if (number == __HYPERVISOR_domctl && op->cmd == XEN_DOMCTL_createdomain && rand() % 8)
		(void)create(&(domain_id_t){ op->domain });
}

static void expect_no_locks(void)
{
	struct domain *d = domain_get_next(0);

	while (d) {
		domain_id_t next = (domain_id_t)(d->id + 1);

		assert_false(spin_is_locked(&d->lock));
		assert_false(spin_is_locked(&d->p2m.lock));
		assert_false(spin_is_locked(&d->evtchn.lock));
		assert_false(spin_is_locked(&d->grant.lock));
		domain_put(d);
		d = domain_get_next(next);
	}
	assert_false(spin_is_locked(&sched_lock));
}

/* As the entry code issues it again, a bounded number of times. */
static int64_t issue(uint64_t number, uint64_t args[HYPERCALL_ARGS])
{
	int64_t rc = 0;

	for (unsigned turn = 0; turn < 50; turn++) {
		host_irq_pending = rand() % 2;
		rc = hypercall_dispatch(number, args);
		if (rc != HYPERCALL_AGAIN)
			break;
	}
	return rc;
}

static struct vcpu *random_caller(void)
{
	struct domain *d = domain_get((domain_id_t)(rand() % 4));
	struct vcpu *v;

	if (!d)
		return domain_vcpu(dom0, 0);
	v = domain_vcpu(d, (unsigned)rand() % 2);
	domain_put(d);
	/* A dying domain's vCPUs are off their CPUs for good. */
	return v && v->domain->dying == DOMAIN_ALIVE ? v : domain_vcpu(dom0, 0);
}

static void fuzz_step(void)
{
	static const uint64_t numbers[] = {
#define ROW(number, name, argc) number,
		HYPERCALL_LIST(ROW)
#undef ROW
	};
	uint64_t number = rand() % 50 ? numbers[(size_t)rand() % ARRAY_SIZE(numbers)]
	                              : random_value();
	uint64_t args[HYPERCALL_ARGS];
	int64_t rc;

	random_memory();
	random_arguments(args);
	aim(number, args);
	cpus[0].current = random_caller();
	host_now += (uint64_t)rand();
	host_fail_at = rand() % 4 ? 0 : (unsigned)rand() % 8;
	dom0_refs = dom0->refs;
	if (setjmp(machine_ended)) {
		/* SCHEDOP_remote_shutdown held it for good. */
		assert_in_range(dom0->refs, dom0_refs, dom0_refs + 1);
		dom0->refs = dom0_refs;
		expect_no_locks();
		dom0->shutting_down = dom0->shut_down = false;
		return;
	}
	rc = issue(number, args);
	host_fail_at = 0;
	assert_true(rc != -ERESTART);
	assert_true(rc >= -200 || rc == HYPERCALL_AGAIN);
	expect_no_locks();
}

static void test_random(void **state)
{
	unsigned rounds = getenv("GRAFT_FUZZ_ROUNDS") ? (unsigned)atoi(getenv("GRAFT_FUZZ_ROUNDS"))
	                                              : 30000;

	(void)state;
	srand(getenv("GRAFT_FUZZ_SEED") ? (unsigned)atoi(getenv("GRAFT_FUZZ_SEED")) : 1);
	host_noreturn_hook = end_of_machine;
	for (unsigned i = 0; i < rounds; i++)
		fuzz_step();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_numbers),
		TEST(test_families_without_commands),
		TEST(test_time_of_day),
		TEST(test_console_io),
		TEST(test_multicall),
		TEST(test_multicall_makes_way),
		TEST(test_life_of_a_domain),
		TEST(test_zombie),
		TEST(test_allocations_fail),
		TEST(test_debug_keys),
		TEST(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
