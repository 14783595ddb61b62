/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The changes of an overlay, done and undone. Each kind has one function for each direction; commit walks
 * the list forwards, revert backwards. Nothing here can fail: room was made in prepare.
 */
#include "dt/overlay_priv.h"

#define POLL_PROPS 64

struct added {
	const struct dt_env *env;
	uint32_t nodes, props, phandles;
};

/* Properties come in one list each; a node polls once, and so does each so many of its properties. */
static void poll_at(const struct dt_env *env, uint32_t prop)
{
	if (prop % POLL_PROPS == 0)
		dt_poll(env);
}

static void count_node(struct added *added, const struct dt_node *node)
{
	const struct dt_prop *prop;

	dt_poll(added->env);
	added->nodes++;
	added->phandles += node->phandle != 0;
	dt_for_each_prop (prop, node)
		poll_at(added->env, ++added->props);
}

static uint32_t depth_of(const struct dt_node *node)
{
	uint32_t depth = 1;

	for (; node->parent; node = node->parent)
		depth++;
	return depth;
}

/* The whole subtree: what is in it and, as the return value, how many nodes lead to its deepest. */
static uint32_t count_subtree(struct added *added, const struct dt_node *top)
{
	uint32_t depth = depth_of(top), deepest = depth;
	const struct dt_node *node = top;

	for (;;) {
		count_node(added, node);
		if (depth > deepest)
			deepest = depth;
		if (node->first_child) {
			node = node->first_child;
			depth++;
			continue;
		}
		for (; node != top && !node->next; depth--)
			node = node->parent;
		if (node == top)
			return deepest;
		node = node->next;
	}
}

static int count_change(
	const struct dt_overlay *overlay, struct added *added, const struct dt_change *change)
{
	if (change->kind == DT_ADD_PROP) {
		added->props++;
		added->phandles++;
	} else if (change->kind == DT_ADD_NODE &&
		   count_subtree(added, change->node) > DT_DEPTH_MAX) {
		return dt_fail(overlay->stage->why, -DT_E2BIG, "%s: nodes over %u deep",
			dt_path(change->node), DT_DEPTH_MAX);
	}
	return 0;
}

int dt_stage_make_room(struct dt_overlay *overlay)
{
	struct dt_overlay_stage *stage = overlay->stage;
	const struct dt_tree *tree = overlay->tree;
	const struct dt_change *change;
	struct added added = { .env = &tree->env };
	int error = 0;

	for (change = overlay->first_change; change && !error; change = change->next) {
		dt_poll(&tree->env);
		error = count_change(overlay, &added, change);
	}
	if (error)
		return error;
	overlay->node_count = added.nodes;
	error = dt_index_prepare(&tree->nodes, &tree->env, added.nodes, &stage->nodes);
	if (!error)
		error = dt_index_prepare(&tree->props, &tree->env, added.props, &stage->props);
	if (!error)
		error = dt_index_prepare(
			&tree->phandles, &tree->env, added.phandles, &stage->phandles);
	return error ? dt_fail(stage->why, error, "not enough memory") : 0;
}

/* The hashes were worked out on the side, for the places where things are going. */
static void index_node(struct dt_tree *tree, struct dt_node *node)
{
	struct dt_prop *prop;
	uint32_t count = 0;

	dt_index_add(&tree->nodes, &node->by_name);
	if (node->phandle)
		dt_index_add(&tree->phandles, &node->by_phandle);
	dt_poll(&tree->env);
	dt_for_each_prop (prop, node) {
		poll_at(&tree->env, ++count);
		dt_index_add(&tree->props, &prop->by_name);
	}
}

static void unindex_node(struct dt_tree *tree, struct dt_node *node)
{
	struct dt_prop *prop;
	uint32_t count = 0;

	dt_index_remove(&tree->nodes, &node->by_name);
	if (node->phandle)
		dt_index_remove(&tree->phandles, &node->by_phandle);
	dt_poll(&tree->env);
	dt_for_each_prop (prop, node) {
		poll_at(&tree->env, ++count);
		dt_index_remove(&tree->props, &prop->by_name);
	}
}

static void do_add_node(struct dt_tree *tree, struct dt_change *change)
{
	struct dt_node *node;

	dt_append_node(change->node->parent, change->node);
	dt_for_each_node (node, change->node)
		index_node(tree, node);
}

static void undo_add_node(struct dt_tree *tree, struct dt_change *change)
{
	struct dt_node *node;

	dt_for_each_node (node, change->node)
		unindex_node(tree, node);
	dt_unlink_node(change->node);
}

/* `phandle` and `linux,phandle` may come together: the node enters the index with the first. */
static bool gives_phandle(const struct dt_prop *prop)
{
	const struct dt_prop *other;

	if (!(prop->flags & DT_PROP_PHANDLE))
		return false;
	dt_for_each_prop (other, prop->node)
		if (other != prop && (other->flags & DT_PROP_PHANDLE))
			return false;
	return true;
}

