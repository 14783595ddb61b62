/* SPDX-License-Identifier: Apache-2.0 */
/* domctl: every command that is served, every refusal, and which core function is asked for what. */
#include "tests/unit/ctl_env.h"

static struct xen_domctl op;
static gva_t op_at;

static int64_t call_at(gva_t at)
{
	uint64_t args[HYPERCALL_ARGS] = { at.v };

	return do_domctl(args);
}

static void prepare(uint32_t cmd, domain_id_t id)
{
	memset(&op, 0, sizeof(op));
	op.cmd = cmd;
	op.interface_version = XEN_DOMCTL_INTERFACE_VERSION;
	op.domain = id;
}

static int64_t call(void)
{
	if (!op_at.v)
		op_at = host_guest_map(&op, sizeof(op));
	return call_at(op_at);
}

static int64_t simple(uint32_t cmd, domain_id_t id)
{
	prepare(cmd, id);
	return call();
}

static int setup(void **state)
{
	op_at = GVA(0);
	return env_setup(state);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, env_teardown)

static void expect_call(const char *name, const struct domain *d)
{
	assert_int_equal(env.calls, 1);
	assert_string_equal(env.call, name);
	assert_ptr_equal(env.domain, d);
	env.calls = 0;
}

static void test_not_privileged(void **state)
{
	(void)state;
	cpus[0].current = &env_vcpus[1][0];
	prepare(XEN_DOMCTL_getdomaininfo, 1);
	host_guest_fault_at = 1; /* a read would show: -EFAULT */
	assert_int_equal(call(), -EPERM);
	assert_int_equal(host_guest_fault_at, 1);
	assert_int_equal(op.u.getdomaininfo.tot_pages, 0);
}

static void test_bad_pointer(void **state)
{
	static struct xen_domctl readonly = { .cmd = XEN_DOMCTL_getdomaininfo,
		.interface_version = XEN_DOMCTL_INTERFACE_VERSION };

	(void)state;
	assert_int_equal(call_at(GVA(0)), -EFAULT);
	host_guest_map_at(GVA(0x5000), &op, sizeof(op) - 1);
	assert_int_equal(call_at(GVA(0x5000)), -EFAULT);
	assert_int_equal(call_at(host_guest_map_readonly(&readonly, sizeof(readonly))), -EFAULT);
}

static void test_version_number_and_domain(void **state)
{
	static const uint32_t served[] = { XEN_DOMCTL_destroydomain, XEN_DOMCTL_pausedomain,
		XEN_DOMCTL_unpausedomain, XEN_DOMCTL_getdomaininfo, XEN_DOMCTL_setvcpuaffinity,
		XEN_DOMCTL_max_mem, XEN_DOMCTL_setvcpucontext, XEN_DOMCTL_getvcpucontext,
		XEN_DOMCTL_getvcpuinfo, XEN_DOMCTL_max_vcpus, XEN_DOMCTL_scheduler_op,
		XEN_DOMCTL_setdomainhandle, XEN_DOMCTL_settimeoffset, XEN_DOMCTL_getvcpuaffinity,
		XEN_DOMCTL_set_address_size, XEN_DOMCTL_setnodeaffinity, XEN_DOMCTL_getnodeaffinity,
		XEN_DOMCTL_cacheflush, XEN_DOMCTL_get_paging_mempool_size,
		XEN_DOMCTL_set_paging_mempool_size, XEN_DOMCTL_dt_overlay,
		XEN_DOMCTL_set_llc_colors, XEN_DOMCTL_vuart_op, XEN_DOMCTL_set_virq_handler,
		XEN_DOMCTL_irq_permission, XEN_DOMCTL_iomem_permission, XEN_DOMCTL_memory_mapping,
		XEN_DOMCTL_bind_pt_irq, XEN_DOMCTL_unbind_pt_irq, XEN_DOMCTL_assign_device,
		XEN_DOMCTL_test_assign_device, XEN_DOMCTL_deassign_device };
	static const uint32_t unknown[] = { 0, 6, 90, 1000, 1003, UINT32_MAX, XEN_DOMCTL_shadow_op,
		XEN_DOMCTL_ioport_permission, XEN_DOMCTL_gethvmcontext, XEN_DOMCTL_get_address_size,
		XEN_DOMCTL_sendtrigger, XEN_DOMCTL_vm_event_op, XEN_DOMCTL_psr_alloc };

	(void)state;
	prepare(XEN_DOMCTL_getdomaininfo, 0);
	op.interface_version--;
	assert_int_equal(call(), -EACCES);
	for (size_t i = 0; i < ARRAY_SIZE(served); i++) {
		assert_int_equal(simple(served[i], 3), -ESRCH);
		assert_int_equal(simple(served[i], DOMID_SELF), -ESRCH);
		assert_int_equal(simple(served[i], DOMID_INVALID), -ESRCH);
	}
	for (size_t i = 0; i < ARRAY_SIZE(unknown); i++)
		assert_int_equal(simple(unknown[i], 0), -ENOSYS);
	assert_int_equal(simple(XEN_DOMCTL_dt_overlay, 1), -EOPNOTSUPP);
	assert_int_equal(env.calls, 0);
}

