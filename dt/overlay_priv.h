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
 * A change as it is recorded. Subtrees that come to one node in a row are one record, and so are properties:
 * they are siblings, and stay so while the overlay is live, since others are only ever added behind them. Values
 * that are set in a row are one record, too.
 */
struct dt_edit {
	struct dt_edit *next;
	enum dt_change_kind kind;
	bool indexed; /* ADD_NODE: there may be properties for the index, too */
	union {
		struct {
			struct dt_node *first, *last;
		} nodes; /* ADD_NODE */
		/*
		 * ADD_PROP. SET_PROP: what holds the values not in use, new ones before commit and old ones
		 * after; `prev` of each is the property whose value it is.
		 */
		struct {
			struct dt_prop *first, *last;
		} props;
	};
};

/* The number that one of the overlay's nodes has in the overlay, and the one it gets. */
struct dt_number {
	struct dt_node *node;
	uint32_t own;
	uint8_t value[4]; /* the new one as the node's property has it */
};

/*
 * The side where an overlay is worked out; gone after commit. `side` finds every node and property that is
 * not in the live tree: under the overlay's own parents at first, then, once it has found its place, under
 * the node it will be linked to. Of properties only those that dt_find_prop() would look for there, and
 * those on the way to a node of the live tree.
 */
struct dt_overlay_stage {
	struct dt_names side;
	/*
	 * The overlay's own numbers: dtc counts them from 1, so that nearly all are below the count of labels and are
	 * found in an array; the others in an index.
	 */
	struct dt_number **low_numbers; /* low_count of them */
	struct dt_index high_numbers;
	/*
	 * All nodes of the side, in two arrays: down to each __overlay__, the first being the root; and below. The
	 * first, with the properties above __overlay__, never get into the tree and go with the side.
	 */
	struct dt_node *frame, *nodes;
	struct dt_prop *frame_props;
	uint32_t low_count;
	int first_error; /* when all faults are wanted */
	struct dt_node **peers; /* of each node, the frame's first, what it merges with, or NULL */
	struct dt_arena scratch; /* has frame, peers and low numbers; gone once the changes are known */
	uint32_t new_nodes, new_phandles,
			indexed_props; /* that go into the tree's indexes, or a few more */
	uint32_t generation; /* of the tree that prepare saw */
	struct dt_prop *free_props; /* as many as __symbols__ has */
	const struct dtb *dtb; /* the overlay's checked blob, during prepare */
	/* Of __symbols__, linked by ->next; ->node is the overlay's node. */
	struct dt_prop *first_label, *last_label;
	struct dt_buckets room_nodes, room_props, room_phandles; /* in the live tree */
	/* Places come in document order: the node found last by all but the end of a path. */
	struct span last_path;
	struct dt_node *last_child;
	uint32_t phandle_last, phandle_highest; /* as the tree will have them */
	struct dt_why *why;
};

/* Give back everything an overlay holds, and itself. The tree no longer knows it. */
void dt_overlay_release(struct dt_overlay *overlay);
void dt_overlay_drop_stage(struct dt_overlay *overlay);
/* Of the stage what only the steps of prepare before dt_stage_make_room() need. */
void dt_stage_drop_scratch(struct dt_overlay_stage *stage, const struct dt_env *env);

/* A cursor behind the BEGIN of such a part of the blob; false when the overlay has none. */
static inline bool dt_stage_part(const struct dt_overlay_stage *stage, enum dtb_part_kind kind,
		struct dtb_cursor *cursor)
{
	const struct dtb_part *part = &stage->dtb->parts[kind];

	if (part->end)
		*cursor = dtb_cursor_at(stage->dtb, part->begin);
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
/* The same, but only the sibling behind the one found last is looked at: NULL when it is not at that path. */
struct dt_node *dt_stage_next_node(struct dt_overlay_stage *stage, struct span path);
/* A child as it will be once the overlay is live; `hash` is that of the name alone. */
struct dt_node *dt_stage_child(const struct dt_overlay *overlay, struct dt_node *node,
		struct span name, uint32_t hash);
/* A property that the overlay has for the node: its own, or on the way there. */
struct dt_prop *dt_stage_prop(const struct dt_overlay *overlay, const struct dt_node *node,
		struct span name, uint32_t hash);
/*
 * Where a node of the overlay is: what it merged with, itself once an earlier fragment gave it a place in the tree
 * (and so it can be a target), or NULL.
 */
struct dt_node *dt_stage_placed(const struct dt_overlay *overlay, struct dt_node *node);
/* A node that has its parent, in the live tree: a change, or part of the one that went there just before. */
int dt_stage_add_node(struct dt_overlay *overlay, struct dt_node *node);
/* `prop`, of that name, is in no list. It joins `node`, or gives its value to the property of that name there. */
int dt_stage_join_prop(struct dt_overlay *overlay, struct dt_prop *prop, struct span name,
		struct dt_node *node);
/* dt_stage_number() of those that are not low. */
struct dt_number *dt_stage_high_number(const struct dt_overlay_stage *stage, uint32_t own);

/* The overlay's own node by the number it has there, or NULL. */
static inline struct dt_number *dt_stage_number(const struct dt_overlay_stage *stage, uint32_t own)
{
	return own < stage->low_count ? stage->low_numbers[own] : dt_stage_high_number(stage, own);
}

enum { DT_STAGE_POLL = 16 }; /* steps between two polls, each of some hundred instructions */

static inline void dt_stage_poll(struct dt_overlay *overlay)
{
	if (++overlay->arena.count % DT_STAGE_POLL == 0)
		dt_poll(&overlay->tree->env);
}

/* Where the overlay's own node merges with another: that, or NULL. */
static inline struct dt_node **dt_stage_peer(
		const struct dt_overlay_stage *stage, const struct dt_node *node)
{
	size_t at = ((uintptr_t)node - (uintptr_t)stage->frame) / sizeof(*node);
	size_t count = stage->dtb->frame_nodes;

	return at < count ? &stage->peers[at]
	                  : &stage->peers[count + (size_t)(node - stage->nodes)];
}

/* Memory for what belongs to such a property: values above __overlay__ are read by prepare alone. */
static inline struct dt_arena *dt_stage_arena_of(
		struct dt_overlay *overlay, const struct dt_prop *prop)
{
	struct dt_overlay_stage *stage = overlay->stage;
	size_t at = ((uintptr_t)prop - (uintptr_t)stage->frame_props) / sizeof(*prop);

	return at < stage->dtb->frame_props ? &stage->scratch : &overlay->arena;
}

static inline int dt_stage_no_memory(const struct dt_overlay *overlay)
{
	return dt_fail(overlay->stage->why, -DT_ENOMEM, "not enough memory");
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
static inline const struct dt_names *dt_names_of(
		const struct dt_tree *tree, const struct dt_node *node)
{
	return node->owner && node->owner->stage ? &node->owner->stage->side : &tree->names;
}
