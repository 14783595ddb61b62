/* SPDX-License-Identifier: Apache-2.0 */
/* Which CPU this is: its struct cpu is in TPIDR_EL2 from the first C statement on. */
#pragma once

#include "arch/arm64/cpu_state.h"

struct cpu;

static inline struct cpu *this_cpu(void)
{
	struct cpu *cpu;

	__asm__("mrs %0, tpidr_el2" : "=r"(cpu));
	return cpu;
}
