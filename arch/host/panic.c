/* SPDX-License-Identifier: Apache-2.0 */
/* A broken invariant ends a test. One that expects it has a panic() of its own, which the linker prefers. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/panic.h"

_Noreturn void panic(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	abort();
}