static void test_getdomaininfo(void **state)
{
	struct xen_domctl_getdomaininfo *i = &op.u.getdomaininfo;

	(void)state;
	env_vcpus[2][0].online = true;
	env_vcpus[2][0].sched.blocked = true;
	prepare(XEN_DOMCTL_getdomaininfo, 2);
	memset(&op.u, 0xff, sizeof(op.u));
	assert_int_equal(call(), 0);
	assert_int_equal(op.domain, 2);
	assert_int_equal(i->domain, 2);
	assert_int_equal(i->flags, XEN_DOMINF_hvm_guest | XEN_DOMINF_hap | XEN_DOMINF_blocked);
	assert_int_equal(i->tot_pages, 1002);
	assert_int_equal(i->max_pages, 2002);
	assert_int_equal(i->outstanding_pages | i->shr_pages | i->paged_pages, 0);
	assert_int_equal(i->cpu_time, 2 * 3 * NS_PER_S + 1);
	assert_int_equal(i->nr_online_vcpus, 1);
	assert_int_equal(i->max_vcpu_id, 1);
	assert_int_equal(i->ssidref, 9);
	assert_memory_equal(i->handle, dom2->config.handle, 16);
	assert_int_equal(i->cpupool, 0);
	assert_int_equal(i->gpaddr_bits, 40);
	assert_int_equal(i->arch_config.gic_version, XEN_DOMCTL_CONFIG_GIC_V3);
	assert_int_equal(i->arch_config.nr_spis, 32);
	for (unsigned n = 0; n < 7; n++)
		assert_int_equal(i->pad2[n], 0);
	assert_int_equal(i->pad1, 0);
}

static uint32_t flags_of(domain_id_t id)
{
	assert_int_equal(simple(XEN_DOMCTL_getdomaininfo, id), 0);
	return op.u.getdomaininfo.flags & ~(uint32_t)(XEN_DOMINF_hvm_guest | XEN_DOMINF_hap);
}

static void test_domain_states(void **state)
{
	(void)state;
	assert_int_equal(flags_of(1), XEN_DOMINF_blocked); /* no vCPU is up */
	env_vcpus[1][0].online = env_vcpus[1][1].online = true;
	env_vcpus[1][0].sched.blocked = true;
	assert_int_equal(flags_of(1), 0); /* one of two waits for a CPU */
	env_vcpus[1][1].sched.running = true;
	assert_int_equal(flags_of(1), XEN_DOMINF_running);
	dom1->controller_pause_count = 2;
	assert_int_equal(flags_of(1), XEN_DOMINF_running | XEN_DOMINF_paused);
	dom1->controller_pause_count = 0;
	dom1->shut_down = true;
	dom1->shutdown_code = SHUTDOWN_crash;
	assert_int_equal(flags_of(1), XEN_DOMINF_running | XEN_DOMINF_shutdown |
						      SHUTDOWN_crash << XEN_DOMINF_shutdownshift);
	dom1->dying = DOMAIN_DEAD;
	assert_true(flags_of(1) & XEN_DOMINF_dying);
	dom1->config.flags = XEN_DOMCTL_CDF_xs_domain;
	assert_true(flags_of(1) & XEN_DOMINF_xs_domain);
}

static int64_t vcpuinfo(domain_id_t id, uint32_t vcpu)
{
	prepare(XEN_DOMCTL_getvcpuinfo, id);
	op.u.getvcpuinfo.vcpu = vcpu;
	return call();
}

