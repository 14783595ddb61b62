/* SPDX-License-Identifier: Apache-2.0 */
/* core/sched*.c: shares of CPU time against an ideal model, in simulations with many seeds. */
#include "tests/unit/sched_sim_run.h"

#define SEEDS 12

/*
 * Weighted max-min fairness where every vCPU may run everywhere: CPUs go by weight, nobody gets more than
 * one, what somebody cannot use goes to the others.
 */
static void ideal_shares(const double *weight, unsigned count, unsigned cpu_total, double *share)
{
	bool full[SIM_ALL] = { false };
	double left = cpu_total;

	for (bool again = true; again;) {
		double sum = 0;

		again = false;
		for (unsigned i = 0; i < count; i++)
			sum += full[i] ? 0 : weight[i];
		for (unsigned i = 0; i < count; i++)
			if (!full[i])
				share[i] = sum > 0 ? left * weight[i] / sum : 0;
		for (unsigned i = 0; i < count; i++) {
			if (full[i] || share[i] < 1.0)
				continue;
			share[i] = 1.0;
			full[i] = true;
			again = true;
		}
		left = cpu_total;
		for (unsigned i = 0; i < count; i++)
			left -= full[i] ? 1.0 : 0;
	}
}

static uint64_t ran_before[SIM_ALL];

static void start_measuring(void)
{
	for (unsigned i = 0; i < sim_count; i++)
		ran_before[i] = sim_vcpus[i].ran;
}

static double measured(unsigned i, uint64_t duration)
{
	return (double)(sim_vcpus[i].ran - ran_before[i]) / (double)duration;
}

static void expect_share(unsigned i, double got, double want, double tolerance)
{
	double off = got > want ? got - want : want - got;

	if (off > want * tolerance + 0.002) {
		for (unsigned k = 0; k < sim_count; k++)
			fprintf(stderr, "vCPU %u weight %u ran %.3f s\n", k,
					sim_vcpus[k].v.domain->sched.weight,
					(double)(sim_vcpus[k].ran - ran_before[k]) / 1e9);
		fail_msg("vCPU %u: share %.4f, ideal %.4f", i, got, want);
	}
}

/* Everybody computes for ever; shares over `duration` are the ideal ones. */
static void check_hogs(uint64_t duration, double tolerance)
{
	double weight[SIM_ALL], share[SIM_ALL];

	for (unsigned i = 0; i < sim_count; i++)
		weight[i] = sim_vcpus[i].v.domain->sched.weight;
	ideal_shares(weight, sim_count, sched_cpu_count, share);
	start_measuring();
	sim_run(duration);
	for (unsigned i = 0; i < sim_count; i++)
		expect_share(i, measured(i, duration), share[i], tolerance);
}

static void add_hogs(unsigned domain, unsigned weight, unsigned count)
{
	struct domain *d = sim_domain(domain, weight, 0);

	while (count-- > 0)
		sim_online(sim_add(d, 0, 0));
}

static void test_four_guests_on_two_cpus(void **state)
{
	static const unsigned weights[][4] = {
		{ 256, 256, 256, 256 },
		{ 256, 512, 1024, 2048 },
		{ 100, 256, 300, 4000 },
		{ 1, 256, 256, 256 },
		{ 65535, 65535, 1000, 1000 },
	};

	(void)state;
	for (unsigned w = 0; w < ARRAY_SIZE(weights); w++) {
		for (unsigned seed = 0; seed < SEEDS; seed++) {
			sim_init(2, seed);
			for (unsigned i = 0; i < 4; i++)
				add_hogs(i, weights[w][i], 2);
			check_hogs(20 * NS_PER_S, 0.05);
			sim_end();
		}
	}
}

static void test_three_vcpus_on_two_cpus(void **state)
{
	(void)state;
	sim_init(2, 1);
	add_hogs(0, 256, 3);
	check_hogs(4 * NS_PER_S, 0.03);
	sim_end();
}

static void test_random_hogs(void **state)
{
	(void)state;
	for (unsigned seed = 0; seed < 40; seed++) {
		unsigned domains;

		sim_init(1 + seed % 8, seed);
		domains = 1 + (unsigned)rand() % SIM_DOMAINS;
		for (unsigned i = 0; i < domains; i++)
			add_hogs(i, 64 + (unsigned)rand() % 2000, 1 + (unsigned)rand() % SIM_VCPUS);
		sim_run(NS_PER_S);
		check_hogs(30 * NS_PER_S, 0.08);
		sim_end();
	}
}

