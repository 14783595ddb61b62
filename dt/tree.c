/* SPDX-License-Identifier: Apache-2.0 */
/* The live tree: building it from a blob, and looking things up (Devicetree Specification 0.4, 2.2-2.3). */
#include "dt/overlay.h"
#include "dt/overlay_priv.h"
#include "dt/tree_priv.h"

static int fail_memory(struct dt_why *why)
{
	return dt_fail(why, -DT_ENOMEM, "not enough memory");
}

static int make_room(struct dt_tree *tree, struct dt_index *index, uint32_t count)
{
	struct dt_buckets room;
	int error = dt_index_prepare(index, &tree->env, count, &room);

	dt_index_grow(index, &tree->env, &room);
	return error;
}

enum { ROOM_FOR_OVERLAYS = 8 }; /* small ones: they need not make the tables grow */

/* The base's nodes have their table from the start, and all have some room. */
static int prepare_names(struct dt_tree *tree)
{
	struct dt_names *names = &tree->names;
	int error = make_room(tree, &names->nodes, tree->base.node_count + ROOM_FOR_OVERLAYS);

	names->seed = tree->env.seed;
	if (!error)
		error = make_room(tree, &names->props, ROOM_FOR_OVERLAYS);
	return error ? error : make_room(tree, &names->phandles, ROOM_FOR_OVERLAYS);
}

/* One allocation for the whole base: a copy of the blob, then nodes and properties. */
static int copy_base(struct dt_tree *tree, struct dt_pool *pool, struct dt_why *why)
{
	struct dtb given = tree->base;
	size_t nodes = given.node_count * sizeof(struct dt_node);
	size_t props = given.prop_count * sizeof(struct dt_prop);
	void *copy;

	if (dt_arena_reserve(&tree->arena, dt_arena_round(given.bytes.left) + nodes + props))
		return fail_memory(why);
	/* All three lie in the reservation. */
	copy = dt_arena_alloc(&tree->arena, given.bytes.left);
	pool->nodes = dt_arena_alloc(&tree->arena, nodes);
	pool->props = dt_arena_alloc(&tree->arena, props);
	memcpy(copy, given.bytes.at, given.bytes.left);
	if (prepare_names(tree))
		return fail_memory(why);
	return dtb_check(&tree->base, copy, given.bytes.left, why);
}

/* `phandle` and the older `linux,phandle` may both be there when they agree. */
static int enter_phandle(struct dt_tree *tree, struct dt_maker *maker, const struct dt_prop *prop)
{
	struct dt_node *node = prop->node;
	uint32_t phandle;
	int error = dt_read_phandle(maker, prop, &phandle);

	if (error || node->phandle == phandle)
		return error;
	if (node->phandle || dt_node_of_phandle(tree, phandle))
		return dt_fail_phandle_twice(maker->why, node, phandle);
	node->phandle = phandle;
	if (phandle > tree->phandle_highest)
		tree->phandle_last = tree->phandle_highest = phandle;
	if (dt_index_insert(&tree->names.phandles, &tree->env, dt_phandle_hash(phandle), node))
		return fail_memory(maker->why);
	return 0;
}

static int build_nodes(struct dt_tree *tree, struct dt_maker *maker, struct dt_pool pool)
{
	struct dtb_cursor cursor = dtb_cursor(&tree->base);
	struct dt_node *at = NULL, *parent;
	struct dt_prop *prop;
	enum dtb_event event;
	int error = 0;

	tree->root = pool.nodes;
	while (!error && (event = dtb_step(&cursor)) != DTB_DONE) {
		if (event == DTB_BEGIN) {
			parent = at;
			at = pool.nodes++;
			error = dt_make_node(maker, at, parent,
					span_of(cursor.name, cursor.name_length));
		} else if (event == DTB_PROP) {
			prop = pool.props++;
			error = dt_make_prop(maker, prop, at, cursor.name, cursor.value);
			if (!error && (prop->tag & DT_PROP_PHANDLE))
				error = enter_phandle(tree, maker, prop);
		} else {
			at = at->parent;
		}
	}
	return error;
}

int dt_tree_build(struct dt_tree *tree, const struct dt_env *env, const void *blob, size_t size,
		struct dt_why *why)
{
	struct dt_maker maker = { .names = &tree->names, .env = &tree->env, .why = why };
	struct dt_pool pool = { 0 };
	int error;

	*tree = (struct dt_tree){ .env = *env };
	dt_arena_init(&tree->arena, &tree->env);
	error = dtb_check(&tree->base, blob, size, why);
	if (!error)
		error = copy_base(tree, &pool, why);
	if (!error)
		error = build_nodes(tree, &maker, pool);
	if (error)
		dt_tree_drop(tree);
	return error;
}

int dt_tree_add_labels(struct dt_tree *tree)
{
	struct dt_maker maker = { .names = &tree->names, .env = &tree->env };
	struct span name = dt_text("__symbols__");
	struct dt_node *node;

	if (dt_child(tree, tree->root, name))
		return 0;
	node = dt_arena_alloc(&tree->arena, sizeof(*node));
	if (!node || make_room(tree, &tree->names.nodes, 1))
		return -DT_ENOMEM;
	return dt_make_node(&maker, node, tree->root, name);
}

void dt_tree_drop(struct dt_tree *tree)
{
	struct dt_overlay *overlay = tree->first_overlay, *next;

	for (; overlay; overlay = next) {
		next = overlay->next;
		dt_overlay_release(overlay);
	}
	dt_names_drop(&tree->names, &tree->env);
	dt_arena_drop(&tree->arena);
	tree->root = NULL;
	tree->first_overlay = tree->last_overlay = NULL;
}