static void do_add_prop(struct dt_tree *tree, struct dt_change *change)
{
	struct dt_node *node = change->node;
	struct dt_prop *prop = change->prop;

	dt_append_prop(node, prop);
	dt_index_add(&tree->props, &prop->by_name);
	if (!gives_phandle(prop))
		return;
	node->phandle = span_load_u32(prop->value);
	node->by_phandle.hash = dt_phandle_hash(node->phandle);
	dt_index_add(&tree->phandles, &node->by_phandle);
}

static void undo_add_prop(struct dt_tree *tree, struct dt_change *change)
{
	struct dt_node *node = change->node;

	if (gives_phandle(change->prop)) {
		dt_index_remove(&tree->phandles, &node->by_phandle);
		node->phandle = 0;
	}
	dt_index_remove(&tree->props, &change->prop->by_name);
	dt_unlink_prop(change->prop);
}

/* Its own inverse: the value in use changes places with the other one. */
static void swap_value(struct dt_tree *tree, struct dt_change *change)
{
	struct dt_prop *prop = change->prop, *other = change->other;
	struct dt_prop old = *prop;

	(void)tree;
	prop->value = other->value;
	prop->size = other->size;
	prop->owner = other->owner;
	other->value = old.value;
	other->size = old.size;
	other->owner = old.owner;
}

static const struct {
	void (*act)(struct dt_tree *, struct dt_change *);
	void (*undo)(struct dt_tree *, struct dt_change *);
} kinds[] = {
	[DT_ADD_NODE] = { .act = do_add_node, .undo = undo_add_node },
	[DT_ADD_PROP] = { .act = do_add_prop, .undo = undo_add_prop },
	[DT_SET_PROP] = { .act = swap_value, .undo = swap_value },
};

static void grow_indexes(struct dt_tree *tree, struct dt_overlay_stage *stage)
{
	dt_index_grow(&tree->nodes, &tree->env, &stage->nodes);
	dt_index_grow(&tree->props, &tree->env, &stage->props);
	dt_index_grow(&tree->phandles, &tree->env, &stage->phandles);
}

static void link_overlay(struct dt_tree *tree, struct dt_overlay *overlay)
{
	overlay->next = NULL;
	overlay->prev = tree->last_overlay;
	if (overlay->prev)
		overlay->prev->next = overlay;
	else
		tree->first_overlay = overlay;
	tree->last_overlay = overlay;
	tree->overlay_count++;
	overlay->id = ++tree->overlay_last;
	overlay->state = DT_OVERLAY_LIVE;
}

static void unlink_overlay(struct dt_tree *tree, struct dt_overlay *overlay)
{
	if (overlay->prev)
		overlay->prev->next = overlay->next;
	else
		tree->first_overlay = overlay->next;
	if (overlay->next)
		overlay->next->prev = overlay->prev;
	else
		tree->last_overlay = overlay->prev;
	tree->overlay_count--;
}

void dt_overlay_commit(struct dt_overlay *overlay)
{
	struct dt_tree *tree = overlay->tree;
	struct dt_overlay_need *need;
	struct dt_change *change;

	dt_assert(overlay->state == DT_OVERLAY_PREPARED);
	dt_assert(overlay->stage->generation == tree->generation);
	tree->generation++;
	grow_indexes(tree, overlay->stage);
	tree->phandle_last = overlay->stage->phandle_last;
	dt_overlay_drop_stage(overlay);
	for (change = overlay->first_change; change; change = change->next) {
		dt_poll(&tree->env);
		kinds[change->kind].act(tree, change);
	}
	for (need = overlay->needs; need; need = need->next)
		need->on->dependents++;
	link_overlay(tree, overlay);
}

static const struct dt_overlay *find_dependent(const struct dt_overlay *overlay)
{
	const struct dt_overlay *other;
	const struct dt_overlay_need *need;

	for (other = overlay->next; other; other = other->next)
		for (need = other->needs; need; need = need->next)
			if (need->on == overlay)
				return other;
	return overlay;
}

int dt_overlay_may_revert(const struct dt_overlay *overlay, struct dt_why *why)
{
	if (overlay->dependents == 0)
		return 0;
	return dt_fail(why, -DT_EBUSY, "overlay %u: overlay %u builds on it", overlay->id,
		find_dependent(overlay)->id);
}

void dt_overlay_revert(struct dt_overlay *overlay)
{
	struct dt_tree *tree = overlay->tree;
	struct dt_overlay_need *need;
	struct dt_change *change;

	dt_assert(overlay->state == DT_OVERLAY_LIVE && overlay->dependents == 0);
	tree->generation++;
	for (change = overlay->last_change; change; change = change->prev) {
		dt_poll(&tree->env);
		kinds[change->kind].undo(tree, change);
	}
	for (need = overlay->needs; need; need = need->next)
		need->on->dependents--;
	unlink_overlay(tree, overlay);
	dt_overlay_release(overlay);
}
