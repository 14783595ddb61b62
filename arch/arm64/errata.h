/* SPDX-License-Identifier: Apache-2.0 */
/* Errata of processors: which of them this machine's CPUs have (docs/cpus.md). */
#pragma once

#include "core/cpu.h"
#include "lib/bits.h"

/* What Graft does at run time only where a CPU needs it. */
#define ERRATUM_TLBI_REPEAT  BIT(0) /* a broadcast invalidation is followed by another one and DSB */
#define ERRATUM_PAR_DMB      BIT(1) /* PAR_EL1 is read between two DMBs */
#define ERRATUM_COUNTER_WRAP BIT(2) /* the counter is read twice */
#define ERRATUM_FALSE_STAGE_2                                                                      \
	BIT(3) /* a data abort of stage 2 may be one of stage 1: that is asked first */

/* Of all CPUs that are up: a CPU's invalidation may depend on another CPU's erratum. */
extern _Atomic uint32_t errata_machine;

static inline bool errata_any(uint64_t flags)
{
	return (atomic_load_explicit(&errata_machine, memory_order_relaxed) & flags) != 0;
}

/* Reads MIDR_EL1 of the CPU that runs into cpu->arch. Before the CPU runs a guest. */
void errata_init_cpu(struct cpu *cpu);

/* How many branches clear the branch history of such a core (Spectre-BHB); 0: the core is not in Arm's table. */
unsigned errata_branch_loops(uint32_t midr);
/* The core predicts branches in no way that another context can steer. */
bool errata_branches_are_safe(uint32_t midr);
/* Another context cannot steer where branches go, although CSV2 does not say so; it may steer by their history. */
bool errata_targets_are_safe(uint32_t midr);

/* Writes to the log each kind of core that is up, with its errata. No lock is held. */
void errata_report(void);
