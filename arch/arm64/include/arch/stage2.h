/* SPDX-License-Identifier: Apache-2.0 */
/* What this machine's stage 2 can do (Arm ARM D19.2.64, D19.2.65: ID_AA64MMFR0_EL1, ID_AA64MMFR1_EL1). */
#pragma once

#include "lib/bits.h"
#include <arch/sysreg.h>

/* Bits of a physical address. */
static inline unsigned stage2_pa_bits(void)
{
	static const unsigned char bits[] = { 32, 36, 40, 42, 44, 48, 52, 56 };
	uint64_t range = sysreg_read(id_aa64mmfr0_el1) & 0xf;

	return bits[range < sizeof(bits) ? range : sizeof(bits) - 1];
}

/* Bits of a VMID. */
static inline unsigned stage2_vmid_bits(void)
{
	return FIELD_GET(GENMASK(7, 4), sysreg_read(id_aa64mmfr1_el1)) == 2 ? 16 : 8;
}
