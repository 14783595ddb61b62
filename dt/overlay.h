/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Overlays: prepared on the side, made visible in one step that cannot fail, reverted byte for byte.
 *
 *	begin ──▶ (caller fills the bytes) ──▶ prepare ──▶ commit ──▶ revert
 *	  └────────────── drop ──────────────────┘
 *
 * What an overlay does is a list of typed changes with mechanical inverses; all its memory is one arena.
 * Overlay format: dtc's Documentation/dt-object-internal.txt. See docs/engine.md.
 */
#pragma once

#include "dt/tree.h"

enum dt_change_kind {
	DT_ADD_NODE, /* a subtree below a node that was there */
	DT_ADD_PROP,
	DT_SET_PROP, /* a new value; the old one is kept */
};

struct dt_edit;

/* One change, as dt_for_each_change() shows it. */
struct dt_change {
	const struct dt_edit *edit; /* private to the engine */
	const struct dt_prop *at;   /* private, too */
	enum dt_change_kind kind;
	struct dt_node *node;  /* ADD_NODE: the subtree's root; else the node of the property */
	struct dt_prop *prop;  /* ADD_PROP, SET_PROP */
};

enum dt_overlay_state {
	DT_OVERLAY_OPEN, /* bytes being filled */
	DT_OVERLAY_PREPARED, /* may be committed, unless another was committed or reverted since */
	DT_OVERLAY_LIVE,
};

struct dt_overlay_stage;
struct dt_overlay_need;

struct dt_overlay {
	struct dt_overlay *next, *prev; /* in tree->first_overlay.. once live, oldest first */
	struct dt_tree *tree;
	enum dt_overlay_state state;
	uint32_t id; /* 1.. ; given at commit, never used twice */
	struct dt_arena arena;
	uint8_t *blob; /* the overlay's bytes, never written after prepare began */
	uint32_t blob_size;
	uint64_t digest; /* of the blob: equal blobs have equal digests */
	struct dt_edit *first_edit, *last_edit; /* what it does */
	uint32_t node_count; /* nodes it brings */
	uint32_t dependents; /* live overlays that build on this one */
	struct dt_overlay_need *needs; /* overlays this one builds on */
	struct dt_overlay_stage *stage; /* between prepare and commit or drop */
	void *user; /* the caller's own */
};

/* An overlay with room for `size` bytes at ->blob, which the caller fills. 0, -DT_E2BIG, -DT_ENOMEM. */
int dt_overlay_begin(
		struct dt_tree *tree, size_t size, struct dt_overlay **out, struct dt_why *why);

/*
 * Check the bytes and work everything out on the side; the tree is not touched. After an error only
 * drop is allowed. -DT_EINVAL malformed; -DT_ENOENT a target or label is not there; -DT_EEXIST two
 * fragments bring the same node or property, or this very blob is live already; -DT_E2BIG; -DT_ENOMEM.
 */
int dt_overlay_prepare(struct dt_overlay *overlay, struct dt_why *why);

/* Make it visible. Nothing may have been committed or reverted since prepare. */
void dt_overlay_commit(struct dt_overlay *overlay);

/* Give up one that is not live. */
void dt_overlay_drop(struct dt_overlay *overlay);

/* May it be reverted now? 0, or -DT_EBUSY with the overlay that builds on it. */
int dt_overlay_may_revert(const struct dt_overlay *overlay, struct dt_why *why);

/*
 * Undo it and free everything it brought. dt_overlay_may_revert() must have said yes. Nodes it brought
 * are gone afterwards: whoever holds pointers to them lets go first.
 */
void dt_overlay_revert(struct dt_overlay *overlay);

/* begin, copy, prepare, commit in one call. */
int dt_overlay_add(struct dt_tree *tree, const void *blob, size_t size, struct dt_overlay **out,
		struct dt_why *why);

/* The live overlay with exactly these bytes, or this id; NULL when there is none. */
struct dt_overlay *dt_overlay_find(const struct dt_tree *tree, const void *blob, size_t size);
struct dt_overlay *dt_overlay_of_id(const struct dt_tree *tree, uint32_t id);

/* What it does to the tree, in order; ->node is NULL behind the last. */
struct dt_change dt_change_first(const struct dt_overlay *overlay);
void dt_change_next(struct dt_change *change);

#define dt_for_each_change(change, overlay)                                                        \
	for ((change) = dt_change_first(overlay); (change).node; dt_change_next(&(change)))

/*
 * Every node that the overlay brings, in order, prepared or live. A prepared one already shows its nodes
 * with their parents in the live tree, so that paths and resources can be read before commit; values that
 * it will change in nodes that were there before still read as they were.
 */
struct dt_overlay_walk {
	struct dt_change change;
	struct dt_node *node;
};

struct dt_overlay_walk dt_overlay_walk(const struct dt_overlay *overlay);
struct dt_node *dt_overlay_walk_next(struct dt_overlay_walk *walk); /* NULL at the end */
