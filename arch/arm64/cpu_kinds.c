/* SPDX-License-Identifier: Apache-2.0 */
/* Kinds of CPUs: those with the same MIDR_EL1, since a guest chooses its workarounds by it. */
#include "arch/arm64/cpu_kinds.h"

#include "core/cpu.h"
#include "lib/bits.h"

static void group(struct cpu *cpu)
{
	cpu->alike = 0;
	for (unsigned i = 0; i < cpu_count; i++)
		if (cpus[i].arch.midr == cpu->arch.midr)
			cpu->alike |= BIT(i);
}

void cpu_group_kinds(void)
{
	for (unsigned i = 0; i < cpu_count; i++)
		group(&cpus[i]);
}
