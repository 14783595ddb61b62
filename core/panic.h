/* SPDX-License-Identifier: Apache-2.0 */
/* The end of the machine: only for Graft's own broken invariants, never for what a guest did. */
#pragma once

/* Prints the reason, registers and a backtrace, stops every CPU. */
_Noreturn void panic(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#define ASSERT(cond)                                                                               \
	do {                                                                                       \
		if (__builtin_expect(!(cond), 0))                                                  \
			panic("%s:%d: assertion failed: %s", __FILE__, __LINE__, #cond);           \
	} while (0)
