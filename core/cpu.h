/* SPDX-License-Identifier: Apache-2.0 */
/* The physical CPUs: what each one is, who runs on it. */
#pragma once

#include <stdatomic.h>

#include "core/types.h"

#define CPUS_MAX 64

struct vcpu;
struct cpu;

#include <arch/cpu.h> /* struct arch_cpu, struct cpu *this_cpu(void) */

/* TPIDR_EL2 points at this CPU's. Only its own CPU writes it, unless a field says otherwise. */
struct cpu {
	/* Never NULL once the scheduler runs: the idle vCPU when there is no other. */
	struct vcpu *current;
	uintptr_t stack_top; /* of this CPU's EL2 stack */
	uintptr_t emergency_stack_top;
	unsigned id;
	_Atomic bool online;
	_Atomic bool need_resched; /* any CPU: look at the run queue before entering a guest */
	uint64_t mpidr; /* affinity bits */
	struct arch_cpu arch;
	/* CPUs of the same kind, one bit each, this one too. From arch code, before the scheduler's first vCPU. */
	uint64_t alike;
};

extern struct cpu cpus[CPUS_MAX];
extern unsigned cpu_count; /* CPUs that are up, ids 0 … cpu_count - 1 */

#define CPU_LIST_MAX 128 /* enough for every second of CPUS_MAX */
/* A set of CPUs in words: "CPU 2", "CPUs 0-3,8". */
void cpu_list(uint64_t mask, char text[CPU_LIST_MAX]);

static inline unsigned cpu_id(void)
{
	return this_cpu()->id;
}

static inline struct vcpu *current_vcpu(void)
{
	return this_cpu()->current;
}

/* Has the CPU pass through the scheduler before it enters a guest; kicked unless it is going to anyway. */
void cpu_request_resched(unsigned cpu);

/* Makes the CPU leave its guest (or its sleep) and pass through the entry path again. */
void arch_cpu_kick(unsigned cpu);

/* Sleeps until an interrupt is pending; returns with it still pending. */
void arch_cpu_sleep(void);

/* An interrupt is pending for this CPU: a long operation should make way. */
bool arch_irq_pending(void);
