/* SPDX-License-Identifier: Apache-2.0 */
/* Which errata a processor has by its MIDR_EL1, and what is done against steered branches, by fake registers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "arch/arm64/boot.h"
#include "arch/arm64/errata_priv.h"
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
		{ MIDR(A57, 1, 2), ERRATUM_FALSE_STAGE_2 }, { MIDR(A57, 1, 3), 0 },
		{ UINT32_C(0x51cf804d), 0 }, /* Kryo 4xx Gold: Cortex-A76 is r0p0 from rcpe */
		{ UINT32_C(0x51cf804e), ERRATUM_TLBI_REPEAT },
		{ UINT32_C(0x51ff804e), ERRATUM_TLBI_REPEAT }, { UINT32_C(0x51ff804f), 0 },
		{ UINT32_C(0x510f8000), ERRATUM_TLBI_REPEAT }, /* Falkor */
		{ UINT32_C(0x51af8001), 0 }, /* Kryo 2xx Gold, the same part */
		{ UINT32_C(0x511f2112), ERRATUM_TLBI_REPEAT }, /* Kryo */
		{ UINT32_C(0x420fd0b1), 0 }, /* the same part of another implementer */
		{ UINT32_C(0x000f0510), 0 }, /* QEMU's "max" */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		assert_int_equal(flags_of(cases[i].midr), cases[i].flags);
}

static bool has(uint32_t midr, const char *name)
{
	for (const struct erratum *e = NULL; (e = errata_next(midr, e));)
		if (strcmp(e->name, name) == 0)
			return true;
	return false;
}

static void test_names_by_revision(void **state)
{
	static const struct {
		uint32_t midr;
		const char *name;
		bool has;
	} cases[] = {
		{ MIDR(A53, 0, 4), "835769", true },
		{ MIDR(A53, 0, 5), "835769", false },
		{ MIDR(A53, 0, 4), "843419", true },
		{ UINT32_C(0x420f1000), "843419", true }, /* Brahma-B53 r0p0 */
		{ UINT32_C(0x420f1001), "843419", false },
		{ MIDR(A53, 0, 4), "1530924", true },
		{ MIDR(A55, 2, 0), "1530924", false },
		{ MIDR(A55, 2, 0), "1530923", true },
		{ UINT32_C(0x51df805e), "1530923", true }, /* Kryo 4xx Silver rdpe */
		{ UINT32_C(0x51df805f), "1530923", false },
		{ MIDR(A57, 1, 3), "1319537", true },
		{ MIDR(A72, 1, 0), "1319367", true },
		{ MIDR(A76, 4, 1), "1165522", true },
		{ MIDR(N1, 2, 0), "1165522", true },
		{ MIDR(N1, 3, 0), "1165522", false },
		{ MIDR(A55, 2, 0), "2441007", true },
		{ MIDR(0xd46, 1, 1), "2441009", true },
		{ MIDR(0xd46, 1, 2), "2441009", false },
		{ MIDR(A76, 3, 0), "1286807", true },
		{ MIDR(A76, 3, 1), "1286807", false },
		{ MIDR(0xd4c, 0, 0), "CVE-2025-10263", true }, /* Cortex-X1C */
		{ MIDR(0xd4d, 1, 0), "CVE-2025-10263", false }, /* Cortex-A715 */
		{ MIDR(A57, 1, 2), "832075", true },
		{ MIDR(A57, 1, 3), "832075", false },
		{ MIDR(A57, 1, 2), "834220", true },
		{ MIDR(A72, 0, 3), "834220", false },
		{ UINT32_C(0xc00fac40), "AC04_CPU_23", true },
		{ UINT32_C(0xc00fac30), "AC04_CPU_23", false },
		{ UINT32_C(0x431f0a12), "30115", true }, /* ThunderX T88 pass 2.2 */
		{ UINT32_C(0x431f0a13), "30115", false },
		{ UINT32_C(0x430f0a22), "30115", true }, /* T81 pass 1.2 */
		{ UINT32_C(0x430f0a31), "30115", false }, /* T83 pass 1.1 */
		{ UINT32_C(0x431f0af1), "219", true }, /* ThunderX2 */
		{ UINT32_C(0x420f5160), "219", true },
		{ UINT32_C(0x4e0f0040), "T410-OLY-1027", false }, /* Carmel */
		{ UINT32_C(0x4e0f0100), "T410-OLY-1027", true },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++)
		if (has(cases[i].midr, cases[i].name) != cases[i].has)
			fail_msg("%08x: %s", cases[i].midr, cases[i].name);
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
		{ MIDR(A72, 1, 0), 1, 8 }, { MIDR(A76, 4, 0), 1, 24 }, { MIDR(N1, 3, 1), 1, 24 },
		{ MIDR(A710, 2, 0), 2, 32 }, { MIDR(0xd4d, 1, 0), 2, 38 },
		{ MIDR(V2, 0, 0), 2, 132 }, { UINT32_C(0xc00fac30), 2, 11 },
		{ MIDR(0xd0e, 1, 0), 1, 24 }, /* Cortex-A76AE */
		{ UINT32_C(0x51df804e), 1, 24 }, /* Kryo 4xx Gold */
		{ UINT32_C(0x480fd020), 1, 24 }, /* HIP09 */
		{ MIDR(0xd4c, 0, 0), 1, 32 }, /* Cortex-X1C */
		{ UINT32_C(0x481fd010), 0,
				32 }, /* TSV110: without CSV2 its targets are safe all the same */
		{ UINT32_C(0x6d0fd490), 2, 32 }, /* Cobalt 100 */
		{ MIDR(0xd81, 0, 1), 2, 38 }, /* Cortex-A720 */
		{ MIDR(0xd82, 0, 1), 2, 132 }, /* Cortex-X4 */
		{ MIDR(0xd84, 0, 1), 2, 132 }, /* Neoverse V3 */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		assert_int_equal(harden_of(cases[i].midr, cases[i].csv2), HARDEN_LOOP);
		assert_int_equal(cpus[0].arch.branch_loops, cases[i].loops);
	}
	assert_int_equal(harden_of(MIDR(A53, 0, 4), 0), HARDEN_NONE);
	assert_int_equal(harden_of(MIDR(A55, 1, 0), 0), HARDEN_NONE);
	assert_int_equal(harden_of(UINT32_C(0x420f1000), 0), HARDEN_NONE); /* Brahma-B53 */
	for (uint32_t silver = 0x801; silver <= 0x805; silver += 2)
		assert_int_equal(harden_of(UINT32_C(0x51df0004) | silver << 4, 0), HARDEN_NONE);
	/* Cortex-A34: no list says so. */
	assert_int_equal(harden_of(MIDR(0xd02, 0, 0), 0), HARDEN_VULNERABLE);
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
		cmocka_unit_test_setup(test_names_by_revision, set_up),
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