/* Where the CPUs are evenly loaded, vCPUs stay on theirs: their caches are there. */
static unsigned last_cpu[SIM_ALL], switches, migrations;

static void count_migrations(struct vcpu *from, struct vcpu *to)
{
	struct sim_vcpu *s = sim_of(to);

	(void)from;
	if (s == NULL)
		return;
	switches++;
	migrations += last_cpu[s - sim_vcpus] != cpu_id();
	last_cpu[s - sim_vcpus] = cpu_id();
}

static void test_even_load_does_not_migrate(void **state)
{
	(void)state;
	for (unsigned seed = 0; seed < SEEDS; seed++) {
		sim_init(4, seed);
		for (unsigned i = 0; i < 4; i++)
			add_hogs(i, 256, 3);
		sim_run(NS_PER_S);
		host_switch_hook = count_migrations;
		sim_run(NS_PER_S);
		switches = 0;
		migrations = 0;
		sim_run(10 * NS_PER_S);
		assert_true(switches > 1000 && migrations * 100 < switches);
		sim_end();
	}
}

/* Two domains stay on their own CPUs, each fair within; the third goes wherever there is room. */
static void test_pinned_groups(void **state)
{
	static const double want[] = { 1.0 / 3, 2.0 / 3, 0.25, 0.75 };
	static const unsigned weight[] = { 256, 512, 300, 900 };

	(void)state;
	sim_init(2, 3);
	for (unsigned i = 0; i < 4; i++) {
		struct sim_vcpu *s = sim_add(sim_domain(i, weight[i], 0), 0, 0);

		assert_int_equal(sched_set_affinity(&s->v, BIT(i / 2), ~UINT64_C(0)), 0);
		sim_online(s);
	}
	sim_run(NS_PER_S);
	start_measuring();
	sim_run(10 * NS_PER_S);
	for (unsigned i = 0; i < 4; i++)
		expect_share(i, measured(i, 10 * NS_PER_S), want[i], 0.03);
	sim_end();
}

/*
 * CPU 0 was crowded and CPU 1 was not for a long time, so their virtual times would be far apart. When the
 * crowd goes, what is left must be shared as if nothing had been.
 */
static void test_crowd_that_goes_leaves_no_debt(void **state)
{
	(void)state;
	sim_init(2, 4);
	sim_domain(0, 256, 0);
	for (unsigned i = 0; i < 4; i++) {
		struct sim_vcpu *s = sim_add(&sim_domains[0], 0, 0);

		sched_set_affinity(&s->v, BIT(0), ~UINT64_C(0));
		sim_online(s);
	}
	add_hogs(1, 256, 2);
	sched_set_affinity(&sim_vcpus[4].v, BIT(1), ~UINT64_C(0));
	sched_set_affinity(&sim_vcpus[5].v, BIT(1), ~UINT64_C(0));
	sim_run(100 * NS_PER_S);
	for (unsigned i = 1; i < 4; i++)
		sched_pause_nosync(&sim_vcpus[i].v);
	sim_see_kicks();
	for (unsigned i = 4; i < 6; i++)
		sched_set_affinity(&sim_vcpus[i].v, ~UINT64_C(0), ~UINT64_C(0));
	sim_run(NS_PER_S);
	start_measuring();
	sim_run(10 * NS_PER_S);
	for (unsigned i = 0; i < 6; i++)
		if (i == 0 || i > 3)
			expect_share(i, measured(i, 10 * NS_PER_S), 2.0 / 3, 0.05);
	sim_end();
}

/* Long alone at unequal weights: who had more than its due must not live on it, nor pay for it, later. */
static void test_newcomers_get_their_share_at_once(void **state)
{
	(void)state;
	for (unsigned seed = 0; seed < SEEDS; seed++) {
		sim_init(2, seed);
		add_hogs(0, 1024, 1);
		add_hogs(1, 256, 1);
		sim_run(1000 * NS_PER_S);
		add_hogs(2, 256, 1);
		add_hogs(3, 1024, 1);
		sim_run(NS_PER_S);
		check_hogs(10 * NS_PER_S, 0.05);
		sim_end();
	}
}

