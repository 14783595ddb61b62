/* SPDX-License-Identifier: Apache-2.0 */
/* Bit fields, alignment and small arithmetic that never needs a type's width spelled out twice. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define BIT(n)        (UINT64_C(1) << (n))
#define GENMASK(h, l) ((~UINT64_C(0) >> (63 - (h))) & (~UINT64_C(0) << (l)))

/* A field is named by its mask alone; the shift follows from the mask's lowest bit. */
#define FIELD_SHIFT(mask)         ((unsigned)__builtin_ctzll(mask))
#define FIELD_PREP(mask, val)     (((uint64_t)(val) << FIELD_SHIFT(mask)) & (mask))
#define FIELD_GET(mask, reg)      (((uint64_t)(reg) & (mask)) >> FIELD_SHIFT(mask))
#define FIELD_SET(mask, reg, val) (((reg) & ~(uint64_t)(mask)) | FIELD_PREP(mask, val))

#define ARRAY_SIZE(a)      (sizeof(a) / sizeof((a)[0]))
#define ALIGN_UP(x, a)     (((x) + ((a) - 1)) & ~((__typeof__(x))(a) - 1))
#define ALIGN_DOWN(x, a)   ((x) & ~((__typeof__(x))(a) - 1))
#define IS_ALIGNED(x, a)   (((x) & ((__typeof__(x))(a) - 1)) == 0)
#define DIV_ROUND_UP(n, d) (((n) + (d) - 1) / (d))

#define MIN(a, b) ((a) < (b) ? (a) : (b))
#define MAX(a, b) ((a) > (b) ? (a) : (b))

#define container_of(ptr, type, member) ((type *)((char *)(ptr) - offsetof(type, member)))

#define likely(x)   __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

/* A function that is rare: in the caller, which is not, its registers would be saved each time. */
#define noinline __attribute__((noinline))

/* How many bits are set; the compiler's builtin calls a library where there is no instruction for it. */
static inline unsigned popcount(uint64_t x)
{
	unsigned count = 0;

	for (; x; x &= x - 1)
		count++;
	return count;
}

/* log2 of a non-zero value, rounded down. */
static inline unsigned ilog2(uint64_t x)
{
	return 63U - (unsigned)__builtin_clzll(x);
}
