/* SPDX-License-Identifier: Apache-2.0 */
/* Machines whose CPUs differ: what is common to their ID registers, whom Graft leaves off, what the log says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "arch/arm64/cpu_kinds.h"
#include "arch/arm64/el2.h"
#include "arch/arm64/errata.h"
#include "arch/arm64/harden.h"
#include "arch/arm64/id_join.h"
#include "arch/arm64/id_regs.h"
#include "arch/arm64/trap.h"
#include "arch/host/fake.h"
#include "core/p2m.h"
#include "core/printk.h"
#include "core/time.h"
#include <arch/sysreg.h>

#include <cmocka.h>

#define PFR0     SYSREG(3, 0, 0, 4, 0)
#define PFR1     SYSREG(3, 0, 0, 4, 1)
#define ISAR0    SYSREG(3, 0, 0, 6, 0)
#define MMFR0    SYSREG(3, 0, 0, 7, 0)
#define MMFR1    SYSREG(3, 0, 0, 7, 1)
#define A32MMFR0 SYSREG(3, 0, 0, 1, 4)
#define A32MMFR3 SYSREG(3, 0, 0, 1, 7)

/* As the manuals of the cores have them, with a GICv3. */
static const struct core {
	uint32_t midr;
	uint64_t pfr0, pfr1, isar0, mmfr0, mmfr1, mmfr2;
} a53 = { 0x410fd034, 0x01002222, 0, 0x00011120, 0x00001122, 0, 0 },
  a57 = { 0x411fd073, 0x01002222, 0, 0x00011120, 0x00001124, 0, 0 },
  a72 = { 0x410fd082, 0x01002222, 0, 0x00011120, 0x00001124, 0, 0 },
  a55 = { 0x412fd050, 0x1100000011112222, 0x10, 0x0000100010211120, 0x00101122, 0x10212122,
	  0x1011 },
  a76 = { 0x414fd0b0, 0x1100000011111112, 0x10, 0x0000100010211120, 0x00101122, 0x10212122,
	  0x1011 },
  denver = { 0x4e0f0030, 0x00002222, 0, 0x00011120, 0x00001123, 0, 0 };

static unsigned ipa_bits;
static char lines[40][256];
static unsigned line_count;

unsigned p2m_ipa_bits(void)
{
	return ipa_bits;
}

void printk(enum log_level level, const char *fmt, ...)
{
	va_list args;

	(void)level;
	assert_true(line_count < ARRAY_SIZE(lines));
	va_start(args, fmt);
	vsnprintf(lines[line_count++], sizeof(lines[0]), fmt, args);
	va_end(args);
}

static int set_up(void **state)
{
	(void)state;
	host_sysreg_reset();
	host_cpus_reset(6, NS_PER_S);
	atomic_store(&errata_machine, 0);
	ipa_bits = 40;
	line_count = 0;
	return 0;
}

/* The CPU that runs is of this kind. */
static void become(const struct core *core)
{
	host_sysreg_write("midr_el1", core->midr);
	host_sysreg_write("id_aa64pfr0_el1", core->pfr0);
	host_sysreg_write("id_aa64pfr1_el1", core->pfr1);
	host_sysreg_write("id_aa64isar0_el1", core->isar0);
	host_sysreg_write("id_aa64mmfr0_el1", core->mmfr0);
	host_sysreg_write("id_aa64mmfr1_el1", core->mmfr1);
	host_sysreg_write("s3_0_c0_c7_2", core->mmfr2);
}

static void boot(const struct core *first, const struct core *second)
{
	become(first);
	id_regs_add_cpu(true);
	become(second);
	id_regs_add_cpu(false);
}

static uint64_t at(unsigned lsb, uint64_t value)
{
	return value << lsb;
}

/* 0b1111 is less than 0 in signed fields, and more than all in others. */
static void test_signs(void **state)
{
	(void)state;
	for (unsigned lsb = 16; lsb <= 20;
			lsb += 4) { /* FP, AdvSIMD: 0xf none, 0, 1 half precision */
		assert_int_equal(id_join(PFR0, at(lsb, 1), at(lsb, 0)), 0);
		assert_int_equal(id_join(PFR0, at(lsb, 1), at(lsb, 0xf)), at(lsb, 0xf));
		assert_int_equal(id_join(PFR0, at(lsb, 0xf), at(lsb, 0)), at(lsb, 0xf));
	}
	for (unsigned lsb = 24; lsb <= 28; lsb += 4) { /* TGran64, TGran4 */
		assert_int_equal(id_join(MMFR0, at(lsb, 0), at(lsb, 0xf)), at(lsb, 0xf));
		assert_int_equal(id_join(MMFR0, at(lsb, 1), at(lsb, 0)), 0);
	}
	assert_int_equal(id_join(MMFR0, at(20, 1), at(20, 0)), 0); /* TGran16 */
	assert_int_equal(id_join(MMFR0, at(20, 2), at(20, 1)), at(20, 1));
	assert_int_equal(id_join(PFR0, at(24, 1), at(24, 0xf)), at(24, 1)); /* GIC counts up */
	assert_int_equal(id_join(A32MMFR0, at(28, 0xf), at(28, 1)), at(28, 0xf));
	assert_int_equal(id_join(A32MMFR3, at(28, 0xf), at(28, 0)), at(28, 0xf));
	assert_int_equal(id_join(MMFR1, at(28, 0xf), at(28, 0)), 0);
}

