/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The changes of an overlay, done and undone. Each kind has one function for each direction; commit walks
 * the list forwards, revert backwards. Nothing here can fail: room was made in prepare.
 */
#include "dt/overlay_priv.h"

int dt_stage_make_room(struct dt_overlay *overlay)
{
	struct dt_overlay_stage *stage = overlay->stage;
	const struct dt_env *env = &overlay->tree->env;
	const struct dt_names *names = &overlay->tree->names;
	struct dt_edit *edit;
	int error;

	dt_stage_drop_scratch(stage, env);
	for (edit = overlay->first_edit; edit; edit = edit->next) {
		dt_poll(env);
		edit->indexed = stage->indexed_props != 0;
	}
	overlay->node_count = stage->new_nodes;
	error = dt_index_prepare(&names->nodes, env, stage->new_nodes, &stage->room_nodes);
	if (!error)
		error = dt_index_prepare(
				&names->props, env, stage->indexed_props, &stage->room_props);
	if (!error)
		error = dt_index_prepare(
				&names->phandles, env, stage->new_phandles, &stage->room_phandles);
	return error ? dt_fail(stage->why, error, "not enough memory") : 0;
}

#define POLL_STEPS 32

/* Each change polls once, and so does each so many of its nodes and properties. */
static void poll_at(const struct dt_env *env, uint32_t step)
{
	if (step % POLL_STEPS == 0)
		dt_poll(env);
}

/* In the index are the last ones of a node, from some one on. */
static struct dt_prop *last_indexed(const struct dt_node *node)
{
	struct dt_prop *last = node->first_prop ? node->first_prop->prev : NULL;

	return last && (last->tag & DT_PROP_INDEXED) ? last : NULL;
}

static struct dt_prop *indexed_before(const struct dt_prop *prop)
{
	bool more = prop != prop->node->first_prop && (prop->prev->tag & DT_PROP_INDEXED);

	return more ? prop->prev : NULL;
}

/*
 * The hashes were worked out on the side, for the places where things are going. `count` is of the steps since some poll
 * or other.
 */
static void index_node(struct dt_tree *tree, struct dt_node *node, bool props, uint32_t *count)
{
	struct dt_prop *prop = props ? last_indexed(node) : NULL;
	const struct dt_env *env = &tree->env;
	struct dt_names *names = &tree->names;

	dt_index_add(&names->nodes, node->hash, node);
	if (node->phandle)
		dt_index_add(&names->phandles, dt_phandle_hash(node->phandle), node);
	poll_at(env, ++*count);
	for (; prop; prop = indexed_before(prop)) {
		poll_at(env, ++*count);
		dt_index_add(&names->props, dt_prop_hash(prop->tag, node), prop);
	}
}

static void unindex_node(struct dt_tree *tree, struct dt_node *node, bool props, uint32_t *count)
{
	struct dt_prop *prop = props ? last_indexed(node) : NULL;
	const struct dt_env *env = &tree->env;
	struct dt_names *names = &tree->names;

	dt_index_remove(&names->nodes, node->hash, node);
	if (node->phandle)
		dt_index_remove(&names->phandles, dt_phandle_hash(node->phandle), node);
	poll_at(env, ++*count);
	for (; prop; prop = indexed_before(prop)) {
		poll_at(env, ++*count);
		dt_index_remove(&names->props, dt_prop_hash(prop->tag, node), prop);
	}
}

static void do_add_nodes(struct dt_tree *tree, struct dt_edit *edit)
{
	struct dt_node *top, *node;
	uint32_t count = 0;

	for (top = edit->nodes.first; top; top = top->next)
		dt_for_each_node (node, top)
			index_node(tree, node, edit->indexed, &count);
	dt_append_nodes(edit->nodes.first->parent, edit->nodes.first, edit->nodes.last);
}

static void undo_add_nodes(struct dt_tree *tree, struct dt_edit *edit)
{
	struct dt_node *top, *node;
	uint32_t count = 0;

	dt_unlink_nodes(edit->nodes.first, edit->nodes.last);
	edit->nodes.last->next = NULL;
	for (top = edit->nodes.first; top; top = top->next)
		dt_for_each_node (node, top)
			unindex_node(tree, node, edit->indexed, &count);
}

