/* SPDX-License-Identifier: Apache-2.0 */
/* sysctl: every command that is served, every refusal, and that nothing is written where it should not be. */
#include "tests/unit/ctl_env.h"

#include "core/options.h"
#include "core/printk.h"

static struct xen_sysctl op;
static gva_t op_at;

static int64_t call_at(gva_t at)
{
	uint64_t args[HYPERCALL_ARGS] = { at.v };

	return do_sysctl(args);
}

static void prepare(uint32_t cmd)
{
	memset(&op, 0, sizeof(op));
	op.cmd = cmd;
	op.interface_version = XEN_SYSCTL_INTERFACE_VERSION;
}

static int64_t call(void)
{
	if (!op_at.v)
		op_at = host_guest_map(&op, sizeof(op));
	return call_at(op_at);
}

static int setup(void **state)
{
	op_at = GVA(0);
	return env_setup(state);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, env_teardown)

static void test_not_privileged(void **state)
{
	(void)state;
	cpus[0].current = &env_vcpus[1][0];
	prepare(XEN_SYSCTL_physinfo);
	host_guest_fault_at = 1; /* a read would show: -EFAULT */
	assert_int_equal(call(), -EPERM);
	assert_int_equal(host_guest_fault_at, 1);
	assert_int_equal(op.u.physinfo.nr_cpus, 0);
}

static void test_bad_pointer(void **state)
{
	static struct xen_sysctl readonly = { XEN_SYSCTL_physinfo, XEN_SYSCTL_INTERFACE_VERSION,
		{ { 0 } } };

	(void)state;
	assert_int_equal(call_at(GVA(0)), -EFAULT);
	prepare(XEN_SYSCTL_physinfo);
	host_guest_map_at(GVA(0x5000), &op, sizeof(op) - 1);
	assert_int_equal(call_at(GVA(0x5000)), -EFAULT);
	assert_int_equal(call_at(host_guest_map_readonly(&readonly, sizeof(readonly))), -EFAULT);
}

static void test_version_and_number(void **state)
{
	static const uint32_t unknown[] = { 0, 13, 24, 28, 31, 1000, UINT32_MAX, XEN_SYSCTL_tbuf_op,
		XEN_SYSCTL_perfc_op, XEN_SYSCTL_get_pmstat, XEN_SYSCTL_cpu_hotplug,
		XEN_SYSCTL_pm_op, XEN_SYSCTL_page_offline_op, XEN_SYSCTL_lockprof_op,
		XEN_SYSCTL_psr_cmt_op, XEN_SYSCTL_pcitopoinfo, XEN_SYSCTL_psr_alloc,
		XEN_SYSCTL_get_cpu_levelling_caps, XEN_SYSCTL_get_cpu_featureset,
		XEN_SYSCTL_livepatch_op, XEN_SYSCTL_get_cpu_policy };

	(void)state;
	prepare(XEN_SYSCTL_physinfo);
	op.interface_version++;
	assert_int_equal(call(), -EACCES);
	for (size_t i = 0; i < ARRAY_SIZE(unknown); i++) {
		prepare(unknown[i]);
		assert_int_equal(call(), -ENOSYS);
	}
	prepare(XEN_SYSCTL_coverage_op);
	assert_int_equal(call(), -EOPNOTSUPP);
	prepare(XEN_SYSCTL_dt_overlay);
	assert_int_equal(call(), -EOPNOTSUPP);
}

