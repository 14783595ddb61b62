/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One round of the check from every state: depth and counts stay within their limits, parts are counted
 * without wrapping, and every name that is accepted fits a path.
 */
#include "tests/prove/prove.h"

#include "dt/fdt.c"

enum { STRUCTURE_MOST = 20, STRINGS_MOST = 4 };

static struct dtb_part any_part_so_far(const struct dtb *dtb)
{
	struct dtb_part part = {
		.begin = nondet_u32(), .nodes = nondet_u32(), .props = nondet_u32()
	};

	assume(part.nodes < dtb->node_count && part.props <= dtb->prop_count);
	return part;
}

void harness(void);
void harness(void)
{
	uint8_t tokens[STRUCTURE_MOST], names[STRINGS_MOST];
	struct span structure = span_of(tokens, sizeof(tokens));
	struct span strings = any_part(span_of(names, sizeof(names)));
	struct dtb dtb = { .structure = structure,
		.strings = strings,
		.node_count = nondet_u32(),
		.prop_count = nondet_u32(),
		.frame_nodes = nondet_u32(),
		.frame_props = nondet_u32(),
		.top_nodes = nondet_u32() };
	struct check check = { .dtb = &dtb, .depth = nondet_u32(), .had_child = nondet_bool() };
	enum dtb_event event;
	int error = 0;

	assume(strings.left == 0 || strings.at[strings.left - 1] == '\0');
	assume(check.depth <= DT_DEPTH_MAX && dtb.node_count <= DT_NODES_MAX);
	assume(dtb.prop_count <= DT_PROPS_MAX && check.depth <= dtb.node_count);
	assume(dtb.frame_nodes <= dtb.node_count && dtb.top_nodes <= dtb.node_count);
	assume(dtb.frame_nodes + dtb.top_nodes <= dtb.node_count);
	assume(dtb.frame_props <= dtb.prop_count);
	if (nondet_bool() && check.depth >= 2) {
		check.part = &dtb.parts[0];
		dtb.parts[0] = any_part_so_far(&dtb);
	}
	check.cursor = (struct dtb_cursor){ .rest = any_part(structure), .strings = strings };
	event = dtb_step(&check.cursor);
	if (event == DTB_BEGIN)
		error = check_begin(&check);
	else if (event == DTB_PROP)
		error = check_prop(&check);
	else if (event == DTB_END)
		error = check_end(&check);
	else if (event == DTB_DONE && check_done(&check) == 0)
		prove(check.depth == 0 && dtb.node_count > 0);
	if (error || event == DTB_BAD || event == DTB_LONG || event == DTB_DONE)
		return;
	prove(check.depth <= DT_DEPTH_MAX && check.depth <= dtb.node_count);
	prove(dtb.node_count <= DT_NODES_MAX && dtb.prop_count <= DT_PROPS_MAX);
	prove(dtb.frame_nodes <= dtb.node_count && dtb.top_nodes <= dtb.node_count);
	prove(dtb.frame_nodes + dtb.top_nodes <= dtb.node_count);
	prove(dtb.frame_props <= dtb.prop_count);
	prove(!check.part || check.depth >= 2);
	prove(!check.part || check.part->nodes < dtb.node_count);
	prove(dtb.parts[0].nodes <= dtb.node_count && dtb.parts[0].props <= dtb.prop_count);
}