static void test_getvcpuinfo(void **state)
{
	struct xen_domctl_getvcpuinfo *i = &op.u.getvcpuinfo;

	(void)state;
	env_vcpus[1][1].online = true;
	env_vcpus[1][1].sched.running = true;
	env_vcpus[1][1].sched.cpu = 1;
	assert_int_equal(vcpuinfo(1, 1), 0);
	assert_int_equal(i->online, 1);
	assert_int_equal(i->blocked, 0);
	assert_int_equal(i->running, 1);
	assert_int_equal(i->cpu, 1);
	assert_int_equal(i->cpu_time, 2 * NS_PER_S + 1);
	env_vcpus[1][0].sched.blocked = true;
	assert_int_equal(vcpuinfo(1, 0), 0);
	assert_int_equal(i->online, 0);
	assert_int_equal(i->blocked, 1);
	assert_int_equal(i->running, 0);
	assert_int_equal(vcpuinfo(1, 2), -EINVAL);
	assert_int_equal(vcpuinfo(1, UINT32_MAX), -EINVAL);
	assert_int_equal(vcpuinfo(7, 0), -ESRCH);
}

/* What `xl create` passes for a plain guest. */
static void prepare_create(domain_id_t id)
{
	struct xen_domctl_createdomain *c = &op.u.createdomain;

	prepare(XEN_DOMCTL_createdomain, id);
	c->flags = XEN_DOMCTL_CDF_hvm | XEN_DOMCTL_CDF_hap;
	c->max_vcpus = 4;
	c->max_evtchn_port = 1023;
	c->max_grant_frames = -1;
	c->max_maptrack_frames = -1;
	c->grant_opts = 1;
	c->arch.gic_version = XEN_DOMCTL_CONFIG_GIC_NATIVE;
	c->arch.nr_spis = 1;
	memset(c->handle, 0x77, sizeof(c->handle));
}

static void test_createdomain(void **state)
{
	(void)state;
	prepare_create(5);
	op.u.createdomain.ssidref = 3;
	assert_int_equal(call(), 0);
	expect_call("create", NULL);
	assert_int_equal(env.id, 5);
	assert_int_equal(op.domain, 7); /* what core said */
	assert_int_equal(op.u.createdomain.arch.gic_version, XEN_DOMCTL_CONFIG_GIC_V3);
	assert_int_equal(op.u.createdomain.arch.clock_frequency, 0);
	/* What the device tree states, DomUs are told: their CNTFRQ_EL0 is the host's, which may be wrong. */
	host_stated_frequency = 19200000;
	prepare_create(5);
	op.u.createdomain.ssidref = 3;
	assert_int_equal(call(), 0);
	expect_call("create", NULL);
	assert_int_equal(op.u.createdomain.arch.clock_frequency, 19200000);
	host_stated_frequency = 0;
	assert_int_equal(env.config.vcpus_max, 4);
	assert_int_equal(env.config.spis, 1);
	assert_int_equal(env.config.evtchn_port_max, 1023);
	assert_int_equal(env.config.grant_frames_max, 64);
	assert_int_equal(env.config.maptrack_frames_max, 1024);
	assert_int_equal(env.config.grant_version_max, 1);
	assert_int_equal(env.config.ssidref, 3);
	assert_int_equal(env.config.flags, XEN_DOMCTL_CDF_hvm | XEN_DOMCTL_CDF_hap);
	assert_int_equal(env.config.handle[15], 0x77);
	assert_false(env.config.privileged || env.config.hardware || env.config.direct_mapped ||
			env.config.passthrough);
}

static void test_createdomain_any_id(void **state)
{
	static const domain_id_t any[] = { 0, DOMID_FIRST_RESERVED, DOMID_INVALID, 0xffff };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(any); i++) {
		prepare_create(any[i]);
		assert_int_equal(call(), 0);
		assert_true(env.id >= DOMID_FIRST_RESERVED);
		assert_int_equal(op.domain, 7);
	}
	prepare_create(1);
	env.result = -EEXIST;
	assert_int_equal(call(), -EEXIST);
	assert_int_equal(op.domain, 1);
}

static void test_createdomain_limits(void **state)
{
	(void)state;
	prepare_create(5);
	op.u.createdomain.max_vcpus = DOMAIN_VCPUS_MAX;
	op.u.createdomain.max_grant_frames = 0;
	op.u.createdomain.max_maptrack_frames = 65536;
	op.u.createdomain.arch.nr_spis = 988;
	op.u.createdomain.flags |= XEN_DOMCTL_CDF_xs_domain;
	op.u.createdomain.arch.gic_version = XEN_DOMCTL_CONFIG_GIC_V3;
	assert_int_equal(call(), 0);
	assert_int_equal(env.config.grant_frames_max, 0);
	assert_int_equal(env.config.maptrack_frames_max, 65536);
}

