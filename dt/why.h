/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Why something was refused, in words: an error number is born together with its sentence, so that no
 * path can forget one of them.
 */
#pragma once

#include "dt/dt_env.h"

/*
 * Where the sentence goes; a NULL `struct dt_why *` is allowed everywhere. Clear it first ({ 0 }): with `each` set, every fault
 * that can be told apart is handed to it (graftctl check): the engine then goes on where it can, and
 * returns the first error at the end.
 */
struct dt_why {
	char text[256];
	void (*each)(void *ctx, int error, const char *text);
	void *ctx;
};

/*
 * Write the sentence and return `error` (negative): `return dt_fail(why, -DT_EINVAL, "%s: no reg", path)`.
 * Knows %s, %.*s, %c, %d, %u, %x, with l, ll and z; what does not fit is cut off.
 */
int dt_fail(struct dt_why *why, int error, const char *format, ...)
		__attribute__((format(printf, 3, 4)));

/* Whether to look for more faults after this one. */
static inline bool dt_why_goes_on(const struct dt_why *why)
{
	return why && why->each;
}

/* Format into `to`, always terminated; returns the length written. */
size_t dt_format(char *to, size_t size, const char *format, ...)
		__attribute__((format(printf, 3, 4)));
size_t dt_format_list(char *to, size_t size, const char *format, va_list list);
