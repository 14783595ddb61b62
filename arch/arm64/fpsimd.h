/* SPDX-License-Identifier: Apache-2.0 */
/* The FP/SIMD registers of a guest; Graft itself is built without using them. */
#pragma once

#include <arch/domain.h>

void fpsimd_save(struct guest_fpsimd *state);
void fpsimd_restore(const struct guest_fpsimd *state);