/* A vCPU of weight 1 pays for a slice with seconds of waiting; raised, it must not wait them out. */
static void test_new_weight_holds_at_once(void **state)
{
	(void)state;
	sim_init(1, 0);
	add_hogs(0, 1, 1);
	sim_run(NS_PER_S);
	add_hogs(1, 256, 2);
	sim_run(NS_PER_S);
	while (cpus[0].current != &sim_vcpus[0].v)
		sim_run(NS_PER_MS);
	while (cpus[0].current == &sim_vcpus[0].v)
		sim_run(NS_PER_MS);
	assert_int_equal(sched_set_weight(&sim_domains[0], 256, 0), 0);
	check_hogs(2 * NS_PER_S, 0.05);
	/* And back: what it did not use as the heavy one is no credit for the light one. */
	assert_int_equal(sched_set_weight(&sim_domains[0], 1, 0), 0);
	sim_run(3 * NS_PER_S);
	check_hogs(20 * NS_PER_S, 0.05);
	sim_end();
}

/* However far ahead a vCPU was when it went to sleep: two slices later it has its turn. */
static void test_lead_of_a_sleeper_is_limited(void **state)
{
	struct sim_vcpu *s;

	(void)state;
	sim_init(1, 0);
	add_hogs(0, 256, 2);
	s = sim_add(sim_domain(1, 256, 0), NS_PER_MS, NS_PER_MS);
	sim_online(s);
	sim_run(NS_PER_S);
	while (s->wakes_at == TIME_NEVER)
		sim_run(NS_PER_MS);
	s->v.sched.vruntime += 100 * NS_PER_S;
	start_measuring();
	sim_run(200 * NS_PER_MS);
	assert_true(measured(2, 200 * NS_PER_MS) > 0.1);
	sim_end();
}

/* Interactive vCPUs among hogs run soon after they wake, and take nothing from the hogs but what they use. */
static void test_sleepers_among_hogs(void **state)
{
	(void)state;
	for (unsigned seed = 0; seed < SEEDS; seed++) {
		unsigned cpu_total = 1 + seed % 4;
		unsigned hogs = 0;
		double left = cpu_total;

		sim_init(cpu_total, seed);
		for (unsigned i = 0; i < 4; i++, hogs += 2)
			add_hogs(i, 256, 2);
		sim_domain(4, 256, 0);
		for (unsigned i = 0; i < 4; i++)
			sim_online(sim_add(&sim_domains[4], 100 * NS_PER_US, 3 * NS_PER_MS));
		sim_run(NS_PER_S);
		start_measuring();
		sim_run(5 * NS_PER_S);
		for (unsigned i = hogs; i < sim_count; i++) {
			struct sim_vcpu *s = &sim_vcpus[i];

			assert_true(s->wakes > 1000);
			assert_true(s->latency_sum / s->wakes < 100 * NS_PER_US);
			assert_true(s->latency_max < 12 * NS_PER_MS);
			left -= measured(i, 5 * NS_PER_S);
		}
		for (unsigned i = 0; i < hogs; i++)
			expect_share(i, measured(i, 5 * NS_PER_S), left / hogs, 0.05);
		sim_end();
	}
}

/* One that sleeps a little, often, and computes most of the time is no better off than one that never does. */
static void test_short_sleeps_gain_nothing(void **state)
{
	(void)state;
	sim_init(1, 5);
	add_hogs(0, 256, 1);
	sim_online(sim_add(sim_domain(1, 256, 0), 4 * NS_PER_MS, 5 * NS_PER_US));
	sim_run(NS_PER_S);
	start_measuring();
	sim_run(10 * NS_PER_S);
	assert_true(measured(1, 10 * NS_PER_S) < 0.52);
	assert_true(measured(0, 10 * NS_PER_S) > 0.47);
	sim_end();
}

