/* SPDX-License-Identifier: Apache-2.0 */
/* graftctl diff: what overlays change in a tree, as source, with - and + before what goes and comes. */
#include <stdio.h>
#include <string.h>

#include "tools/engine.h"
#include "tools/say.h"
#include "tools/source.h"
#include "tools/verb.h"

struct diff {
	const struct dt_tree *before;
};

static void begin_line(char mark, unsigned depth)
{
	const struct colours *colours = colours_for(stdout);

	printf("%s%c", mark == '+' ? colours->good : mark == '-' ? colours->bad : "", mark);
	while (depth--)
		printf("\t");
}

static void end_line(void)
{
	printf("%s\n", colours_for(stdout)->off);
}

static void print_prop(char mark, unsigned depth, const struct dt_prop *prop)
{
	begin_line(mark, depth);
	source_print(prop);
	end_line();
}

static void print_begin(char mark, unsigned depth, const struct dt_node *node)
{
	begin_line(mark, depth);
	printf("%s {", node->parent ? node->name : "/");
	end_line();
}

static void print_end(char mark, unsigned depth)
{
	begin_line(mark, depth);
	printf("};");
	end_line();
}

static void print_added(const struct dt_node *node, unsigned depth)
{
	const struct dt_node *child;
	const struct dt_prop *prop;

	print_begin('+', depth, node);
	dt_for_each_prop (prop, node)
		print_prop('+', depth + 1, prop);
	dt_for_each_child (child, node)
		print_added(child, depth + 1);
	print_end('+', depth);
}

static bool same_value(const struct dt_prop *a, const struct dt_prop *b)
{
	return a && span_equal(dt_prop_span(a), dt_prop_span(b));
}

static const struct dt_node *twin_of(
		const struct diff *diff, const struct dt_node *parent, const struct dt_node *child)
{
	return dt_child(diff->before, parent, span_of(child->name, strlen(child->name)));
}

/* Overlays only add and change: what was there is there. */
static bool is_changed(
		const struct diff *diff, const struct dt_node *old, const struct dt_node *node)
{
	const struct dt_node *child;
	const struct dt_prop *prop;

	if (!old)
		return true;
	dt_for_each_prop (prop, node)
		if (!same_value(dt_prop(diff->before, old, prop->name), prop))
			return true;
	dt_for_each_child (child, node)
		if (is_changed(diff, twin_of(diff, old, child), child))
			return true;
	return false;
}

static void print_props(const struct diff *diff, const struct dt_node *old,
		const struct dt_node *node, unsigned depth)
{
	const struct dt_prop *prop, *was;

	dt_for_each_prop (prop, node) {
		was = dt_prop(diff->before, old, prop->name);
		if (same_value(was, prop))
			continue;
		if (was)
			print_prop('-', depth, was);
		print_prop('+', depth, prop);
	}
}

static void print_node(const struct diff *diff, const struct dt_node *old,
		const struct dt_node *node, unsigned depth)
{
	const struct dt_node *child;

	if (!is_changed(diff, old, node))
		return;
	if (!old) {
		print_added(node, depth);
		return;
	}
	print_begin(' ', depth, node);
	print_props(diff, old, node, depth + 1);
	dt_for_each_child (child, node)
		print_node(diff, twin_of(diff, old, child), child, depth + 1);
	print_end(' ', depth);
}

static int run(const struct request *request)
{
	struct dt_tree before, after;
	struct diff diff = { .before = &before };
	struct dt_overlay *overlay;
	struct bytes base;

	/* What it allocates lives to the end of the program. */
	if (!file_read(request->operands[0], &base) ||
			!engine_build(&before, request->operands[0], base) ||
			!engine_build(&after, request->operands[0], base))
		return REFUSED;
	for (int i = 1; i < request->operand_count; i++)
		if (!engine_apply(&after, request->operands[i], &overlay))
			return REFUSED;
	print_node(&diff, before.root, after.root, 0);
	return DONE;
}

const struct verb verb_diff = {
	.name = "diff",
	.operands = "BASE.dtb A.dtbo...",
	.operands_least = 2,
	.operands_most = OPERANDS_MANY,
	.summary = "Show what overlays change in a tree, as source",
	.details = "Lines with + are added, lines with - had another value; nodes around them have neither.\n"
		   "Exits with 0, changes or not.\n",
	.run = run,
};
