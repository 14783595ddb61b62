/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ID registers that a guest reads, field by field (Arm ARM D19.2, ID_AA64*, and G8.2 for AArch32's): with
 * every value in every field, and as whole registers of processors that exist.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "arch/arm64/el2.h"
#include "arch/arm64/id_regs.h"
#include "arch/arm64/trap.h"
#include "core/p2m.h"
#include <arch/sysreg.h>

#include <cmocka.h>

/* What becomes of a field. */
enum rule {
	HIDE, /* reads 0 */
	SHOW,
	MAX1, /* as it is, but no more than that; 0b1111 ("not there") stays */
	MAX2,
	FREE, /* reserved, or set by another rule: not looked at */
};

#define REG(crm, op2) SYSREG(3, 0, 0, crm, op2)
/* AArch32's are 32 bits; the upper half is reserved. */
#define RESERVED  FREE, FREE, FREE, FREE, FREE, FREE, FREE, FREE
#define ALL_SHOWN { SHOW, SHOW, SHOW, SHOW, SHOW, SHOW, SHOW, SHOW, RESERVED }

static const struct {
	const char *name;
	uint32_t encoding;
	enum rule fields[16]; /* bits [3:0] first */
} registers[] = {
	/* EL0 EL1 EL2 EL3, FP AdvSIMD GIC RAS, SVE SEL2 MPAM AMU, DIT RME CSV2 CSV3 */
	{ "id_aa64pfr0_el1", REG(4, 0),
			{ SHOW, MAX1, HIDE, HIDE, SHOW, SHOW, MAX1, HIDE, HIDE, HIDE, HIDE, HIDE,
					SHOW, HIDE, MAX1, SHOW } },
	/* BT SSBS MTE RAS_frac, MPAM_frac - SME RNDR_trap, CSV2_frac NMI MTE_frac GCS, THE MTEX DF2 PFAR */
	{ "id_aa64pfr1_el1", REG(4, 1), { SHOW, SHOW } },
	/* - AES SHA1 SHA2, CRC32 Atomic TME RDM, SHA3 SM3 SM4 DP, FHM TS TLB RNDR */
	{ "id_aa64isar0_el1", REG(6, 0),
			{ FREE, SHOW, SHOW, SHOW, SHOW, SHOW, HIDE, SHOW, SHOW, SHOW, SHOW, SHOW,
					SHOW, SHOW, SHOW, SHOW } },
	/* DPB APA API JSCVT, FCMA LRCPC GPA GPI, FRINTTS SB SPECRES BF16, DGH I8MM XS LS64 */
	{ "id_aa64isar1_el1", REG(6, 1),
			{ SHOW, HIDE, HIDE, SHOW, SHOW, SHOW, HIDE, HIDE, SHOW, SHOW, SHOW, SHOW,
					SHOW, SHOW, HIDE, HIDE } },
	/* WFxT RPRES GPA3 APA3, MOPS BC PAC_frac CLRBHB, SYSREG_128 SYSINSTR_128 PRFMSLC -, RPRFM CSSC LUT ATS1A */
	{ "s3_0_c0_c6_2", REG(6, 2),
			{ HIDE, SHOW, HIDE, HIDE, HIDE, SHOW, HIDE, SHOW, HIDE, HIDE, HIDE, HIDE,
					SHOW, SHOW, HIDE, HIDE } },
	/* PARange ASIDBits BigEnd SNSMem, BigEndEL0 TGran16 TGran64 TGran4, TGran*_2, ExS - - FGT ECV */
	{ "id_aa64mmfr0_el1", REG(7, 0),
			{ FREE, SHOW, SHOW, SHOW, SHOW, MAX1, SHOW, HIDE, HIDE, HIDE, HIDE, HIDE,
					HIDE, HIDE, HIDE, HIDE } },
	/* HAFDBS VMIDBits VH HPDS, LO PAN SpecSEI XNX, TWED ETS HCX AFP, nTLBPA TIDCP1 CMOW ECBHB */
	{ "id_aa64mmfr1_el1", REG(7, 1),
			{ MAX2, HIDE, HIDE, MAX2, HIDE, SHOW, HIDE, HIDE, HIDE, SHOW, HIDE, SHOW,
					SHOW, HIDE, HIDE, SHOW } },
	/* CnP UAO LSM IESB, VARange CCIDX NV ST, AT IDS FWB -, TTL BBM EVT E0PD */
	{ "s3_0_c0_c7_2", REG(7, 2),
			{ SHOW, SHOW, SHOW, HIDE, HIDE, SHOW, HIDE, SHOW, SHOW, SHOW, HIDE, HIDE,
					SHOW, SHOW, HIDE, SHOW } },
	/* State0-3, CSV2 AMU DIT RAS */
	{ "id_pfr0_el1", REG(1, 0), { SHOW, SHOW, SHOW, SHOW, SHOW, HIDE, SHOW, HIDE } },
	/* ProgMod Security MProgMod Virtualization, GenTimer Sec_frac Virt_frac GIC */
	{ "id_pfr1_el1", REG(1, 1), { SHOW, HIDE, SHOW, HIDE, SHOW, HIDE, HIDE, MAX1 } },
	{ "id_mmfr0_el1", REG(1, 4), ALL_SHOWN },
	{ "id_mmfr1_el1", REG(1, 5), ALL_SHOWN },
	{ "id_mmfr2_el1", REG(1, 6), ALL_SHOWN },
	{ "id_mmfr3_el1", REG(1, 7), ALL_SHOWN },
	{ "id_isar0_el1", REG(2, 0), ALL_SHOWN },
	{ "id_isar1_el1", REG(2, 1), ALL_SHOWN },
	{ "id_isar2_el1", REG(2, 2), ALL_SHOWN },
	{ "id_isar3_el1", REG(2, 3), ALL_SHOWN },
	{ "id_isar4_el1", REG(2, 4), ALL_SHOWN },
	{ "id_isar5_el1", REG(2, 5), ALL_SHOWN },
	/* ID_MMFR4_EL1: EVT on top */
	{ "s3_0_c0_c2_6", REG(2, 6), { SHOW, SHOW, SHOW, SHOW, SHOW, SHOW, SHOW, HIDE, RESERVED } },
	{ "s3_0_c0_c2_7", REG(2, 7), ALL_SHOWN }, /* ID_ISAR6_EL1 */
	{ "mvfr0_el1", REG(3, 0), ALL_SHOWN },
	{ "mvfr1_el1", REG(3, 1), ALL_SHOWN },
	{ "mvfr2_el1", REG(3, 2), ALL_SHOWN },
};

#define DFR0 REG(5, 0)

static unsigned ipa_bits;

unsigned p2m_ipa_bits(void)
{
	return ipa_bits;
}

static int set_up(void **state)
{
	(void)state;
	host_sysreg_reset();
	ipa_bits = 32;
	return 0;
}

static uint64_t expected_field(enum rule rule, uint64_t value)
{
	uint64_t max = rule == MAX1 ? 1 : 2;

	if (rule == HIDE)
		return 0;
	if (rule == SHOW || value == 0xf)
		return value;
	return value < max ? value : max;
}

static uint64_t expected(const enum rule *fields, uint64_t value)
{
	uint64_t out = 0;

	for (unsigned i = 0; i < 16; i++)
		if (fields[i] != FREE)
			out |= expected_field(fields[i], value >> (4 * i) & 0xf) << (4 * i);
	return out;
}

static uint64_t looked_at(const enum rule *fields)
{
	uint64_t mask = 0;

	for (unsigned i = 0; i < 16; i++)
		if (fields[i] != FREE)
			mask |= UINT64_C(0xf) << (4 * i);
	return mask;
}

static void check(unsigned i, uint64_t value)
{
	const enum rule *fields = registers[i].fields;
	uint64_t got;

	host_sysreg_write(registers[i].name, value);
	id_regs_add_cpu(true);
	got = id_reg_read(registers[i].encoding) & looked_at(fields);
	if (got != expected(fields, value))
		fail_msg("%s %#llx: got %#llx, expected %#llx", registers[i].name,
				(unsigned long long)value, (unsigned long long)got,
				(unsigned long long)expected(fields, value));
}

/* Alone, and with all that is around it set. */
static void test_every_field(void **state)
{
	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(registers); i++) {
		for (unsigned field = 0; field < 16; field++) {
			for (uint64_t value = 0; value < 16; value++) {
				check(i, value << (4 * field));
				check(i, ~(UINT64_C(0xf) << (4 * field)) | value << (4 * field));
			}
		}
		host_sysreg_write(registers[i].name, 0);
	}
}