#define REFUSED(field, value)                                                                      \
	do {                                                                                       \
		prepare_create(5);                                                                 \
		op.u.createdomain.field = (value);                                                 \
		assert_int_equal(call(), -EINVAL);                                                 \
	} while (0)

static void test_createdomain_refused(void **state)
{
	const uint32_t good = XEN_DOMCTL_CDF_hvm | XEN_DOMCTL_CDF_hap;

	(void)state;
	REFUSED(flags, 0);
	REFUSED(flags, XEN_DOMCTL_CDF_hvm);
	REFUSED(flags, XEN_DOMCTL_CDF_hap);
	REFUSED(flags, good | XEN_DOMCTL_CDF_s3_integrity);
	REFUSED(flags, good | XEN_DOMCTL_CDF_oos_off);
	REFUSED(flags, good | XEN_DOMCTL_CDF_iommu);
	REFUSED(flags, good | XEN_DOMCTL_CDF_nested_virt);
	REFUSED(flags, good | XEN_DOMCTL_CDF_vpmu);
	REFUSED(flags, good | XEN_DOMCTL_CDF_MAX << 1);
	REFUSED(flags, good | 1U << 31);
	REFUSED(iommu_opts, 1);
	REFUSED(max_vcpus, 0);
	REFUSED(max_vcpus, DOMAIN_VCPUS_MAX + 1);
	REFUSED(max_vcpus, UINT32_MAX);
	REFUSED(max_grant_frames, 4097);
	REFUSED(max_maptrack_frames, 65537);
	REFUSED(grant_opts, 0);
	REFUSED(grant_opts, 2);
	REFUSED(grant_opts, 0x11);
	REFUSED(altp2m_opts, 1);
	REFUSED(vmtrace_size, 4096);
	REFUSED(cpupool_id, 1);
	REFUSED(arch.gic_version, XEN_DOMCTL_CONFIG_GIC_V2);
	REFUSED(arch.gic_version, 3);
	REFUSED(arch.sve_vl, 1);
	REFUSED(arch.tee_type, XEN_DOMCTL_CONFIG_TEE_OPTEE);
	REFUSED(arch.nr_spis, 989);
	assert_int_equal(env.calls, 0);
}

static void test_life(void **state)
{
	(void)state;
	assert_int_equal(simple(XEN_DOMCTL_pausedomain, 1), 0);
	expect_call("pause", dom1);
	assert_int_equal(simple(XEN_DOMCTL_unpausedomain, 1), 0);
	expect_call("unpause", dom1);
	assert_int_equal(simple(XEN_DOMCTL_resumedomain, 1), 0);
	expect_call("resume", dom1);
	assert_int_equal(simple(XEN_DOMCTL_destroydomain, 2), 0);
	expect_call("kill", dom2);
	env.result = -EINVAL;
	assert_int_equal(simple(XEN_DOMCTL_unpausedomain, 1), -EINVAL);
	env.calls = 0;
	assert_int_equal(simple(XEN_DOMCTL_pausedomain, 0), -EINVAL);
	assert_int_equal(simple(XEN_DOMCTL_resumedomain, 0), -EINVAL);
	assert_int_equal(simple(XEN_DOMCTL_destroydomain, 0), -EINVAL);
	assert_int_equal(env.calls, 0);
}

static void test_destroy_in_steps(void **state)
{
	(void)state;
	env.result = -ERESTART;
	assert_true(simple(XEN_DOMCTL_destroydomain, 1) == HYPERCALL_AGAIN);
	assert_true(call() == HYPERCALL_AGAIN);
	env.result = 0;
	assert_int_equal(call(), 0);
	assert_int_equal(env.calls, 3);
}

