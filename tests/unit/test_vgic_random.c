/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The virtual GIC against a deliberately naive one: no queues, no list registers, every answer found by
 * looking at all interrupts. Random steps by guests, devices and the scheduler; after each, what every
 * vCPU is signalled must be the same, and what it acknowledges must be the most urgent there is.
 */
#include "tests/unit/vgic_env_ops.h"

#define SGIS       4U
#define LEVEL_PPI  20U
#define SPI_FIRST  32U
#define SPI_COUNT  24U
#define SPI_LEVELS 8U /* 32 … 39: level, then edges, the last four hardware */
#define SPI_HW     (SPI_FIRST + SPI_COUNT - 4)
#define NESTING    32U

struct model_irq {
	bool exists, enabled, level, hw;
	bool latch, line, fired; /* fired: at the hardware, not yet delivered */
	bool active;
	uint8_t priority;
	int target; /* vCPU, -1: nobody */
};

struct model_vcpu {
	struct model_irq private[32];
	uint8_t pmr;
	unsigned depth;
	struct {
		unsigned intid;
		uint8_t priority;
	} stack[NESTING];
};

static struct model_irq spis[SPI_FIRST + SPI_COUNT];
static struct model_vcpu vcpus[ENV_VCPUS];
static bool group_on;
static uint64_t seed;

static unsigned rnd(unsigned below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (unsigned)(seed >> 20) % below;
}

static struct model_irq *irq_of(unsigned vcpu, unsigned intid)
{
	return intid < 32 ? &vcpus[vcpu].private[intid] : &spis[intid];
}

static bool is_pending(const struct model_irq *irq)
{
	return irq->latch || (irq->level && irq->line);
}

static bool is_signalled(unsigned vcpu, unsigned intid)
{
	const struct model_irq *irq = irq_of(vcpu, intid);
	const struct model_vcpu *v = &vcpus[vcpu];
	unsigned running = v->depth ? v->stack[v->depth - 1].priority : 0x100;

	return irq->exists && irq->enabled && irq->target == (int)vcpu && is_pending(irq) &&
	       !irq->active && group_on && irq->priority < v->pmr && irq->priority < running;
}

/* The most urgent priority that the vCPU is signalled; 0x100: none. */
static unsigned best(unsigned vcpu)
{
	unsigned found = 0x100;

	for (unsigned intid = 0; intid < SPI_FIRST + SPI_COUNT; intid++)
		if (is_signalled(vcpu, intid))
			found = MIN(found, irq_of(vcpu, intid)->priority);
	return found;
}

/* What the hardware has fired is delivered once the last of it is done. */
static void flow(void)
{
	for (unsigned intid = SPI_HW; intid < SPI_FIRST + SPI_COUNT; intid++) {
		struct model_irq *irq = &spis[intid];

		if (!irq->fired || !irq->enabled || irq->latch || irq->active)
			continue;
		irq->fired = false;
		irq->latch = true;
	}
}

static void fail_at(const char *what, unsigned vcpu, unsigned is, unsigned should)
{
	fail_msg("%s of vCPU %u: %#x, should be %#x", what, vcpu, is, should);
}

static void check_vcpu(unsigned id)
{
	struct vcpu *v = &env_v[id];
	bool should = best(id) < 0x100, is;

	if (!v->arch.vgic.loaded) {
		is = vgic_irq_pending(v);
		if (should && atomic_load(&v->sched.blocked))
			fail_at("wake-up", id, 0, 1);
	} else {
		host_cpu_set(v->sched.cpu);
		is = host_guest_is_signalled();
	}
	if (is != should)
		fail_at("signal", id, is, should);
}

static void check_all(void)
{
	flow();
	env_settle();
	for (unsigned id = 0; id < ENV_VCPUS; id++)
		check_vcpu(id);
}

/* A CPU that has a vCPU; there is always one. */
static unsigned busy_cpu(void)
{
	unsigned cpu = rnd(ENV_VCPUS);

	while (!env_on(cpu))
		cpu = (cpu + 1) % ENV_VCPUS;
	return cpu;
}

