/* SPDX-License-Identifier: Apache-2.0 */
/*
 * arch/arm64/trap_setway.c: which traps are on, when memory is cleaned, and that the vCPU stays out of its guest until all
 * is (Arm ARM, HCR_EL2.TSW, TVM). What a step of p2m_clean() is, test_p2m_clean.c checks.
 */
#include "tests/unit/trap_guest.h"

#define TSW BIT(22)
#define TVM BIT(26)
#define M   BIT(0)
#define C   BIT(2)

#define VM_WRITE(op1, crn, crm, op2, rt)                                                           \
	ESR(0x18, UINT64_C(3) << 20 | (uint64_t)(op2) << 17 | (uint64_t)(op1) << 14 |              \
					(uint64_t)(crn) << 10 | (uint64_t)(rt) << 5 |              \
					(uint64_t)(crm) << 1)
/* op0 1, op1 0, CRn 7, op2 2; the set and way are in x4. */
#define DC_SW(crm) ESR(0x18, 1 << 20 | 2 << 17 | 7 << 10 | 4 << 5 | (crm) << 1)

static uint64_t traps(void)
{
	return sysreg_read(hcr_el2) & (TSW | TVM);
}

static int set_up_traps(void **state)
{
	set_up(state);
	sysreg_write(hcr_el2, GUEST_HCR | HCR_VSE | TSW);
	return 0;
}

static bool asks_for_the_scheduler(void)
{
	return atomic_load(&this_cpu()->need_resched);
}

/* As guest_prepare() does: how often the vCPU came out of the scheduler before it may enter its guest. */
static unsigned prepare(void)
{
	unsigned turns = 0;

	while (atomic_exchange(&this_cpu()->need_resched, false)) {
		turns++;
		setway_go_on(v0);
	}
	return turns;
}

static void test_the_first_stands_for_all(void **state)
{
	static const unsigned crm[] = { 6, 10, 14 }; /* DC ISW, CSW, CISW */

	for (unsigned i = 0; i < ARRAY_SIZE(crm); i++) {
		set_up_traps(state);
		trap(DC_SW(crm[i]));
		assert_stepped();
		assert_int_equal(traps(), TVM);
		assert_int_equal(sysreg_read(hcr_el2) & ~(TSW | TVM), GUEST_HCR | HCR_VSE);
		assert_int_equal(env.cleans, 0); /* nothing before the scheduler has been asked */
		assert_int_equal(prepare(), 1);
		assert_int_equal(env.cleans, 1);
		assert_int_equal(env.clean_from, 0);
		assert_int_equal(prepare(), 0);
	}
}

static void test_one_step_at_a_time(void **state)
{
	(void)state;
	env.cleans_left = 100;
	trap(DC_SW(14));
	for (unsigned i = 0; i <= 100; i++) {
		assert_true(asks_for_the_scheduler());
		atomic_store(&this_cpu()->need_resched, false);
		setway_go_on(v0);
		assert_int_equal(env.cleans, i + 1);
		assert_int_equal(env.clean_from, i * 0x1000);
	}
	assert_false(asks_for_the_scheduler());
	assert_int_equal(prepare(), 0);
}

static unsigned handled;

static void handle(void)
{
	handled++;
	host_irq_pending = false;
}

static void test_interrupts_are_taken_between_steps(void **state)
{
	(void)state;
	handled = 0;
	host_interrupts_hook = handle;
	env.cleans_left = 2;
	trap(DC_SW(14));
	setway_go_on(v0);
	assert_int_equal(handled, 0);
	host_irq_pending = true;
	setway_go_on(v0);
	assert_int_equal(handled, 1);
	host_irq_pending = true; /* after the last step too: a tick may be among them */
	setway_go_on(v0);
	assert_int_equal(handled, 2);
	setway_go_on(v0);
	assert_int_equal(env.cleans, 3);
}

/* The vCPU was away, and is on another CPU. */
static void test_a_sweep_moves_along(void **state)
{
	(void)state;
	host_cpus_reset(2, 0);
	env.cleans_left = 3;
	trap(DC_SW(14));
	setway_go_on(v0);
	host_cpu_set(1);
	cpus[1].current = v0;
	setway_go_on(v0);
	assert_true(asks_for_the_scheduler());
	assert_int_equal(env.clean_from, 0x1000);
	assert_int_equal(prepare(), 2);
	assert_int_equal(env.cleans, 4);
}