static void test_small_settings(void **state)
{
	(void)state;
	prepare(XEN_DOMCTL_max_vcpus, 1);
	op.u.max_vcpus.max = ENV_VCPUS;
	assert_int_equal(call(), 0);
	assert_int_equal(env.calls, ENV_VCPUS);
	env.result = -ENOMEM;
	assert_int_equal(call(), -ENOMEM);
	env.calls = 0;
	op.u.max_vcpus.max = ENV_VCPUS + 1;
	assert_int_equal(call(), -EINVAL);
	assert_int_equal(env.calls, 0);
	prepare(XEN_DOMCTL_setdomainhandle, 1);
	memset(op.u.setdomainhandle.handle, 0xab, 16);
	assert_int_equal(call(), 0);
	assert_memory_equal(dom1->config.handle, op.u.setdomainhandle.handle, 16);
	prepare(XEN_DOMCTL_set_address_size, 1);
	op.u.address_size.size = 64;
	assert_int_equal(call(), 0);
	op.u.address_size.size = 32;
	assert_int_equal(call(), -EINVAL);
	assert_int_equal(simple(XEN_DOMCTL_set_llc_colors, 1), -EOPNOTSUPP);
	op.u.set_llc_colors.pad = 1;
	assert_int_equal(call(), -EINVAL);
}

static void test_settimeoffset(void **state)
{
	static struct shared_info page;

	(void)state;
	/* As a page that the guest filled itself. */
	page.wc_version = 0xfffffffe;
	dom1->shared_info = &page;
	prepare(XEN_DOMCTL_settimeoffset, 1);
	op.u.settimeoffset.time_offset_seconds = 3600;
	assert_int_equal(call(), 0);
	assert_int_equal(dom1->time_offset_seconds, 3600);
	assert_int_equal(page.wc_sec, 3600);
	assert_int_equal(page.wc_version % 2, 0);
	assert_int_equal(page.wc_version, 0);
}

static unsigned char hard_map[16], soft_map[16];

static int64_t affinity(uint32_t cmd, uint32_t vcpu, uint32_t flags, uint32_t bits)
{
	struct xen_domctl_vcpuaffinity *a = &op.u.vcpuaffinity;

	prepare(cmd, 1);
	a->vcpu = vcpu;
	a->flags = flags;
	a->cpumap_hard.bitmap.q = host_guest_map(hard_map, sizeof(hard_map)).v;
	a->cpumap_hard.nr_bits = bits;
	a->cpumap_soft.bitmap.q = host_guest_map(soft_map, sizeof(soft_map)).v;
	a->cpumap_soft.nr_bits = bits;
	return call();
}

#define BOTH (XEN_VCPUAFFINITY_HARD | XEN_VCPUAFFINITY_SOFT)

static void test_setvcpuaffinity(void **state)
{
	(void)state;
	memset(hard_map, 0xff, sizeof(hard_map));
	memset(soft_map, 0xff, sizeof(soft_map));
	hard_map[0] = 0xfe;
	assert_int_equal(affinity(XEN_DOMCTL_setvcpuaffinity, 1, XEN_VCPUAFFINITY_HARD, 12), 0);
	expect_call("affinity", dom1);
	assert_int_equal(env.hard, 0xffe);
	assert_true(env.soft == ~UINT64_C(0));
	assert_int_equal(hard_map[0], 2); /* the one CPU of them that there is */
	assert_int_equal(hard_map[1], 0);
	assert_int_equal(hard_map[2], 0xff);
	assert_int_equal(soft_map[0], 0xff);
	memset(hard_map, 0, sizeof(hard_map));
	hard_map[0] = 1;
	soft_map[0] = 3;
	assert_int_equal(affinity(XEN_DOMCTL_setvcpuaffinity, 0, BOTH, 128), 0);
	assert_int_equal(env.hard, 1);
	assert_true(env.soft == (~UINT64_C(0) & ~UINT64_C(0xfc)));
	assert_int_equal(soft_map[0], 1);
	assert_int_equal(soft_map[15], 0);
}

static void test_affinity_refused(void **state)
{
	struct xen_domctl_vcpuaffinity *a = &op.u.vcpuaffinity;

	(void)state;
	for (unsigned cmd = XEN_DOMCTL_setvcpuaffinity; cmd <= XEN_DOMCTL_getvcpuaffinity;
			cmd += 16) {
		assert_int_equal(affinity(cmd, 2, BOTH, 8), -EINVAL);
		assert_int_equal(affinity(cmd, 0, 0, 8), -EINVAL);
		assert_int_equal(affinity(cmd, 0, XEN_VCPUAFFINITY_FORCE, 8), -EINVAL);
		assert_int_equal(affinity(cmd, 0, BOTH, 256), -EFAULT);
		affinity(cmd, 0, 0, 8);
		a->flags = BOTH;
		a->cpumap_soft.bitmap.q = 0;
		assert_int_equal(call(), -EINVAL);
		a->cpumap_hard.bitmap.q = 0;
		assert_int_equal(call(), -EINVAL);
		op.domain = 7;
		assert_int_equal(call(), -ESRCH);
	}
	env.result = -EINVAL;
	memset(hard_map, 0, sizeof(hard_map));
	assert_int_equal(
			affinity(XEN_DOMCTL_setvcpuaffinity, 0, XEN_VCPUAFFINITY_HARD, 8), -EINVAL);
	assert_int_equal(hard_map[0], 0);
}

