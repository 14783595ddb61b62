/* SPDX-License-Identifier: Apache-2.0 */
/*
 * First steps of prepare: the overlay's fragments become nodes on the side, their phandles get numbers
 * that the live tree does not use. __symbols__, __fixups__ and __local_fixups__ are only located.
 */
#include "dt/fdt_step.h"
#include "dt/overlay_priv.h"

/* One event of the blob, with the parts left out that only guide the overlay; `depth` nodes are open. */
static inline enum dtb_event step_content(
		const struct dtb *dtb, struct dtb_cursor *cursor, uint32_t depth)
{
	enum dtb_event event = dtb_step_inline(cursor);
	size_t i;

	/* They are children of the root and cannot lie in one another, but one may follow the other in any order. */
	for (i = 0; depth == 1 && event == DTB_BEGIN && i < DTB_PART_COUNT; i++) {
		if (dtb_offset(dtb, cursor) != dtb->parts[i].begin || !dtb->parts[i].end)
			continue;
		*cursor = dtb_cursor_at(dtb, dtb->parts[i].end);
		event = dtb_step(cursor);
		i = (size_t)-1;
	}
	return event;
}

/* Of the blob without the parts that only guide the overlay; of __symbols__, what may go into the tree. */
static void count(const struct dtb *dtb, uint32_t *nodes, uint32_t *props)
{
	size_t i;

	*nodes = dtb->node_count;
	*props = dtb->prop_count;
	for (i = 0; i < DTB_PART_COUNT; i++) {
		*nodes -= dtb->parts[i].nodes;
		*props -= dtb->parts[i].props;
	}
}

/* dt_arena_alloc() of what dt_arena_reserve() has made room for: it cannot fail. */
static void *take_zeroed(struct dt_arena *arena, size_t size)
{
	return memset(dt_arena_alloc(arena, size), 0, size);
}

/* What prepare alone needs. */
static int reserve_scratch(struct dt_overlay_stage *stage, uint32_t nodes, struct dt_pool *frame)
{
	size_t frame_nodes = stage->dtb->frame_nodes * sizeof(struct dt_node);
	size_t frame_props = stage->dtb->frame_props * sizeof(struct dt_prop);
	uint32_t labels = stage->dtb->parts[DTB_SYMBOLS].props, low = labels ? labels + 1 : 0;
	size_t peers = nodes * sizeof(*stage->peers), numbers = low * sizeof(*stage->low_numbers);

	if (dt_arena_reserve(&stage->scratch, frame_nodes + frame_props + peers + numbers))
		return -DT_ENOMEM;
	/* All four lie in the reservation. */
	frame->nodes = dt_arena_alloc(&stage->scratch, frame_nodes);
	frame->props = dt_arena_alloc(&stage->scratch, frame_props);
	stage->peers = take_zeroed(&stage->scratch, peers);
	stage->low_numbers = take_zeroed(&stage->scratch, numbers);
	stage->low_count = low;
	stage->frame = frame->nodes;
	stage->frame_props = frame->props;
	return 0;
}

/* One fragment, and no labels. */
static bool is_alone(const struct dtb *dtb)
{
	return dtb->frame_nodes <= 3 && !dtb->parts[DTB_SYMBOLS].end;
}

static int grow(struct dt_index *index, const struct dt_env *env, uint32_t count)
{
	struct dt_buckets buckets = { 0 };
	int error = dt_index_prepare(index, env, count, &buckets);

	dt_index_grow(index, env, &buckets);
	return error;
}

/* The side's tables. Nodes that leave for their targets are entered there, too, unless nobody looks for them. */
static int reserve_tables(struct dt_overlay *overlay, uint32_t nodes)
{
	struct dt_overlay_stage *stage = overlay->stage;
	const struct dt_env *env = &overlay->tree->env;
	uint32_t labels = stage->dtb->parts[DTB_SYMBOLS].props;
	uint32_t again = is_alone(stage->dtb) ? 0 : stage->dtb->top_nodes;
	int error = grow(&stage->side.nodes, env, nodes + nodes / 8 + again);

	return error ? error : grow(&stage->side.props, env, labels);
}

