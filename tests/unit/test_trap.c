/* SPDX-License-Identifier: Apache-2.0 */
/* From an exception class to what becomes of the guest, and the exceptions it takes (Arm ARM D1.3, D19.2.37). */
#include "tests/unit/trap_guest.h"

/* Stepping over an instruction ends a single step and a branch's target check; a branch is not undone. */
static void test_skip(void **state)
{
	(void)state;
	v0->arch.regs.pstate = UINT64_C(0xf7d013c5) | PSTATE_SS | GENMASK(11, 10);
	trap_skip(v0, ESR(0x18, 0));
	assert_int_equal(v0->arch.regs.pc, PC + 4);
	assert_int_equal(v0->arch.regs.pstate, UINT64_C(0xf7d013c5));
}

static void test_registers(void **state)
{
	(void)state;
	assert_int_equal(trap_reg_read(v0, 30), 0x1e1e1e1e1e1e1e1e);
	assert_int_equal(trap_reg_read(v0, 31), 0);
	trap_reg_write(v0, 31, 5);
	assert_int_equal(v0->arch.regs.pc, PC);
	trap_reg_write(v0, 30, 5);
	assert_int_equal(v0->arch.regs.x[30], 5);
}

static void test_vectors(void **state)
{
	static const struct {
		uint64_t mode, vector;
	} cases[] = {
		{ 0x0, 0x400 }, /* EL0t */
		{ 0x4, 0x000 }, /* EL1t */
		{ 0x5, 0x200 }, /* EL1h */
		{ 0x10, 0x600 }, /* AArch32 User */
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		set_up(state);
		v0->arch.regs.pstate = cases[i].mode;
		trap_inject_undefined(v0);
		assert_taken(0x02000000, cases[i].vector, cases[i].mode);
		assert_int_equal(v0->arch.regs.pstate & 0x1f, PSTATE_EL1H);
	}
}

/* AArch64.TakeException(): what of PSTATE stays, what is set, what is cleared. */
static void test_pstate(void **state)
{
	const uint64_t daif = GENMASK(9, 6), nzcv = GENMASK(31, 28), dit = BIT(24), pan = BIT(22);
	const uint64_t ssbs = BIT(12);
	const uint64_t all = nzcv | dit | BIT(25) | BIT(23) | pan | BIT(21) | BIT(20) | ssbs |
	                     GENMASK(11, 10);

	(void)state;
	/* SPAN is set, DSSBS is clear. */
	v0->arch.regs.pstate = PSTATE_EL1H | all;
	trap_inject_undefined(v0);
	assert_int_equal(v0->arch.regs.pstate, PSTATE_EL1H | daif | nzcv | dit | pan);
	v0->arch.regs.pstate = PSTATE_EL1H;
	trap_inject_undefined(v0);
	assert_int_equal(v0->arch.regs.pstate, PSTATE_EL1H | daif);
	/* And the other way round. */
	host_sysreg_write("sctlr_el1", BIT(44));
	v0->arch.regs.pstate = 0;
	trap_inject_undefined(v0);
	assert_int_equal(v0->arch.regs.pstate, PSTATE_EL1H | daif | pan | ssbs);
	/* AArch32: Q, IT, GE, E and T are nothing there; DIT is where it is in AArch64's. */
	v0->arch.regs.pstate = 0x10 | nzcv | dit | BIT(27) | GENMASK(26, 25) | GENMASK(19, 16) |
	                       GENMASK(15, 10) | BIT(9) | BIT(5);
	trap_inject_undefined(v0);
	assert_int_equal(v0->arch.regs.pstate, PSTATE_EL1H | daif | nzcv | dit | pan | ssbs);
}