static void test_getvcpuaffinity(void **state)
{
	(void)state;
	env_vcpus[1][1].sched.affinity_hard = 2;
	memset(hard_map, 0, sizeof(hard_map));
	memset(soft_map, 0, sizeof(soft_map));
	assert_int_equal(affinity(XEN_DOMCTL_getvcpuaffinity, 1, BOTH, 80), 0);
	assert_int_equal(hard_map[0], 2);
	assert_int_equal(hard_map[1], 0);
	assert_int_equal(soft_map[7], 0xff); /* as it was set, of CPUs that are not there too */
	assert_int_equal(soft_map[8], 0);
}

static int64_t scheduler(uint32_t cmd, uint32_t id, uint16_t weight, uint16_t cap)
{
	prepare(XEN_DOMCTL_scheduler_op, 1);
	op.u.scheduler_op.sched_id = id;
	op.u.scheduler_op.cmd = cmd;
	op.u.scheduler_op.u.credit2.weight = weight;
	op.u.scheduler_op.u.credit2.cap = cap;
	return call();
}

static void test_scheduler_op(void **state)
{
	(void)state;
	dom1->sched = (struct sched_domain){ .weight = 512, .cap = 50 };
	assert_int_equal(scheduler(XEN_DOMCTL_SCHEDOP_getinfo, XEN_SCHEDULER_CREDIT2, 0, 0), 0);
	assert_int_equal(op.u.scheduler_op.u.credit2.weight, 512);
	assert_int_equal(op.u.scheduler_op.u.credit2.cap, 50);
	assert_int_equal(scheduler(XEN_DOMCTL_SCHEDOP_putinfo, XEN_SCHEDULER_CREDIT2, 1024, 0), 0);
	expect_call("weight", dom1);
	assert_int_equal(env.weight, 1024);
	assert_int_equal(env.cap, 0);
	assert_int_equal(scheduler(XEN_DOMCTL_SCHEDOP_putinfo, XEN_SCHEDULER_CREDIT2, 0, 150), 0);
	assert_int_equal(env.weight, 512);
	assert_int_equal(env.cap, 150);
	assert_int_equal(scheduler(XEN_DOMCTL_SCHEDOP_putvcpuinfo, XEN_SCHEDULER_CREDIT2, 0, 0),
			-EINVAL);
	assert_int_equal(scheduler(XEN_DOMCTL_SCHEDOP_getvcpuinfo, XEN_SCHEDULER_CREDIT2, 0, 0),
			-EINVAL);
	assert_int_equal(scheduler(9, XEN_SCHEDULER_CREDIT2, 0, 0), -EINVAL);
	assert_int_equal(
			scheduler(XEN_DOMCTL_SCHEDOP_getinfo, XEN_SCHEDULER_CREDIT, 0, 0), -EINVAL);
}

static struct vcpu_guest_context context;

static int64_t set_context(domain_id_t id, uint32_t vcpu)
{
	prepare(XEN_DOMCTL_setvcpucontext, id);
	op.u.vcpucontext.vcpu = vcpu;
	op.u.vcpucontext.ctxt.q = host_guest_map(&context, sizeof(context)).v;
	return call();
}

static void prepare_context(void)
{
	memset(&context, 0, sizeof(context));
	context.flags = VGCF_online;
	context.user_regs.x0 = 0x48000000;
	context.user_regs.x30 = 30;
	context.user_regs.pc64 = 0x40000000;
	context.user_regs.cpsr = PSR_GUEST64_INIT;
	context.sctlr = SCTLR_GUEST_INIT;
}

