/* SPDX-License-Identifier: Apache-2.0 */
/*
 * AArch32 instructions of EL0 that trap: 16 bits long or 32, in an IT block, with a condition that does not hold
 * (Arm ARM, ESR_EL2 and PSTATE.IT).
 */
#include "tests/unit/trap_guest.h"

#define USER_A32 UINT64_C(0x10)
#define USER_T32 (USER_A32 | BIT(5))

#define N BIT(31)
#define Z BIT(30)
#define C BIT(29)
#define V BIT(28)

/* IT[7:2] are SPSR[15:10], IT[1:0] are SPSR[26:25]. */
#define IT(value) ((uint64_t)(value) >> 2 << 10 | ((uint64_t)(value) & 3) << 25)

#define WFI          UINT64_C(0x04000000) /* EC 0x01, 16 bits long, the condition is for software to find */
#define LONG         BIT(25)
#define COND(number) (BIT(24) | (uint64_t)(number) << 20)

static void trap_at(uint64_t pstate, uint64_t esr)
{
	v0->arch.regs.pc = PC;
	v0->arch.regs.pstate = pstate;
	env.blocks = 0;
	trap(esr);
}

static void test_length(void **state)
{
	(void)state;
	trap_at(USER_T32, WFI);
	assert_int_equal(v0->arch.regs.pc, PC + 2);
	trap_at(USER_T32, WFI | LONG);
	assert_int_equal(v0->arch.regs.pc, PC + 4);
	trap_at(USER_A32, WFI | LONG | COND(14));
	assert_int_equal(v0->arch.regs.pc, PC + 4);
	assert_int_equal(env.blocks, 1);
}

/* A block of four, from its first instruction to the one behind it. The conditions: EQ, EQ, NE, EQ. */
static void test_it_block_goes_on(void **state)
{
	static const uint8_t it[] = { 0x05, 0x0a, 0x14, 0x08, 0x00 };

	(void)state;
	for (size_t i = 0; i + 1 < ARRAY_SIZE(it); i++) {
		trap_at(USER_T32 | Z | IT(it[i]), WFI);
		assert_int_equal(v0->arch.regs.pc, PC + 2);
		assert_int_equal(v0->arch.regs.pstate, USER_T32 | Z | IT(it[i + 1]));
	}
}

/* Bits of IT lie where AArch64 has BTYPE; a step ends in either. */
static void test_other_state_stays(void **state)
{
	uint64_t rest = N | V | BIT(27) | GENMASK(19, 16) | BIT(9) | GENMASK(8, 6);

	(void)state;
	trap_at(USER_T32 | rest | PSTATE_SS | IT(0xec), WFI);
	assert_int_equal(v0->arch.regs.pstate, USER_T32 | rest | IT(0xf8));
	assert_int_equal(env.blocks, 1);
}

/* Every condition against every combination of flags; what each means is written out once more. */
static bool holds(unsigned cond, bool n, bool z, bool c, bool v)
{
	switch (cond) {
	case 0:
		return z;
	case 1:
		return !z;
	case 2:
		return c;
	case 3:
		return !c;
	case 4:
		return n;
	case 5:
		return !n;
	case 6:
		return v;
	case 7:
		return !v;
	case 8:
		return c && !z;
	case 9:
		return !c || z;
	case 10:
		return n == v;
	case 11:
		return n != v;
	case 12:
		return !z && n == v;
	case 13:
		return z || n != v;
	default:
		return true;
	}
}

static void test_conditions(void **state)
{
	(void)state;
	for (unsigned cond = 0; cond < 16; cond++) {
		for (uint64_t flags = 0; flags < 16; flags++) {
			bool does = holds(cond, flags & 8, flags & 4, flags & 2, flags & 1);

			trap_at(USER_A32 | flags << 28, WFI | LONG | COND(cond));
			assert_int_equal(env.blocks, does);
			assert_int_equal(v0->arch.regs.pc, PC + 4);
			if (cond == 15)
				continue; /* no IT block has it */
			trap_at(USER_T32 | flags << 28 | IT(cond << 4 | 8), WFI);
			assert_int_equal(env.blocks, does);
			assert_int_equal(v0->arch.regs.pc, PC + 2);
			assert_int_equal(v0->arch.regs.pstate, USER_T32 | flags << 28);
		}
	}
}

/* EC 0x03 is no instruction that succeeds: undefined, unless its condition does not hold. */
static void test_condition_of_what_is_undefined(void **state)
{
	uint64_t esr = UINT64_C(0x0c000000) | LONG;

	(void)state;
	trap_at(USER_A32, esr | COND(0));
	assert_stepped();
	trap_at(USER_A32 | Z, esr | COND(0));
	assert_taken(0x02000000, 0x600, USER_A32 | Z);
}

/* In AArch64 the same bits of the syndrome mean nothing. */
static void test_aarch64_has_no_conditions(void **state)
{
	(void)state;
	trap_at(PSTATE_EL1H, WFI | LONG | COND(0));
	assert_int_equal(env.blocks, 1);
	assert_stepped();
}

/* A load of 16 bits from an emulated device. */
static void test_access_to_a_device(void **state)
{
	uint64_t esr = (uint64_t)EC_DATA_ABORT_LOWER << 26 | BIT(24) |
	               FIELD_PREP(GENMASK(23, 22), 2) | 7;

	(void)state;
	fake.here = true;
	fake.value = 0x12345678;
	trap_at(USER_T32 | IT(0xe8), esr);
	assert_int_equal(fake.reads, 1);
	assert_int_equal(v0->arch.regs.x[0], 0x12345678);
	assert_int_equal(v0->arch.regs.pc, PC + 2);
	assert_int_equal(v0->arch.regs.pstate, USER_T32);
}

#define TEST(name) cmocka_unit_test_setup(name, set_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_length),
		TEST(test_it_block_goes_on),
		TEST(test_other_state_stays),
		TEST(test_conditions),
		TEST(test_condition_of_what_is_undefined),
		TEST(test_aarch64_has_no_conditions),
		TEST(test_access_to_a_device),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