static void test_caps(void **state)
{
	static const unsigned caps[] = { 1, 10, 50, 100, 150 };

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(caps); i++) {
		uint64_t duration = 10 * NS_PER_S;
		double all;

		/* Alone on two CPUs: idle beyond the cap. */
		sim_init(2, i);
		sim_domain(0, 256, caps[i]);
		sim_online(sim_add(&sim_domains[0], 0, 0));
		sim_online(sim_add(&sim_domains[0], 0, 0));
		sim_run(NS_PER_S);
		start_measuring();
		sim_run(duration);
		all = measured(0, duration) + measured(1, duration);
		assert_true(all > caps[i] / 100.0 * 0.97 && all < caps[i] / 100.0 * 1.03);
		/* Lifted: it gets everything again. */
		host_cpu_set(0);
		assert_int_equal(sched_set_weight(&sim_domains[0], 256, 0), 0);
		sim_see_kicks();
		sim_enter(0);
		sim_run(NS_PER_S);
		start_measuring();
		sim_run(NS_PER_S);
		assert_true(measured(0, NS_PER_S) > 0.99 && measured(1, NS_PER_S) > 0.99);
		sim_end();
	}
}

static void test_weight_and_cap_are_checked(void **state)
{
	struct domain *d;

	(void)state;
	sim_init(1, 0);
	d = sim_domain(0, 256, 0);
	assert_int_equal(sched_set_weight(d, 0, 0), -EINVAL);
	assert_int_equal(sched_set_weight(d, 65536, 0), -EINVAL);
	assert_int_equal(sched_set_weight(d, 65535, 100 * SIM_VCPUS), 0);
	assert_int_equal(sched_set_weight(d, 65535, 100 * SIM_VCPUS + 1), -EINVAL);
	sim_end();
}

/* Whatever is done to vCPUs from anywhere at any time: the invariants of sim_check() hold. */
static void storm_step(void)
{
	struct sim_vcpu *s = &sim_vcpus[(unsigned)rand() % sim_count];
	struct domain *d = s->v.domain;
	uint64_t all = ~UINT64_C(0) >> (64 - sched_cpu_count);
	uint64_t mask = (uint64_t)rand() & all;

	host_cpu_set((unsigned)rand() % sched_cpu_count);
	switch (rand() % 9) {
	case 0:
		sched_pause_nosync(&s->v);
		break;
	case 1:
	case 2:
		if (s->v.sched.pause_count > 0)
			sched_unpause(&s->v);
		break;
	case 3:
		assert_int_equal(sched_set_affinity(&s->v, mask, (uint64_t)rand()),
				mask != 0 ? 0 : -EINVAL);
		break;
	case 4:
		sched_set_weight(d, 1 + (unsigned)rand() % 2000,
				rand() % 3 ? 0 : (unsigned)rand() % 200);
		break;
	case 5:
		s->v.online = rand() % 4 != 0;
		sched_update(&s->v);
		break;
	case 6:
		if (d->sched.pause_count > 0)
			sched_unpause_domain(d);
		else if (rand() % 4 == 0)
			sched_pause_domain(d, false);
		break;
	case 7:
		if (sim_of(current_vcpu()) != NULL)
			sched_yield();
		break;
	default:
		sched_wake(&s->v); /* for no reason */
		s->wakes_at = s->wakes_at != TIME_NEVER ? host_now : TIME_NEVER;
		break;
	}
	sim_see_kicks();
	sim_enter(cpu_id());
}

static void test_storm(void **state)
{
	(void)state;
	for (unsigned seed = 0; seed < 30; seed++) {
		sim_init(1 + seed % 5, seed);
		for (unsigned i = 0; i < 4; i++) {
			struct domain *d = sim_domain(i, 1 + (unsigned)rand() % 1000, 0);

			sim_online(sim_add(d, 0, 0));
			sim_online(sim_add(d, NS_PER_MS, NS_PER_MS));
			sim_online(sim_add(d, 50 * NS_PER_US, 20 * NS_PER_US));
		}
		for (unsigned step = 0; step < 1500; step++) {
			storm_step();
			sim_check();
			sim_run((uint64_t)(rand() % 400) * NS_PER_US);
		}
		sim_end();
	}
}