static void test_without_a_sweep(void **state)
{
	(void)state;
	setway_go_on(v0);
	assert_int_equal(env.cleans, 0);
	assert_false(asks_for_the_scheduler());
}

static void write_sctlr(uint64_t value)
{
	v0->arch.regs.x[5] = value;
	trap(VM_WRITE(0, 1, 0, 0, 5));
	assert_int_equal(sysreg_read(sctlr_el1), value);
}

/* Data is cacheable with both M and C. TVM stays while it is not. */
static void test_every_switch(void **state)
{
	static const uint64_t values[] = { 0, M, C, M | C };

	for (unsigned i = 0; i < 16; i++) {
		uint64_t old = values[i / 4] | SCTLR_EL1_RESET, new = values[i % 4] | BIT(12);
		bool were = i / 4 == 3, are = i % 4 == 3;

		set_up_traps(state);
		sysreg_write(sctlr_el1, old);
		trap(DC_SW(14));
		prepare();
		write_sctlr(new);
		assert_int_equal(v0->arch.regs.pc, PC + 8);
		assert_int_equal(prepare(), were != are);
		assert_int_equal(env.cleans, 1 + (were != are));
		if (were == are)
			assert_int_equal(traps(), TVM);
		else
			assert_int_equal(traps(), are ? TSW : TSW | TVM);
	}
}

/* As a boot loader: clean, off, clean, and the kernel's on. */
static void test_a_boot(void **state)
{
	(void)state;
	sysreg_write(sctlr_el1, M | C);
	trap(DC_SW(14));
	prepare();
	write_sctlr(0);
	prepare();
	assert_int_equal(env.cleans, 2);
	trap(DC_SW(14));
	prepare();
	assert_int_equal(env.cleans, 3);
	assert_int_equal(traps(), TVM);
	write_sctlr(M);
	prepare();
	assert_int_equal(env.cleans, 3);
	write_sctlr(M | C);
	prepare();
	assert_int_equal(env.cleans, 4);
	assert_int_equal(traps(), TSW);
}

/* Each write reaches its register and no other; the zero register too. */
static void test_registers(void **state)
{
	static const char *const names[] = { "sctlr_el1", "ttbr0_el1", "ttbr1_el1", "tcr_el1",
		"afsr0_el1", "afsr1_el1", "esr_el1", "far_el1", "mair_el1", "amair_el1",
		"contextidr_el1" };
	static const unsigned char where[ARRAY_SIZE(names)][3] = { { 1, 0, 0 }, { 2, 0, 0 },
		{ 2, 0, 1 }, { 2, 0, 2 }, { 5, 1, 0 }, { 5, 1, 1 }, { 5, 2, 0 }, { 6, 0, 0 },
		{ 10, 2, 0 }, { 10, 3, 0 }, { 13, 0, 1 } };

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(names); i++) {
		v0->arch.regs.x[7] = UINT64_C(0x1234567800000100) * (i + 1);
		trap(VM_WRITE(0, where[i][0], where[i][1], where[i][2], 7));
	}
	for (unsigned i = 0; i < ARRAY_SIZE(names); i++)
		assert_int_equal(
				host_sysreg_read(names[i]), UINT64_C(0x1234567800000100) * (i + 1));
	for (unsigned i = 0; i < ARRAY_SIZE(names); i++) {
		trap(VM_WRITE(0, where[i][0], where[i][1], where[i][2], 31));
		assert_int_equal(host_sysreg_read(names[i]), 0);
	}
	assert_int_equal(v0->arch.regs.pc, PC + 2 * 4 * ARRAY_SIZE(names));
}

#define TEST(name) cmocka_unit_test_setup(name, set_up_traps)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_the_first_stands_for_all),
		TEST(test_one_step_at_a_time),
		TEST(test_interrupts_are_taken_between_steps),
		TEST(test_a_sweep_moves_along),
		TEST(test_without_a_sweep),
		TEST(test_every_switch),
		TEST(test_a_boot),
		TEST(test_registers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
