/* SPDX-License-Identifier: Apache-2.0 */
/* What the overlay files share with each other, and with the live tree, about overlays in the making. */
#pragma once

#include "dt/overlay.h"
#include "dt/tree_priv.h"

/* One live overlay that this one builds on. */
struct dt_overlay_need {
	struct dt_overlay_need *next;
	struct dt_overlay *on;
};

/*
 * The side where an overlay is worked out; gone after commit. `side` holds, in its indexes, every node
 * and property that is not in the live tree: under the overlay's own parents at first, then, once it has
 * found its place, under the node it will be linked to.
 */
struct dt_overlay_stage {
	struct dt_tree side;
	struct dtb dtb; /* the overlay's checked blob */
	/* Of __symbols__, linked by ->next; ->node is the overlay's node. */
	struct dt_prop *first_label, *last_label;
	struct dt_buckets nodes, props, phandles; /* room in the live indexes */
	/* Places come in document order: the node found last by all but the end of a path. */
	struct span last_path;
	struct dt_node *last_node;
	uint32_t phandle_last;
	uint32_t generation; /* of the tree that prepare saw */
	struct dt_why *why;
	int first_error; /* when all faults are wanted */
};

/* Give back everything an overlay holds, and itself. The tree no longer knows it. */
void dt_overlay_release(struct dt_overlay *overlay);
void dt_overlay_drop_stage(struct dt_overlay *overlay);

/* A cursor behind the BEGIN of such a part of the blob; false when the overlay has none. */
static inline bool dt_stage_part(
	const struct dt_overlay_stage *stage, enum dtb_part_kind kind, struct dtb_cursor *cursor)
{
	const struct dtb_part *part = &stage->dtb.parts[kind];

	if (part->end)
		*cursor = dtb_cursor_at(&stage->dtb, part->begin);
	return part->end != 0;
}

/* The steps of prepare, in this order. */
int dt_stage_build(struct dt_overlay *overlay);
int dt_stage_resolve_labels(struct dt_overlay *overlay); /* __fixups__ */
int dt_stage_mark_targets(struct dt_overlay *overlay); /* `target` in __local_fixups__ */
int dt_stage_find_symbols(struct dt_overlay *overlay);
int dt_stage_merge(struct dt_overlay *overlay);
int dt_stage_resolve_local(struct dt_overlay *overlay); /* __local_fixups__ */
int dt_stage_merge_symbols(struct dt_overlay *overlay);
int dt_stage_make_room(struct dt_overlay *overlay);

/* The overlay builds on what `owner` brought (NULL and itself: nothing to note). */
int dt_stage_need(struct dt_overlay *overlay, struct dt_overlay *owner);
/* The same for whoever gave the node its phandle. */
int dt_stage_need_phandle(struct dt_overlay *overlay, const struct dt_node *node);
/* The overlay's own node at a path in its blob, before or after it has found its place; or NULL. */
struct dt_node *dt_stage_node(struct dt_overlay *overlay, struct span path);
/* A child as it will be once the overlay is live. */
struct dt_node *dt_stage_child(
	const struct dt_overlay *overlay, struct dt_node *node, struct span name);
/* Where the overlay's own node ends up: itself, or the node it merges with. */
static inline struct dt_node *dt_stage_final(struct dt_node *node)
{
	return node->peer ? node->peer : node;
}

/* Go on after a fault when all faults are wanted; memory running out always ends it. */
static inline int dt_stage_fault(struct dt_overlay_stage *stage, int error)
{
	if (!error || error == -DT_ENOMEM || !dt_why_goes_on(stage->why))
		return error;
	if (!stage->first_error)
		stage->first_error = error;
	return 0;
}

/* Where to look things up below `node`: the tree, or the side while the node is not in the tree yet. */
static inline const struct dt_tree *dt_side_of(
	const struct dt_tree *tree, const struct dt_node *node)
{
	return node->owner && node->owner->stage ? &node->owner->stage->side : tree;
}
