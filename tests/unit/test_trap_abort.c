/* SPDX-License-Identifier: Apache-2.0 */
/* Stage-2 faults: emulated accesses of every width, and what is no device (Arm ARM D19.2.37, ISS of data aborts). */
#include "tests/unit/trap_guest.h"

#include "arch/arm64/errata.h"
#include "core/time.h"

#define ISV   BIT(24)
#define SSE   BIT(21)
#define SF    BIT(15)
#define WNR   BIT(6)
#define S1PTW BIT(7)

#define TRANSLATION 0x07 /* level 3 */
#define PERMISSION  0x0f
#define ACCESS_FLAG 0x0b

#define DEVICE UINT64_C(0x80012345678)
#define FAR    (UINT64_C(0xffff00000abcd000) | (DEVICE & 0xfff))

static void fault_at(uint64_t ipa, uint64_t far)
{
	host_sysreg_write("hpfar_el2", ipa >> 12 << 4);
	host_sysreg_write("far_el2", far);
}

static uint64_t access(unsigned size_log2, unsigned reg, uint64_t flags)
{
	return ESR(0x24, ISV | (uint64_t)size_log2 << 22 | (uint64_t)reg << 16 | TRANSLATION |
					 flags);
}

/* What the load instruction would leave in its register, worked out a bit at a time. */
static uint64_t loaded(uint64_t value, unsigned size, bool sign, bool wide)
{
	unsigned bits = 8 * size, width = wide ? 64 : 32;
	uint64_t out = 0;

	for (unsigned i = 0; i < width; i++) {
		unsigned from = i < bits ? i : bits - 1;

		if ((i < bits || sign) && value >> from & 1)
			out |= UINT64_C(1) << i;
	}
	return out;
}

static void test_reads(void **state)
{
	static const uint64_t values[] = { 0x8182838485868788, 0x7172737475767778, 0,
		~UINT64_C(0) };

	for (unsigned i = 0; i < 4 * 16; i++) {
		unsigned size_log2 = i >> 2 & 3;
		bool sign = i & 1, wide = i & 2;

		if (size_log2 == 3 && !wide)
			continue;
		set_up(state);
		fake.here = true;
		fake.value = values[i >> 4];
		fault_at(DEVICE, FAR);
		trap(access(size_log2, 7, (sign ? SSE : 0) | (wide ? SF : 0)));
		assert_int_equal(fake.reads, 1);
		assert_int_equal(fake.ipa, DEVICE);
		assert_int_equal(fake.size, 1 << size_log2);
		assert_int_equal(v0->arch.regs.x[7],
				loaded(values[i >> 4], 1U << size_log2, sign, wide));
		assert_int_equal(v0->arch.regs.x[6], 0x0606060606060606);
		assert_int_equal(v0->arch.regs.x[8], 0x0808080808080808);
		assert_stepped();
	}
}

static void test_read_to_zero_register(void **state)
{
	struct guest_regs before = v0->arch.regs;

	(void)state;
	fake.here = true;
	fake.value = 0x55;
	fault_at(DEVICE, FAR);
	trap(access(2, 31, 0));
	assert_memory_equal(before.x, v0->arch.regs.x, sizeof(before.x));
	assert_stepped();
}

static void test_writes(void **state)
{
	for (unsigned size_log2 = 0; size_log2 < 4; size_log2++) {
		uint64_t mask = ~UINT64_C(0) >> (64 - (8U << size_log2));

		set_up(state);
		fake.here = true;
		fault_at(DEVICE, FAR);
		trap(access(size_log2, 9, WNR | (size_log2 == 3 ? SF : 0)));
		assert_int_equal(fake.writes, 1);
		assert_int_equal(fake.ipa, DEVICE);
		assert_int_equal(fake.size, 1 << size_log2);
		assert_int_equal(fake.value & mask, 0x0909090909090909 & mask);
		assert_int_equal(v0->arch.regs.x[9], 0x0909090909090909);
		assert_stepped();
	}
	fake.value = 1;
	trap(access(2, 31, WNR));
	assert_int_equal(fake.value, 0);
}