static void test_no_tick_without_a_waiter(void **state)
{
	(void)state;
	sim_init(2, 0);
	add_hogs(0, 256, 3);
	sim_run(NS_PER_S);
	assert_true(host_deadline[0] != TIME_NEVER && host_deadline[1] != TIME_NEVER);
	sched_pause_nosync(&sim_vcpus[2].v);
	sim_see_kicks();
	sim_run(NS_PER_S);
	assert_int_equal(host_deadline[0], TIME_NEVER);
	assert_int_equal(host_deadline[1], TIME_NEVER);
	sched_pause_nosync(&sim_vcpus[1].v);
	sched_pause_nosync(&sim_vcpus[0].v);
	sim_see_kicks();
	sim_run(NS_PER_S);
	assert_true(sched_is_idle(&sched_cpus[0]) && sched_is_idle(&sched_cpus[1]));
	assert_int_equal(host_deadline[0], TIME_NEVER);
	sim_end();
}

/* Two vCPUs that wake each other: each keeps its CPU, and costs one SGI when the other sleeps, none else. */
static void test_ping_pong_is_cheap(void **state)
{
	struct sim_vcpu *a;
	struct sim_vcpu *b;

	(void)state;
	sim_init(4, 0);
	add_hogs(0, 256, 2);
	a = &sim_vcpus[0];
	b = &sim_vcpus[1];
	sim_run(NS_PER_MS);
	assert_int_not_equal(a->v.sched.cpu, b->v.sched.cpu);
	for (unsigned round = 0; round < 100; round++) {
		struct sim_vcpu *from = round % 2 != 0 ? a : b;
		struct sim_vcpu *to = round % 2 != 0 ? b : a;
		unsigned cpu = to->v.sched.cpu;
		unsigned kicks = 0;

		for (unsigned i = 0; i < 4; i++)
			kicks += host_kicks[i];
		host_cpu_set(cpu);
		sched_block();
		sim_enter(cpu);
		assert_true(sched_is_idle(&sched_cpus[cpu]));
		host_cpu_set(from->v.sched.cpu);
		sched_wake(&to->v);
		sched_wake(&to->v);
		sim_see_kicks();
		for (unsigned i = 0; i < 4; i++)
			kicks -= host_kicks[i];
		assert_int_equal(kicks, -1U);
		assert_int_equal(host_kicks[cpu], sim_kicks_seen[cpu]);
		sim_run(10 * NS_PER_US);
		assert_ptr_equal(cpus[cpu].current, &to->v);
	}
	sim_end();
}

static void test_kick_reaches_a_running_vcpu_only_elsewhere(void **state)
{
	struct vcpu *v;
	unsigned cpu;

	(void)state;
	sim_init(2, 0);
	add_hogs(0, 256, 1);
	sim_run(NS_PER_MS);
	v = &sim_vcpus[0].v;
	cpu = v->sched.cpu;
	host_cpu_set(cpu);
	sched_kick(v);
	assert_int_equal(host_kicks[cpu], sim_kicks_seen[cpu]);
	host_cpu_set(1 - cpu);
	sched_kick(v);
	assert_int_equal(host_kicks[cpu], sim_kicks_seen[cpu] + 1);
	sim_end();
}

static void test_block_sees_a_reason_that_came_first(void **state)
{
	struct vcpu *v;

	(void)state;
	sim_init(1, 0);
	add_hogs(0, 256, 1);
	v = &sim_vcpus[0].v;
	v->arch.irq_pending = true;
	sched_block();
	assert_false(v->sched.blocked);
	assert_false(cpus[0].need_resched);
	v->arch.irq_pending = false;
	sched_block();
	assert_true(v->sched.blocked);
	/* Woken before it has got as far as the entry path: goes on as if nothing had been. */
	sched_wake(v);
	sim_enter(0);
	assert_ptr_equal(current_vcpu(), v);
	assert_int_equal(sched_runstate(v).state, VCPU_RUNNING);
	sim_end();
}

static void test_yield_lets_the_next_run(void **state)
{
	struct vcpu *first;

	(void)state;
	sim_init(1, 0);
	add_hogs(0, 256, 2);
	sim_run(NS_PER_MS);
	first = current_vcpu();
	sched_yield();
	sim_enter(0);
	assert_ptr_not_equal(current_vcpu(), first);
	/* With nobody else it goes on. */
	sched_pause_nosync(first);
	first = current_vcpu();
	sched_yield();
	sim_enter(0);
	assert_ptr_equal(current_vcpu(), first);
	sim_end();
}

