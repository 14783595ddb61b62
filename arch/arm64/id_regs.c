/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ID registers as a guest reads them (HCR_EL2.TID3): the same on every CPU, with what all CPUs have. Only what is
 * listed shows: a field of a feature that Graft does not know reads zero, "not implemented", whatever the processors
 * have. Fields whose highest useful value is limited say so (Arm ARM D19.2, ID_AA64*).
 */
#include "arch/arm64/id_regs.h"

#include "arch/arm64/el2.h"
#include "arch/arm64/id_join.h"
#include "arch/arm64/trap.h"
#include "core/p2m.h"
#include <arch/sysreg.h>

#define FIELD(lsb) GENMASK((lsb) + 3, (lsb))

/* A 4-bit field shown as the processor has it, but no higher than max. */
struct id_field {
	uint8_t lsb, max;
};

struct id_reg {
	uint32_t encoding;
	uint64_t (*read)(void);
	uint64_t shown;      /* fields passed on unchanged */
	struct id_field limited[8]; /* ends with max 0 */
	uint64_t fixed;      /* added: value of fields neither shown nor limited */
};

#define READER(name, reg)                                                                          \
	static uint64_t name(void)                                                                 \
	{                                                                                          \
		return sysreg_read(reg);                                                           \
	}
READER(read_pfr0, id_aa64pfr0_el1)
READER(read_pfr1, id_aa64pfr1_el1)
READER(read_isar0, id_aa64isar0_el1)
READER(read_isar1, id_aa64isar1_el1)
READER(read_isar2, s3_0_c0_c6_2)
READER(read_mmfr0, id_aa64mmfr0_el1)
READER(read_mmfr1, id_aa64mmfr1_el1)
READER(read_mmfr2, s3_0_c0_c7_2)
READER(read_a32_pfr0, id_pfr0_el1)
READER(read_a32_pfr1, id_pfr1_el1)
READER(read_a32_mmfr0, id_mmfr0_el1)
READER(read_a32_mmfr1, id_mmfr1_el1)
READER(read_a32_mmfr2, id_mmfr2_el1)
READER(read_a32_mmfr3, id_mmfr3_el1)
READER(read_a32_mmfr4, s3_0_c0_c2_6)
READER(read_a32_isar0, id_isar0_el1)
READER(read_a32_isar1, id_isar1_el1)
READER(read_a32_isar2, id_isar2_el1)
READER(read_a32_isar3, id_isar3_el1)
READER(read_a32_isar4, id_isar4_el1)
READER(read_a32_isar5, id_isar5_el1)
READER(read_a32_isar6, s3_0_c0_c2_7)
READER(read_mvfr0, mvfr0_el1)
READER(read_mvfr1, mvfr1_el1)
READER(read_mvfr2, mvfr2_el1)

#define ALL GENMASK(63, 0)

static const struct id_reg id_regs[] = {
	{ /* EL1 of AArch64 alone (HCR_EL2.RW), FP, AdvSIMD, GICv3, DIT, CSV2 without SCXTNUM (trapped), CSV3.
	     No EL2, EL3, RAS, SVE, MPAM, AMU. */
			SYSREG(3, 0, 0, 4, 0), read_pfr0,
			FIELD(0) | FIELD(16) | FIELD(20) | FIELD(48) | FIELD(60),
			{ { 4, 1 }, { 24, 1 }, { 56, 1 } }, 0 },
	{ /* BT, SSBS. No MTE, SME, CSV2_frac's SCXTNUM, NMI, GCS. */
			SYSREG(3, 0, 0, 4, 1), read_pfr1, FIELD(0) | FIELD(4), { { 0, 0 } }, 0 },
	{ /* Debug architecture 8.0, breakpoints and watchpoints (guest_debug.c), two of each; no PMU, trace, SPE. */
			SYSREG(3, 0, 0, 5, 0), NULL, 0, { { 0, 0 } }, 0x101006 },
	{ /* Everything but TME. */
			SYSREG(3, 0, 0, 6, 0), read_isar0, ALL & ~FIELD(24), { { 0, 0 } }, 0 },
	{ /* No pointer authentication (APA, API, GPA, GPI), XS, LS64. */
			SYSREG(3, 0, 0, 6, 1), read_isar1,
			FIELD(0) | FIELD(12) | FIELD(16) | FIELD(20) | FIELD(32) | FIELD(36) |
					FIELD(40) | FIELD(44) | FIELD(48) | FIELD(52),
			{ { 0, 0 } }, 0 },
	{ /* RPRES, BC, RPRFM, CSSC, CLRBHB. No WFxT, pointer authentication, MOPS (needs HCRX_EL2). */
			SYSREG(3, 0, 0, 6, 2), read_isar2,
			FIELD(4) | FIELD(20) | FIELD(28) | FIELD(48) | FIELD(52), { { 0, 0 } }, 0 },
	{ /* ASIDBits, endianness, granules without 52-bit addresses. PARange is set below. */
			SYSREG(3, 0, 0, 7, 0), read_mmfr0,
			FIELD(4) | FIELD(8) | FIELD(12) | FIELD(16) | FIELD(24), { { 20, 1 } }, 0 },
	{ /* HAFDBS without HAFT, HPDS, PAN, AFP, nTLBPA, ETS, ECBHB. No VHE, LORegions, HCX. */
			SYSREG(3, 0, 0, 7, 1), read_mmfr1,
			FIELD(20) | FIELD(36) | FIELD(44) | FIELD(48) | FIELD(60),
			{ { 0, 2 }, { 12, 2 } }, 0 },
	{ /* CnP, UAO, LSM, CCIDX, TTST, LSE2, IDS, TTL, BBM, E0PD. No IESB, NV, FWB, EVT, 52-bit VAs. */
			SYSREG(3, 0, 0, 7, 2), read_mmfr2,
			FIELD(0) | FIELD(4) | FIELD(8) | FIELD(20) | FIELD(28) | FIELD(32) |
					FIELD(36) | FIELD(48) | FIELD(52) | FIELD(60),
			{ { 0, 0 } }, 0 },
	{ /* AArch32 at EL0: as it is, without RAS, AMU, DIT's neighbours, debug and EL2/EL3 extensions. */
			SYSREG(3, 0, 0, 1, 0), read_a32_pfr0,
			FIELD(0) | FIELD(4) | FIELD(8) | FIELD(12) | FIELD(16) | FIELD(24),
			{ { 0, 0 } }, 0 },
	{ SYSREG(3, 0, 0, 1, 1), read_a32_pfr1, FIELD(0) | FIELD(8) | FIELD(16), { { 28, 1 } }, 0 },
	{ SYSREG(3, 0, 0, 1, 4), read_a32_mmfr0, ALL, { { 0, 0 } }, 0 },
	{ SYSREG(3, 0, 0, 1, 5), read_a32_mmfr1, ALL, { { 0, 0 } }, 0 },
	{ SYSREG(3, 0, 0, 1, 6), read_a32_mmfr2, ALL, { { 0, 0 } }, 0 },
	{ SYSREG(3, 0, 0, 1, 7), read_a32_mmfr3, ALL, { { 0, 0 } }, 0 },
	{ SYSREG(3, 0, 0, 2, 0), read_a32_isar0, ALL, { { 0, 0 } }, 0 },
	{ SYSREG(3, 0, 0, 2, 1), read_a32_isar1, ALL, { { 0, 0 } }, 0 },
	{ SYSREG(3, 0, 0, 2, 2), read_a32_isar2, ALL, { { 0, 0 } }, 0 },
	{ SYSREG(3, 0, 0, 2, 3), read_a32_isar3, ALL, { { 0, 0 } }, 0 },
	{ SYSREG(3, 0, 0, 2, 4), read_a32_isar4, ALL, { { 0, 0 } }, 0 },
	{ SYSREG(3, 0, 0, 2, 5), read_a32_isar5, ALL, { { 0, 0 } }, 0 },
	{ SYSREG(3, 0, 0, 2, 6), read_a32_mmfr4, ALL & ~FIELD(28), { { 0, 0 } }, 0 },
	{ SYSREG(3, 0, 0, 2, 7), read_a32_isar6, ALL, { { 0, 0 } }, 0 },
	{ SYSREG(3, 0, 0, 3, 0), read_mvfr0, ALL, { { 0, 0 } }, 0 },
	{ SYSREG(3, 0, 0, 3, 1), read_mvfr1, ALL, { { 0, 0 } }, 0 },
	{ SYSREG(3, 0, 0, 3, 2), read_mvfr2, ALL, { { 0, 0 } }, 0 },
};

