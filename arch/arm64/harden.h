/* SPDX-License-Identifier: Apache-2.0 */
/* Branch predictors and store bypass: what each CPU does so that no guest steers Graft's speculation (docs/cpus.md). */
#pragma once

#include "core/cpu.h"

/* cpu->arch.harden: what a CPU does on the way in from a guest, before the first branch that is predicted. */
enum harden {
	HARDEN_NONE, /* the core needs nothing */
	HARDEN_LOOP, /* cpu->arch.branch_loops taken branches */
	HARDEN_CLRBHB, /* CLRBHB */
	HARDEN_FIRMWARE, /* SMCCC_ARCH_WORKAROUND_1 or 3, cpu->arch.workaround */
	HARDEN_VULNERABLE, /* firmware would be needed and does not offer it */
	HARDEN_KINDS,
};

/* Decides for the CPU that runs, after errata_init_cpu() and firmware_init(). Turns store bypass off by firmware. */
void harden_init_cpu(struct cpu *cpu);

/* The vectors of a CPU that does so (vectors.S). */
const char *harden_vectors(enum harden harden);

/* What is done against store bypass, in words. */
const char *harden_store_bypass(const struct cpu *cpu);

/* SMCCC_ARCH_WORKAROUND_1, 2, 3 as a guest on this CPU is told of them: 0, 1 (not needed), SMCCC_NOT_SUPPORTED. */
int64_t harden_guest_answer(uint32_t function);
/* The guest's own call of one that harden_guest_answer() has. */
void harden_guest_call(uint32_t function);
