/* SPDX-License-Identifier: Apache-2.0 */
/* The live tree: building it from a blob, and looking things up (Devicetree Specification 0.4, 2.2-2.3). */
#include "dt/overlay.h"
#include "dt/overlay_priv.h"
#include "dt/tree_priv.h"

#define FEW_PROPS 12

static int prepare_indexes(struct dt_tree *tree, struct dt_why *why)
{
	const struct dtb *dtb = &tree->base;
	struct dt_buckets nodes, props = { 0 }, phandles = { 0 };
	int error = dt_index_prepare(&tree->nodes, &tree->env, dtb->node_count, &nodes);

	if (!error)
		error = dt_index_prepare(&tree->props, &tree->env, dtb->prop_count, &props);
	/* Every node may have a phandle, most have none. */
	if (!error)
		error = dt_index_prepare(
			&tree->phandles, &tree->env, dtb->node_count / 2, &phandles);
	dt_index_grow(&tree->nodes, &tree->env, &nodes);
	dt_index_grow(&tree->props, &tree->env, &props);
	dt_index_grow(&tree->phandles, &tree->env, &phandles);
	return error ? dt_fail(why, error, "not enough memory") : 0;
}

/* One allocation for the whole base: a copy of the blob, then nodes and properties. */
static int copy_base(struct dt_tree *tree, struct dt_why *why)
{
	struct dtb given = tree->base;
	size_t size = dt_arena_round(given.bytes.left) + given.node_count * sizeof(struct dt_node) +
	              given.prop_count * sizeof(struct dt_prop);
	void *copy = NULL;

	if (!dt_arena_reserve(&tree->arena, size))
		copy = dt_arena_alloc(&tree->arena, given.bytes.left);
	if (!copy)
		return dt_fail(why, -DT_ENOMEM, "not enough memory");
	memcpy(copy, given.bytes.at, given.bytes.left);
	return dtb_check(&tree->base, copy, given.bytes.left, why);
}

static void note_phandle(struct dt_tree *tree, const struct dt_node *node)
{
	if (node->phandle > tree->phandle_last)
		tree->phandle_last = node->phandle;
}

static int build_nodes(struct dt_tree *tree, struct dt_why *why)
{
	struct dt_maker maker = { .arena = &tree->arena,
		.nodes = &tree->nodes,
		.props = &tree->props,
		.phandles = &tree->phandles,
		.seed = tree->env.seed,
		.why = why };
	struct dtb_cursor cursor = dtb_cursor(&tree->base);
	struct dt_node *at = NULL;
	struct dt_prop *prop;
	enum dtb_event event;
	int error = 0;

	while (!error && (event = dtb_step(&cursor)) != DTB_DONE) {
		if (event == DTB_BEGIN) {
			error = dt_make_node(
				&maker, at, span_of(cursor.name, cursor.name_length), &at);
			if (!tree->root)
				tree->root = at;
		} else if (event == DTB_PROP) {
			error = dt_make_prop(&maker, at, cursor.name, cursor.value, &prop);
		} else {
			note_phandle(tree, at);
			at = at->parent;
		}
	}
	return error;
}

int dt_tree_build(struct dt_tree *tree, const struct dt_env *env, const void *blob, size_t size,
	struct dt_why *why)
{
	int error;

	*tree = (struct dt_tree){ .env = *env };
	dt_arena_init(&tree->arena, &tree->env);
	error = dtb_check(&tree->base, blob, size, why);
	if (!error)
		error = copy_base(tree, why);
	if (!error)
		error = prepare_indexes(tree, why);
	if (!error)
		error = build_nodes(tree, why);
	if (error)
		dt_tree_drop(tree);
	return error;
}

void dt_tree_drop(struct dt_tree *tree)
{
	struct dt_overlay *overlay = tree->first_overlay, *next;

	for (; overlay; overlay = next) {
		next = overlay->next;
		dt_overlay_release(overlay);
	}
	dt_index_drop(&tree->nodes, &tree->env);
	dt_index_drop(&tree->props, &tree->env);
	dt_index_drop(&tree->phandles, &tree->env);
	dt_arena_drop(&tree->arena);
	tree->root = NULL;
	tree->first_overlay = tree->last_overlay = NULL;
}

struct dt_node *dt_child(const struct dt_tree *tree, const struct dt_node *node, struct span name)
{
	const struct dt_tree *side = dt_side_of(tree, node);

	return dt_index_find_node(&side->nodes, node, name, dt_hash_span(tree, name));
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
	struct span text;
	unsigned looked;

	for (looked = 0; looked < FEW_PROPS; looked++, prop = prop->next)
		if (!prop || same_text(prop->name, name))
			return prop;
	text = dt_text(name);
	return dt_index_find_prop(
		&dt_side_of(tree, node)->props, node, text, dt_hash_span(tree, text));
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
	prop = dt_find_prop_in(tree, node, name);
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
	return phandle ? dt_index_find_phandle(&tree->phandles, phandle) : NULL;
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

bool dt_prop_u32(
	const struct dt_tree *tree, const struct dt_node *node, const char *name, uint32_t *value)
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

	return prop && dtb_list_has(dt_prop_span(prop), compatible);
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