/* `phandle` and `linux,phandle` may come together: the node enters the index with the first. */
static void do_add_props(struct dt_tree *tree, struct dt_edit *edit)
{
	struct dt_node *node = edit->props.first->node;
	struct dt_prop *prop;
	uint32_t count = 0;

	for (prop = edit->props.first; prop; prop = prop->next) {
		poll_at(&tree->env, ++count);
		dt_index_add(&tree->names.props, dt_prop_hash(prop->tag, node), prop);
		if (!(prop->tag & DT_PROP_PHANDLE) || node->phandle)
			continue;
		node->phandle = span_load_u32(prop->value);
		dt_index_add(&tree->names.phandles, dt_phandle_hash(node->phandle), node);
	}
	dt_append_props(node, edit->props.first, edit->props.last);
}

/* No other overlay adds a phandle to a node that has one, so the number goes with any of these. */
static void undo_add_props(struct dt_tree *tree, struct dt_edit *edit)
{
	struct dt_node *node = edit->props.first->node;
	struct dt_prop *prop;
	uint32_t count = 0;

	dt_unlink_props(edit->props.first, edit->props.last);
	edit->props.last->next = NULL;
	for (prop = edit->props.first; prop; prop = prop->next) {
		poll_at(&tree->env, ++count);
		dt_index_remove(&tree->names.props, dt_prop_hash(prop->tag, node), prop);
		if (!(prop->tag & DT_PROP_PHANDLE) || !node->phandle)
			continue;
		dt_index_remove(&tree->names.phandles, dt_phandle_hash(node->phandle), node);
		node->phandle = 0;
	}
}

/* The value in use changes places with the other one. */
static void swap_value(struct dt_prop *prop, struct dt_prop *other)
{
	struct dt_prop old = *prop;

	prop->value = other->value;
	prop->size = other->size;
	prop->owner = other->owner;
	other->value = old.value;
	other->size = old.size;
	other->owner = old.owner;
}

/* Its own inverse: no overlay sets a property twice, so any order will do. */
static void swap_values(struct dt_tree *tree, struct dt_edit *edit)
{
	struct dt_prop *other;
	uint32_t count = 0;

	for (other = edit->props.first; other; other = other->next) {
		poll_at(&tree->env, ++count);
		swap_value(other->prev, other);
	}
}

static const struct {
	void (*act)(struct dt_tree *, struct dt_edit *);
	void (*undo)(struct dt_tree *, struct dt_edit *);
} kinds[] = {
	[DT_ADD_NODE] = { .act = do_add_nodes, .undo = undo_add_nodes },
	[DT_ADD_PROP] = { .act = do_add_props, .undo = undo_add_props },
	[DT_SET_PROP] = { .act = swap_values, .undo = swap_values },
};

static void grow_indexes(struct dt_tree *tree, struct dt_overlay_stage *stage)
{
	dt_index_grow(&tree->names.nodes, &tree->env, &stage->room_nodes);
	dt_index_grow(&tree->names.props, &tree->env, &stage->room_props);
	dt_index_grow(&tree->names.phandles, &tree->env, &stage->room_phandles);
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
	struct dt_edit *edit;

	dt_assert(overlay->state == DT_OVERLAY_PREPARED);
	dt_assert(overlay->stage->generation == tree->generation);
	tree->generation++;
	grow_indexes(tree, overlay->stage);
	tree->phandle_last = overlay->stage->phandle_last;
	tree->phandle_highest = overlay->stage->phandle_highest;
	if (tree->phandle_last > tree->phandle_highest)
		tree->phandle_highest = tree->phandle_last;
	dt_overlay_drop_stage(overlay);
	for (edit = overlay->first_edit; edit; edit = edit->next) {
		dt_poll(&tree->env);
		kinds[edit->kind].act(tree, edit);
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

/* The list turned round, which nobody will walk again. */
static struct dt_edit *backwards(const struct dt_env *env, struct dt_edit *edit)
{
	struct dt_edit *before = NULL, *next;

	for (; edit; edit = next) {
		dt_poll(env);
		next = edit->next;
		edit->next = before;
		before = edit;
	}
	return before;
}

void dt_overlay_revert(struct dt_overlay *overlay)
{
	struct dt_tree *tree = overlay->tree;
	struct dt_overlay_need *need;
	struct dt_edit *edit;

	dt_assert(overlay->state == DT_OVERLAY_LIVE && overlay->dependents == 0);
	tree->generation++;
	for (edit = backwards(&tree->env, overlay->first_edit); edit; edit = edit->next) {
		dt_poll(&tree->env);
		kinds[edit->kind].undo(tree, edit);
	}
	for (need = overlay->needs; need; need = need->next)
		need->on->dependents--;
	unlink_overlay(tree, overlay);
	dt_overlay_release(overlay);
}