static void test_abort_syndromes(void **state)
{
	static const struct {
		uint64_t mode;
		bool instruction;
		uint64_t esr, vector;
	} cases[] = {
		{ 0x0, false, 0x92000010, 0x400 },
		{ 0x10, false, 0x92000010, 0x600 },
		{ 0x4, false, 0x96000010, 0x000 },
		{ 0x5, false, 0x96000010, 0x200 },
		{ 0x0, true, 0x82000010, 0x400 },
		{ 0x10, true, 0x82000010, 0x600 },
		{ 0x4, true, 0x86000010, 0x000 },
		{ 0x5, true, 0x86000010, 0x200 },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		set_up(state);
		v0->arch.regs.pstate = cases[i].mode;
		trap_inject_abort(v0, cases[i].instruction, 0xffff0000deadbeef);
		assert_taken(cases[i].esr, cases[i].vector, cases[i].mode);
		assert_int_equal(sysreg_read(far_el1), 0xffff0000deadbeef);
	}
}

/* An undefined instruction's FAR_EL1 is not touched. */
static void test_undefined_keeps_far(void **state)
{
	(void)state;
	host_sysreg_write("far_el1", 0x1234);
	trap_inject_undefined(v0);
	assert_int_equal(sysreg_read(far_el1), 0x1234);
}

static void test_wfx(void **state)
{
	(void)state;
	trap(ESR(0x01, 0));
	assert_int_equal(env.blocks, 1);
	assert_stepped();
	set_up(state);
	trap(ESR(0x01, 1));
	assert_int_equal(env.yields, 1);
	assert_int_equal(env.blocks, 0);
	assert_stepped();
}

/* The return address of HVC is behind it already; SMC is trapped before it. */
static void test_conduits(void **state)
{
	(void)state;
	v0->arch.regs.x[0] = 0x84000000;
	trap(ESR(0x16, 0));
	assert_int_equal(v0->arch.regs.x[0], 0x10001);
	assert_int_equal(v0->arch.regs.pc, PC);
	v0->arch.regs.x[0] = 0x84000000;
	trap(ESR(0x17, 0));
	assert_int_equal(v0->arch.regs.x[0], 0x10001);
	assert_stepped();
	trap(ESR(0x17, 1));
	assert_int_equal((int64_t)v0->arch.regs.x[0], -1);
	assert_int_equal(v0->arch.regs.pc, PC + 8);
	trap(ESR(0x16, 0x1234));
	assert_int_equal((int64_t)v0->arch.regs.x[0], -ENOSYS);
	assert_int_equal(env.hypercalls, 0);
}

/* Each conduit's way back to its own instruction. */
static void test_conduits_again(void **state)
{
	(void)state;
	env.power_on_result = -ERESTART;
	v0->arch.regs.pc = PC + 4; /* HVC was at PC */
	v0->arch.regs.x[0] = 0xc4000003;
	v0->arch.regs.x[1] = 1;
	v0->arch.regs.x[2] = 0;
	trap(ESR(0x16, 0));
	assert_int_equal(v0->arch.regs.pc, PC);
	trap(ESR(0x17, 0));
	assert_int_equal(v0->arch.regs.pc, PC);
	assert_int_equal(v0->arch.regs.x[0], 0xc4000003);
}

static void test_hypercall(void **state)
{
	(void)state;
	v0->arch.regs.x[16] = 17;
	v0->arch.regs.x[1] = 1;
	env.hypercall_result = -ENOSYS;
	trap(ESR(0x16, 0xea1));
	assert_int_equal(env.hypercall_number, 17);
	assert_int_equal((int64_t)v0->arch.regs.x[0], -ENOSYS);
	assert_int_equal(v0->arch.regs.x[1], 0x101);
	assert_int_equal(v0->arch.regs.pc, PC);
	/* Once more, its progress in its arguments. */
	v0->arch.regs.x[0] = 5;
	env.hypercall_result = HYPERCALL_AGAIN;
	trap(ESR(0x16, 0xea1));
	assert_int_equal(v0->arch.regs.x[0], 5);
	assert_int_equal(v0->arch.regs.pc, PC - 4);
}