static unsigned any_intid(void)
{
	switch (rnd(4)) {
	case 0:
		return rnd(SGIS);
	case 1:
		return LEVEL_PPI;
	default:
		return SPI_FIRST + rnd(SPI_COUNT);
	}
}

static unsigned any_spi(void)
{
	return SPI_FIRST + rnd(SPI_COUNT);
}

static void step_device(void)
{
	unsigned intid = any_spi(), vcpu = rnd(ENV_VCPUS);
	struct model_irq *irq = irq_of(vcpu, intid);

	if (irq->hw) {
		irq->fired = true;
		host_spis[intid].pending = true;
	} else if (irq->level) {
		irq->line = rnd(2);
		env_line(rnd(ENV_VCPUS), &env_v[vcpu], intid, irq->line);
	} else {
		irq->latch = true;
		env_line(rnd(ENV_VCPUS), &env_v[vcpu], intid, true);
	}
}

static void step_ppi(void)
{
	unsigned vcpu = rnd(ENV_VCPUS);
	bool level = rnd(2);

	irq_of(vcpu, LEVEL_PPI)->line = level;
	env_line(rnd(ENV_VCPUS), &env_v[vcpu], LEVEL_PPI, level);
}

static void step_acknowledge(void)
{
	unsigned cpu = busy_cpu(), id = env_on(cpu)->id, should = best(id);
	struct model_vcpu *v = &vcpus[id];

	if (v->depth == NESTING)
		return;
	host_cpu_set(cpu);
	unsigned intid = host_guest_acknowledge();

	if (intid == ENV_NONE) {
		if (should < 0x100)
			fail_at("acknowledged", id, intid, should);
		return;
	}
	if (!is_signalled(id, intid) || irq_of(id, intid)->priority != should)
		fail_at("acknowledged", id, intid, should);
	irq_of(id, intid)->active = true;
	irq_of(id, intid)->latch = false;
	v->stack[v->depth].intid = intid;
	v->stack[v->depth++].priority = (uint8_t)should;
}

static void step_eoi(void)
{
	unsigned cpu = busy_cpu();
	struct model_vcpu *v = &vcpus[env_on(cpu)->id];

	if (!v->depth)
		return;
	unsigned intid = v->stack[--v->depth].intid;

	host_cpu_set(cpu);
	host_guest_eoi(intid);
	irq_of(env_on(cpu)->id, intid)->active = false;
}

static void step_enable(void)
{
	unsigned intid = any_intid(), owner = rnd(ENV_VCPUS);
	bool enable = rnd(4) != 0;

	irq_of(owner, intid)->enabled = enable;
	env_write_bit(busy_cpu(), owner, enable ? ENV_ISENABLER : ENV_ICENABLER, intid);
}

static void step_pend(void)
{
	unsigned intid = any_intid(), owner = rnd(ENV_VCPUS);
	struct model_irq *irq = irq_of(owner, intid);
	bool pend = rnd(2);

	if (!pend)
		irq->latch = irq->fired = false;
	else if (irq->hw)
		irq->fired = true;
	else
		irq->latch = true;
	env_write_bit(busy_cpu(), owner, pend ? ENV_ISPENDR : ENV_ICPENDR, intid);
}

/* Not while active: a guest that does so cannot know which of several deactivations finds it. */
static void step_priority(void)
{
	unsigned intid = any_intid(), owner = rnd(ENV_VCPUS);
	uint8_t priority = (uint8_t)(rnd(24) * 8);

	if (irq_of(owner, intid)->active)
		return;
	irq_of(owner, intid)->priority = priority;
	env_set_priority(busy_cpu(), owner, intid, priority);
}

static void step_route(void)
{
	unsigned intid = any_spi(), target = rnd(ENV_VCPUS + 1);

	spis[intid].target = target < ENV_VCPUS ? (int)target : -1;
	env_route(busy_cpu(), intid, target);
}

