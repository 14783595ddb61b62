/* SPDX-License-Identifier: Apache-2.0 */
/* What the overlay files share with each other, and with the live tree, about overlays in the making. */
#pragma once

#include "dt/overlay.h"

/* One live overlay that this one builds on. */
struct dt_overlay_need {
	struct dt_overlay_need *next;
	struct dt_overlay *on;
};

/* The side where an overlay is worked out; gone after commit. */
struct dt_overlay_stage {
	struct dt_tree
		side; /* only its root and indexes are used: what is not in the live tree yet */
	struct dtb dtb; /* the overlay's checked blob */
	struct dt_node *root;
	struct dt_node *symbols, *fixups, *local_fixups; /* of the overlay, or NULL */
	struct dt_buckets nodes, props, phandles; /* for the live indexes */
	uint32_t phandle_last;
	struct dt_why *why;
};

/* Give back everything an overlay holds, and itself. The tree no longer knows it. */
void dt_overlay_release(struct dt_overlay *overlay);

/* Where to look things up below `node`: the tree, or the side while the node is not in the tree yet. */
static inline const struct dt_tree *dt_side_of(
	const struct dt_tree *tree, const struct dt_node *node)
{
	return node->owner && node->owner->stage ? &node->owner->stage->side : tree;
}
