/* SPDX-License-Identifier: Apache-2.0 */
/* Waiting for another CPU's store (Arm ARM, "Wait For Event mechanism and Send Event"). */
#pragma once

#include <stdatomic.h>
#include <stdint.h>

/*
 * The word as it is now; if that is `seen` still, after a sleep that ends when another CPU stores to it: LDAXR marks
 * the address for exclusive access, and WFE returns at once or as soon as the mark is lost. It may also return early.
 */
static inline uint32_t wait_for_change(_Atomic uint32_t *word, uint32_t seen)
{
	uint32_t now;

	__asm__ volatile("	ldaxr	%w0, %1\n"
			 "	cmp	%w0, %w2\n"
			 "	b.ne	1f\n"
			 "	wfe\n"
			 "1:"
			: "=&r"(now)
			: "Q"(*word), "r"(seen)
			: "cc", "memory");
	return now;
}