static void step_sgi(void)
{
	unsigned targets = rnd(1U << ENV_VCPUS), intid = rnd(SGIS);

	for (unsigned i = 0; i < ENV_VCPUS; i++)
		if (targets >> i & 1)
			irq_of(i, intid)->latch = true;
	env_sgi(busy_cpu(), (uint64_t)intid << 24 | targets);
}

static void step_mask(void)
{
	unsigned cpu = busy_cpu();
	uint8_t pmr = rnd(3) ? 0xf8 : (uint8_t)(rnd(32) * 8);

	vcpus[env_on(cpu)->id].pmr = pmr;
	host_gic_cpus[cpu].vmcr =
			FIELD_SET(GENMASK(31, 24), host_gic_cpus[cpu].vmcr, (uint64_t)pmr);
}

static void step_group(void)
{
	group_on = rnd(4) != 0;
	env_trap_write(busy_cpu(), ENV_DIST, 4, group_on ? 2 : 0);
}

static void step_unload(unsigned cpu)
{
	unsigned left = 0;

	for (unsigned i = 0; i < ENV_VCPUS; i++)
		left += env_on(i) != NULL;
	if (left < 2)
		return;
	struct vcpu *v = env_on(cpu);

	env_unload(cpu);
	atomic_store(&v->sched.blocked, !vgic_irq_pending(v));
}

static void step_schedule(void)
{
	unsigned cpu = rnd(ENV_VCPUS);
	struct vcpu *v = &env_v[rnd(ENV_VCPUS)];

	if (env_on(cpu)) {
		step_unload(cpu);
	} else if (!v->arch.vgic.loaded) {
		atomic_store(&v->sched.blocked, false);
		env_load(v, cpu);
	}
}

static void step_reroute(void)
{
	unsigned intid = SPI_HW + rnd(4);
	struct model_irq *irq = &spis[intid];
	unsigned cpu = busy_cpu();

	if (irq->active)
		return;
	env_exit(cpu);
	vgic_unroute_hw(&env_d, intid);
	assert_false(host_spis[intid].enabled || host_spis[intid].active ||
			host_spis[intid].pending);
	irq->latch = irq->fired = irq->enabled = false;
	env_settle();
	env_exit(cpu);
	assert_int_equal(vgic_route_hw(&env_d, intid, intid, true), 0);
	assert_int_equal(host_spis[intid].enabled, irq->enabled);
}

static void step_read(void)
{
	unsigned intid = any_intid(), owner = rnd(ENV_VCPUS), cpu = busy_cpu();
	const struct model_irq *irq = irq_of(owner, intid);

	assert_int_equal(env_read_bit(cpu, owner, ENV_ISENABLER, intid), irq->enabled);
	assert_int_equal(env_read_bit(cpu, owner, ENV_ISACTIVER, intid), irq->active);
	assert_int_equal(env_read_bit(cpu, owner, ENV_ISPENDR, intid),
			is_pending(irq) || irq->fired);
}

static void step_exit(void)
{
	unsigned cpu = busy_cpu();

	env_exit(cpu);
	if (rnd(2))
		vgic_sync(env_on(cpu));
	env_enter(cpu);
	if (rnd(2)) {
		env_exit(cpu);
		env_enter(cpu);
	}
}

static void (*const steps[])(void) = { step_device, step_device, step_device, step_ppi,
	step_acknowledge, step_acknowledge, step_acknowledge, step_acknowledge, step_eoi, step_eoi,
	step_eoi, step_enable, step_pend, step_priority, step_route, step_sgi, step_sgi, step_mask,
	step_group, step_schedule, step_schedule, step_reroute, step_read, step_exit };

static void setup_irq(unsigned owner, unsigned intid, bool level, bool hw)
{
	struct model_irq *irq = irq_of(owner, intid);

	*irq = (struct model_irq){ .exists = true,
		.level = level,
		.hw = hw,
		.enabled = true,
		.priority = (uint8_t)(rnd(24) * 8),
		.target = (int)owner };
	env_setup(0, owner, intid, irq->priority);
}

