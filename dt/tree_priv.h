/* SPDX-License-Identifier: Apache-2.0 */
/* What tree.c, the overlay files and resource.c share: making nodes and properties and linking them. */
#pragma once

#include "dt/tree.h"

/* dt_prop::flags */
enum {
	DT_PROP_PHANDLE = 4, /* the name is `phandle` or `linux,phandle` */
	DT_PROP_OWN_VALUE = 1, /* the value is a private copy: it may be patched */
	DT_PROP_LOCAL_TARGET = 2, /* a fragment's target that is a node of the overlay itself */
};

enum { DT_NAME_SLOTS = 32 };

/* What was worked out about a property name lately: blobs name the same few again and again. */
struct dt_name {
	const char *text;
	uint32_t hash;
	uint16_t length;
	bool is_phandle;
};

/* Makes nodes and properties in an arena and three indexes: those of a tree, or of the side of an overlay. */
struct dt_maker {
	struct dt_arena *arena;
	struct dt_index *nodes, *props, *phandles;
	struct dt_overlay *owner;
	uint32_t seed;
	struct dt_why *why;
	struct dt_name names[DT_NAME_SLOTS];
};

/* A new last child of `parent` (NULL: a root), in the index; checks that the name is free. */
int dt_make_node(
	struct dt_maker *maker, struct dt_node *parent, struct span name, struct dt_node **out);
/* A new last property; a phandle property also enters the node into the phandle index. */
int dt_make_prop(struct dt_maker *maker, struct dt_node *node, const char *name, struct span value,
	struct dt_prop **out);

/* `hash` is that of the name alone. */
struct dt_node *dt_index_find_node(const struct dt_index *nodes, const struct dt_node *parent,
	struct span name, uint32_t hash);
struct dt_prop *dt_index_find_prop(
	const struct dt_index *props, const struct dt_node *node, struct span name, uint32_t hash);
struct dt_node *dt_index_find_phandle(const struct dt_index *phandles, uint32_t phandle);
uint32_t dt_phandle_hash(uint32_t phandle);

static inline uint32_t dt_hash_span(const struct dt_tree *tree, struct span name)
{
	return dt_hash_name(tree->env.seed, name.at, name.left);
}

static inline struct dt_node *dt_find_child_in(
	const struct dt_tree *tree, const struct dt_node *parent, struct span name)
{
	return dt_index_find_node(&tree->nodes, parent, name, dt_hash_span(tree, name));
}

static inline struct dt_prop *dt_find_prop_in(
	const struct dt_tree *tree, const struct dt_node *node, struct span name)
{
	return dt_index_find_prop(&tree->props, node, name, dt_hash_span(tree, name));
}

/* Lists only: the caller keeps the indexes. */
void dt_append_node(struct dt_node *parent, struct dt_node *node);
void dt_unlink_node(struct dt_node *node);
void dt_append_prop(struct dt_node *node, struct dt_prop *prop);
void dt_unlink_prop(struct dt_prop *prop);

/* Is this the property by which a node gets its phandle? */
bool dt_is_phandle_name(const char *name);

static inline struct dt_node *dt_node_of_name_link(struct dt_link *link)
{
	return (struct dt_node *)(void *)((uint8_t *)link - offsetof(struct dt_node, by_name));
}

static inline struct dt_node *dt_node_of_phandle_link(struct dt_link *link)
{
	return (struct dt_node *)(void *)((uint8_t *)link - offsetof(struct dt_node, by_phandle));
}

static inline struct dt_prop *dt_prop_of_link(struct dt_link *link)
{
	return (struct dt_prop *)(void *)((uint8_t *)link - offsetof(struct dt_prop, by_name));
}

static inline struct span dt_text(const char *text)
{
	return span_of(text, __builtin_strlen(text));
}
