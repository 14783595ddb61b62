/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The cursor, each reader from every state: it stays inside, takes what it says, leaves the span alone when
 * it fails, and no arithmetic overflows.
 */
#include "tests/prove/prove.h"

enum { MOST = 12 };

static void prove_skip(struct span whole)
{
	struct span span = any_part(whole), before = span, out;
	size_t size = nondet_size(), offset = nondet_size();
	bool took = span_take(&span, size, &out);

	prove(took == (size <= before.left));
	prove(is_inside(span, before));
	prove(span.left == before.left - (took ? size : 0));
	prove(!took || (is_inside(out, before) && out.left == size));
	took = span_part(before, offset, size, &out);
	prove(took == (offset <= before.left && size <= before.left - offset));
	prove(!took || (is_inside(out, before) && out.left == size));
}

static void prove_numbers(struct span whole)
{
	struct span span = any_part(whole), before = span;
	uint32_t cells = nondet_u32(), cell;
	uint64_t wide;
	bool took = span_u32(&span, &cell);

	prove(took == (before.left >= 4) && is_inside(span, before));
	span = before;
	took = span_u64(&span, &wide);
	prove(took == (before.left >= 8) && is_inside(span, before));
	span = before;
	took = span_cells(&span, cells, &wide);
	prove(took == (before.left / 4 >= cells) && is_inside(span, before));
	prove(took || span.left == before.left);
}

static void prove_text(struct span whole)
{
	struct span span = any_part(whole), before = span, part;
	const char *text;
	size_t length;
	bool took = span_string(&span, &text, &length);

	prove(is_inside(span, before));
	prove(took || span.left == before.left);
	prove(!took || (length < before.left && text[length] == '\0'));
	span = before;
	part = span_until(&span, '/');
	prove(is_inside(span, before) && is_inside(part, before));
	prove(part.left == before.left || part.at[part.left] == '/');
	prove(!span_equal(before, part) || before.left == part.left);
}

void harness(void);
void harness(void)
{
	uint8_t bytes[MOST];
	struct span whole = span_of(bytes, sizeof(bytes));

	prove_skip(whole);
	prove_numbers(whole);
	prove_text(whole);
}
