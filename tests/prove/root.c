/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where every walk begins: a checked blob begins with a node, maybe after NOPs, since check_prop(), check_end() and
 * check_done() refuse all else; that is where the root is said to be. And any name is looked up.
 */
#include "tests/prove/model.h"

#include "dt/fdt.c"
#include "dt/fdt_walk.c"

enum { STRUCTURE_MOST = 18 };

void harness(void);
void harness(void)
{
	uint8_t tokens[STRUCTURE_MOST];
	struct dtb dtb = { .structure = any_part(span_of(tokens, sizeof(tokens))),
		.strings = span_of(tokens, 0) };
	struct dtb_cursor cursor = dtb_cursor(&dtb), again;
	enum dtb_event event = dtb_step(&cursor);
	struct dtb_node root;

	assume(event == DTB_BEGIN);
	root = dtb_root(&dtb);
	prove(root.dtb == &dtb && root.depth == 0);
	again = dtb_cursor_at(&dtb, root.offset);
	prove(again.rest.left >= 8 && span_load_u32(again.rest.at) == DTB_TOKEN_BEGIN_NODE);
	event = dtb_step(&again);
	prove(event == DTB_BEGIN && again.name == cursor.name);
	(void)part_named(&dtb, any_part(span_of(tokens, sizeof(tokens))));
}