/* A new processor's new register says of nothing that it is there. */
static void test_unknown(void **state)
{
	(void)state;
	for (uint32_t crm = 0; crm < 16; crm++) {
		for (uint32_t op2 = 0; op2 < 8; op2++) {
			bool known = REG(crm, op2) == DFR0;

			for (unsigned i = 0; i < ARRAY_SIZE(registers); i++)
				known |= registers[i].encoding == REG(crm, op2);
			if (!known)
				assert_int_equal(id_reg_read(REG(crm, op2)), 0);
		}
	}
	assert_int_equal(id_reg_read(SYSREG(3, 1, 0, 4, 0)), 0);
	assert_int_equal(id_reg_read(SYSREG(2, 0, 0, 4, 0)), 0);
}

/* Debug of version 8.0; two breakpoints and watchpoints, which must be; no PMU, trace, SPE. */
static void test_debug(void **state)
{
	(void)state;
	host_sysreg_write("id_aa64dfr0_el1", ~UINT64_C(0));
	host_sysreg_write("id_aa64dfr1_el1", ~UINT64_C(0));
	id_regs_add_cpu(true);
	assert_int_equal(id_reg_read(DFR0), 0x00101006);
}

/* As large as stage 2 lets a guest address, whatever the processor has. */
static void test_pa_range(void **state)
{
	static const struct {
		unsigned bits;
		uint64_t range;
	} cases[] = { { 32, 0 }, { 35, 0 }, { 36, 1 }, { 39, 1 }, { 40, 2 }, { 42, 3 }, { 43, 3 },
		{ 44, 4 }, { 47, 4 }, { 48, 5 }, { 52, 5 } };

	(void)state;
	host_sysreg_write("id_aa64mmfr0_el1", 0x6);
	id_regs_add_cpu(true);
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		ipa_bits = cases[i].bits;
		assert_int_equal(id_reg_read(REG(7, 0)), cases[i].range);
	}
}

