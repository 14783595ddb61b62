/* SPDX-License-Identifier: Apache-2.0 */
/* What graftctl says on stderr, and whether it may say it in colour. */
#pragma once

#include <stdbool.h>
#include <stdio.h>

/* Escape sequences, or "" where there is no terminal or the user wants none (NO_COLOR, TERM=dumb). */
struct colours {
	const char *bad, *warn, *good, *head, *off;
};

const struct colours *colours_for(FILE *file);

/* "graftctl: error: ..." and a newline. */
void say_error(const char *format, ...) __attribute__((format(printf, 1, 2)));
void say_warning(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* "EINVAL" for -DT_EINVAL and so on. */
const char *error_name(int error);
