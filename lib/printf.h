/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Formatted text. Conversions: %d %i %u %x %X %o %c %s %p %%, with 0 - + and space flags, width,
 * precision, `*`, and the lengths hh h l ll z t j. No floating point. lib/printf.c at EL2, the C library
 * on the host.
 */
#pragma once

#include <stdarg.h>
#include <stddef.h>

int vsnprintf(char *buf, size_t size, const char *fmt, va_list args)
		__attribute__((format(printf, 3, 0)));
int snprintf(char *buf, size_t size, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
