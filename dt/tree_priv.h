/* SPDX-License-Identifier: Apache-2.0 */
/* What tree.c, the overlay files and resource.c share: making nodes and properties and linking them. */
#pragma once

#include "dt/tree.h"

/* dt_prop::tag: all but these bits are the hash of the name. */
enum {
	DT_PROP_PHANDLE = 1, /* the name is `phandle` or `linux,phandle` */
	DT_PROP_OWN_VALUE = 2, /* the value is a private copy: it may be patched */
	DT_PROP_LOCAL_TARGET = 4, /* a fragment's target that is a node of the overlay itself */
	DT_PROP_INDEXED = 8, /* in the index by (node, name) */
	DT_PROP_FLAGS = 15,
};

enum {
	DT_NAME_SLOTS = 32,
	/* Looking through so many is quicker than the index; those behind them, and those added later, are in it. */
	DT_FEW_PROPS = 12,
};

/* What was worked out about a property name lately: blobs name the same few again and again. */
struct dt_name {
	const char *text;
	uint32_t tag;
	uint32_t length;
};

/* Two arrays that are large enough: the next of each. */
struct dt_pool {
	struct dt_node *nodes;
	struct dt_prop *props;
};

/* Makes nodes and properties, of a tree or of the side of an overlay. */
struct dt_maker {
	struct dt_names *names;
	const struct dt_env *env;
	struct dt_overlay *owner;
	struct dt_why *why;
	uint32_t made;
	uint32_t prop_count; /* of the node begun last */
	uint64_t prop_bits; /* of the same node: a bit for the tag of each property, several tags share one */
	struct dt_name lately[DT_NAME_SLOTS];
};

/* `node` becomes a last child of `parent` (NULL: a root), in the index, which has room; -DT_EEXIST. */
int dt_make_node(struct dt_maker *maker, struct dt_node *node, struct dt_node *parent,
		struct span name);
/* The whole of dt_make_prop(). */
int dt_make_any_prop(struct dt_maker *maker, struct dt_prop *prop, struct dt_node *node,
		const char *text, struct span value);
/* The number that a phandle property gives its node: 0 or -DT_EINVAL. */
int dt_read_phandle(struct dt_maker *maker, const struct dt_prop *prop, uint32_t *phandle);
int dt_fail_phandle_twice(struct dt_why *why, const struct dt_node *node, uint32_t phandle);

/* `hash` is that of the name alone. */
struct dt_node *dt_index_find_node(const struct dt_index *nodes, const struct dt_node *parent,
		struct span name, uint32_t hash);
struct dt_prop *dt_index_find_prop(const struct dt_index *props, const struct dt_node *node,
		struct span name, uint32_t hash);
struct dt_node *dt_index_find_phandle(const struct dt_index *phandles, uint32_t phandle);
uint32_t dt_phandle_hash(uint32_t phandle);

_Static_assert(DT_NAME_MAX <= DT_HASH_KEPT, "a node's hash has the whole length of its name");

/* The low byte is the length, which is a node's name's whole length: no name is longer than DT_NAME_MAX. */
static inline uint32_t dt_hash_span(const struct dt_names *names, struct span name)
{
	uint32_t hash = dt_hash_name(names->seed, name.at, name.left);

	return (hash & ~DT_HASH_KEPT) | ((uint32_t)name.left & DT_HASH_KEPT);
}

static inline struct span dt_node_name(const struct dt_node *node)
{
	return span_of(node->name, node->hash & DT_HASH_KEPT);
}

/* Under what a property is found in the index. */
static inline uint32_t dt_prop_hash(uint32_t name_hash, const struct dt_node *node)
{
	return dt_hash_under(name_hash & ~(uint32_t)DT_PROP_FLAGS, node);
}

/* A property that is linked to its node, wherever it is found. */
struct dt_prop *dt_find_prop(const struct dt_names *names, const struct dt_node *node,
		struct span name, uint32_t hash);

/* Lists only: the caller keeps the indexes. A run is siblings in a row, linked by `next` and `prev`. */
void dt_append_nodes(struct dt_node *parent, struct dt_node *first, struct dt_node *last);
void dt_unlink_nodes(struct dt_node *first, struct dt_node *last);
void dt_append_props(struct dt_node *node, struct dt_prop *first, struct dt_prop *last);
void dt_unlink_props(struct dt_prop *first, struct dt_prop *last);

/* Is this the property by which a node gets its phandle? */
bool dt_is_phandle_name(const char *name);

enum {
	DT_MAKE_POLL = 32
}; /* building a tree, or the side of an overlay, is long work: so many between two polls */

static inline void dt_make_poll(struct dt_maker *maker)
{
	if (++maker->made % DT_MAKE_POLL == 0)
		dt_poll(maker->env);
}

/*
 * `prop` becomes a last property of the node made last, once every child of it is still to come. Nearly always the name
 * was seen lately, and the node has few properties, none of which has its bit.
 */
static inline int dt_make_prop(struct dt_maker *maker, struct dt_prop *prop, struct dt_node *node,
		const char *text, struct span value)
{
	const struct dt_name *name = &maker->lately[((uintptr_t)text >> 2) % DT_NAME_SLOTS];
	uint64_t bit = (uint64_t)1 << (name->tag >> 26);
	struct dt_prop *first = node->first_prop, *last = first ? first->prev : prop;

	if (name->text != text || maker->prop_count >= DT_FEW_PROPS || (maker->prop_bits & bit))
		return dt_make_any_prop(maker, prop, node, text, value);
	maker->prop_count++;
	maker->prop_bits |= bit;
	dt_make_poll(maker);
	*prop = (struct dt_prop){ .prev = last,
		.node = node,
		.name = text,
		.value = value.at,
		.owner = maker->owner,
		.size = (uint32_t)value.left,
		.tag = name->tag };
	if (first)
		first->prev = last->next = prop;
	else
		node->first_prop = prop;
	return 0;
}

static inline void dt_names_drop(struct dt_names *names, const struct dt_env *env)
{
	dt_index_drop(&names->nodes, env);
	dt_index_drop(&names->props, env);
	dt_index_drop(&names->phandles, env);
}

static inline struct span dt_text(const char *text)
{
	return span_of(text, __builtin_strlen(text));
}
