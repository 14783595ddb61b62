/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The live tree: nodes and properties linked in document order, found by path, phandle, alias and label
 * through hash tables (Devicetree Specification 0.4, chapter 2). Everything here only reads, but build
 * and drop; changes come from overlays (dt/overlay.h). No locks: the caller keeps readers from commits.
 * Fields are for reading; a node or property stays valid until the overlay that brought it is reverted.
 */
#pragma once

#include "dt/arena.h"
#include "dt/fdt.h"
#include "dt/index.h"

struct dt_overlay;

struct dt_prop {
	struct dt_prop *next, *prev; /* `prev` of the first is the last */
	struct dt_node *node;
	const char *name;
	const uint8_t *value;
	struct dt_overlay *owner; /* who brought this value; NULL: the base tree */
	uint32_t size;   /* of the value, bytes */
	uint32_t tag;   /* private to the engine: hash of the name, and flags */
};

struct dt_node {
	struct dt_node *parent, *next, *prev; /* `prev` of the first is the last */
	struct dt_node *first_child;
	struct dt_prop *first_prop;
	const char *name;  /* "" for the root */
	struct dt_overlay *owner; /* who brought the node; NULL: the base tree */
	uint32_t hash; /* private to the engine: of the name below the parent, and the name's length */
	uint32_t phandle; /* 0: none */
};

/* What is found by name or number. */
struct dt_names {
	struct dt_index nodes; /* by (parent, name) */
	struct dt_index props; /* by (node, name), where a node has more than a handful */
	struct dt_index phandles;
	uint32_t seed;
};

struct dt_tree {
	struct dt_env env;
	struct dt_arena arena; /* of the base tree: a copy of the blob, nodes, properties */
	struct dtb base; /* that copy: reserve map and boot CPU */
	struct dt_node *root;
	struct dt_names names;
	uint32_t phandle_last; /* given last, at first the highest: new ones come after it */
	uint32_t phandle_highest; /* ever used */
	uint32_t overlay_last; /* the id given last */
	uint32_t overlay_count;
	uint32_t generation; /* counts commits and reverts */
	struct dt_overlay *first_overlay, *last_overlay; /* in the order they were added */
};

/*
 * Build from a blob, which is checked whole and copied. 0, -DT_EINVAL, -DT_E2BIG, -DT_EEXIST (two nodes or
 * properties of one name, a phandle twice) or -DT_ENOMEM; after an error there is nothing to drop.
 */
int dt_tree_build(struct dt_tree *tree, const struct dt_env *env, const void *blob, size_t size,
		struct dt_why *why);
/*
 * See to it that the tree has a node for labels: else the first overlay with labels brings it, and all others with
 * labels build on that one. 0 or -DT_ENOMEM.
 */
int dt_tree_add_labels(struct dt_tree *tree);
/* Give all memory back; overlays still applied go with it. */
void dt_tree_drop(struct dt_tree *tree);

/* Bytes that are enough for dt_tree_flatten() now. */
size_t dt_tree_flat_size(const struct dt_tree *tree);
/* Write the tree as a blob; the same tree always gives the same bytes. 0 or -DT_ENOSPC. */
int dt_tree_flatten(const struct dt_tree *tree, void *buffer, size_t size, size_t *total);

/* Nodes. All return NULL when there is none. */
struct dt_node *dt_node_at(
		const struct dt_tree *tree, const char *path); /* or "alias", "alias/rest" */
struct dt_node *dt_node_of_path(const struct dt_tree *tree, struct span path);
struct dt_node *dt_node_of_phandle(const struct dt_tree *tree, uint32_t phandle);
struct dt_node *dt_node_of_label(const struct dt_tree *tree, const char *label);
struct dt_node *dt_child(const struct dt_tree *tree, const struct dt_node *node, struct span name);
struct dt_node *dt_find_compatible(const struct dt_tree *tree, const struct dt_node *after,
		const char *compatible); /* after == NULL: from the root */

/* Document order below and including `top`; NULL at the end. Start with `top` itself. */
struct dt_node *dt_node_next(const struct dt_node *node, const struct dt_node *top);

#define dt_for_each_child(child, node)                                                             \
	for ((child) = (node)->first_child; (child); (child) = (child)->next)
#define dt_for_each_prop(prop, node)                                                               \
	for ((prop) = (node)->first_prop; (prop); (prop) = (prop)->next)
#define dt_for_each_node(node, top)                                                                \
	for ((node) = (top); (node); (node) = dt_node_next((node), (top)))

/* Properties. */
struct dt_prop *dt_prop(const struct dt_tree *tree, const struct dt_node *node, const char *name);
static inline struct span dt_prop_span(const struct dt_prop *prop)
{
	return span_of(prop->value, prop->size);
}
bool dt_prop_u32(const struct dt_tree *tree, const struct dt_node *node, const char *name,
		uint32_t *value);
/* NULL unless the property is there and is one terminated string. */
const char *dt_prop_string(
		const struct dt_tree *tree, const struct dt_node *node, const char *name);
/* Only the first DT_COMPATIBLE_MAX bytes of the list are looked at: nothing pauses meanwhile. */
#define DT_COMPATIBLE_MAX 4096U
bool dt_is_compatible(
		const struct dt_tree *tree, const struct dt_node *node, const char *compatible);
bool dt_is_enabled(const struct dt_tree *tree, const struct dt_node *node);

/* The node's path, its beginning cut off if `size` (at least 1) is too small; returns `to`. */
const char *dt_node_path(const struct dt_node *node, char *to, size_t size);
#define DT_PATH_SHOWN 160
/* For messages: the path in a buffer that lives to the end of the block. */
#define dt_path(node) dt_node_path((node), (char[DT_PATH_SHOWN]){ 0 }, DT_PATH_SHOWN)
