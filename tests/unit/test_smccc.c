/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PSCI and SMCCC as a guest calls them. Numbers, arguments and answers are those of Arm DEN0022 (5.1, 5.2) and
 * DEN0028 (2, 6, 7), written out here again.
 */
#include "tests/unit/trap_env.h"

#define NOT_SUPPORTED      (-1)
#define INVALID_PARAMETERS (-2)
#define ALREADY_ON         (-4)
#define INTERNAL_FAILURE   (-6)
#define INVALID_ADDRESS    (-9)

#define GARBAGE 0xdeadbeef00000000

static int set_up(void **state)
{
	(void)state;
	env_reset();
	return 0;
}

static int64_t call(uint64_t function, uint64_t x1, uint64_t x2, uint64_t x3)
{
	uint64_t *x = v0->arch.regs.x;

	for (unsigned i = 4; i < 31; i++)
		x[i] = UINT64_C(0x1111111111111111) * (i & 15);
	x[0] = function;
	x[1] = x1;
	x[2] = x2;
	x[3] = x3;
	smccc_call(v0);
	/* SMCCC 1.1: nothing from x4 on changes. */
	for (unsigned i = 4; i < 31; i++)
		assert_int_equal(x[i], UINT64_C(0x1111111111111111) * (i & 15));
	return (int64_t)x[0];
}

static void test_version(void **state)
{
	(void)state;
	assert_int_equal(call(0x84000000, 0, 0, 0), 0x10001);
	assert_int_equal(call(0x80000000, 0, 0, 0), 0x10001);
	/* The upper half of x0 is no part of a function's number. */
	assert_int_equal(call(GARBAGE | 0x84000000, 0, 0, 0), 0x10001);
}

static void test_results_leave_arguments(void **state)
{
	(void)state;
	call(0x84000000, 5, 6, 7);
	assert_int_equal(v0->arch.regs.x[1], 5);
	assert_int_equal(v0->arch.regs.x[2], 6);
	assert_int_equal(v0->arch.regs.x[3], 7);
}

static void test_unknown(void **state)
{
	static const uint32_t functions[] = { 0, 1, 0x84000005, /* MIGRATE: needs a trusted OS */
		0x84000007, 0xc4000005, 0xc4000007, 0x8400000b, 0x8400000c, 0xc400000c, 0x8400000d,
		0xc400000e, 0x8400000f, 0x84000010, 0x84000011, 0xc4000012, 0x84000013, 0x84000014,
		0x8400001f, 0x84000020, 0xc4000000, 0xc4000002, 0xc4000006, 0xc4000008, 0xc4000009,
		0xc400000a, 0xc0000000, 0xc0000001, 0x80000002, 0x8000ffff, 0x8600ff00, 0x8600ff02,
		0xc600ff01, 0x84000050, 0x82000000, 0x04000000, 0x7fffffff, 0xffffffff };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(functions); i++) {
		if (call(functions[i], 1, 2, 3) != NOT_SUPPORTED)
			fail_msg("%#x", functions[i]);
		assert_int_equal(v0->arch.regs.x[1], 1);
	}
	assert_int_equal(env.shutdowns + env.power_offs + env.blocks, 0);
}

static void test_cpu_on(void **state)
{
	(void)state;
	for (unsigned wide = 0; wide < 2; wide++) {
		uint32_t f = wide ? 0xc4000003 : 0x84000003;

		assert_int_equal(call(f, 1, 0x80000000, 0x1234), 0);
		assert_ptr_equal(env.power_on_vcpu, &env_v[1]);
		assert_int_equal(env.power_on_entry, 0x80000000);
		assert_int_equal(env.power_on_context, 0x1234);
		/* vCPU 17 is Aff1 1, Aff0 1. */
		assert_int_equal(call(f, 0x101, 0x40000000, 0), 0);
		assert_ptr_equal(env.power_on_vcpu, &env_v[17]);
	}
	assert_int_equal(call(0xc4000003, 2, 0x8800000000, UINT64_C(0xfedcba9876543210)), 0);
	assert_int_equal(env.power_on_entry, 0x8800000000);
	assert_int_equal(env.power_on_context, UINT64_C(0xfedcba9876543210));
	/* 32-bit: of each argument only w<n> counts. */
	assert_int_equal(call(0x84000003, GARBAGE | 2, GARBAGE | 0x1000, GARBAGE | 3), 0);
	assert_ptr_equal(env.power_on_vcpu, &env_v[2]);
	assert_int_equal(env.power_on_entry, 0x1000);
	assert_int_equal(env.power_on_context, 3);
}