/* Nodes and properties lie in two arrays, which are asked for at once, with the first change. */
static int reserve(struct dt_overlay *overlay, struct dt_pool *frame, struct dt_pool *content)
{
	struct dt_overlay_stage *stage = overlay->stage;
	uint32_t labels = stage->dtb->parts[DTB_SYMBOLS].props, all, nodes, props;
	size_t nodes_size, props_size;
	int error;

	count(stage->dtb, &all, &props);
	nodes = all - stage->dtb->frame_nodes;
	props -= stage->dtb->frame_props;
	nodes_size = nodes * sizeof(struct dt_node);
	props_size = (props + labels) * sizeof(struct dt_prop);
	error = dt_arena_reserve(&overlay->arena, nodes_size + props_size + sizeof(struct dt_edit));
	if (!error)
		error = reserve_scratch(stage, all, frame);
	if (!error)
		error = reserve_tables(overlay, all);
	if (error)
		return dt_stage_no_memory(overlay);
	content->nodes = stage->nodes = dt_arena_alloc(&overlay->arena, nodes_size);
	content->props = dt_arena_alloc(&overlay->arena, props_size);
	stage->free_props = content->props + props;
	return 0;
}

/* The next number that no node of the live tree has: any above the highest ever used, until those are used up. */
static uint32_t next_phandle(struct dt_overlay *overlay)
{
	struct dt_overlay_stage *stage = overlay->stage;

	do {
		stage->phandle_last++;
		if (stage->phandle_last == 0 || stage->phandle_last == UINT32_MAX) {
			stage->phandle_last = 1;
			stage->phandle_highest = UINT32_MAX;
		}
	} while (stage->phandle_last <= stage->phandle_highest &&
			dt_node_of_phandle(overlay->tree, stage->phandle_last));
	return stage->phandle_last;
}

struct dt_number *dt_stage_high_number(const struct dt_overlay_stage *stage, uint32_t own)
{
	struct dt_probe probe = dt_index_probe(&stage->high_numbers, dt_phandle_hash(own));
	struct dt_number *number;

	do
		number = dt_probe_next(&probe);
	while (number && number->own != own);
	return number;
}

static int new_number(struct dt_overlay *overlay, struct dt_node *node, uint32_t own,
		struct dt_number **out)
{
	struct dt_overlay_stage *stage = overlay->stage;
	const struct dt_env *env = &overlay->tree->env;
	struct dt_number *number = dt_arena_alloc(&overlay->arena, sizeof(*number));

	if (!number)
		return dt_stage_no_memory(overlay);
	*number = (struct dt_number){ .node = node, .own = own };
	node->phandle = next_phandle(overlay);
	span_store_u32(number->value, node->phandle);
	*out = number;
	if (own < stage->low_count)
		stage->low_numbers[own] = number;
	else if (dt_index_insert(&stage->high_numbers, env, dt_phandle_hash(own), number))
		return dt_stage_no_memory(overlay);
	return 0;
}

/* The node gets a number that is free in the live tree; references still have the overlay's own. */
static int renumber(struct dt_overlay *overlay, struct dt_maker *maker, struct dt_prop *prop)
{
	struct dt_node *node = prop->node;
	struct dt_number *number;
	uint32_t own;
	int error = dt_read_phandle(maker, prop, &own);

	if (error)
		return error;
	number = dt_stage_number(overlay->stage, own);
	/* `phandle` and the older `linux,phandle` may both be there when they agree. */
	if (number ? number->node != node : node->phandle != 0)
		return dt_fail_phandle_twice(maker->why, node, own);
	if (!number)
		error = new_number(overlay, node, own, &number);
	if (!error)
		prop->value = number->value;
	return error;
}