static void setup(unsigned lr_count)
{
	memset(spis, 0, sizeof(spis));
	memset(vcpus, 0, sizeof(vcpus));
	env_start(lr_count);
	env_enable_groups();
	group_on = true;
	env_trap_write(0, ENV_DIST, 4, 2);
	for (unsigned intid = SPI_FIRST + SPI_LEVELS; intid < SPI_FIRST + SPI_COUNT; intid++)
		env_d.arch.vgic.spis[intid - 32].edge = true;
	for (unsigned intid = SPI_HW; intid < SPI_FIRST + SPI_COUNT; intid++)
		assert_int_equal(vgic_route_hw(&env_d, intid, intid, true), 0);
	for (unsigned intid = SPI_FIRST; intid < SPI_FIRST + SPI_COUNT; intid++)
		setup_irq(0, intid, intid < SPI_FIRST + SPI_LEVELS, intid >= SPI_HW);
	for (unsigned id = 0; id < ENV_VCPUS; id++) {
		vcpus[id].pmr = 0xf8;
		for (unsigned intid = 0; intid < SGIS; intid++)
			setup_irq(id, intid, false, false);
		setup_irq(id, LEVEL_PPI, true, false);
	}
}

/* Everything that is pending and can be delivered is, in the end. */
static void drain_vcpu(unsigned cpu)
{
	struct model_vcpu *v = &vcpus[env_on(cpu)->id];

	v->pmr = 0xf8;
	host_gic_cpus[cpu].vmcr = ENV_VMCR;
	check_all();
	for (unsigned i = 0; i < 1000 && (v->depth || best(env_on(cpu)->id) < 0x100); i++) {
		while (v->depth) {
			unsigned intid = v->stack[--v->depth].intid;

			irq_of(env_on(cpu)->id, intid)->active = false;
			irq_of(env_on(cpu)->id, intid)->line = false;
			env_line(cpu, env_on(cpu), intid, false);
			host_cpu_set(cpu);
			host_guest_eoi(intid);
			check_all();
		}
		unsigned id = env_on(cpu)->id, should = best(id), intid = env_ack(cpu);

		if (should == 0x100)
			break;
		assert_true(is_signalled(id, intid));
		irq_of(id, intid)->active = true;
		irq_of(id, intid)->latch = false;
		v->stack[v->depth].intid = intid;
		v->stack[v->depth++].priority = (uint8_t)should;
	}
	assert_int_equal(v->depth, 0);
	assert_int_equal(best(env_on(cpu)->id), 0x100);
}

static void drain(void)
{
	for (unsigned id = 0, cpu = 0; id < ENV_VCPUS; id++) {
		if (env_v[id].arch.vgic.loaded)
			continue;
		while (env_on(cpu))
			cpu++;
		atomic_store(&env_v[id].sched.blocked, false);
		env_load(&env_v[id], cpu);
	}
	group_on = true;
	env_trap_write(0, ENV_DIST, 4, 2);
	for (unsigned cpu = 0; cpu < ENV_VCPUS; cpu++)
		drain_vcpu(cpu);
}

static void run(unsigned lr_count, unsigned count)
{
	setup(lr_count);
	check_all();
	for (unsigned i = 0; i < count; i++) {
		steps[rnd(ARRAY_SIZE(steps))]();
		check_all();
	}
	drain();
	env_free();
}

static void test_random(void **state)
{
	static const unsigned lr_counts[] = { 2, 3, 4, 16 };

	(void)state;
	for (uint64_t round = 1; round <= 40; round++) {
		seed = round * UINT64_C(0x9e3779b97f4a7c15);
		run(lr_counts[round % ARRAY_SIZE(lr_counts)], 2000);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests_name("vgic random", tests, NULL, NULL);
}
