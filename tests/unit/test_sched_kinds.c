/* SPDX-License-Identifier: Apache-2.0 */
/* core/sched*.c on CPUs of two kinds: a vCPU stays on one of them unless the user pins it to the other. */
#include "tests/unit/sched_sim_run.h"

#define SEEDS 12

/* Four CPUs of one kind, two of another. */
static void init_two_kinds(unsigned seed)
{
	sim_init(6, seed);
	for (unsigned i = 0; i < 6; i++)
		cpus[i].alike = i < 4 ? 0xf : 0x30;
}

static uint64_t kind_of(const struct sim_vcpu *s)
{
	return cpus[s->v.sched.cpu].alike;
}

/* More vCPUs than CPUs, all of them busy or asleep now and then: each stays on one kind, guests as a whole. */
static void test_kinds_are_kept(void **state)
{
	(void)state;
	for (unsigned seed = 0; seed < SEEDS; seed++) {
		init_two_kinds(seed);
		for (unsigned i = 0; i < 4 * 4; i++) {
			unsigned id = i / 4 + (i / 4 == 3); /* domains 0, 1, 2, 4 */
			struct domain *d = i % 4 ? &sim_domains[id] : sim_domain(id, 256, 0);

			d->config.hardware = id == 0;
			sim_online(sim_add(d, i & 1 ? NS_PER_MS : 0, i & 1 ? NS_PER_MS : 0));
		}
		for (unsigned step = 0; step < 500; step++) {
			sim_run(NS_PER_MS);
			for (unsigned i = 0; i < 12; i++)
				assert_int_equal(kind_of(&sim_vcpus[i]), 0xf);
			for (unsigned i = 12; i < 16; i++)
				assert_int_equal(kind_of(&sim_vcpus[i]), 0x30);
		}
		sim_end();
	}
}

/* The hardware domain's are as its tree says: vCPU n of CPU n's kind. */
static void test_kinds_of_the_hardware_domain(void **state)
{
	struct sim_vcpu *s[2];
	struct domain *d;

	(void)state;
	sim_init(2, 0);
	cpus[0].alike = 1;
	cpus[1].alike = 2;
	d = sim_domain(0, 256, 0);
	d->config.hardware = true;
	for (unsigned i = 0; i < 4; i++) {
		struct sim_vcpu *each = sim_add(d, 0, 0);

		assert_int_equal(each->v.sched.affinity_kind, i & 1 ? 2 : 1);
		if (i < 2)
			s[i] = each;
	}
	sim_online(s[1]);
	sim_run(NS_PER_MS);
	assert_ptr_equal(cpus[1].current, &s[1]->v);
	sim_online(s[0]);
	sim_run(NS_PER_MS);
	assert_ptr_equal(cpus[0].current, &s[0]->v);
	sim_end();
}

/* As the toolstack does it, on CPU 0. */
static int pin(struct sim_vcpu *s, uint64_t hard)
{
	int rc;

	host_cpu_set(0);
	rc = sched_set_affinity(&s->v, hard, ~UINT64_C(0));
	sim_see_kicks();
	return rc;
}

/* sched_set_affinity() to CPUs of another kind: silent before the vCPU has run, with a warning after. */
static void test_pin_changes_the_kind(void **state)
{
	struct sim_vcpu *s;

	(void)state;
	init_two_kinds(0);
	sim_warnings = 0;
	s = sim_add(sim_domain(1, 256, 0), 0, 0);
	assert_int_equal(pin(s, BIT(5) | BIT(40)), 0);
	assert_int_equal(sim_warnings, 0);
	sim_online(s);
	sim_run(NS_PER_MS);
	assert_ptr_equal(cpus[5].current, &s->v);
	assert_int_equal(pin(s, ~UINT64_C(0)), 0);
	assert_int_equal(pin(s, 0x1f), 0); /* CPU 4 is its kind */
	assert_int_equal(sim_warnings, 0);
	sim_run(NS_PER_MS);
	assert_ptr_equal(cpus[4].current, &s->v);
	assert_int_equal(pin(s, BIT(2)), 0);
	assert_int_equal(sim_warnings, 1);
	sim_run(NS_PER_MS);
	assert_ptr_equal(cpus[2].current, &s->v);
	assert_int_equal(pin(s, ~UINT64_C(0)), 0);
	assert_int_equal(s->v.sched.affinity_kind, 0xf);
	assert_int_equal(sim_warnings, 1);
	sim_end();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kinds_are_kept),
		cmocka_unit_test(test_kinds_of_the_hardware_domain),
		cmocka_unit_test(test_pin_changes_the_kind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
