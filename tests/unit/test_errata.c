/* SPDX-License-Identifier: Apache-2.0 */
/* Which errata a processor has by its MIDR_EL1, and what is done against steered branches, by fake registers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "arch/arm64/boot.h"
#include "arch/arm64/errata.h"
#include "arch/arm64/harden.h"
#include "arch/arm64/psci.h"
#include "arch/host/fake.h"
#include "core/time.h"
#include <arch/sysreg.h>

#include <cmocka.h>

#define MIDR(part, variant, revision)                                                              \
	(UINT32_C(0x410f0000) | (uint32_t)(part) << 4 | (uint32_t)(variant) << 20 |                \
			(uint32_t)(revision))
#define A53  0xd03
#define A55  0xd05
#define A57  0xd07
#define A72  0xd08
#define A73  0xd09
#define A76  0xd0b
#define N1   0xd0c
#define A77  0xd0d
#define A710 0xd47
#define V2   0xd4f

static int answers[3]; /* of firmware, for SMCCC_ARCH_WORKAROUND_1, 2, 3 */

static int answer(uint32_t function)
{
	switch (function) {
	case 0x80008000:
		return answers[0];
	case 0x80007fff:
		return answers[1];
	default:
		assert_int_equal(function, 0x80003fff);
		return answers[2];
	}
}

static int set_up(void **state)
{
	(void)state;
	host_cpus_reset(2, NS_PER_S);
	host_sysreg_reset();
	atomic_store(&errata_machine, 0);
	answers[0] = answers[1] = answers[2] = -1;
	host_workaround_hook = answer;
	host_firmware_calls = 0;
	return 0;
}

static uint32_t flags_of(uint32_t midr)
{
	atomic_store(&errata_machine, 0);
	sysreg_write(midr_el1, midr);
	errata_init_cpu(&cpus[0]);
	assert_int_equal(cpus[0].arch.midr, midr);
	return atomic_load(&errata_machine);
}