struct dt_node *dt_child(const struct dt_tree *tree, const struct dt_node *node, struct span name)
{
	const struct dt_names *names = dt_names_of(tree, node);

	return dt_index_find_node(&names->nodes, node, name, dt_hash_span(names, name));
}

static bool same_text(const char *a, const char *b)
{
	for (; *a == *b; a++, b++)
		if (*a == '\0')
			return true;
	return false;
}

/* Most nodes have a handful of properties: looking at each first letter is quicker than a hash of the name. */
struct dt_prop *dt_prop(const struct dt_tree *tree, const struct dt_node *node, const char *name)
{
	struct dt_prop *prop = node->first_prop;
	const struct dt_names *names;
	struct span text;
	unsigned looked;

	for (looked = 0; looked < DT_FEW_PROPS; looked++, prop = prop->next)
		if (!prop || same_text(prop->name, name))
			return prop;
	text = dt_text(name);
	names = dt_names_of(tree, node);
	return dt_index_find_prop(&names->props, node, text, dt_hash_span(names, text));
}

static struct dt_node *child_by_name(const struct dt_tree *tree, const char *name)
{
	return tree->root ? dt_child(tree, tree->root, dt_text(name)) : NULL;
}

/* The node that a property of /aliases or /__symbols__ names by its full path. */
static struct dt_node *node_of_entry(
		const struct dt_tree *tree, const char *table, struct span name)
{
	const struct dt_node *node = child_by_name(tree, table);
	const struct dt_prop *prop;
	struct span value;

	if (!node)
		return NULL;
	prop = dt_find_prop(&tree->names, node, name, dt_hash_span(&tree->names, name));
	if (!prop)
		return NULL;
	value = dt_prop_span(prop);
	/* A full path only: an alias of an alias could go in circles. */
	if (value.left == 0 || value.at[0] != '/')
		return NULL;
	return dt_node_of_path(tree, span_until(&value, '\0'));
}

struct dt_node *dt_node_of_path(const struct dt_tree *tree, struct span path)
{
	struct dt_node *node = tree->root;
	struct span name;

	if (path.left == 0)
		return NULL;
	if (path.at[0] != '/')
		node = node_of_entry(tree, "aliases", span_until(&path, '/'));
	while (node && path.left) {
		name = span_until(&path, '/');
		if (name.left)
			node = dt_child(tree, node, name);
	}
	return node;
}

struct dt_node *dt_node_at(const struct dt_tree *tree, const char *path)
{
	return dt_node_of_path(tree, dt_text(path));
}

struct dt_node *dt_node_of_phandle(const struct dt_tree *tree, uint32_t phandle)
{
	return phandle ? dt_index_find_phandle(&tree->names.phandles, phandle) : NULL;
}

struct dt_node *dt_node_of_label(const struct dt_tree *tree, const char *label)
{
	return node_of_entry(tree, "__symbols__", dt_text(label));
}

struct dt_node *dt_node_next(const struct dt_node *node, const struct dt_node *top)
{
	if (node->first_child)
		return node->first_child;
	while (node != top && !node->next)
		node = node->parent;
	return node == top ? NULL : node->next;
}

bool dt_prop_u32(const struct dt_tree *tree, const struct dt_node *node, const char *name,
		uint32_t *value)
{
	const struct dt_prop *prop = dt_prop(tree, node, name);
	struct span span;

	if (!prop || prop->size != 4)
		return false;
	span = dt_prop_span(prop);
	return span_u32(&span, value);
}

const char *dt_prop_string(const struct dt_tree *tree, const struct dt_node *node, const char *name)
{
	const struct dt_prop *prop = dt_prop(tree, node, name);
	struct span span;
	const char *text;

	if (!prop)
		return NULL;
	span = dt_prop_span(prop);
	return span_string(&span, &text, NULL) && span.left == 0 ? text : NULL;
}

bool dt_is_compatible(
		const struct dt_tree *tree, const struct dt_node *node, const char *compatible)
{
	const struct dt_prop *prop = dt_prop(tree, node, "compatible");

	uint32_t size = prop && prop->size > DT_COMPATIBLE_MAX ? DT_COMPATIBLE_MAX : 0;

	if (prop && !size)
		size = prop->size;
	return prop && dtb_list_has(span_of(prop->value, size), compatible);
}

bool dt_is_enabled(const struct dt_tree *tree, const struct dt_node *node)
{
	const struct dt_prop *prop = dt_prop(tree, node, "status");

	return !prop || dtb_list_has(dt_prop_span(prop), "okay") ||
	       dtb_list_has(dt_prop_span(prop), "ok");
}

struct dt_node *dt_find_compatible(
		const struct dt_tree *tree, const struct dt_node *after, const char *compatible)
{
	struct dt_node *node = after ? dt_node_next(after, tree->root) : tree->root;

	for (; node; node = dt_node_next(node, tree->root))
		if (dt_is_compatible(tree, node, compatible))
			return node;
	return NULL;
}

/* Written from the end backwards, since a node knows only its parent. */
const char *dt_node_path(const struct dt_node *node, char *to, size_t size)
{
	size_t at = size - 1, whole, length;

	to[at] = '\0';
	for (; node->parent && at; node = node->parent) {
		whole = strlen(node->name);
		length = whole < at ? whole : at;
		at -= length;
		memcpy(to + at, node->name + (whole - length), length);
		if (at)
			to[--at] = '/';
	}
	if (to[at] == '\0' && at)
		to[--at] = '/';
	memmove(to, to + at, size - at);
	return to;
}
