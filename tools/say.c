/* SPDX-License-Identifier: Apache-2.0 */
/* Messages for a person. Colour follows no-color.org: never into a file, never against NO_COLOR. */
#include "tools/say.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dt/dt_env.h"

const struct colours *colours_for(FILE *file)
{
	static const struct colours none = { "", "", "", "", "" };
	static const struct colours some = { "\033[1;31m", "\033[1;33m", "\033[32m", "\033[1m",
		"\033[0m" };
	const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");

	if (no_color && no_color[0])
		return &none;
	if (!term || strcmp(term, "dumb") == 0 || !isatty(fileno(file)))
		return &none;
	return &some;
}

static void say(const char *colour, const char *what, const char *format, va_list list)
{
	fprintf(stderr, "graftctl: %s%s:%s ", colour, what, colours_for(stderr)->off);
	vfprintf(stderr, format, list);
	fputc('\n', stderr);
}

void say_error(const char *format, ...)
{
	va_list list;

	va_start(list, format);
	say(colours_for(stderr)->bad, "error", format, list);
	va_end(list);
}

void say_warning(const char *format, ...)
{
	va_list list;

	va_start(list, format);
	say(colours_for(stderr)->warn, "warning", format, list);
	va_end(list);
}

const char *error_name(int error)
{
	static const struct {
		int error;
		const char *name;
	} names[] = {
		{ -DT_ENOENT, "ENOENT" },
		{ -DT_ENXIO, "ENXIO" },
		{ -DT_E2BIG, "E2BIG" },
		{ -DT_ENOMEM, "ENOMEM" },
		{ -DT_EBUSY, "EBUSY" },
		{ -DT_EEXIST, "EEXIST" },
		{ -DT_EINVAL, "EINVAL" },
		{ -DT_ENOSPC, "ENOSPC" },
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (names[i].error == error)
			return names[i].name;
	return "error";
}
