/* SPDX-License-Identifier: Apache-2.0 */
/* Lines of text about what an operation does or would do: into a buffer of the caller's, or to the log. */
#pragma once

#include <stddef.h>

struct report {
	char *at; /* NULL: to the log instead */
	size_t room;
	size_t length; /* of the whole text, also of what did not fit; no NUL is counted */
};

/* One line; the newline is added. Formats as dt_fail() does. */
void report_line(struct report *report, const char *format, ...)
		__attribute__((format(printf, 2, 3)));
