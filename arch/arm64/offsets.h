/* SPDX-License-Identifier: Apache-2.0 */
/* Offsets that assembly uses; arch/arm64/offsets.c asserts each against the structure it is of. */
#pragma once

#define REGS_X(n)   ((n) * 8)
#define REGS_PC     248
#define REGS_PSTATE 256
#define REGS_STACK  264

#define CPU_STACK_TOP       8
#define CPU_EMERGENCY_STACK 16
#define CPU_BRANCH_LOOPS    40
#define CPU_WORKAROUND      44

/* struct fatal_frame (arch/arm64/panic.h) */
#define FATAL_SP     248
#define FATAL_PC     256
#define FATAL_PSTATE 264
#define FATAL_SIZE   272
