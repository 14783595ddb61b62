/* SPDX-License-Identifier: Apache-2.0 */
/* For what runs without cmocka: ends the program when something does not hold. */
#pragma once

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

static inline void must(bool holds, const char *what)
{
	if (!holds) {
		fprintf(stderr, "does not hold: %s\n", what);
		abort();
	}
}
