/* SPDX-License-Identifier: Apache-2.0 */
/* One token of the structure block (Devicetree Specification 0.4, 5.4), inline: private to the engine. */
#pragma once

#include "dt/fdt.h"

enum dtb_token {
	DTB_TOKEN_BEGIN_NODE = 1,
	DTB_TOKEN_END_NODE = 2,
	DTB_TOKEN_PROP = 3,
	DTB_TOKEN_NOP = 4,
	DTB_TOKEN_END = 9,
};

enum {
	DTB_NAME_READ_MOST = 1024, /* bytes of a node's name in which its end is looked for */
	DTB_POLL_STEPS = 32, /* tokens between two polls */
};

/* Skip what fills `size` up to a whole token. */
static inline bool dtb_skip_padding(struct span *span, size_t size)
{
	return span_skip(span, (4 - size % 4) % 4);
}

/* What follows a BEGIN_NODE token; `rest` is behind it. */
static inline enum dtb_event dtb_step_begin(struct dtb_cursor *cursor, struct span *rest)
{
	struct span name = *rest;

	if (name.left > DTB_NAME_READ_MOST)
		name.left = DTB_NAME_READ_MOST;
	if (!span_string(&name, &cursor->name, &cursor->name_length))
		return name.left == DTB_NAME_READ_MOST ? DTB_LONG : DTB_BAD;
	if (!span_skip(rest, cursor->name_length + 1) ||
			!dtb_skip_padding(rest, cursor->name_length + 1))
		return DTB_BAD;
	return DTB_BEGIN;
}

/*
 * What follows a PROP token, taken from `rest`. The strings block ends with a terminator, so a name that begins in it
 * also ends in it.
 */
static inline bool dtb_take_prop(
		struct span *rest, struct span strings, const char **name, struct span *value)
{
	uint32_t size, offset;

	if (!span_u32(rest, &size) || !span_u32(rest, &offset) || !span_take(rest, size, value) ||
			!dtb_skip_padding(rest, size))
		return false;
	if (!span_skip(&strings, offset) || strings.left == 0)
		return false;
	*name = (const char *)strings.at;
	return true;
}

/* One more property of a run: false, with nothing taken, when the next token is none or is malformed. */
static inline bool dtb_next_prop(
		struct span *rest, struct span strings, const char **name, struct span *value)
{
	struct span at = *rest;
	uint32_t token;

	if (!span_u32(&at, &token) || token != DTB_TOKEN_PROP ||
			!dtb_take_prop(&at, strings, name, value))
		return false;
	*rest = at;
	return true;
}

/* The next token that is no NOP; NOP itself when the block ends before one. */
static inline uint32_t dtb_next_token(struct dtb_cursor *cursor, struct span *rest)
{
	uint32_t token = DTB_TOKEN_NOP;

	do {
		if (++cursor->steps % DTB_POLL_STEPS == 0)
			dt_poll(cursor->env);
	} while (span_u32(rest, &token) && token == DTB_TOKEN_NOP);
	return token;
}

/* dtb_step() for the loops that go through a whole blob: without a call, the cursor stays in registers. */
__attribute__((always_inline)) static inline enum dtb_event dtb_step_inline(
		struct dtb_cursor *cursor)
{
	struct span rest = cursor->rest; /* a copy stays in registers */
	enum dtb_event event = DTB_BAD;

	switch (dtb_next_token(cursor, &rest)) {
	case DTB_TOKEN_BEGIN_NODE:
		event = dtb_step_begin(cursor, &rest);
		break;
	case DTB_TOKEN_PROP:
		if (dtb_take_prop(&rest, cursor->strings, &cursor->name, &cursor->value))
			event = DTB_PROP;
		break;
	case DTB_TOKEN_END_NODE:
		event = DTB_END;
		break;
	case DTB_TOKEN_END:
		event = DTB_DONE;
		break;
	default:
		break;
	}
	cursor->rest = rest;
	return event;
}