struct whole {
	const char *name;
	uint32_t encoding;
	uint64_t has, shows;
};

static void check_whole(const struct whole *w, size_t count)
{
	for (size_t i = 0; i < count; i++)
		host_sysreg_write(w[i].name, w[i].has);
	id_regs_add_cpu(true);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(id_reg_read(w[i].encoding), w[i].shows);
}

/* Registers as the Cortex-A57's manual has them (A72: but for ID_MMFR0_EL1 the same), with a GICv3. */
static void test_cortex_a57(void **state)
{
	static const struct whole a57[] = {
		{ "id_aa64pfr0_el1", REG(4, 0), 0x01002222, 0x01000012 },
		{ "id_aa64pfr1_el1", REG(4, 1), 0, 0 },
		{ "id_aa64dfr0_el1", REG(5, 0), 0x10305106, 0x00101006 },
		{ "id_aa64isar0_el1", REG(6, 0), 0x00011120, 0x00011120 },
		{ "id_aa64mmfr0_el1", REG(7, 0), 0x00001124, 0x00001122 },
		{ "id_aa64mmfr1_el1", REG(7, 1), 0, 0 },
		{ "id_pfr0_el1", REG(1, 0), 0x00000131, 0x00000131 },
		{ "id_pfr1_el1", REG(1, 1), 0x10011011, 0x10010001 },
		{ "id_dfr0_el1", REG(1, 2), 0x03010066, 0 },
		{ "id_mmfr0_el1", REG(1, 4), 0x10101105, 0x10101105 },
		{ "id_mmfr1_el1", REG(1, 5), 0x40000000, 0x40000000 },
		{ "id_mmfr2_el1", REG(1, 6), 0x01260000, 0x01260000 },
		{ "id_mmfr3_el1", REG(1, 7), 0x02102211, 0x02102211 },
		{ "id_isar0_el1", REG(2, 0), 0x02101110, 0x02101110 },
		{ "id_isar5_el1", REG(2, 5), 0x00011121, 0x00011121 },
		{ "mvfr0_el1", REG(3, 0), 0x10110222, 0x10110222 },
		{ "mvfr1_el1", REG(3, 1), 0x12111111, 0x12111111 },
		{ "mvfr2_el1", REG(3, 2), 0x00000043, 0x00000043 },
	};
	static const struct whole a72[] = {
		{ "id_mmfr0_el1", REG(1, 4), 0x10201105, 0x10201105 },
	};

	(void)state;
	ipa_bits = 40;
	check_whole(a57, ARRAY_SIZE(a57));
	check_whole(a72, ARRAY_SIZE(a72));
}

/* Nearly everything there is, as QEMU's `-cpu max` has it: SVE, SME, MTE, pointer authentication, RME, NV … */
static void test_max(void **state)
{
	static const struct whole max[] = {
		{ "id_aa64pfr0_el1", REG(4, 0), 0x1311001121111112, 0x1101000001110012 },
		{ "id_aa64pfr1_el1", REG(4, 1), 0x0000001002000321, 0x0000000000000021 },
		{ "id_aa64zfr0_el1", REG(4, 4), 0x0110110100110021, 0 },
		{ "id_aa64smfr0_el1", REG(4, 5), 0x80f1fd0000000000, 0 },
		{ "id_aa64dfr0_el1", REG(5, 0), 0x00f000003f305609, 0x00101006 },
		{ "id_aa64dfr1_el1", REG(5, 1), 0x3, 0 },
		{ "id_aa64isar0_el1", REG(6, 0), 0x1221111110212120, 0x1221111110212120 },
		{ "id_aa64isar1_el1", REG(6, 1), 0x0111111101211052, 0x0011111100211002 },
		{ "s3_0_c0_c6_2", REG(6, 2), 0x0000000011115112, 0x0000000010100010 },
		{ "id_aa64mmfr0_el1", REG(7, 0), 0x2100022210201126, 0x0000000000101125 },
		{ "id_aa64mmfr1_el1", REG(7, 1), 0x1110112011312123, 0x1000102000302002 },
		{ "s3_0_c0_c7_2", REG(7, 2), 0x1221011112011011, 0x1021001110000011 },
		{ "s3_0_c0_c7_3", REG(7, 3), 0x11, 0 },
	};

	(void)state;
	ipa_bits = 48;
	check_whole(max, ARRAY_SIZE(max));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_every_field, set_up),
		cmocka_unit_test_setup(test_unknown, set_up),
		cmocka_unit_test_setup(test_debug, set_up),
		cmocka_unit_test_setup(test_pa_range, set_up),
		cmocka_unit_test_setup(test_cortex_a57, set_up),
		cmocka_unit_test_setup(test_max, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
