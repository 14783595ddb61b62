/* SPDX-License-Identifier: Apache-2.0 */
/* VCPUOP_*, and what registering a vcpu_info must not lose. */
#include "tests/unit/evtchn_guest.h"

static unsigned brought_up = ~0U, powered_off = ~0U;
static uint64_t runstate_area;

int vcpu_bring_up(struct vcpu *v)
{
	brought_up = v->id;
	return 0;
}

void vcpu_power_off(struct vcpu *v)
{
	powered_off = v->id;
}

int vcpu_register_runstate_area(struct vcpu *v, gva_t area)
{
	(void)v;
	runstate_area = area.v;
	return 0;
}

static int setup(void **state)
{
	(void)state;
	env_init(100);
	memset(guest_fifo, 0, sizeof(guest_fifo));
	env_run(1, 0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	env_free();
	return 0;
}

static int64_t call(uint64_t cmd, uint64_t vcpu, void *arg, size_t size)
{
	uint64_t args[HYPERCALL_ARGS] = { cmd, vcpu };

	host_guest_reset();
	args[2] = host_guest_map(arg, size).v;
	return do_vcpu_op(args);
}

static int64_t register_info(unsigned vcpu, uint64_t gfn, uint32_t offset)
{
	struct vcpu_register_vcpu_info info = { .mfn = gfn, .offset = offset };

	return call(VCPUOP_register_vcpu_info, vcpu, &info, sizeof(info));
}

static void test_register_vcpu_info(void **state)
{
	struct vcpu_info *info = (void *)&env[1].ram[5][64];

	(void)state;
	assert_int_equal(register_info(ENV_VCPUS, 5, 64), -ENOENT);
	assert_int_equal(register_info(1, 5, 4096 - 40), -EINVAL);
	assert_int_equal(register_info(1, 5, ~0U), -EINVAL);
	assert_int_equal(register_info(1, 5, 3), -EINVAL);
	assert_int_equal(register_info(1, ENV_GFNS, 64), -EINVAL);
	assert_false(evtchn_upcall_pending(&env[1].vcpus[1]));
	memset(info, 0xff, sizeof(*info));
	assert_int_equal(register_info(1, 5, 64), 0);
	assert_ptr_equal(guest_info(1, 1), info);
	assert_int_equal(info->evtchn_upcall_pending, 1);
	assert_int_equal(info->evtchn_pending_sel, UINT64_MAX);
	assert_int_equal(info->time.version, 0);
	assert_int_equal(env[1].vcpus[1].arch.upcalls_raised, 1);
	assert_int_equal(register_info(1, 6, 0), -EINVAL); /* once */
	assert_int_equal(env[1].holds[6], 0);
	assert_int_equal(env[1].holds[5], 1);
}

/* Events sent to a vCPU that has no place for them yet, and to one that moves it. */
static void test_registering_loses_nothing(void **state)
{
	evtchn_port_t p[2];

	(void)state;
	for (unsigned i = 0; i < 2; i++) {
		assert_int_equal(evtchn_bind_ipi(dom(1), i, &p[i]), 0);
		assert_int_equal(evtchn_send(dom(1), p[i]), 0);
		assert_int_equal(register_info(i, 5, i * 64), 0);
		guest_seen_count = 0;
		assert_int_equal(guest_upcall(1, i, guest_remember), 1);
		assert_int_equal(guest_seen[0], p[i]);
		assert_int_equal(evtchn_send(dom(1), p[i]), 0);
		assert_int_equal(guest_upcall(1, i, guest_remember), 1);
	}
}

static void test_runstate(void **state)
{
	struct vcpu_register_runstate_memory_area area = { .addr.p = 0x123456 };
	struct vcpu_runstate_info info;

	(void)state;
	assert_int_equal(call(VCPUOP_get_runstate_info, 2, &info, sizeof(info)), 0);
	assert_int_equal(info.state, RUNSTATE_runnable);
	assert_int_equal(info.state_entry_time, 77);
	assert_int_equal(info.time[0], 2);
	assert_int_equal(info.time[3], 4);
	assert_int_equal(call(VCPUOP_register_runstate_memory_area, 2, &area, sizeof(area)), 0);
	assert_int_equal(runstate_area, 0x123456);
}

static void test_up_and_down(void **state)
{
	(void)state;
	env[1].vcpus[2].online = true;
	assert_int_equal(call(VCPUOP_is_up, 2, NULL, 0), 1);
	assert_int_equal(call(VCPUOP_is_up, 1, NULL, 0), 0);
	assert_int_equal(call(VCPUOP_up, 1, NULL, 0), 0);
	assert_int_equal(brought_up, 1);
	assert_int_equal(call(VCPUOP_down, 2, NULL, 0), 0);
	assert_int_equal(powered_off, 2);
}

static void test_bad_calls(void **state)
{
	const unsigned refused[] = { VCPUOP_initialise, VCPUOP_set_periodic_timer,
		VCPUOP_stop_periodic_timer, VCPUOP_set_singleshot_timer,
		VCPUOP_stop_singleshot_timer, VCPUOP_send_nmi, VCPUOP_get_physid,
		VCPUOP_register_vcpu_time_memory_area, 100 };
	const unsigned with_argument[] = { VCPUOP_get_runstate_info, VCPUOP_register_vcpu_info,
		VCPUOP_register_runstate_memory_area };
	uint64_t args[HYPERCALL_ARGS] = { 0 };

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(refused); i++)
		assert_int_equal(call(refused[i], 0, NULL, 0), -ENOSYS);
	for (unsigned i = 0; i < ARRAY_SIZE(with_argument); i++) {
		args[0] = with_argument[i];
		assert_int_equal(do_vcpu_op(args), -EFAULT);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_register_vcpu_info),
		TEST(test_registering_loses_nothing),
		TEST(test_runstate),
		TEST(test_up_and_down),
		TEST(test_bad_calls),
	};

	return cmocka_run_group_tests_name("vcpu_op", tests, NULL, NULL);
}
