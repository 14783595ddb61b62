/* SPDX-License-Identifier: Apache-2.0 */
/* ID registers that hold for all CPUs that are up, whichever of them asks. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/*
 * The CPU that runs comes to those that are up. first: there is none yet. CPUs come one after the other, and no guest
 * runs before the last one has come.
 */
void id_regs_add_cpu(bool first);

/* A register by its encoding (SYSREG()), with what all CPUs have, also where guests are shown less. */
uint64_t id_reg_common(uint32_t encoding);

/* How many registers guests are shown with less in them than the first CPU has, since another has less. */
unsigned id_regs_narrowed(void);