static void test_cpu_on_bad_target(void **state)
{
	static const uint64_t targets[] = { 16, 20, 0x104, 0x10000, BIT(24), BIT(30), BIT(31),
		BIT(31) | 1, BIT(32), BIT(40), BIT(63), ~UINT64_C(0) };

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(targets); i++)
		assert_int_equal(call(0xc4000003, targets[i], 0x1000, 0), INVALID_PARAMETERS);
	assert_int_equal(call(0x84000003, 0x104, 0x1000, 0), INVALID_PARAMETERS);
	assert_null(env.power_on_vcpu);
	/* A place for a vCPU that was never made. */
	env_d.vcpus[3] = NULL;
	assert_int_equal(call(0xc4000003, 3, 0x1000, 0), INVALID_PARAMETERS);
}

static void test_cpu_on_bad_entry(void **state)
{
	(void)state;
	for (unsigned low = 1; low < 4; low++)
		assert_int_equal(call(0xc4000003, 1, 0x1000 + low, 0), INVALID_ADDRESS);
	assert_int_equal(call(0x84000003, 1, 0x1002, 0), INVALID_ADDRESS);
	assert_null(env.power_on_vcpu);
}

static void test_cpu_on_refused(void **state)
{
	(void)state;
	env.power_on_result = -EEXIST;
	assert_int_equal(call(0xc4000003, 1, 0x1000, 0), ALREADY_ON);
	/* Itself, too. */
	assert_int_equal(call(0xc4000003, 0, 0x1000, 0), ALREADY_ON);
	env.power_on_result = -EINVAL;
	assert_int_equal(call(0xc4000003, 1, 0x1000, 0), INTERNAL_FAILURE);
	env.power_on_result = -ENOMEM;
	assert_int_equal(call(0xc4000003, 1, 0x1000, 0), INTERNAL_FAILURE);
}

/* The vCPU has just gone off and its CPU has not let go: the guest is back at the instruction, its x0-x3 whole. */
static void test_cpu_on_again(void **state)
{
	uint64_t pc = v0->arch.regs.pc;

	(void)state;
	env.power_on_result = -ERESTART;
	assert_int_equal((uint64_t)call(0xc4000003, 1, 0x1000, 9), 0xc4000003);
	assert_int_equal(v0->arch.regs.x[1], 1);
	assert_int_equal(v0->arch.regs.x[2], 0x1000);
	assert_int_equal(v0->arch.regs.x[3], 9);
	assert_int_equal(v0->arch.regs.pc, pc - 4);
}

static void test_affinity_info(void **state)
{
	(void)state;
	for (unsigned wide = 0; wide < 2; wide++) {
		uint32_t f = wide ? 0xc4000004 : 0x84000004;

		assert_int_equal(call(f, 0, 0, 0), 0); /* ON */
		assert_int_equal(call(f, 1, 0, 0), 1); /* OFF */
		assert_int_equal(call(f, 0x103, 0, 0), 1);
		assert_int_equal(call(f, 0x104, 0, 0), INVALID_PARAMETERS);
		/* PSCI 1.0: levels above 0 need not be supported. */
		for (unsigned level = 1; level < 5; level++)
			assert_int_equal(call(f, 0, level, 0), INVALID_PARAMETERS);
	}
	/* target_affinity is 64 bits wide there, lowest_affinity_level always 32. */
	assert_int_equal(call(0xc4000004, BIT(32), 0, 0), INVALID_PARAMETERS);
	assert_int_equal(call(0xc4000004, 1, GARBAGE, 0), 1);
	assert_int_equal(call(0x84000004, GARBAGE | 1, GARBAGE, 0), 1);
	atomic_store(&env_v[1].online, true);
	assert_int_equal(call(0xc4000004, 1, 0, 0), 0);
	/* It is off only once CPU_ON would not be refused for its sake. */
	atomic_store(&env_v[1].online, false);
	atomic_store(&env_v[1].sched.running, true);
	assert_int_equal(call(0xc4000004, 1, 0, 0), 0);
}

static void test_power(void **state)
{
	(void)state;
	assert_int_equal(call(0x84000001, 0, 0, 0), 0);
	assert_int_equal(call(0xc4000001, 0, 0x1000, 0), 0);
	assert_int_equal(env.blocks, 2);
	call(0x84000002, 0, 0, 0);
	assert_int_equal(env.power_offs, 1);
	assert_int_equal(env.shutdowns, 0);
	call(0x84000008, 0, 0, 0);
	assert_int_equal(env.shutdown_reason, SHUTDOWN_poweroff);
	call(0x84000009, 0, 0, 0);
	assert_int_equal(env.shutdown_reason, SHUTDOWN_reboot);
	assert_int_equal(env.shutdowns, 2);
}

/* No trusted OS: MIGRATE is not needed, and not there. */
static void test_migrate(void **state)
{
	(void)state;
	assert_int_equal(call(0x84000006, 0, 0, 0), 2);
	assert_int_equal(call(0x84000005, 0, 0, 0), NOT_SUPPORTED);
	assert_int_equal(call(0x84000007, 0, 0, 0), NOT_SUPPORTED);
}