static void test_setvcpucontext(void **state)
{
	struct vcpu *v = &env_vcpus[1][0];

	(void)state;
	prepare_context();
	assert_int_equal(set_context(1, 0), 0);
	expect_call("power on", dom1);
	assert_int_equal(env.entry, 0x40000000);
	assert_int_equal(env.x0, 0x48000000);
	assert_int_equal(v->arch.regs.x[0], 0x48000000);
	assert_int_equal(v->arch.regs.x[30], 30);
	assert_int_equal(v->arch.regs.pstate, PSR_GUEST64_INIT);
	assert_true(v->initialised && v->online);
	context.user_regs.pc64 = 0x50000000; /* it is up: new registers only */
	assert_int_equal(set_context(1, 0), 0);
	assert_int_equal(env.calls, 0);
	assert_int_equal(v->arch.regs.pc, 0x50000000);
	context.flags = 0;
	assert_int_equal(set_context(1, 0), -EINVAL);
	assert_int_equal(set_context(1, 1), 0); /* registers of one that stays down */
	assert_int_equal(env.calls, 0);
	assert_true(env_vcpus[1][1].initialised);
	assert_false(env_vcpus[1][1].online);
}

static void test_setvcpucontext_refused(void **state)
{
	static const uint32_t modes[] = { PSR_MODE_EL2h, PSR_MODE_EL2t, PSR_MODE_EL3h, PSR_MODE_USR,
		PSR_MODE_SVC, PSR_MODE_SYS, 1 };

	(void)state;
	prepare_context();
	assert_int_equal(set_context(0, 0), -EINVAL); /* oneself */
	assert_int_equal(set_context(1, 2), -EINVAL);
	assert_int_equal(set_context(7, 0), -EINVAL);
	for (size_t i = 0; i < ARRAY_SIZE(modes); i++) {
		context.user_regs.cpsr = modes[i];
		assert_int_equal(set_context(1, 0), -EINVAL);
	}
	prepare_context();
	set_context(1, 2);
	op.u.vcpucontext.vcpu = 0;
	op.u.vcpucontext.ctxt.q = 0x1000;
	assert_int_equal(call(), -EFAULT);
	op.u.vcpucontext.ctxt.q = 0;
	assert_int_equal(call(), -EINVAL);
	assert_int_equal(env.calls, 0);
	assert_false(env_vcpus[1][0].initialised);
	env.result = -EINVAL;
	assert_int_equal(set_context(1, 0), -EINVAL);
	assert_false(env_vcpus[1][0].initialised);
	env.result = -ERESTART; /* its CPU has not let go of it */
	assert_true(set_context(1, 0) == HYPERCALL_AGAIN);
	assert_false(env_vcpus[1][0].initialised);
}

static void test_getvcpucontext(void **state)
{
	struct vcpu *v = &env_vcpus[1][1];

	(void)state;
	memset(&context, 0xff, sizeof(context));
	prepare(XEN_DOMCTL_getvcpucontext, 1);
	op.u.vcpucontext.vcpu = 1;
	op.u.vcpucontext.ctxt.q = host_guest_map(&context, sizeof(context)).v;
	assert_int_equal(call(), -ENODATA);
	v->initialised = v->online = true;
	v->arch.regs.pc = 0x1234;
	v->arch.regs.x[7] = 77;
	assert_int_equal(call(), 0);
	assert_int_equal(context.user_regs.pc64, 0x1234);
	assert_int_equal(context.user_regs.x7, 77);
	assert_int_equal(context.flags, VGCF_online);
	assert_int_equal(context.ttbr1, 0);
	v->online = false;
	assert_int_equal(call(), 0);
	assert_int_equal(context.flags, 0);
	op.u.vcpucontext.ctxt.q = 0x1000;
	assert_int_equal(call(), -EFAULT);
	op.u.vcpucontext.vcpu = 2;
	assert_int_equal(call(), -EINVAL);
	op.domain = 0;
	assert_int_equal(call(), -EINVAL);
}

static void test_max_mem(void **state)
{
	(void)state;
	prepare(XEN_DOMCTL_max_mem, 1);
	op.u.max_mem.max_memkb = 1 << 20;
	assert_int_equal(call(), 0);
	assert_int_equal(dom1->max_pages, 1 << 18);
	op.u.max_mem.max_memkb = 7;
	assert_int_equal(call(), 0);
	assert_int_equal(dom1->max_pages, 1);
}