static void test_physinfo(void **state)
{
	struct xen_sysctl_physinfo *p = &op.u.physinfo;

	(void)state;
	prepare(XEN_SYSCTL_physinfo);
	memset(p, 0xff, sizeof(*p));
	assert_int_equal(call(), 0);
	assert_int_equal(p->threads_per_core, 1);
	assert_int_equal(p->cores_per_socket, 2);
	assert_int_equal(p->nr_cpus, 2);
	assert_int_equal(p->max_cpu_id, 1);
	assert_int_equal(p->nr_nodes, 1);
	assert_int_equal(p->max_node_id, 0);
	assert_int_equal(p->cpu_khz, 1000000);
	assert_int_equal(p->capabilities, XEN_SYSCTL_PHYSCAP_hvm | XEN_SYSCTL_PHYSCAP_hap |
							  XEN_SYSCTL_PHYSCAP_gnttab_v1);
	assert_int_equal(p->arch_capabilities, 0);
	assert_int_equal(p->total_pages, 3 << 18);
	assert_int_equal(p->free_pages, 1 << 18);
	assert_int_equal(p->scrub_pages, 0);
	assert_int_equal(p->outstanding_pages, 0);
	assert_int_equal(p->max_mfn, 0xfffff);
	assert_int_equal(p->hw_cap[7], 0);
}

static void test_cputopoinfo(void **state)
{
	struct xen_sysctl_cputopo cpu[3];
	gva_t at = host_guest_map(cpu, sizeof(cpu));

	(void)state;
	prepare(XEN_SYSCTL_cputopoinfo);
	assert_int_equal(call(), 0);
	assert_int_equal(op.u.cputopoinfo.num_cpus, 2);
	for (uint32_t room = 0; room <= 3; room++) {
		memset(cpu, 0xff, sizeof(cpu));
		op.u.cputopoinfo.num_cpus = room;
		op.u.cputopoinfo.cputopo.q = at.v;
		assert_int_equal(call(), 0);
		assert_int_equal(op.u.cputopoinfo.num_cpus, 2);
		for (uint32_t i = 0; i < 3; i++) {
			bool filled = i < room && i < 2;

			assert_int_equal(cpu[i].core, filled ? i : XEN_INVALID_CORE_ID);
			assert_int_equal(cpu[i].socket, filled ? 0 : XEN_INVALID_SOCKET_ID);
			assert_int_equal(cpu[i].node, filled ? 0 : XEN_INVALID_NODE_ID);
		}
	}
	op.u.cputopoinfo.cputopo.q = 0x1000;
	assert_int_equal(call(), -EFAULT);
}

static void test_numainfo(void **state)
{
	struct xen_sysctl_meminfo memory = { 0 };
	uint32_t distance = 0;
	struct xen_sysctl_numainfo *n = &op.u.numainfo;

	(void)state;
	prepare(XEN_SYSCTL_numainfo);
	assert_int_equal(call(), 0);
	assert_int_equal(n->num_nodes, 1);
	n->num_nodes = 4;
	n->meminfo.q = host_guest_map(&memory, sizeof(memory)).v;
	n->distance.q = host_guest_map(&distance, sizeof(distance)).v;
	assert_int_equal(call(), 0);
	assert_int_equal(n->num_nodes, 1);
	assert_int_equal(memory.memsize, GIB(3));
	assert_int_equal(memory.memfree, GIB(1));
	assert_int_equal(distance, 10);
	n->num_nodes = 0; /* no room: nothing is written, and the number needed is told */
	memory.memsize = 5;
	assert_int_equal(call(), 0);
	assert_int_equal(n->num_nodes, 1);
	assert_int_equal(memory.memsize, 5);
	n->distance.q = 0x1000;
	assert_int_equal(call(), -EFAULT);
	n->meminfo.q = 0x1000;
	assert_int_equal(call(), -EFAULT);
}

static void test_getcpuinfo(void **state)
{
	uint64_t idle[3] = { 0 };

	(void)state;
	prepare(XEN_SYSCTL_getcpuinfo);
	op.u.getcpuinfo.max_cpus = 3;
	op.u.getcpuinfo.info.q = host_guest_map(idle, sizeof(idle)).v;
	assert_int_equal(call(), 0);
	assert_int_equal(op.u.getcpuinfo.nr_cpus, 2);
	assert_int_equal(idle[0], NS_PER_MS);
	assert_int_equal(idle[1], 2 * NS_PER_MS);
	assert_int_equal(idle[2], 0);
	op.u.getcpuinfo.max_cpus = 1;
	assert_int_equal(call(), 0);
	assert_int_equal(op.u.getcpuinfo.nr_cpus, 1);
	op.u.getcpuinfo.info.q = 0x1000;
	assert_int_equal(call(), -EFAULT);
}