static int add_prop(struct dt_overlay *overlay, struct dt_maker *maker, struct dt_prop *prop,
		struct dt_node *node, const char *name, struct span value)
{
	int error = dt_make_prop(maker, prop, node, name, value);

	if (!error && (prop->tag & DT_PROP_PHANDLE))
		error = renumber(overlay, maker, prop);
	return error;
}

/* The properties in a row at the cursor, of `node`. */
static int build_props(struct dt_overlay *overlay, struct dt_maker *maker,
		struct dtb_cursor *cursor, struct dt_node *node, struct dt_prop **pool)
{
	struct dt_prop *prop = *pool;
	struct span value;
	const char *name;
	int error = 0;

	while (!error && dtb_next_prop(&cursor->rest, cursor->strings, &name, &value))
		error = add_prop(overlay, maker, prop++, node, name, value);
	*pool = prop;
	return error;
}

/* The pools in turn, as dtb_check() counted for them; `depth` is that of the node begun last that is open. */
static int build(struct dt_overlay *overlay, struct dt_maker *maker, struct dt_pool *frame,
		struct dt_pool *content)
{
	const struct dtb *dtb = overlay->stage->dtb;
	struct dtb_cursor cursor = dtb_cursor(dtb);
	struct dt_node *at = NULL, *parent;
	struct dt_prop **props;
	enum dtb_event event;
	uint32_t depth = 0;
	int error = 0;

	while (!error && (event = step_content(dtb, &cursor, depth)) != DTB_DONE) {
		if (event == DTB_BEGIN) {
			parent = at;
			at = ++depth <= DTB_DEPTH_CONTENT ? frame->nodes++ : content->nodes++;
			error = dt_make_node(maker, at, parent,
					span_of(cursor.name, cursor.name_length));
		} else if (event == DTB_END) {
			at = at->parent;
			depth--;
			continue;
		}
		props = depth < DTB_DEPTH_CONTENT ? &frame->props : &content->props;
		if (!error && event == DTB_PROP) /* behind a NOP */
			error = add_prop(overlay, maker, (*props)++, at, cursor.name, cursor.value);
		if (!error)
			error = build_props(overlay, maker, &cursor, at, props);
	}
	return error;
}

int dt_stage_build(struct dt_overlay *overlay)
{
	struct dt_overlay_stage *stage = overlay->stage;
	struct dt_maker maker = { .names = &stage->side,
		.env = &overlay->tree->env,
		.owner = overlay,
		.why = stage->why };
	struct dt_pool frame = { 0 }, content = { 0 };
	int error = reserve(overlay, &frame, &content);

	if (!error)
		error = build(overlay, &maker, &frame, &content);
	stage->indexed_props = stage->side.props.count;
	return error;
}

int dt_stage_need(struct dt_overlay *overlay, struct dt_overlay *owner)
{
	struct dt_overlay_need *need = overlay->needs;

	/* What is found twice is usually found in a row; a second entry would do no harm. */
	if (!owner || owner == overlay || (need && need->on == owner))
		return 0;
	need = dt_arena_alloc(&overlay->arena, sizeof(*need));
	if (!need)
		return dt_stage_no_memory(overlay);
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

struct dt_node *dt_stage_child(const struct dt_overlay *overlay, struct dt_node *node,
		struct span name, uint32_t hash)
{
	struct dt_node *child = NULL;

	if (node->owner != overlay)
		child = dt_index_find_node(&overlay->tree->names.nodes, node, name, hash);
	return child ? child : dt_index_find_node(&overlay->stage->side.nodes, node, name, hash);
}

struct dt_prop *dt_stage_prop(const struct dt_overlay *overlay, const struct dt_node *node,
		struct span name, uint32_t hash)
{
	const struct dt_names *side = &overlay->stage->side;

	if (node->owner == overlay)
		return dt_find_prop(side, node, name, hash);
	return dt_index_find_prop(&side->props, node, name, hash);
}
