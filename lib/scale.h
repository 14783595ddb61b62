/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers times a fixed-point factor, and sums, that stop at the largest number instead of starting anew. */
#pragma once

#include <stdint.h>

/* value * factor / 2^32. */
static inline uint64_t scale_fixed32(uint64_t value, uint64_t factor)
{
	__uint128_t product = ((__uint128_t)value * factor) >> 32;

	return product > UINT64_MAX ? UINT64_MAX : (uint64_t)product;
}

static inline uint64_t add_saturating(uint64_t a, uint64_t b)
{
	return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}
