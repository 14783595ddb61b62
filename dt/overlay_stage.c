/* SPDX-License-Identifier: Apache-2.0 */
/*
 * First steps of prepare: the overlay's fragments become nodes on the side, their phandles get numbers
 * that the live tree does not use. __symbols__, __fixups__ and __local_fixups__ are only located.
 */
#include "dt/overlay_priv.h"

/* One event of the blob, with the parts left out that only guide the overlay. */
static enum dtb_event step_content(const struct dtb *dtb, struct dtb_cursor *cursor)
{
	enum dtb_event event = dtb_step(cursor);
	size_t i;

	/* They cannot lie in one another, but one may follow the other in any order. */
	for (i = 0; event == DTB_BEGIN && i < DTB_PART_COUNT; i++) {
		if (dtb_offset(dtb, cursor) != dtb->parts[i].begin || !dtb->parts[i].end)
			continue;
		*cursor = dtb_cursor_at(dtb, dtb->parts[i].end);
		event = dtb_step(cursor);
		i = (size_t)-1;
	}
	return event;
}

/* Nodes and properties of the fragments: memory for them is asked for once. */
static int reserve(struct dt_overlay *overlay)
{
	struct dt_overlay_stage *stage = overlay->stage;
	const struct dt_env *env = &overlay->tree->env;
	struct dt_buckets nodes = { 0 }, props = { 0 }, phandles = { 0 };
	uint32_t node_count = stage->dtb.node_count, prop_count = stage->dtb.prop_count;
	size_t i;
	int error;

	for (i = 0; i < DTB_PART_COUNT; i++) {
		node_count -= stage->dtb.parts[i].nodes;
		prop_count -= stage->dtb.parts[i].props;
	}
	error = dt_arena_reserve(&overlay->arena,
		node_count * sizeof(struct dt_node) + prop_count * sizeof(struct dt_prop));
	if (!error)
		error = dt_index_prepare(&stage->side.nodes, env, node_count, &nodes);
	/* Labels come on top later; chains may get a little longer then. */
	if (!error)
		error = dt_index_prepare(&stage->side.props, env, prop_count, &props);
	if (!error)
		error = dt_index_prepare(&stage->side.phandles, env, node_count / 4, &phandles);
	dt_index_grow(&stage->side.nodes, env, &nodes);
	dt_index_grow(&stage->side.props, env, &props);
	dt_index_grow(&stage->side.phandles, env, &phandles);
	return error ? dt_fail(stage->why, error, "not enough memory") : 0;
}

/* The next number that no node of the live tree has: almost always simply the next. */
static uint32_t next_phandle(struct dt_overlay *overlay)
{
	struct dt_overlay_stage *stage = overlay->stage;

	do {
		stage->phandle_last++;
		if (stage->phandle_last == 0 || stage->phandle_last == UINT32_MAX)
			stage->phandle_last = 1;
	} while (dt_node_of_phandle(overlay->tree, stage->phandle_last));
	return stage->phandle_last;
}

/*
 * A node keeps the overlay's own number as ->phandle, by which references inside the overlay find it,
 * until dt_stage_resolve_local(); the property already reads as the new number.
 */
static void renumber(struct dt_overlay *overlay, struct dt_node *node, struct dt_prop *prop)
{
	if (!span_load_u32(node->phandle_value))
		span_store_u32(node->phandle_value, next_phandle(overlay));
	prop->value = node->phandle_value;
}

static int build_prop(struct dt_overlay *overlay, struct dt_maker *maker, struct dt_node *node,
	const struct dtb_cursor *cursor)
{
	struct dt_prop *prop;
	int error = dt_make_prop(maker, node, cursor->name, cursor->value, &prop);

	if (!error && (prop->flags & DT_PROP_PHANDLE))
		renumber(overlay, node, prop);
	return error;
}

static int build(struct dt_overlay *overlay)
{
	struct dt_overlay_stage *stage = overlay->stage;
	struct dt_tree *side = &stage->side;
	struct dt_maker maker = { .arena = &overlay->arena,
		.nodes = &side->nodes,
		.props = &side->props,
		.phandles = &side->phandles,
		.owner = overlay,
		.seed = side->env.seed,
		.why = stage->why };
	struct dtb_cursor cursor = dtb_cursor(&stage->dtb);
	struct dt_node *at = NULL;
	enum dtb_event event;
	int error = 0;

	while (!error && (event = step_content(&stage->dtb, &cursor)) != DTB_DONE) {
		if (event == DTB_BEGIN) {
			error = dt_make_node(
				&maker, at, span_of(cursor.name, cursor.name_length), &at);
			if (!side->root)
				side->root = at;
		} else if (event == DTB_PROP) {
			error = build_prop(overlay, &maker, at, &cursor);
		} else {
			at = at->parent;
		}
	}
	return error;
}

int dt_stage_build(struct dt_overlay *overlay)
{
	struct dt_overlay_stage *stage = overlay->stage;
	int error = dtb_check_polling(
		&stage->dtb, overlay->blob, overlay->blob_size, &overlay->tree->env, stage->why);

	if (!error)
		error = reserve(overlay);
	return error ? error : build(overlay);
}

int dt_stage_need(struct dt_overlay *overlay, struct dt_overlay *owner)
{
	struct dt_overlay_need *need = overlay->needs;

	/* What is found twice is usually found in a row; a second entry would do no harm. */
	if (!owner || owner == overlay || (need && need->on == owner))
		return 0;
	need = dt_arena_alloc(&overlay->arena, sizeof(*need));
	if (!need)
		return dt_fail(overlay->stage->why, -DT_ENOMEM, "not enough memory");
	*need = (struct dt_overlay_need){ .next = overlay->needs, .on = owner };
	overlay->needs = need;
	return 0;
}

int dt_stage_need_phandle(struct dt_overlay *overlay, const struct dt_node *node)
{
	const struct dt_prop *prop = dt_prop(overlay->tree, node, "phandle");

	if (!prop)
		prop = dt_prop(overlay->tree, node, "linux,phandle");
	return prop ? dt_stage_need(overlay, prop->owner) : 0;
}

struct dt_node *dt_stage_child(
	const struct dt_overlay *overlay, struct dt_node *node, struct span name)
{
	const struct dt_tree *side = &overlay->stage->side;
	uint32_t hash = dt_hash_span(side, name);
	struct dt_node *child = NULL;

	if (node->owner != overlay)
		child = dt_index_find_node(&overlay->tree->nodes, node, name, hash);
	return child ? child : dt_index_find_node(&side->nodes, node, name, hash);
}
