/* SPDX-License-Identifier: Apache-2.0 */
/* What arch/arm64 keeps of a physical CPU; the same on the host, where tests play the processor. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define ARCH_WORKAROUNDS 3

struct arch_cpu {
	uint32_t branch_loops; /* first: vectors.S reads both (offsets.h) */
	uint32_t workaround; /* SMCCC function that clears the branch predictor */
	uint32_t midr;
	uint8_t harden; /* enum harden */
	bool has_ssbs;
	bool has_ras;
	int8_t firmware[ARCH_WORKAROUNDS]; /* SMCCC_ARCH_FEATURES of SMCCC_ARCH_WORKAROUND_1, 2, 3 on this CPU */
	/* Why the CPU cannot stay, in words: it has gone off, or will. NULL: no reason so far. */
	const char *_Atomic left_off;
	_Atomic bool taken; /* by itself when it comes, or by the CPU that waited for it and has given it up */
	uint64_t serror; /* syndrome of an SError that no guest is charged with, until it is reported; 0: none */
};