static void test_flags_by_revision(void **state)
{
	static const struct {
		uint32_t midr;
		uint64_t flags;
	} cases[] = {
		{ MIDR(A53, 0, 4), 0 }, { MIDR(A72, 1, 0), 0 },
		{ MIDR(A55, 2, 0), ERRATUM_TLBI_REPEAT }, { MIDR(A76, 4, 1), ERRATUM_TLBI_REPEAT },
		{ MIDR(N1, 4, 1), ERRATUM_TLBI_REPEAT }, { MIDR(A710, 2, 0), ERRATUM_TLBI_REPEAT },
		{ MIDR(A77, 0, 0), ERRATUM_TLBI_REPEAT | ERRATUM_PAR_DMB },
		{ MIDR(A77, 1, 0), ERRATUM_TLBI_REPEAT | ERRATUM_PAR_DMB },
		{ MIDR(A77, 1, 1), ERRATUM_TLBI_REPEAT },
		{ MIDR(0xd46, 1, 1), ERRATUM_TLBI_REPEAT }, { MIDR(0xd46, 1, 2), 0 },
		{ MIDR(0xd8c, 0, 0), ERRATUM_TLBI_REPEAT }, { MIDR(0xd8b, 0, 0), 0 },
		{ UINT32_C(0x6d0fd490), ERRATUM_TLBI_REPEAT },
		{ UINT32_C(0x4e0f0100), ERRATUM_TLBI_REPEAT },
		{ UINT32_C(0x420fd0b1), 0 }, /* the same part of another implementer */
		{ UINT32_C(0x000f0510), 0 }, /* QEMU's "max" */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(flags_of(cases[i].midr), cases[i].flags);
}

/* One CPU's erratum makes all CPUs of the machine repeat. */
static void test_flags_are_the_machines(void **state)
{
	(void)state;
	(void)flags_of(MIDR(A53, 0, 4));
	assert_false(errata_any(ERRATUM_TLBI_REPEAT));
	sysreg_write(midr_el1, MIDR(A76, 0, 0));
	errata_init_cpu(&cpus[1]);
	assert_true(errata_any(ERRATUM_TLBI_REPEAT));
	sysreg_write(midr_el1, MIDR(A53, 0, 4));
	errata_init_cpu(&cpus[0]);
	assert_true(errata_any(ERRATUM_TLBI_REPEAT));
}

static enum harden harden_of(uint32_t midr, uint64_t csv2)
{
	(void)flags_of(midr);
	memset(&cpus[0].arch.branch_loops, 0, 8);
	sysreg_write(id_aa64pfr0_el1, csv2 << 56);
	harden_init_cpu(&cpus[0]);
	return (enum harden)cpus[0].arch.harden;
}

static void test_branches_by_core(void **state)
{
	static const struct {
		uint32_t midr;
		unsigned csv2, loops;
	} cases[] = {
		{ MIDR(A72, 1, 0), 1, 8 },
		{ MIDR(A76, 4, 0), 1, 24 },
		{ MIDR(N1, 3, 1), 1, 24 },
		{ MIDR(A710, 2, 0), 2, 32 },
		{ MIDR(0xd4d, 1, 0), 2, 38 },
		{ MIDR(V2, 0, 0), 2, 132 },
		{ UINT32_C(0xc00fac30), 2, 11 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(harden_of(cases[i].midr, cases[i].csv2), HARDEN_LOOP);
		assert_int_equal(cpus[0].arch.branch_loops, cases[i].loops);
	}
	assert_int_equal(harden_of(MIDR(A53, 0, 4), 0), HARDEN_NONE);
	assert_int_equal(harden_of(MIDR(A55, 1, 0), 0), HARDEN_NONE);
	/* Not in the table, not promised safe. */
	assert_int_equal(harden_of(MIDR(0xd99, 0, 0), 1), HARDEN_VULNERABLE);
	assert_int_equal(harden_of(MIDR(0xd99, 0, 0), 3), HARDEN_NONE);
}

static void test_branches_by_feature(void **state)
{
	(void)state;
	sysreg_write(s3_0_c0_c6_2, UINT64_C(1) << 28);
	assert_int_equal(harden_of(MIDR(V2, 0, 0), 2), HARDEN_CLRBHB);
	sysreg_write(id_aa64mmfr1_el1, UINT64_C(1) << 60);
	assert_int_equal(harden_of(MIDR(V2, 0, 0), 2), HARDEN_NONE);
	/* Neither helps against steered targets. */
	assert_int_equal(harden_of(MIDR(A72, 0, 3), 0), HARDEN_VULNERABLE);
}

static void test_branches_by_firmware(void **state)
{
	(void)state;
	assert_int_equal(harden_of(MIDR(A72, 0, 3), 0), HARDEN_VULNERABLE);
	answers[0] = 0;
	assert_int_equal(harden_of(MIDR(A72, 0, 3), 0), HARDEN_FIRMWARE);
	assert_int_equal(cpus[0].arch.workaround, 0x80008000);
	answers[2] = 0;
	assert_int_equal(harden_of(MIDR(A72, 0, 3), 0), HARDEN_FIRMWARE);
	assert_int_equal(cpus[0].arch.workaround, 0x80003fff);
	assert_int_equal(harden_of(MIDR(A73, 0, 2), 1), HARDEN_FIRMWARE);
	answers[2] = -1;
	assert_int_equal(harden_of(MIDR(A73, 0, 2), 1), HARDEN_VULNERABLE);
	answers[0] = 1; /* safe although CSV2 does not say so */
	assert_int_equal(harden_of(MIDR(A72, 1, 0), 0), HARDEN_LOOP);
	/* Firmware is not needed: that says nothing of the history. */
	answers[2] = 1;
	assert_int_equal(harden_of(MIDR(A72, 1, 0), 0), HARDEN_LOOP);
	assert_int_equal(harden_of(MIDR(A76, 4, 0), 1), HARDEN_LOOP);
	assert_int_equal(harden_of(MIDR(0xd99, 0, 0), 1), HARDEN_VULNERABLE);
	assert_int_equal(harden_of(MIDR(0xd99, 0, 0), 3), HARDEN_NONE);
	/* An answer that SMCCC does not have. */
	answers[0] = -2;
	answers[2] = 256;
	assert_int_equal(harden_of(MIDR(A72, 0, 3), 0), HARDEN_VULNERABLE);
}

static void test_each_kind_has_its_vectors(void **state)
{
	(void)state;
	assert_ptr_equal(harden_vectors(HARDEN_NONE), vectors);
	assert_ptr_equal(harden_vectors(HARDEN_LOOP), vectors_loop);
	assert_ptr_equal(harden_vectors(HARDEN_CLRBHB), vectors_clrbhb);
	assert_ptr_equal(harden_vectors(HARDEN_FIRMWARE), vectors_firmware);
	assert_ptr_equal(harden_vectors(HARDEN_VULNERABLE), vectors);
}

static void test_store_bypass_is_turned_off(void **state)
{
	(void)state;
	(void)harden_of(MIDR(A72, 0, 3), 0);
	assert_int_equal(host_firmware_calls, 0);
	answers[1] = 1;
	(void)harden_of(MIDR(A72, 0, 3), 0);
	assert_int_equal(host_firmware_calls, 0);
	/* "Not required": off for good, or not there. Trusted Firmware-A's answer unless it was built for another. */
	answers[1] = -2;
	(void)harden_of(MIDR(A72, 0, 3), 0);
	assert_int_equal(host_firmware_calls, 0);
	assert_int_equal(harden_guest_answer(0x80007fff), 1);
	assert_string_equal(harden_store_bypass(&cpus[0]), "none, or off by firmware for good");
	answers[1] = -1;
	(void)harden_of(MIDR(A72, 0, 3), 0);
	assert_int_equal(harden_guest_answer(0x80007fff), -1);
	answers[1] = 0;
	(void)harden_of(MIDR(A72, 0, 3), 0);
	assert_int_equal(host_firmware_calls, 1);
	assert_int_equal(host_firmware_called, 0x80007fff);
}

static void test_what_guests_are_told(void **state)
{
	(void)state;
	answers[0] = 0;
	answers[1] = 0;
	answers[2] = 1;
	(void)harden_of(MIDR(A72, 1, 0), 1);
	assert_int_equal(harden_guest_answer(0x80008000), 0);
	assert_int_equal(harden_guest_answer(0x80007fff), 1); /* off for good */
	assert_int_equal(harden_guest_answer(0x80003fff), 1);
	assert_int_equal(harden_guest_answer(0x80003ffe), -1);
	host_firmware_calls = 0;
	harden_guest_call(0x80003fff);
	assert_int_equal(host_firmware_calls, 0);
	harden_guest_call(0x80008000);
	assert_int_equal(host_firmware_calls, 1);
	assert_int_equal(host_firmware_called, 0x80008000);
	/* Where the way in has called firmware there is no second call. */
	(void)harden_of(MIDR(A72, 0, 3), 0);
	host_firmware_calls = 0;
	harden_guest_call(0x80008000);
	assert_int_equal(host_firmware_calls, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_flags_by_revision, set_up),
		cmocka_unit_test_setup(test_flags_are_the_machines, set_up),
		cmocka_unit_test_setup(test_branches_by_core, set_up),
		cmocka_unit_test_setup(test_branches_by_feature, set_up),
		cmocka_unit_test_setup(test_branches_by_firmware, set_up),
		cmocka_unit_test_setup(test_each_kind_has_its_vectors, set_up),
		cmocka_unit_test_setup(test_store_bypass_is_turned_off, set_up),
		cmocka_unit_test_setup(test_what_guests_are_told, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
