/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One token from every state that a cursor can be in: any place in a structure block, any strings block
 * that ends with a terminator. The states after it are such states again, so the proof holds for blobs of
 * any number of tokens.
 */
#include "tests/prove/prove.h"

#include "dt/fdt.c"

enum { STRUCTURE_MOST = 24, STRINGS_MOST = 4 };

void harness(void);
void harness(void)
{
	uint8_t tokens[STRUCTURE_MOST], names[STRINGS_MOST];
	struct span strings = any_part(span_of(names, sizeof(names)));
	struct dtb dtb = { .structure = any_part(span_of(tokens, sizeof(tokens))),
		.strings = strings };
	uint32_t offset = nondet_u32();
	struct dtb_cursor cursor;
	struct span before;
	enum dtb_event event;

	assume(strings.left == 0 || strings.at[strings.left - 1] == '\0');
	assume(offset <= dtb.structure.left);
	cursor = dtb_cursor_at(&dtb, offset);
	prove(dtb_offset(&dtb, &cursor) == offset);
	before = cursor.rest;
	event = dtb_step(&cursor);
	prove(is_inside(cursor.rest, before));
	prove(event == DTB_BAD || cursor.rest.left <= before.left - 4);
	if (event == DTB_BEGIN)
		prove(cursor.name[cursor.name_length] == '\0');
	if (event == DTB_PROP) {
		prove(is_inside(cursor.value, before));
		prove(is_inside(span_of(cursor.name, strlen(cursor.name) + 1), strings));
	}
}
