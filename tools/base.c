/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The live tree, less the nodes that the hypervisor says the overlay brought and the labels that lead to
 * them. Properties that it changed keep its values, which are those it sets again.
 */
#include "tools/base.h"

#include <string.h>

#include "tools/draft.h"
#include "tools/engine.h"
#include "tools/hyper.h"
#include "tools/live.h"
#include "tools/memory.h"
#include "tools/say.h"
#include "tools/scheme.h"

struct pruning {
	struct live live;
	const struct dt_node **nodes; /* of the live tree, in document order, as live.devices is */
	size_t count;
	uint32_t id; /* of the overlay that goes */
};

static void gather(struct pruning *pruning)
{
	const struct dt_node *node;
	size_t room = 0;

	dt_for_each_node (node, pruning->live.tree.root) {
		pruning->nodes = memory_grow(
				pruning->nodes, pruning->count, &room, sizeof(*pruning->nodes));
		pruning->nodes[pruning->count++] = node;
	}
}

/* The table of labels is everybody's, whoever brought it. */
static bool goes(const struct pruning *pruning, const struct dt_node *node)
{
	for (size_t i = 0; i < pruning->count; i++)
		if (pruning->nodes[i] == node)
			return pruning->live.devices[i].overlay == pruning->id &&
			       !scheme_is_table(node);
	return false;
}

static bool goes_with_all_above(const struct pruning *pruning, const struct dt_node *node)
{
	for (; node; node = node->parent)
		if (goes(pruning, node))
			return true;
	return false;
}

static bool is_lost_label(const struct pruning *pruning, const struct dt_prop *prop)
{
	return scheme_is_table(prop->node) &&
	       goes_with_all_above(pruning, dt_node_of_label(&pruning->live.tree, prop->name));
}

static void copy_node(
		const struct pruning *pruning, const struct dt_node *from, struct draft_node *to)
{
	const struct dt_node *child;
	const struct dt_prop *prop;

	dt_for_each_prop (prop, from)
		if (!is_lost_label(pruning, prop))
			draft_set(to, prop->name, prop->value, prop->size);
	dt_for_each_child (child, from)
		if (!goes(pruning, child))
			copy_node(pruning, child, draft_child(to, child->name));
}

static uint64_t digest_of(struct dt_tree *tree, struct bytes blob)
{
	struct dt_overlay *overlay;
	uint64_t digest;

	if (dt_overlay_begin(tree, blob.size, &overlay, NULL))
		return 0;
	memcpy(overlay->blob, blob.at, blob.size);
	/* It is in the tree already, which is found by the digest: only that is wanted. */
	(void)dt_overlay_prepare(overlay, NULL);
	digest = overlay->digest;
	dt_overlay_drop(overlay);
	return digest;
}

/* Digests are short: the right one is that without which the overlay can be added. */
static bool can_be_added(struct bytes base, struct bytes overlay)
{
	struct dt_env env = engine_env();
	struct dt_overlay *added;
	struct dt_tree tree;
	bool good;

	if (dt_tree_build(&tree, &env, base.at, base.size, NULL))
		return false;
	good = dt_overlay_add(&tree, overlay.at, overlay.size, &added, NULL) == 0;
	dt_tree_drop(&tree);
	return good;
}

bool base_without(struct bytes overlay, const char *name, struct bytes *out,
		const struct dt_tree **live)
{
	struct pruning *pruning = memory_get(sizeof(*pruning));
	const struct graft_overlay *overlays;
	struct draft_node *root;
	uint32_t count = 0;
	uint64_t digest;

	if (!live_fetch(&pruning->live))
		return false;
	overlays = hyper_list_overlays(&count);
	*live = &pruning->live.tree;
	gather(pruning);
	digest = digest_of(&pruning->live.tree, overlay);
	for (uint32_t i = 0; overlays && i < count; i++) {
		if (overlays[i].blob_size != overlay.size || overlays[i].digest != digest)
			continue;
		pruning->id = overlays[i].id;
		root = draft_root();
		copy_node(pruning, pruning->live.tree.root, root);
		if (draft_write(root, out) && can_be_added(*out, overlay))
			return true;
	}
	if (overlays)
		say_error("%s: not in the tree: `graftctl overlay add %s` first", name, name);
	return false;
}
