/* SPDX-License-Identifier: Apache-2.0 */
/* The report of an exception at EL2: registers, a backtrace with names, and the end of the machine. */
#pragma once

#include <stdint.h>

struct fatal_frame {
	uint64_t x[31];
	uint64_t sp;
	uint64_t pc;
	uint64_t pstate;
};

/* From the vectors; kind: which of them. */
_Noreturn void fatal_exception(const struct fatal_frame *frame, uint64_t kind);

/* GIC_SGI_HALT: another CPU has panicked. */
_Noreturn void panic_halt_cpu(void);