static void test_serial_port(void **state)
{
	(void)state;
	fake.uart = true;
	fault_at(DEVICE, FAR);
	trap(access(0, 9, WNR));
	assert_int_equal(fake.uart_accesses, 1);
	assert_int_equal(fake.value & 0xff, 9);
	assert_stepped();
	set_up(state);
	fake.uart = true;
	fake.value = 0x90;
	fault_at(DEVICE, FAR);
	trap(access(2, 7, 0));
	assert_int_equal(fake.uart_accesses, 1);
	assert_int_equal(v0->arch.regs.x[7], 0x90);
	assert_stepped();
}

static void assert_data_abort(uint64_t far)
{
	assert_taken(0x96000010, 0x200, PSTATE_EL1H);
	assert_int_equal(sysreg_read(far_el1), far);
}

/* A pair, or with write-back: there is no saying which register. Nothing is done, the guest is told. */
static void test_no_syndrome(void **state)
{
	(void)state;
	fake.here = true;
	fault_at(DEVICE, FAR);
	trap(ESR(0x24, TRANSLATION | WNR));
	assert_int_equal(fake.reads + fake.writes, 0);
	assert_data_abort(FAR);
}

static void test_nothing_there(void **state)
{
	(void)state;
	fault_at(DEVICE, FAR);
	trap(access(2, 3, 0));
	assert_int_equal(fake.reads, 1);
	assert_int_equal(v0->arch.regs.x[3], 0x0303030303030303);
	assert_data_abort(FAR);
	set_up(state);
	fault_at(DEVICE, FAR);
	v0->arch.regs.pstate = 0;
	trap(access(2, 3, WNR));
	assert_taken(0x92000010, 0x400, 0);
}

/* The guest's own walk: the fault is of its table, not of the address it used. */
static void test_walk(void **state)
{
	(void)state;
	fake.here = true;
	fault_at(DEVICE, FAR);
	trap(ESR(0x24, ISV | 2 << 22 | S1PTW | TRANSLATION));
	assert_int_equal(fake.reads, 0);
	assert_data_abort(FAR);
}

/* HPFAR_EL2 says nothing of a permission fault; the guest's own translation does. */
static void test_permission(void **state)
{
	(void)state;
	fake.here = true;
	fake.translated = DEVICE;
	fault_at(0x1000, FAR);
	trap(ESR(0x24, ISV | 2 << 22 | 4 << 16 | PERMISSION | WNR));
	assert_int_equal(fake.writes, 1);
	assert_int_equal(fake.ipa, DEVICE);
	set_up(state);
	fake.here = true;
	fake.translation = -EFAULT;
	fault_at(0x1000, FAR);
	trap(ESR(0x24, ISV | 2 << 22 | 4 << 16 | PERMISSION | WNR));
	assert_int_equal(fake.writes, 0);
	assert_data_abort(FAR);
}

static void test_every_fault_status(void **state)
{
	for (uint64_t fsc = 0; fsc < 64; fsc++) {
		bool known = fsc >= 4 && fsc < 12; /* translation, access flag; levels 0-3 */

		set_up(state);
		fake.here = true;
		fake.translation = -EFAULT;
		fault_at(DEVICE, FAR);
		trap(ESR(0x24, ISV | 2 << 22 | fsc));
		assert_int_equal(fake.reads, known);
		if (known)
			assert_stepped();
		else
			assert_data_abort(FAR);
	}
}

/* Found mapped after all: the guest tries again, and nothing has happened to it. */
static void test_was_changing(void **state)
{
	for (unsigned instruction = 0; instruction < 2; instruction++) {
		set_up(state);
		fake.mapped = P2M_RAM;
		fault_at(DEVICE, FAR);
		trap(instruction ? ESR(0x20, TRANSLATION) : access(2, 3, 0));
		assert_int_equal(fake.ipa, DEVICE);
		assert_int_equal(v0->arch.regs.pc, PC);
		assert_int_equal(v0->arch.regs.pstate, PSTATE_EL1H);
		assert_int_equal(sysreg_read(esr_el1), 0);
	}
	/* A write to what is mapped read-only would be tried for ever. */
	set_up(state);
	fake.mapped = P2M_RAM_RO;
	fake.translated = DEVICE;
	fault_at(0, FAR);
	trap(ESR(0x24, ISV | 2 << 22 | PERMISSION | WNR));
	assert_data_abort(FAR);
}