/* Every other class: features that are hidden, AArch32's conduits and coprocessors, what nobody knows. */
static void test_other_classes(void **state)
{
	static const uint8_t handled[] = { 0x01, 0x16, 0x17, 0x18, 0x20, 0x24 };

	for (uint64_t ec = 0; ec < 64; ec++) {
		bool skip = false;

		for (size_t i = 0; i < ARRAY_SIZE(handled); i++)
			skip |= handled[i] == ec;
		if (skip)
			continue;
		set_up(state);
		trap(ESR(ec, 0x1fffff));
		assert_undefined();
		assert_int_equal(env.hypercalls + env.crashes + env.shutdowns, 0);
	}
}

static void test_irq_and_serror(void **state)
{
	(void)state;
	v0->arch.vgic.lrs_used = 1;
	trap_irq(v0);
	assert_int_equal(env.interrupts, 1);
	assert_int_equal(fake.syncs, 1);
	assert_int_equal(v0->arch.regs.pc, PC);
	trap_serror(v0, ESR(0x2f, 0));
	assert_int_equal(env.crashes, 0);
	assert_true(sysreg_read(hcr_el2) & BIT(8));
	assert_int_equal(fake.syncs, 2);
	trap(ESR(0x01, 0));
	assert_int_equal(fake.syncs, 3);
}

/*
 * What made the guest leave is dropped beside its SError and happens again: of HVC alone is the address in ELR_EL2
 * that of the next instruction.
 */
static void test_serror_on_the_way_out(void **state)
{
	static const struct {
		uint64_t left_by;
		uint64_t back;
	} exits[] = { { ESR(0x16, 0xea1), 4 }, { ESR(0x17, 0), 0 }, { ESR(0x01, 0), 0 },
		{ ESR(0x24, 0), 0 }, { 0, 0 } };

	for (size_t i = 0; i < ARRAY_SIZE(exits); i++) {
		set_up(state);
		sysreg_write(hcr_el2, BIT(0) | BIT(31));
		v0->arch.vgic.lrs_used = 1;
		trap_serror_late(v0, exits[i].left_by, ESR(0x2f, 1));
		assert_int_equal(v0->arch.regs.pc, PC - exits[i].back);
		assert_int_equal(sysreg_read(hcr_el2), BIT(0) | BIT(31) | BIT(8));
		assert_int_equal(fake.syncs, 1);
		assert_int_equal(env.crashes + env.hypercalls + env.interrupts + env.blocks, 0);
	}
}

/* A put-off timer interrupt is told at an exit that the guest made, and at one where it takes interrupts. */
static void test_put_off_timer(void **state)
{
	(void)state;
	v0->arch.regs.pstate = PSTATE_EL1H | PSTATE_I;
	v0->arch.vgic.timer_put_off = true;
	trap_irq(v0);
	assert_true(v0->arch.vgic.timer_put_off);
	trap(ESR(0x01, 0));
	assert_false(v0->arch.vgic.timer_put_off);
	v0->arch.vgic.timer_put_off = true;
	v0->arch.regs.pstate = PSTATE_EL1H;
	trap_irq(v0);
	assert_false(v0->arch.vgic.timer_put_off);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_put_off_timer, set_up),
		cmocka_unit_test_setup(test_skip, set_up),
		cmocka_unit_test_setup(test_serror_on_the_way_out, set_up),
		cmocka_unit_test_setup(test_registers, set_up),
		cmocka_unit_test_setup(test_vectors, set_up),
		cmocka_unit_test_setup(test_pstate, set_up),
		cmocka_unit_test_setup(test_abort_syndromes, set_up),
		cmocka_unit_test_setup(test_undefined_keeps_far, set_up),
		cmocka_unit_test_setup(test_wfx, set_up),
		cmocka_unit_test_setup(test_conduits, set_up),
		cmocka_unit_test_setup(test_conduits_again, set_up),
		cmocka_unit_test_setup(test_hypercall, set_up),
		cmocka_unit_test_setup(test_other_classes, set_up),
		cmocka_unit_test_setup(test_irq_and_serror, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
