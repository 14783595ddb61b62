/* SPDX-License-Identifier: Apache-2.0 */
/*
 * index_nospec(index, count): the index, or 0 where it is not below count, without a branch that speculation
 * could pass by (Arm "Cache Speculation Side-channels", 4.1; CSDB: Arm ARM C6.2). An index that a guest chooses
 * goes through it between the check of its range and its use; the check stays.
 */
#pragma once

#include <stdint.h>

static inline uint64_t index_nospec(uint64_t index, uint64_t count)
{
	uint64_t mask;

	/* The borrow of index - count makes the mask: all ones where index < count. CSDB is HINT #20. */
	__asm__ volatile("cmp %1, %2\n\tsbc %0, xzr, xzr\n\thint #20"
			: "=r"(mask)
			: "r"(index), "r"(count)
			: "cc");
	return index & mask;
}