/* Cortex-A57 erratum 834220: where stage 1 does not translate, the guest tries again; nothing has happened to it. */
static void test_stage_1_is_asked_by_erratum(void **state)
{
	static const struct {
		uint32_t flags; /* of the machine */
		int translation;
		uint64_t esr;
		bool again;
	} cases[] = {
		{ ERRATUM_FALSE_STAGE_2, -EFAULT, TRANSLATION, true },
		{ ERRATUM_FALSE_STAGE_2, -EFAULT, ISV | 2 << 22 | TRANSLATION, true },
		{ ERRATUM_FALSE_STAGE_2, 0, TRANSLATION, false },
		{ ERRATUM_FALSE_STAGE_2, -EFAULT, TRANSLATION | WNR, false }, /* loads alone */
		{ ERRATUM_FALSE_STAGE_2, -EFAULT, TRANSLATION | S1PTW, false },
		{ ERRATUM_FALSE_STAGE_2, -EFAULT, PERMISSION, false },
		{ 0, -EFAULT, TRANSLATION, false },
	};

	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		set_up(state);
		atomic_store(&errata_machine, cases[i].flags);
		fake.translation = cases[i].translation;
		fault_at(DEVICE, FAR);
		trap(ESR(0x24, cases[i].esr));
		atomic_store(&errata_machine, 0);
		if (!cases[i].again) {
			assert_data_abort(FAR);
			continue;
		}
		assert_int_equal(fake.reads, 0);
		assert_int_equal(env.reports, 0);
		assert_int_equal(v0->arch.regs.pc, PC);
		assert_int_equal(sysreg_read(esr_el1), 0);
	}
}

static void test_instruction_abort(void **state)
{
	(void)state;
	fault_at(DEVICE, PC);
	trap(ESR(0x20, TRANSLATION));
	assert_taken(0x86000010, 0x200, PSTATE_EL1H);
	assert_int_equal(sysreg_read(far_el1), PC);
	/* Code in a device, or what may not be executed. */
	set_up(state);
	fake.mapped = P2M_MMIO;
	fake.translated = DEVICE;
	fault_at(0, PC);
	trap(ESR(0x20, PERMISSION));
	assert_taken(0x86000010, 0x200, PSTATE_EL1H);
}

/* A guest that faults for ever: one line a second, then ever fewer, whoever faults beside it. */
static void test_reports_become_rare(void **state)
{
	(void)state;
	fault_at(DEVICE, FAR);
	host_now = 1000;
	for (unsigned i = 0; i < 100; i++) {
		host_now += NS_PER_S / 10;
		trap(access(2, 3, 0));
	}
	assert_int_equal(env.reports, 4); /* at 0, 1, 3 and 7 s */
	env_d.arch.faults.repeat = (struct repeat){ 0 };
	trap(access(2, 3, 0));
	assert_int_equal(env.reports, 5);
	host_now = 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_reports_become_rare, set_up),
		cmocka_unit_test_setup(test_reads, set_up),
		cmocka_unit_test_setup(test_read_to_zero_register, set_up),
		cmocka_unit_test_setup(test_writes, set_up),
		cmocka_unit_test_setup(test_serial_port, set_up),
		cmocka_unit_test_setup(test_no_syndrome, set_up),
		cmocka_unit_test_setup(test_nothing_there, set_up),
		cmocka_unit_test_setup(test_walk, set_up),
		cmocka_unit_test_setup(test_permission, set_up),
		cmocka_unit_test_setup(test_every_fault_status, set_up),
		cmocka_unit_test_setup(test_was_changing, set_up),
		cmocka_unit_test_setup(test_stage_1_is_asked_by_erratum, set_up),
		cmocka_unit_test_setup(test_instruction_abort, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