/* Every function that answers to its number is told of, none else; so for both forms. */
static void test_features(void **state)
{
	static const uint32_t yes[] = { 0x80000000, 0x84000000, 0x84000001, 0xc4000001, 0x84000002,
		0x84000003, 0xc4000003, 0x84000004, 0xc4000004, 0x84000006, 0x84000008, 0x84000009,
		0x8400000a };

	(void)state;
	for (uint32_t f = 0; f < 0x20; f++) {
		for (unsigned wide = 0; wide < 2; wide++) {
			uint32_t function = (wide ? 0xc4000000 : 0x84000000) | f;
			int64_t expected = NOT_SUPPORTED;

			for (size_t i = 0; i < ARRAY_SIZE(yes); i++)
				if (yes[i] == function)
					expected = 0;
			if (call(0x8400000a, function, 0, 0) != expected)
				fail_msg("%#x", function);
		}
	}
	assert_int_equal(call(0x8400000a, 0x80000000, 0, 0), 0);
	assert_int_equal(call(0x8400000a, GARBAGE | 0x80000000, 0, 0), 0);
	/* Not PSCI's to tell. */
	assert_int_equal(call(0x8400000a, 0x8600ff01, 0, 0), NOT_SUPPORTED);
	assert_int_equal(call(0x8400000a, 0xc0000000, 0, 0), NOT_SUPPORTED);
	assert_int_equal(call(0x8400000a, 0, 0, 0), NOT_SUPPORTED);
}

static void test_arch_features(void **state)
{
	static const uint32_t absent[] = { 0x80000002, 0x80008000, 0x80007fff, 0x80003fff,
		0xc0000001, 0x84000000, 0x8600ff01, 0 };

	(void)state;
	assert_int_equal(call(0x80000001, 0x80000000, 0, 0), 0);
	assert_int_equal(call(0x80000001, 0x80000001, 0, 0), 0);
	for (size_t i = 0; i < ARRAY_SIZE(absent); i++) {
		assert_int_equal(call(0x80000001, absent[i], 0, 0), NOT_SUPPORTED);
	}
}

/* As firmware answers on this CPU: 1 is there and needed, 2 has been turned on for good, 3 is not needed. */
static void test_workarounds(void **state)
{
	struct arch_cpu *cpu = &this_cpu()->arch;

	(void)state;
	assert_int_equal(call(0x80008000, 0, 0, 0), NOT_SUPPORTED);
	cpu->firmware[0] = 0;
	cpu->firmware[1] = 0;
	cpu->firmware[2] = 1;
	host_firmware_calls = 0;
	assert_int_equal(call(0x80000001, 0x80008000, 0, 0), 0);
	assert_int_equal(call(0x80000001, 0x80007fff, 0, 0), 1);
	assert_int_equal(call(0x80000001, 0x80003fff, 0, 0), 1);
	assert_int_equal(call(0x80007fff, 0, 0, 0), 0);
	assert_int_equal(call(0x80003fff, 0, 0, 0), 0);
	assert_int_equal(host_firmware_calls, 0);
	assert_int_equal(call(0x80008000, 0, 0, 0), 0);
	assert_int_equal(host_firmware_calls, 1);
}

/* a71812dc-c698-4369-9acf-79d18dde6667 (xen/arch-arm/smccc.h), four bytes a register, low byte first. */
static void test_hypervisor(void **state)
{
	static const uint8_t uid[16] = { 0xa7, 0x18, 0x12, 0xdc, 0xc6, 0x98, 0x43, 0x69, 0x9a, 0xcf,
		0x79, 0xd1, 0x8d, 0xde, 0x66, 0x67 };

	(void)state;
	call(0x8600ff01, 1, 2, 3);
	for (unsigned i = 0; i < 16; i++)
		assert_int_equal((v0->arch.regs.x[i / 4] >> (8 * (i % 4))) & 0xff, uid[i]);
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(v0->arch.regs.x[i] >> 32, 0);
	assert_int_equal(call(0x8600ff03, 1, 2, 3), 0); /* major */
	assert_int_equal(v0->arch.regs.x[1], 1); /* minor */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_version, set_up),
		cmocka_unit_test_setup(test_results_leave_arguments, set_up),
		cmocka_unit_test_setup(test_unknown, set_up),
		cmocka_unit_test_setup(test_cpu_on, set_up),
		cmocka_unit_test_setup(test_cpu_on_bad_target, set_up),
		cmocka_unit_test_setup(test_cpu_on_bad_entry, set_up),
		cmocka_unit_test_setup(test_cpu_on_refused, set_up),
		cmocka_unit_test_setup(test_cpu_on_again, set_up),
		cmocka_unit_test_setup(test_affinity_info, set_up),
		cmocka_unit_test_setup(test_power, set_up),
		cmocka_unit_test_setup(test_migrate, set_up),
		cmocka_unit_test_setup(test_features, set_up),
		cmocka_unit_test_setup(test_arch_features, set_up),
		cmocka_unit_test_setup(test_workarounds, set_up),
		cmocka_unit_test_setup(test_hypervisor, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
