/* SPDX-License-Identifier: Apache-2.0 */
/* The walk: change by change, and in each the subtree that it concerns. */
#include "dt/device.h"

#include "dt/tree_priv.h"

struct dt_device_walk dt_device_walk(const struct dt_overlay *overlay, bool whole)
{
	return (struct dt_device_walk){ .overlay = overlay, .whole = whole };
}

static bool is_one_of(const char *name, const char *const *names)
{
	while (*names && !span_equal(dt_text(name), dt_text(*names)))
		names++;
	return *names != NULL;
}

bool dt_device_is_about_the_tree(const struct dt_node *node)
{
	static const char *const names[] = { "__symbols__", "aliases", "chosen", NULL };

	return node->parent && !node->parent->parent && is_one_of(node->name, names);
}

/* Whether the change makes a device; *alone: of its node only, not of what is below. */
static bool concerns_device(const struct dt_change *change, bool *alone)
{
	static const char *const resources[] = { "reg", "interrupts", "interrupts-extended",
		"iommus", "iommu-map", NULL };

	*alone = false;
	if (dt_device_is_about_the_tree(change->node))
		return false;
	if (change->kind == DT_ADD_NODE ||
			span_equal(dt_text(change->prop->name), dt_text("status")))
		return true;
	*alone = true;
	return is_one_of(change->prop->name, resources);
}

bool dt_device_is_enabled_above(const struct dt_tree *tree, const struct dt_node *node)
{
	for (node = node->parent; node; node = node->parent) {
		if (!dt_is_enabled(tree, node))
			return false;
	}
	return true;
}

/* The node behind this one and all that is below it. */
static const struct dt_node *skip(const struct dt_node *node, const struct dt_node *top)
{
	while (node != top && !node->next)
		node = node->parent;
	return node == top ? NULL : node->next;
}

static const struct dt_node *next_top(struct dt_device_walk *walk)
{
	struct dt_change *change = &walk->change;

	if (walk->top)
		dt_change_next(change);
	else
		*change = dt_change_first(walk->overlay);
	while (change->node && !concerns_device(change, &walk->alone))
		dt_change_next(change);
	walk->top = change->node;
	return walk->top;
}

/* The next node in document order that came with the subtree's top. */
static const struct dt_node *next_below(
		const struct dt_device_walk *walk, const struct dt_node *node)
{
	while (node && node->owner != walk->top->owner)
		node = skip(node, walk->top);
	return node;
}

const struct dt_node *dt_device_walk_next(struct dt_device_walk *walk, bool *enabled)
{
	const struct dt_tree *tree = walk->overlay->tree;
	const struct dt_node *node = walk->node;

	if (node)
		node = next_below(walk, node);
	/* Below the top, a walk that is not whole comes to nodes only through enabled ones. */
	*enabled = node && !walk->whole;
	if (!node)
		node = next_top(walk);
	if (!node) {
		walk->node = NULL;
		return NULL;
	}
	*enabled = (*enabled || dt_device_is_enabled_above(tree, node)) &&
	           dt_is_enabled(tree, node);
	walk->node = (*enabled || walk->whole) && !walk->alone ? dt_node_next(node, walk->top)
	                                                       : skip(node, walk->top);
	return node;
}