/* TGran16_2, TGran64_2, TGran4_2: what differs is not to be relied on. */
static void test_granules_of_stage_2(void **state)
{
	(void)state;
	for (unsigned lsb = 32; lsb <= 40; lsb += 4) {
		assert_int_equal(id_join(MMFR0, at(lsb, 2), at(lsb, 2)), at(lsb, 2));
		assert_int_equal(id_join(MMFR0, at(lsb, 0), at(lsb, 0)), 0);
		assert_int_equal(id_join(MMFR0, at(lsb, 0), at(lsb, 2)), at(lsb, 1));
		assert_int_equal(id_join(MMFR0, at(lsb, 3), at(lsb, 2)), at(lsb, 1));
	}
}

/* In whichever order the CPUs come up. */
static void test_order_does_not_matter(void **state)
{
	static const uint32_t encodings[] = { PFR0, MMFR0, A32MMFR0, A32MMFR3, ISAR0 };

	(void)state;
	for (unsigned i = 0; i < 5 * 16 * 16 * 16; i++) {
		uint32_t e = encodings[i >> 12];
		uint64_t a = (i & 0xf) * UINT64_C(0x1111111111111111);
		uint64_t b = (i >> 4 & 0xf) * UINT64_C(0x1111111111111111);
		uint64_t c = (i >> 8 & 0xf) * UINT64_C(0x1111111111111111);

		assert_int_equal(id_join(e, a, b), id_join(e, b, a));
		assert_int_equal(id_join(e, id_join(e, a, b), c), id_join(e, a, id_join(e, b, c)));
		assert_int_equal(id_join(e, a, a), a);
	}
}

/* VTCR_EL2 follows these: as few bits as the CPU with the fewest, whoever boots. */
static void test_stage_2_of_big_and_little(void **state)
{
	static const struct {
		const struct core *a, *b;
		unsigned pa_bits;
		uint64_t vmid;
	} cases[] = {
		{ &a53, &a72, 40, 0 },
		{ &a55, &a76, 40, 2 },
		{ &a57, &denver, 42, 0 },
		{ &a72, &a76, 40, 0 },
		{ &a72, &a57, 44, 0 },
	};

	(void)state;
	for (size_t i = 0; i < 2 * ARRAY_SIZE(cases); i++) {
		boot(i & 1 ? cases[i / 2].b : cases[i / 2].a,
				i & 1 ? cases[i / 2].a : cases[i / 2].b);
		assert_int_equal(id_pa_bits(id_reg_common(MMFR0)), cases[i / 2].pa_bits);
		assert_int_equal(id_reg_common(MMFR1) >> 4 & 0xf, cases[i / 2].vmid);
	}
}

static void check_common(const struct core *first, const struct core *second)
{
	boot(first, second);
	for (unsigned i = 0; i < 2; i++) { /* whichever CPU the guest runs on */
		become(i ? first : second);
		assert_int_equal(id_reg_read(PFR0), 0x01000012);
		assert_int_equal(id_reg_read(PFR1), 0);
		assert_int_equal(id_reg_read(ISAR0), 0x00011120);
		assert_int_equal(id_reg_read(MMFR0), 0x00001122);
		assert_int_equal(id_reg_read(MMFR1), 0);
		assert_int_equal(id_reg_read(SYSREG(3, 0, 0, 7, 2)), 0);
	}
}

/* An A76 among A53s has no LSE, no half precision, no PAN: a guest may find itself on the other next. */
static void test_guests_read_the_same_everywhere(void **state)
{
	(void)state;
	check_common(&a53, &a76);
	assert_int_equal(id_regs_narrowed(), 0); /* than CPU 0, which is the lesser one */
	check_common(&a76, &a53);
	assert_int_equal(id_regs_narrowed(), 6);
	boot(&a55, &a76);
	assert_int_equal(id_regs_narrowed(), 0);
	assert_int_equal(id_reg_read(ISAR0), 0x0000100010211120);
	assert_int_equal(id_reg_read(PFR0), 0x1100000001110012);
}

