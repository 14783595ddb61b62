/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One token of any size, in a structure block of any size: step.c again, but numbers and where a name ends are chosen
 * instead of read, as span.c shows that they can come.
 */
#include "tests/prove/prove.h"

#include "dt/fdt.c"

static uint8_t tokens[DT_BLOB_MAX], names[DT_BLOB_MAX];
static unsigned rounds;

/* Where a NOP ends is a place like that where it began: nothing is different after two. */
bool model_span_u32(struct span *span, uint32_t *out);
bool model_span_u32(struct span *span, uint32_t *out)
{
	if (!span_skip(span, 4))
		return false;
	*out = nondet_u32();
	rounds += *out == DTB_TOKEN_NOP;
	assume(rounds <= 2);
	return true;
}

bool model_span_string(struct span *span, const char **out, size_t *length);
bool model_span_string(struct span *span, const char **out, size_t *length)
{
	size_t size = nondet_size();
	const uint8_t *at = span->at;

	assume(size <= span->left);
	if (!span_skip(span, size) || !span_skip(span, 1))
		return false;
	*out = (const char *)at;
	*length = size;
	return true;
}

void harness(void);
void harness(void)
{
	struct span strings = any_part(span_of(names, sizeof(names)));
	struct dtb dtb = { .structure = any_part(span_of(tokens, sizeof(tokens))),
		.strings = strings };
	uint32_t offset = nondet_u32();
	struct dtb_cursor cursor;
	struct span before;
	enum dtb_event event;

	assume(offset <= dtb.structure.left);
	cursor = dtb_cursor_at(&dtb, offset);
	/* No more steps than tokens, and no token has less than four bytes. */
	cursor.steps = nondet_u32();
	assume(cursor.steps <= offset / 4);
	before = cursor.rest;
	event = dtb_step(&cursor);
	prove(is_inside(cursor.rest, before));
	if (event != DTB_BAD) {
		prove(cursor.steps <= dtb_offset(&dtb, &cursor) / 4);
		prove(cursor.rest.left <= before.left - 4);
	}
	if (event == DTB_BEGIN)
		prove(is_inside(span_of(cursor.name, cursor.name_length + 1), before));
	if (event == DTB_PROP)
		prove(is_inside(cursor.value, before) &&
				is_inside(span_of(cursor.name, 1), strings));
}
