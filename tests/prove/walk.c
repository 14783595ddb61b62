/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Walks from one node: its name, its properties, the node after it. They step from token to token only, never go
 * above the root, and end at the first node that comes, or where they began.
 */
#include "tests/prove/blob.h"

#include "dt/fdt.c"
#include "dt/fdt_walk.c"

/* Where the cursor is. Depth counts the nodes that are open. */
enum { DEEPEST = 2 }; /* nodes that may be open: a walk ends as many in a row */

static struct {
	uint32_t offset, depth;
	unsigned props; /* in a row */
	bool began, done;
	uint32_t next_offset,
			next_depth; /* of the first node after the one it began with; depth 0: none yet */
	const char *name;
} here;

static void begin_at(struct dtb_node node)
{
	here.offset = node.offset;
	here.depth = node.depth;
	here.props = 0;
	here.began = here.done = false;
	here.next_depth = 0;
	here.name = NULL;
}

/* What may come, as check_begin(), check_prop(), check_end() and check_done() see to it. */
static enum dtb_event any_event(void)
{
	enum dtb_event event = (enum dtb_event)nondet_u32();

	assume(event >= DTB_DONE && event <= DTB_END);
	assume(here.began || event == DTB_BEGIN);
	assume(event != DTB_BEGIN || here.depth < DEEPEST);
	assume(!here.began || event == DTB_DONE || here.depth > 0);
	assume(event != DTB_DONE || here.depth == 0);
	/* The second one may lie anywhere behind the first: nothing is different after a third. */
	here.props = event == DTB_PROP ? here.props + 1 : 0;
	assume(here.props <= 2);
	return event;
}

enum dtb_event model_dtb_step(struct dtb_cursor *cursor);
enum dtb_event model_dtb_step(struct dtb_cursor *cursor)
{
	uint32_t size = nondet_u32();
	enum dtb_event event;

	prove(cursor->rest.at == tokens + here.offset);
	prove(cursor->rest.left == blob.structure.left - here.offset);
	prove(!here.done);
	event = any_event();
	assume(size >= 4 && size <= cursor->rest.left);
	if (event == DTB_BEGIN && here.began && here.next_depth == 0) {
		here.next_offset = here.offset;
		here.next_depth = here.depth;
	}
	here.began = true;
	here.done = event == DTB_DONE;
	if (event == DTB_BEGIN)
		here.depth++;
	if (event == DTB_END)
		here.depth--;
	here.offset += size;
	(void)span_skip(&cursor->rest, size);
	cursor->name = any_name();
	if (event == DTB_PROP)
		cursor->value = any_part(span_of(text, sizeof(text)));
	if (!here.name)
		here.name = cursor->name;
	return event;
}

static void prove_next(struct dtb_node start)
{
	struct dtb_node node = start;
	bool more;

	begin_at(start);
	more = dtb_next(&node);
	prove(more || (here.done && is_same_node(node, start)));
	prove(more == (here.next_depth > 0));
	if (more) {
		prove(node.dtb == &blob && node.offset == here.next_offset);
		prove(node.depth == here.next_depth && node.offset > start.offset);
		prove(node.depth <= start.depth + 1 && node.depth < DT_DEPTH_MAX);
	}
}

static void prove_prop(struct dtb_node start)
{
	struct span value;

	begin_at(start);
	prove(dtb_name(&start) == here.name);
	begin_at(start);
	if (dtb_prop(&start, any_name(), &value))
		prove(is_inside(value, span_of(text, sizeof(text))) && here.props > 0);
}

void harness(void);
void harness(void)
{
	struct dtb_node start;

	choose_blob();
	start = any_node();
	assume(start.depth < DEEPEST);
	prove_next(start);
	prove_prop(start);
}
