/* SPDX-License-Identifier: Apache-2.0 */
/* A new weight for a vCPU that slept for very long: no distance, times any weight, leaves 63 bits (under UBSan). */
#include "tests/unit/sched_sim.h"

#define MONTH (30 * UINT64_C(86400) * NS_PER_S)

static void test_long_sleeper(void **state)
{
	static const unsigned weights[] = { 1, 256, SCHED_WEIGHT_MAX };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(weights); i++) {
		for (size_t k = 0; k < ARRAY_SIZE(weights); k++) {
			struct domain *d;
			struct vcpu *v;
			int64_t behind;

			sim_init(1, 0);
			d = sim_domain(0, weights[i], 0);
			v = &sim_add(d, 0, 0)->v;
			/* A vCPU of weight 1 gains 256 times as much while it sleeps. */
			sched_cpus[v->sched.cpu].floor = v->sched.vruntime + 256 * MONTH;
			assert_int_equal(sched_set_weight(d, weights[k], 0), 0);
			behind = (int64_t)(sched_cpus[v->sched.cpu].floor - v->sched.vruntime);
			/* What matters of it stays: more than any vCPU is allowed, and in that direction. */
			assert_true(behind > (int64_t)NS_PER_MS);
			sim_end();
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_long_sleeper) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
