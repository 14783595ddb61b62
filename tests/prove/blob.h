/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A checked blob of any size as its walkers see it. Its bytes are not there: what dtb_step() finds in them is chosen
 * here. `model_NAME` stands in for NAME.
 *
 * Loops are proved by induction, at the call that every round makes: the first time the model is called, what the
 * loop keeps is shown to hold and then replaced by any state in which it holds, as after any number of rounds; the
 * second time it is shown to hold again, and there the path ends.
 */
#pragma once

#include "tests/prove/model.h"

#include "dt/fdt.h"

enum { TEXT_MOST = 4 };

static uint8_t text[TEXT_MOST];
static uint8_t tokens[DT_BLOB_MAX];
static struct dtb blob;
static unsigned rounds;

/* What a token begins with lies at least four bytes before the end. */
static inline void choose_blob(void)
{
	size_t size = nondet_size();

	assume(size >= 4 && size <= sizeof(tokens));
	__CPROVER_havoc_object(text);
	text[TEXT_MOST - 1] = '\0';
	blob = (struct dtb){ .structure = span_of(tokens, size),
		.strings = span_of(text, sizeof(text)) };
}

static inline const char *any_name(void)
{
	return (const char *)text + nondet_size() % TEXT_MOST;
}

/* Is there a node at this offset, and how deep? The same answer each time. */
_Bool __CPROVER_uninterpreted_is_node(uint32_t offset, uint32_t depth);

static inline bool is_node(struct dtb_node node)
{
	return node.dtb == &blob && node.offset <= blob.structure.left - 4 &&
	       node.depth < DT_DEPTH_MAX &&
	       __CPROVER_uninterpreted_is_node(node.offset, node.depth);
}

static inline struct dtb_node any_node(void)
{
	struct dtb_node node = { .dtb = &blob, .offset = nondet_u32(), .depth = nondet_u32() };

	assume(is_node(node));
	return node;
}

static inline bool is_same_node(struct dtb_node a, struct dtb_node b)
{
	return a.dtb == b.dtb && a.offset == b.offset && a.depth == b.depth;
}

/* True the second time a loop comes by, when everything is shown. */
static inline bool is_round_again(void)
{
	return ++rounds == 2;
}
