/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the proofs: what CBMC may choose freely, and a span over bytes that it chooses. */
#pragma once

/* What the compiler is told, and CBMC does not know. */
#define __builtin_memcpy                   memcpy
#define __builtin_assume_aligned(at, size) (at)

#include "dt/span.h"
#include "dt/why.h"

size_t nondet_size(void);
uint32_t nondet_u32(void);
_Bool nondet_bool(void);

/* The words are not what is proved. */
int dt_fail(struct dt_why *why, int error, const char *format, ...)
{
	(void)why;
	(void)format;
	return error;
}

/* Byte by byte: CBMC's own copies whole arrays, which costs minutes. */
void *memcpy(void *restrict to, const void *restrict from, size_t size)
{
	size_t i;

	for (i = 0; i < size; i++)
		((uint8_t *)to)[i] = ((const uint8_t *)from)[i];
	return to;
}

#define assume(holds) __CPROVER_assume(holds)
#define prove(holds)  __CPROVER_assert(holds, #holds)

static inline bool is_inside(struct span part, struct span whole)
{
	return __CPROVER_same_object(part.at, whole.at) &&
	       __CPROVER_POINTER_OFFSET(part.at) >= __CPROVER_POINTER_OFFSET(whole.at) &&
	       __CPROVER_POINTER_OFFSET(part.at) + part.left <=
	                       __CPROVER_POINTER_OFFSET(whole.at) + whole.left;
}

/*
 * Any part of an array, which CBMC fills as it likes when nobody does: so also one that ends where the array
 * ends, where reading one byte too much is an error.
 */
static inline struct span any_part(struct span whole)
{
	size_t skip = nondet_size(), size = nondet_size();

	assume(skip <= whole.left && size <= whole.left - skip);
	return span_of(whole.at + skip, size);
}