static void test_availheap(void **state)
{
	(void)state;
	prepare(XEN_SYSCTL_availheap);
	for (int node = -1; node <= 0; node++) {
		op.u.availheap.node = node;
		op.u.availheap.avail_bytes = 0;
		assert_int_equal(call(), 0);
		assert_int_equal(op.u.availheap.avail_bytes, GIB(1));
	}
	op.u.availheap.max_bitwidth = 32;
	assert_int_equal(call(), -EOPNOTSUPP);
	op.u.availheap.node = 1;
	assert_int_equal(call(), -EINVAL);
	op.u.availheap.node = -2;
	assert_int_equal(call(), -EINVAL);
}

static void test_sched_id(void **state)
{
	(void)state;
	prepare(XEN_SYSCTL_sched_id);
	assert_int_equal(call(), 0);
	assert_int_equal(op.u.sched_id.sched_id, XEN_SCHEDULER_CREDIT2);
}

static int64_t scheduler(uint32_t pool, uint32_t sched, uint32_t cmd, uint32_t limit)
{
	prepare(XEN_SYSCTL_scheduler_op);
	op.u.scheduler_op.cpupool_id = pool;
	op.u.scheduler_op.sched_id = sched;
	op.u.scheduler_op.cmd = cmd;
	op.u.scheduler_op.u.sched_credit2.ratelimit_us = limit;
	return call();
}

static void test_scheduler_op(void **state)
{
	(void)state;
	assert_int_equal(scheduler(0, XEN_SCHEDULER_CREDIT2, XEN_SYSCTL_SCHEDOP_getinfo, 77), 0);
	assert_int_equal(op.u.scheduler_op.u.sched_credit2.ratelimit_us, 0);
	assert_int_equal(scheduler(0, XEN_SCHEDULER_CREDIT2, XEN_SYSCTL_SCHEDOP_putinfo, 0), 0);
	assert_int_equal(scheduler(0, XEN_SCHEDULER_CREDIT2, XEN_SYSCTL_SCHEDOP_putinfo, 1000),
			-EOPNOTSUPP);
	assert_int_equal(scheduler(0, XEN_SCHEDULER_CREDIT2, XEN_SYSCTL_SCHEDOP_putinfo, 99),
			-EINVAL);
	assert_int_equal(scheduler(0, XEN_SCHEDULER_CREDIT2, XEN_SYSCTL_SCHEDOP_putinfo, 500001),
			-EINVAL);
	assert_int_equal(scheduler(0, XEN_SCHEDULER_CREDIT2, 2, 0), -EINVAL);
	assert_int_equal(
			scheduler(0, XEN_SCHEDULER_CREDIT, XEN_SYSCTL_SCHEDOP_getinfo, 0), -EINVAL);
	assert_int_equal(
			scheduler(1, XEN_SCHEDULER_CREDIT2, XEN_SYSCTL_SCHEDOP_getinfo, 0), -ESRCH);
}

static unsigned char map[16];

static int64_t pool(uint32_t what, uint32_t id, uint32_t bits)
{
	prepare(XEN_SYSCTL_cpupool_op);
	memset(map, 0xff, sizeof(map));
	op.u.cpupool_op.op = what;
	op.u.cpupool_op.cpupool_id = id;
	op.u.cpupool_op.cpumap.bitmap.q = host_guest_map(map, sizeof(map)).v;
	op.u.cpupool_op.cpumap.nr_bits = bits;
	return call();
}

