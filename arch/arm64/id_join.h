/* SPDX-License-Identifier: Apache-2.0 */
/* ID registers of CPUs that differ: what two CPUs have in common. Pure functions of values. */
#pragma once

#include <stdint.h>

#define ID_PFR0_FP        UINT64_C(0x0000000f0000)
#define ID_PFR0_ADVSIMD   UINT64_C(0x000000f00000)
#define ID_MMFR0_PA       UINT64_C(0x00000000000f)
#define ID_MMFR0_TGRAN4   UINT64_C(0x0000f0000000)
#define ID_MMFR0_TGRAN4_2 UINT64_C(0x0f0000000000)

/*
 * The ID register with this encoding (SYSREG()) of a machine whose CPUs have the values a and b, field by field: what
 * software may rely on wherever it runs. Commutative and associative.
 */
uint64_t id_join(uint32_t encoding, uint64_t a, uint64_t b);

/* Bits of a physical address by ID_AA64MMFR0_EL1. */
unsigned id_pa_bits(uint64_t mmfr0);

/*
 * id_lacks(): what a CPU with these ID_AA64PFR0_EL1 and ID_AA64MMFR0_EL1 lacks of that which Graft needs, in words;
 * NULL: nothing. bits: of the highest address of RAM and devices.
 */
const char *id_lacks(uint64_t pfr0, uint64_t mmfr0, unsigned bits);