static void test_who_is_left_off(void **state)
{
	(void)state;
	assert_null(id_lacks(a53.pfr0, a53.mmfr0, 40));
	assert_null(id_lacks(a72.pfr0, a72.mmfr0, 44));
	assert_null(id_lacks(a76.pfr0, a76.mmfr0, 33));
	assert_non_null(strstr(id_lacks(a53.pfr0, a53.mmfr0, 41), "RAM"));
	assert_non_null(strstr(id_lacks(a53.pfr0 | 0xf0000, a53.mmfr0, 32), "FP"));
	assert_non_null(strstr(id_lacks(a53.pfr0 | 0xf00000, a53.mmfr0, 32), "FP"));
	assert_non_null(strstr(id_lacks(a53.pfr0, a53.mmfr0 | at(28, 0xf), 32), "4 KiB"));
	assert_non_null(strstr(id_lacks(a53.pfr0, a53.mmfr0 | at(40, 1), 32), "4 KiB"));
	assert_null(id_lacks(a53.pfr0, a53.mmfr0 | at(40, 2) | at(28, 0xf), 32));
	assert_null(id_lacks(a53.pfr0, a53.mmfr0 | at(40, 3), 32));
	for (unsigned range = 0; range < 8; range++) {
		static const unsigned bits[] = { 32, 36, 40, 42, 44, 48, 52, 56 };

		assert_null(id_lacks(0, range, bits[range]));
		assert_non_null(id_lacks(0, range, bits[range] + 1));
	}
}

static bool said(const char *text)
{
	for (unsigned i = 0; i < line_count; i++)
		if (strcmp(lines[i], text) == 0)
			return true;
	return false;
}

static void set_cpus(const struct core *const *cores, unsigned count)
{
	cpu_count = count;
	for (unsigned i = 0; i < count; i++) {
		become(cores[i]);
		id_regs_add_cpu(i == 0);
		errata_init_cpu(&cpus[i]);
	}
	cpu_group_kinds();
	errata_report();
}

/* RK3399, booted on an A53 and on an A72. */
static void test_kinds_are_named(void **state)
{
	static const struct core *const little_first[] = { &a53, &a53, &a53, &a53, &a72, &a72 };
	static const struct core *const big_first[] = { &a72, &a53, &a53, &a53, &a53, &a72 };

	(void)state;
	set_cpus(little_first, 6);
	assert_int_equal(cpus[0].alike, 0xf);
	assert_int_equal(cpus[3].alike, 0xf);
	assert_int_equal(cpus[4].alike, 0x30);
	assert_true(said("CPUs 0-3: Cortex-A53 r0p4 (MIDR 410fd034)"));
	assert_true(said(
			"CPUs 4-5: Cortex-A72 r0p2 (MIDR 410fd082), not CPU 0's: a vCPU stays on CPUs of one MIDR"));
	line_count = 0;
	set_cpus(big_first, 6);
	assert_int_equal(cpus[0].alike, 0x21);
	assert_int_equal(cpus[5].alike, 0x21);
	assert_int_equal(cpus[2].alike, 0x1e);
	assert_true(said("CPUs 0,5: Cortex-A72 r0p2 (MIDR 410fd082)"));
	assert_true(said(
			"CPUs 1-4: Cortex-A53 r0p4 (MIDR 410fd034), not CPU 0's: a vCPU stays on CPUs of one MIDR"));
}

static void test_what_guests_lose_is_said(void **state)
{
	static const struct core *const cores[] = { &a76, &a53 };

	(void)state;
	set_cpus(cores, 2);
	assert_true(said(
			"CPU 1: Cortex-A53 r0p4 (MIDR 410fd034), not CPU 0's: a vCPU stays on CPUs of one MIDR"));
	assert_true(said("ID registers: 6 differ between CPUs, guests read what all CPUs have"));
}

static void test_lists(void **state)
{
	static const struct {
		uint64_t mask;
		const char *text;
	} cases[] = {
		{ 1, "CPU 0" },
		{ UINT64_C(1) << 63, "CPU 63" },
		{ 3, "CPUs 0-1" },
		{ 0x2d, "CPUs 0,2-3,5" },
		{ ~UINT64_C(0), "CPUs 0-63" },
		{ UINT64_C(0xc000000000000101), "CPUs 0,8,62-63" },
	};
	char text[CPU_LIST_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		cpu_list(cases[i].mask, text);
		assert_string_equal(text, cases[i].text);
	}
	cpu_list(UINT64_C(0x5555555555555555), text); /* the longest */
	assert_string_equal(text + strlen(text) - 6, ",60,62");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_signs, set_up),
		cmocka_unit_test_setup(test_granules_of_stage_2, set_up),
		cmocka_unit_test_setup(test_order_does_not_matter, set_up),
		cmocka_unit_test_setup(test_stage_2_of_big_and_little, set_up),
		cmocka_unit_test_setup(test_guests_read_the_same_everywhere, set_up),
		cmocka_unit_test_setup(test_who_is_left_off, set_up),
		cmocka_unit_test_setup(test_kinds_are_named, set_up),
		cmocka_unit_test_setup(test_what_guests_lose_is_said, set_up),
		cmocka_unit_test_setup(test_lists, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