static void test_cpupool_info(void **state)
{
	(void)state;
	assert_int_equal(pool(XEN_SYSCTL_CPUPOOL_OP_INFO, 0, 100), 0);
	assert_int_equal(op.u.cpupool_op.cpupool_id, 0);
	assert_int_equal(op.u.cpupool_op.sched_id, XEN_SCHEDULER_CREDIT2);
	assert_int_equal(op.u.cpupool_op.n_dom, 4);
	assert_int_equal(map[0], 3);
	for (unsigned i = 1; i < 13; i++)
		assert_int_equal(map[i], 0);
	assert_int_equal(map[13], 0xff);
	assert_int_equal(pool(XEN_SYSCTL_CPUPOOL_OP_INFO, 0, 1), 0);
	assert_int_equal(map[0], 1);
	assert_int_equal(map[1], 0xff);
	assert_int_equal(pool(XEN_SYSCTL_CPUPOOL_OP_INFO, 1, 8), -ENOENT);
	assert_int_equal(pool(XEN_SYSCTL_CPUPOOL_OP_INFO, XEN_SYSCTL_CPUPOOL_PAR_ANY, 8), -ENOENT);
	assert_int_equal(pool(XEN_SYSCTL_CPUPOOL_OP_INFO, 0, 129), -EFAULT);
	assert_int_equal(pool(XEN_SYSCTL_CPUPOOL_OP_INFO, 0, UINT32_MAX), -EINVAL);
	assert_int_equal(pool(XEN_SYSCTL_CPUPOOL_OP_FREEINFO, 0, 16), 0);
	assert_int_equal(map[0] | map[1], 0);
}

static void test_cpupool_changes(void **state)
{
	(void)state;
	assert_int_equal(pool(XEN_SYSCTL_CPUPOOL_OP_CREATE, XEN_SYSCTL_CPUPOOL_PAR_ANY, 0),
			-EOPNOTSUPP);
	assert_int_equal(pool(XEN_SYSCTL_CPUPOOL_OP_DESTROY, 0, 0), -EBUSY);
	assert_int_equal(pool(XEN_SYSCTL_CPUPOOL_OP_DESTROY, 1, 0), -ENOENT);
	assert_int_equal(pool(XEN_SYSCTL_CPUPOOL_OP_RMCPU, 0, 0), -EBUSY);
	assert_int_equal(pool(XEN_SYSCTL_CPUPOOL_OP_RMCPU, 3, 0), -ENOENT);
	assert_int_equal(pool(XEN_SYSCTL_CPUPOOL_OP_ADDCPU, 0, 0), -ENODEV);
	assert_int_equal(pool(XEN_SYSCTL_CPUPOOL_OP_ADDCPU, 3, 0), -ENOENT);
	assert_int_equal(pool(8, 0, 0), -ENOSYS);
	prepare(XEN_SYSCTL_cpupool_op);
	op.u.cpupool_op.op = XEN_SYSCTL_CPUPOOL_OP_MOVEDOMAIN;
	op.u.cpupool_op.domid = 7;
	assert_int_equal(call(), 0);
	op.u.cpupool_op.cpupool_id = 1;
	assert_int_equal(call(), -ENOENT);
	op.u.cpupool_op.domid = 3;
	assert_int_equal(call(), -ESRCH);
	op.u.cpupool_op.domid = 0x10000;
	assert_int_equal(call(), -ESRCH);
}

