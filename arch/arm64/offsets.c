/* SPDX-License-Identifier: Apache-2.0 */
/* The offsets that assembly uses are those of the structures. */
#include "arch/arm64/offsets.h"

#include "arch/arm64/panic.h"
#include "core/cpu.h"
#include "core/domain.h"

static_assert(offsetof(struct vcpu, arch.regs) == 0, "the entry code finds the registers first");
static_assert(offsetof(struct guest_regs, x[30]) == REGS_X(30), "REGS_X");
static_assert(offsetof(struct guest_regs, pc) == REGS_PC, "REGS_PC");
static_assert(offsetof(struct guest_regs, pstate) == REGS_PSTATE, "REGS_PSTATE");
static_assert(offsetof(struct guest_regs, stack) == REGS_STACK, "REGS_STACK");
static_assert(offsetof(struct cpu, stack_top) == CPU_STACK_TOP, "CPU_STACK_TOP");
static_assert(offsetof(struct cpu, emergency_stack_top) == CPU_EMERGENCY_STACK,
		"CPU_EMERGENCY_STACK");
static_assert(offsetof(struct cpu, arch.branch_loops) == CPU_BRANCH_LOOPS, "CPU_BRANCH_LOOPS");
static_assert(offsetof(struct cpu, arch.workaround) == CPU_WORKAROUND, "CPU_WORKAROUND");
static_assert(offsetof(struct fatal_frame, sp) == FATAL_SP, "FATAL_SP");
static_assert(offsetof(struct fatal_frame, pc) == FATAL_PC, "FATAL_PC");
static_assert(offsetof(struct fatal_frame, pstate) == FATAL_PSTATE, "FATAL_PSTATE");
static_assert(sizeof(struct fatal_frame) == FATAL_SIZE, "FATAL_SIZE");
