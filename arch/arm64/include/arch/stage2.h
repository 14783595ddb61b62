/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stage 2 with what every CPU that is up can do (Arm ARM D19.2.64, D19.2.65: ID_AA64MMFR0_EL1, ID_AA64MMFR1_EL1): one
 * VTCR_EL2 for all of them, since a vCPU brings its tables along.
 */
#pragma once

#include "arch/arm64/el2.h"
#include "arch/arm64/id_join.h"
#include "arch/arm64/id_regs.h"
#include "lib/bits.h"

/* Bits of a physical address. */
static inline unsigned stage2_pa_bits(void)
{
	return id_pa_bits(id_reg_common(SYSREG(3, 0, 0, 7, 0)));
}

/* Bits of a VMID. */
static inline unsigned stage2_vmid_bits(void)
{
	return FIELD_GET(GENMASK(7, 4), id_reg_common(SYSREG(3, 0, 0, 7, 1))) == 2 ? 16 : 8;
}