#define ID_AA64MMFR0 SYSREG(3, 0, 0, 7, 0)

/* PARange by address bits (Arm ARM D19.2.64). */
static uint64_t pa_range(unsigned bits)
{
	static const uint8_t range_bits[] = { 32, 36, 40, 42, 44, 48 };
	uint64_t range = 0;

	while (range + 1 < ARRAY_SIZE(range_bits) && range_bits[range + 1] <= bits)
		range++;
	return range;
}

/* Signed 4-bit fields: 0xf is "not there" for GIC-like features and granules, and stays. */
static uint64_t limit(uint64_t value, const struct id_field *field)
{
	uint64_t have = FIELD_GET(FIELD(field->lsb), value);

	return FIELD_PREP(FIELD(field->lsb), have != 0xf && have > field->max ? field->max : have);
}

/* Of each row, before a guest is shown less: what all CPUs that are up have. */
static uint64_t common[ARRAY_SIZE(id_regs)];
static uint64_t narrowed; /* bit n: row n shows less than it did with the first CPU alone */

static_assert(ARRAY_SIZE(id_regs) <= 64, "narrowed has a bit for each");

static uint64_t sanitise(const struct id_reg *reg, uint64_t value)
{
	uint64_t out = (value & reg->shown) | reg->fixed;

	for (const struct id_field *f = reg->limited;
			f < reg->limited + ARRAY_SIZE(reg->limited) && f->max; f++)
		out |= limit(value, f);
	return out;
}

void id_regs_add_cpu(bool first)
{
	if (first)
		narrowed = 0;
	for (size_t i = 0; i < ARRAY_SIZE(id_regs); i++) {
		const struct id_reg *reg = &id_regs[i];
		uint64_t before = first ? 0 : sanitise(reg, common[i]);
		uint64_t value = reg->read ? reg->read() : 0;

		common[i] = first ? value : id_join(reg->encoding, common[i], value);
		if (!first && sanitise(reg, common[i]) != before)
			narrowed |= BIT(i);
	}
}

unsigned id_regs_narrowed(void)
{
	return popcount(narrowed);
}

/* The row with this encoding, or the number of rows. */
static size_t find(uint32_t encoding)
{
	size_t i = 0;

	while (i < ARRAY_SIZE(id_regs) && id_regs[i].encoding != encoding)
		i++;
	return i;
}

uint64_t id_reg_common(uint32_t encoding)
{
	size_t i = find(encoding);

	return i < ARRAY_SIZE(id_regs) ? common[i] : 0;
}

uint64_t id_reg_read(uint32_t encoding)
{
	size_t i = find(encoding);
	uint64_t value;

	if (i == ARRAY_SIZE(id_regs))
		return 0;
	value = sanitise(&id_regs[i], common[i]);
	return encoding == ID_AA64MMFR0 ? value | pa_range(p2m_ipa_bits()) : value;
}
