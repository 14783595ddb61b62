/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One value of an ID register for CPUs that differ (Arm ARM D19.1.3, principles of the ID scheme; D24.1.3 in later
 * issues): a field of 4 bits counts up, a larger value has all that a smaller one has. The exceptions are below.
 */
#include "arch/arm64/id_join.h"

#include <stdbool.h>
#include <stddef.h>

#include "arch/arm64/el2.h"
#include "lib/bits.h"

#define FIELD(lsb) GENMASK((lsb) + 3, (lsb))

#define ID_AA64PFR0  SYSREG(3, 0, 0, 4, 0)
#define ID_AA64MMFR0 SYSREG(3, 0, 0, 7, 0)
#define ID_MMFR0     SYSREG(3, 0, 0, 1, 4)
#define ID_MMFR3     SYSREG(3, 0, 0, 1, 7)

/* Signed fields: 0b1111 is -1, less than 0. */
static uint64_t signed_fields(uint32_t encoding)
{
	switch (encoding) {
	case ID_AA64PFR0:
		return ID_PFR0_FP | ID_PFR0_ADVSIMD;
	case ID_AA64MMFR0:
		return FIELD(24) | ID_MMFR0_TGRAN4; /* TGran64; TGran16 counts up */
	case ID_MMFR0:
		return FIELD(8) | FIELD(28); /* OuterShr, InnerShr: 0b1111 ignores shareability */
	case ID_MMFR3:
		return FIELD(28); /* Supersec */
	default:
		return 0;
	}
}

/* Fields without an order. TGran16_2, TGran64_2, TGran4_2: 0 "as TGran*", 1 no, 2 yes, 3 with 52-bit addresses. */
static uint64_t unordered_fields(uint32_t encoding)
{
	return encoding == ID_AA64MMFR0 ? FIELD(32) | FIELD(36) | ID_MMFR0_TGRAN4_2 : 0;
}

static uint64_t join_field(uint64_t a, uint64_t b, bool is_signed, bool is_unordered)
{
	uint64_t sign = is_signed ? 8 : 0; /* turned round, it puts -8 … 7 in order */

	if (is_unordered)
		return a == b ? a : 1;
	return (a ^ sign) < (b ^ sign) ? a : b;
}

uint64_t id_join(uint32_t encoding, uint64_t a, uint64_t b)
{
	uint64_t is_signed = signed_fields(encoding), is_unordered = unordered_fields(encoding);
	uint64_t out = 0;

	for (unsigned lsb = 0; lsb < 64; lsb += 4)
		out |= join_field(a >> lsb & 0xf, b >> lsb & 0xf, is_signed >> lsb & 1,
				       is_unordered >> lsb & 1)
		       << lsb;
	return out;
}

unsigned id_pa_bits(uint64_t mmfr0)
{
	static const unsigned char bits[] = { 32, 36, 40, 42, 44, 48, 52, 56 };
	uint64_t range = FIELD_GET(ID_MMFR0_PA, mmfr0);

	return bits[range < sizeof(bits) ? range : sizeof(bits) - 1];
}

/* Tables of stage 2 in pages of 4 KiB. */
static bool has_granule(uint64_t mmfr0)
{
	uint64_t second = FIELD_GET(ID_MMFR0_TGRAN4_2, mmfr0);

	return second ? second > 1 : !(FIELD_GET(ID_MMFR0_TGRAN4, mmfr0) & 8);
}

const char *id_lacks(uint64_t pfr0, uint64_t mmfr0, unsigned bits)
{
	if ((FIELD_GET(ID_PFR0_FP, pfr0) | FIELD_GET(ID_PFR0_ADVSIMD, pfr0)) & 8)
		return "no FP and Advanced SIMD registers (ID_AA64PFR0_EL1)";
	if (!has_granule(mmfr0))
		return "no 4 KiB granule at stage 2 (ID_AA64MMFR0_EL1.TGran4_2)";
	if (id_pa_bits(mmfr0) < bits)
		return "RAM or devices lie beyond its physical addresses (ID_AA64MMFR0_EL1.PARange)";
	return NULL;
}