static void test_affinity_must_leave_a_cpu(void **state)
{
	struct vcpu *v;

	(void)state;
	sim_init(2, 0);
	add_hogs(0, 256, 1);
	v = &sim_vcpus[0].v;
	assert_int_equal(sched_set_affinity(v, 4, 1), -EINVAL);
	assert_int_equal(sched_set_affinity(v, 0, 1), -EINVAL);
	assert_int_equal(sched_set_affinity(v, 6, 1), 0);
	sim_see_kicks();
	sim_enter(0);
	sim_run(NS_PER_MS);
	assert_ptr_equal(cpus[1].current, v);
	sim_end();
}

/* Soft affinity chooses among idle CPUs. */
static void test_soft_affinity_is_preferred(void **state)
{
	(void)state;
	for (unsigned want = 0; want < 4; want++) {
		struct sim_vcpu *s;

		sim_init(4, 0);
		s = sim_add(sim_domain(0, 256, 0), 0, 0);
		cpus[s->v.sched.cpu].need_resched = true; /* its last CPU has other things to do */
		assert_int_equal(sched_set_affinity(&s->v, ~UINT64_C(0), BIT(want)), 0);
		sim_online(s);
		if (want != 0)
			assert_int_equal(s->v.sched.cpu, want);
		sim_end();
	}
}

/*
 * CPU 0 is in the middle of saving v when CPU 1 takes it over: CPU 1 first puts its own vCPU away, so that
 * two CPUs that swap cannot wait for each other, then waits, and loads v only after it is saved.
 */
static struct vcpu *swap_a;
static struct vcpu *swap_b;
static char swap_log[16];
static jmp_buf swap_wait;
static unsigned swap_depth;

static void swap_note(char c)
{
	size_t n = strlen(swap_log);

	assert_true(n + 1 < sizeof(swap_log));
	swap_log[n] = c;
}

static void swap_relax(void)
{
	swap_note('w');
	longjmp(swap_wait, 1);
}

static void swap_switch(struct vcpu *from, struct vcpu *to)
{
	if (cpu_id() == 1) {
		assert_ptr_equal(from, swap_b);
		assert_ptr_equal(to, sched_cpus[1].idle);
		swap_note('s');
		return;
	}
	if (swap_depth++ != 0)
		return;
	/* CPU 0 leaves A, which is not saved yet. CPU 1 is to leave B and go on with A. */
	swap_note('0');
	assert_ptr_equal(from, swap_a);
	host_cpu_set(1);
	host_relax_hook = swap_relax;
	spin_lock(&sched_lock);
	if (swap_b->sched.pause_count++ == 0)
		cpu_request_resched(1);
	spin_unlock(&sched_lock);
	if (setjmp(swap_wait) == 0)
		sched_enter();
	host_cpu_set(0);
}

static void test_taking_over_waits_until_it_is_saved(void **state)
{
	(void)state;
	sim_init(2, 0);
	add_hogs(0, 256, 2);
	sim_run(NS_PER_MS);
	swap_a = cpus[0].current;
	swap_b = cpus[1].current;
	memset(swap_log, 0, sizeof(swap_log));
	swap_depth = 0;
	host_switch_hook = swap_switch;
	host_cpu_set(0);
	assert_int_equal(sched_set_affinity(swap_a, BIT(1), BIT(1)), 0);
	assert_true(swap_a->sched.running);
	sim_enter(0);
	assert_string_equal(swap_log, "0sw");
	assert_false(swap_a->sched.running); /* CPU 1's wait would end now */
	assert_false(swap_b->sched.running);
	assert_ptr_equal(sched_cpus[1].current, swap_a);
	assert_false(sched_vcpu_is_off(swap_a)); /* it is on its way in */
	host_switch_hook = NULL;
	sim_end();
}

/* pause_sync waits for a vCPU of another domain that runs elsewhere; not for one's own. */
static struct vcpu *pause_target;

static void pause_relax(void)
{
	unsigned me = cpu_id();
	unsigned cpu = pause_target->sched.cpu;

	assert_true(host_kicks[cpu] > 0);
	sim_enter(cpu); /* the SGI has arrived there */
	host_cpu_set(me);
}

