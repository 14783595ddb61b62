/* SPDX-License-Identifier: Apache-2.0 */
/* A value has no type: text, if it can be text; else cells, if it has whole ones; else bytes. */
#include "tools/source.h"

#include <inttypes.h>
#include <stdio.h>

/* Terminated, printable, and no string of it empty. */
static bool is_text(struct span value)
{
	const char *text;
	size_t length;

	while (value.left) {
		if (!span_string(&value, &text, &length) || length == 0)
			return false;
		for (; *text; text++)
			if (*text < ' ' || *text > '~')
				return false;
	}
	return true;
}

static void print_text(struct span value)
{
	const char *text, *comma = " = ";

	while (span_string(&value, &text, NULL)) {
		printf("%s\"", comma);
		for (; *text; text++)
			printf(*text == '"' || *text == '\\' ? "\\%c" : "%c", *text);
		printf("\"");
		comma = ", ";
	}
}

static void print_cells(struct span value)
{
	const char *before = " = <";
	uint32_t cell;

	while (span_u32(&value, &cell)) {
		printf("%s0x%" PRIx32, before, cell);
		before = " ";
	}
	printf(">");
}

static void print_bytes(struct span value)
{
	printf(" = [");
	for (size_t i = 0; i < value.left; i++)
		printf("%s%02x", i ? " " : "", value.at[i]);
	printf("]");
}

void source_print(const struct dt_prop *prop)
{
	struct span value = dt_prop_span(prop);

	printf("%s", prop->name);
	if (value.left && is_text(value))
		print_text(value);
	else if (value.left && value.left % 4 == 0)
		print_cells(value);
	else if (value.left)
		print_bytes(value);
	printf(";");
}