static void test_nodeaffinity(void **state)
{
	unsigned char nodes[2] = { 0xff, 0 };

	(void)state;
	prepare(XEN_DOMCTL_setnodeaffinity, 1);
	op.u.nodeaffinity.nodemap.bitmap.q = host_guest_map(nodes, sizeof(nodes)).v;
	op.u.nodeaffinity.nodemap.nr_bits = 16;
	assert_int_equal(call(), 0);
	nodes[0] = 0xfe;
	assert_int_equal(call(), -EINVAL);
	op.cmd = XEN_DOMCTL_getnodeaffinity;
	assert_int_equal(call(), 0);
	assert_int_equal(nodes[0], 1);
	assert_int_equal(nodes[1], 0);
	op.u.nodeaffinity.nodemap.nr_bits = 17;
	assert_int_equal(call(), -EFAULT);
	op.cmd = XEN_DOMCTL_setnodeaffinity;
	assert_int_equal(call(), -EFAULT);
}

static int64_t cacheflush(uint64_t start, uint64_t count)
{
	prepare(XEN_DOMCTL_cacheflush, 1);
	op.u.cacheflush.start_pfn = start;
	op.u.cacheflush.nr_pfns = count;
	env.held_pages = 0;
	return call();
}

static void test_cacheflush(void **state)
{
	(void)state;
	assert_int_equal(cacheflush(0x40000, 0x200), 0);
	assert_int_equal(env.held_pages, 0x200);
	assert_int_equal(cacheflush(0x3ff00, 0x110), 0); /* what is not memory is passed over */
	assert_int_equal(env.held_pages, 0x10);
	assert_int_equal(cacheflush(0x40000, 0), 0);
	assert_int_equal(cacheflush(0, (UINT64_C(1) << PAGE_ORDER_MAX) + 1), -EINVAL);
	assert_int_equal(cacheflush(UINT64_MAX, 2), -EINVAL);
	assert_int_equal(cacheflush(UINT64_C(1) << 52, 1), -EINVAL);
}

static void test_cacheflush_makes_way(void **state)
{
	unsigned steps = 1;

	(void)state;
	host_irq_pending = true;
	host_icache_invalidations = 0;
	assert_true(cacheflush(0x40000, 0x200) == HYPERCALL_AGAIN);
	assert_true(env.held_pages < 0x200);
	while (call() == HYPERCALL_AGAIN)
		steps++;
	assert_int_equal(env.held_pages, 0x200);
	assert_int_equal(steps, 3);
	assert_int_equal(host_icache_invalidations, 1); /* once, after the last page */
}

static void test_paging_mempool(void **state)
{
	(void)state;
	assert_int_equal(simple(XEN_DOMCTL_get_paging_mempool_size, 1), 0);
	assert_int_equal(op.u.paging_mempool.size, 16 << 12);
	prepare(XEN_DOMCTL_set_paging_mempool_size, 1);
	op.u.paging_mempool.size = 1 << 20;
	assert_int_equal(call(), 0);
	expect_call("pool", dom1);
	assert_int_equal(env.pool, 256);
	op.u.paging_mempool.size = (1 << 20) + 1;
	assert_int_equal(call(), -EINVAL);
	assert_int_equal(env.calls, 0);
	op.u.paging_mempool.size = 9 << 12;
	env.result = -EBUSY;
	assert_int_equal(call(), -EBUSY);
	op.domain = 0;
	assert_int_equal(call(), -EINVAL);
	assert_int_equal(env.calls, 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_not_privileged),
		TEST(test_bad_pointer),
		TEST(test_version_number_and_domain),
		TEST(test_getdomaininfo),
		TEST(test_domain_states),
		TEST(test_getvcpuinfo),
		TEST(test_createdomain),
		TEST(test_createdomain_any_id),
		TEST(test_createdomain_limits),
		TEST(test_createdomain_refused),
		TEST(test_life),
		TEST(test_destroy_in_steps),
		TEST(test_small_settings),
		TEST(test_settimeoffset),
		TEST(test_setvcpuaffinity),
		TEST(test_affinity_refused),
		TEST(test_getvcpuaffinity),
		TEST(test_scheduler_op),
		TEST(test_setvcpucontext),
		TEST(test_setvcpucontext_refused),
		TEST(test_getvcpucontext),
		TEST(test_max_mem),
		TEST(test_nodeaffinity),
		TEST(test_cacheflush),
		TEST(test_cacheflush_makes_way),
		TEST(test_paging_mempool),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