static void test_pause_sync_waits(void **state)
{
	struct vcpu *other;

	(void)state;
	sim_init(3, 0);
	add_hogs(0, 256, 1);
	add_hogs(1, 256, 2);
	sim_run(NS_PER_MS);
	host_cpu_set(sim_vcpus[1].v.sched.cpu);
	pause_target = &sim_vcpus[0].v;
	host_relax_hook = pause_relax;
	sched_pause_sync(pause_target);
	assert_true(sched_vcpu_is_off(pause_target));
	assert_int_equal(sched_runstate(pause_target).state, VCPU_OFFLINE);
	host_relax_hook = NULL;
	other = &sim_vcpus[2].v;
	sched_pause_sync(other); /* of the current domain: asked, not waited for */
	assert_false(sched_vcpu_is_off(other));
	sched_pause_sync(current_vcpu());
	assert_true(cpus[cpu_id()].need_resched);
	sim_end();
}

/* sched_start_cpu() and the idle loop: sleeps until an interrupt brings work, then enters the guest. */
static jmp_buf entered;
static unsigned interrupts_handled;

static void idle_interrupt(void)
{
	/* The first one is nobody's. */
	if (interrupts_handled++ == 0)
		return;
	sim_vcpus[0].v.online = true;
	sched_update(&sim_vcpus[0].v);
}

static void wake_up(void)
{
	host_now += NS_PER_MS;
}

static void enter_guest(void)
{
	longjmp(entered, 1);
}

static void test_start_sleeps_until_there_is_work(void **state)
{
	(void)state;
	sim_init(1, 0);
	sim_add(sim_domain(0, 256, 0), 0, 0);
	host_sleep_hook = wake_up;
	host_interrupts_hook = idle_interrupt;
	host_noreturn_hook = enter_guest;
	interrupts_handled = 0;
	if (setjmp(entered) == 0)
		sched_start_cpu();
	assert_ptr_equal(current_vcpu(), &sim_vcpus[0].v);
	assert_int_equal(interrupts_handled, 2);
	assert_int_equal(host_sleeps, 2);
	assert_int_equal(sched_idle_time(0), 2 * NS_PER_MS);
	sim_end();
}

static void test_init_without_memory_leaves_nothing(void **state)
{
	(void)state;
	for (unsigned fail_at = 0; fail_at < 4; fail_at++) {
		host_cpus_reset(4, 0);
		sim_allocs = 0;
		sim_allocs_left = fail_at;
		assert_int_equal(sched_init(4), -ENOMEM);
		assert_int_equal(sim_allocs, 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_three_vcpus_on_two_cpus),
		cmocka_unit_test(test_four_guests_on_two_cpus),
		cmocka_unit_test(test_random_hogs),
		cmocka_unit_test(test_even_load_does_not_migrate),
		cmocka_unit_test(test_pinned_groups),
		cmocka_unit_test(test_crowd_that_goes_leaves_no_debt),
		cmocka_unit_test(test_newcomers_get_their_share_at_once),
		cmocka_unit_test(test_new_weight_holds_at_once),
		cmocka_unit_test(test_lead_of_a_sleeper_is_limited),
		cmocka_unit_test(test_sleepers_among_hogs),
		cmocka_unit_test(test_short_sleeps_gain_nothing),
		cmocka_unit_test(test_caps),
		cmocka_unit_test(test_weight_and_cap_are_checked),
		cmocka_unit_test(test_storm),
		cmocka_unit_test(test_no_tick_without_a_waiter),
		cmocka_unit_test(test_ping_pong_is_cheap),
		cmocka_unit_test(test_kick_reaches_a_running_vcpu_only_elsewhere),
		cmocka_unit_test(test_block_sees_a_reason_that_came_first),
		cmocka_unit_test(test_yield_lets_the_next_run),
		cmocka_unit_test(test_affinity_must_leave_a_cpu),
		cmocka_unit_test(test_soft_affinity_is_preferred),
		cmocka_unit_test(test_taking_over_waits_until_it_is_saved),
		cmocka_unit_test(test_pause_sync_waits),
		cmocka_unit_test(test_start_sleeps_until_there_is_work),
		cmocka_unit_test(test_init_without_memory_leaves_nothing),
	};

	return cmocka_run_group_tests_name("sched", tests, NULL, NULL);
}