static void test_getdomaininfolist(void **state)
{
	static struct xen_domctl_getdomaininfo info[5];
	struct xen_sysctl_getdomaininfolist *l = &op.u.getdomaininfolist;
	gva_t at = host_guest_map(info, sizeof(info));

	(void)state;
	env_vcpus[1][0].online = true;
	env_vcpus[1][0].sched.running = true;
	prepare(XEN_SYSCTL_getdomaininfolist);
	l->max_domains = 5;
	l->buffer.q = at.v;
	assert_int_equal(call(), 0);
	assert_int_equal(l->num_domains, 4);
	assert_int_equal(info[0].domain, 0);
	assert_int_equal(info[1].domain, 1);
	assert_int_equal(info[1].nr_online_vcpus, 1);
	assert_true(info[1].flags & XEN_DOMINF_running);
	assert_int_equal(info[2].domain, 2);
	assert_int_equal(info[3].domain, 7);
	assert_int_equal(info[3].max_vcpu_id, XEN_INVALID_MAX_VCPU_ID);
	l->first_domain = 2;
	l->max_domains = 1;
	assert_int_equal(call(), 0);
	assert_int_equal(l->num_domains, 1);
	assert_int_equal(info[0].domain, 2);
	l->first_domain = 8;
	assert_int_equal(call(), 0);
	assert_int_equal(l->num_domains, 0);
	l->first_domain = 0;
	l->buffer.q = 0x1000;
	assert_int_equal(call(), -EFAULT);
}

static void test_debug_keys(void **state)
{
	char text[] = "qrh";

	(void)state;
	prepare(XEN_SYSCTL_debug_keys);
	op.u.debug_keys.keys.q = host_guest_map(text, 3).v;
	op.u.debug_keys.nr_keys = 3;
	assert_int_equal(call(), 0);
	assert_string_equal(env.keys, "qrh");
	op.u.debug_keys.nr_keys = 4;
	assert_int_equal(call(), -EFAULT);
	op.u.debug_keys.nr_keys = UINT32_MAX;
	assert_int_equal(call(), -E2BIG);
}

static char text[CONSOLE_RING_SIZE + 100];

static uint32_t read_console(uint32_t count, bool incremental, uint32_t index, bool clear)
{
	prepare(XEN_SYSCTL_readconsole);
	op.u.readconsole.buffer.q = host_guest_map(text, sizeof(text)).v;
	op.u.readconsole.count = count;
	op.u.readconsole.incremental = incremental;
	op.u.readconsole.index = index;
	op.u.readconsole.clear = clear;
	memset(text, 0, sizeof(text));
	assert_int_equal(call(), 0);
	return op.u.readconsole.count;
}

static void test_readconsole(void **state)
{
	uint32_t index;

	(void)state;
	read_console(sizeof(text), false, 0, true);
	assert_int_equal(read_console(sizeof(text), false, 0, false), 0);
	for (unsigned i = 0; i < 100; i++)
		console_write("one line of the log\n", 20);
	assert_int_equal(read_console(100, false, 12345, false), 100);
	index = op.u.readconsole.index;
	assert_memory_equal(text, "one line of the log\none", 23);
	assert_int_equal(read_console(sizeof(text), true, index, true), 1900);
	assert_int_equal(op.u.readconsole.index, index + 1900);
	assert_int_equal(read_console(sizeof(text), false, 0, false), 0);
	for (unsigned i = 0; i < 4000; i++)
		console_write("much more than the ring can hold at a time\n", 43);
	assert_int_equal(read_console(sizeof(text), false, 0, false), CONSOLE_RING_SIZE);
	assert_int_equal(read_console(UINT32_MAX, false, 0, false), CONSOLE_RING_SIZE);
	op.u.readconsole.buffer.q = 0x1000;
	op.u.readconsole.count = 10;
	assert_int_equal(call(), -EFAULT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_not_privileged),
		TEST(test_bad_pointer),
		TEST(test_version_and_number),
		TEST(test_physinfo),
		TEST(test_cputopoinfo),
		TEST(test_numainfo),
		TEST(test_getcpuinfo),
		TEST(test_availheap),
		TEST(test_sched_id),
		TEST(test_scheduler_op),
		TEST(test_cpupool_info),
		TEST(test_cpupool_changes),
		TEST(test_getdomaininfolist),
		TEST(test_debug_keys),
		TEST(test_readconsole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
