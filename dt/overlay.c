/* SPDX-License-Identifier: Apache-2.0 */
/* The life of an overlay from outside: begin, prepare, drop; finding one; the nodes it brings. */
#include "dt/overlay_priv.h"

/*
 * Tells blobs apart quickly, by at most 16 cells spread over the whole; blobs of one digest are still
 * compared byte by byte.
 */
static uint64_t digest_of(const uint8_t *blob, size_t size)
{
	struct span rest = span_of(blob, size);
	size_t stride = (size / 16) & ~(size_t)3;
	uint64_t digest = size;
	uint32_t cell;

	while (span_u32(&rest, &cell)) {
		digest = (digest ^ cell) * 0x9e3779b97f4a7c15;
		digest ^= digest >> 29;
		if (!span_skip(&rest, stride))
			break;
	}
	return digest;
}

int dt_overlay_begin(struct dt_tree *tree, size_t size, struct dt_overlay **out, struct dt_why *why)
{
	struct dt_overlay *overlay;
	struct dt_arena arena;

	if (size > DT_BLOB_MAX)
		return dt_fail(why, -DT_E2BIG, "overlay: %zu bytes, over the limit of %u", size,
				DT_BLOB_MAX);
	dt_arena_init(&arena, &tree->env);
	if (dt_arena_reserve(&arena, dt_arena_round(sizeof(*overlay)) + dt_arena_round(size)))
		return dt_fail(why, -DT_ENOMEM, "not enough memory");
	/* Both lie in the reservation. */
	overlay = dt_arena_alloc(&arena, sizeof(*overlay));
	*overlay = (struct dt_overlay){ .tree = tree, .blob_size = (uint32_t)size };
	overlay->blob = dt_arena_alloc(&arena, size);
	overlay->arena = arena;
	*out = overlay;
	return 0;
}

void dt_overlay_release(struct dt_overlay *overlay)
{
	/* The arena holds the overlay itself. */
	struct dt_arena arena = overlay->arena;

	dt_overlay_drop_stage(overlay);
	dt_arena_drop(&arena);
}

void dt_overlay_drop(struct dt_overlay *overlay)
{
	dt_assert(overlay->state != DT_OVERLAY_LIVE);
	dt_overlay_release(overlay);
}

void dt_stage_drop_scratch(struct dt_overlay_stage *stage, const struct dt_env *env)
{
	dt_index_drop(&stage->high_numbers, env);
	stage->low_count = 0;
	dt_arena_drop(&stage->scratch);
}

void dt_overlay_drop_stage(struct dt_overlay *overlay)
{
	const struct dt_env *env = &overlay->tree->env;
	struct dt_overlay_stage *stage = overlay->stage;

	if (!stage)
		return;
	dt_names_drop(&stage->side, env);
	dt_stage_drop_scratch(stage, env);
	dt_buckets_drop(&stage->room_nodes, env);
	dt_buckets_drop(&stage->room_props, env);
	dt_buckets_drop(&stage->room_phandles, env);
	env->free(env->ctx, stage, sizeof(*stage));
	overlay->stage = NULL;
}

static int open_stage(struct dt_overlay *overlay, struct dt_why *why)
{
	const struct dt_env *env = &overlay->tree->env;
	struct dt_overlay_stage *stage = env->alloc(env->ctx, sizeof(*stage));

	if (!stage)
		return dt_fail(why, -DT_ENOMEM, "not enough memory");
	memset(stage, 0, sizeof(*stage));
	dt_arena_init(&stage->scratch, env);
	stage->side.seed = env->seed;
	stage->phandle_last = overlay->tree->phandle_last;
	stage->phandle_highest = overlay->tree->phandle_highest;
	stage->generation = overlay->tree->generation;
	stage->why = why;
	overlay->stage = stage;
	return 0;
}

#define POLL_COMPARED 16384 /* bytes */

static bool same_blob(const struct dt_overlay *overlay, const uint8_t *blob)
{
	struct span own = span_of(overlay->blob, overlay->blob_size), part;
	size_t at = 0;

	while (span_take(&own, own.left < POLL_COMPARED ? own.left : POLL_COMPARED, &part) &&
			part.left) {
		dt_poll(&overlay->tree->env);
		if (memcmp(part.at, blob + at, part.left) != 0)
			return false;
		at += part.left;
	}
	return true;
}

/*
 * Of the live overlays of that size the first is compared at once, since it is mostly the only one. The digest,
 * worked out then unless the caller has it, tells which of the others to compare.
 */
static struct dt_overlay *find_same(
		const struct dt_tree *tree, const void *blob, size_t size, const uint64_t *digest)
{
	struct dt_overlay *overlay = tree->first_overlay;
	uint64_t own;

	for (; overlay; overlay = overlay->next) {
		if (overlay->blob_size != size || (digest && overlay->digest != *digest))
			continue;
		if (same_blob(overlay, blob))
			return overlay;
		if (!digest) {
			own = digest_of(blob, size);
			digest = &own;
		}
	}
	return NULL;
}

static int check_new(struct dt_overlay *overlay, struct dt_why *why)
{
	const struct dt_tree *tree = overlay->tree;
	const struct dt_overlay *same;

	dt_assert(overlay->state == DT_OVERLAY_OPEN && !overlay->stage);
	overlay->digest = digest_of(overlay->blob, overlay->blob_size);
	same = find_same(tree, overlay->blob, overlay->blob_size, &overlay->digest);
	if (same)
		return dt_fail(why, -DT_EEXIST, "this very overlay is there already, as number %u",
				same->id);
	if (tree->overlay_count >= DT_LOADED_MAX)
		return dt_fail(why, -DT_E2BIG, "%u overlays are there already", DT_LOADED_MAX);
	return 0;
}

static int (*const steps[])(struct dt_overlay *) = {
	dt_stage_build,
	dt_stage_resolve_labels,
	dt_stage_mark_targets,
	dt_stage_find_symbols,
	dt_stage_merge,
	dt_stage_resolve_local,
	dt_stage_merge_symbols,
	dt_stage_make_room,
};

int dt_overlay_prepare(struct dt_overlay *overlay, struct dt_why *why)
{
	int error = check_new(overlay, why);
	struct dtb dtb;
	size_t i;

	if (!error)
		error = open_stage(overlay, why);
	if (!error)
		error = dtb_check_polling(
				&dtb, overlay->blob, overlay->blob_size, &overlay->tree->env, why);
	if (!error)
		overlay->stage->dtb = &dtb;
	for (i = 0; i < sizeof(steps) / sizeof(steps[0]) && !error; i++)
		error = steps[i](overlay);
	if (!error)
		error = overlay->stage->first_error;
	if (overlay->stage)
		overlay->stage->dtb = NULL;
	if (!error)
		overlay->state = DT_OVERLAY_PREPARED;
	return error;
}

int dt_overlay_add(struct dt_tree *tree, const void *blob, size_t size, struct dt_overlay **out,
		struct dt_why *why)
{
	struct dt_overlay *overlay;
	int error = dt_overlay_begin(tree, size, &overlay, why);

	if (error)
		return error;
	if (size)
		memcpy(overlay->blob, blob, size);
	error = dt_overlay_prepare(overlay, why);
	if (error) {
		dt_overlay_drop(overlay);
		return error;
	}
	dt_overlay_commit(overlay);
	*out = overlay;
	return 0;
}

struct dt_overlay *dt_overlay_find(const struct dt_tree *tree, const void *blob, size_t size)
{
	return find_same(tree, blob, size, NULL);
}

struct dt_overlay *dt_overlay_of_id(const struct dt_tree *tree, uint32_t id)
{
	struct dt_overlay *overlay = tree->first_overlay;

	while (overlay && overlay->id != id)
		overlay = overlay->next;
	return overlay;
}

static void show_prop(struct dt_change *change, struct dt_prop *prop)
{
	change->at = prop;
	change->prop = change->kind == DT_ADD_PROP ? prop : prop->prev;
	change->node = change->prop->node;
}

static struct dt_change show(const struct dt_edit *edit)
{
	struct dt_change change = { .edit = edit };

	if (!edit)
		return change;
	change.kind = edit->kind;
	if (edit->kind == DT_ADD_NODE)
		change.node = edit->nodes.first;
	else
		show_prop(&change, edit->props.first);
	return change;
}

struct dt_change dt_change_first(const struct dt_overlay *overlay)
{
	return show(overlay->first_edit);
}

void dt_change_next(struct dt_change *change)
{
	const struct dt_edit *edit = change->edit;

	if (change->kind == DT_ADD_NODE && change->node != edit->nodes.last)
		change->node = change->node->next;
	else if (change->kind != DT_ADD_NODE && change->at != edit->props.last)
		show_prop(change, change->at->next);
	else
		*change = show(edit->next);
}

static void skip_to_added(struct dt_change *change)
{
	while (change->node && change->kind != DT_ADD_NODE)
		dt_change_next(change);
}

struct dt_overlay_walk dt_overlay_walk(const struct dt_overlay *overlay)
{
	struct dt_overlay_walk walk = { .change = dt_change_first(overlay) };

	skip_to_added(&walk.change);
	return walk;
}

struct dt_node *dt_overlay_walk_next(struct dt_overlay_walk *walk)
{
	if (!walk->change.node)
		return NULL;
	walk->node = walk->node ? dt_node_next(walk->node, walk->change.node) : walk->change.node;
	if (!walk->node) {
		dt_change_next(&walk->change);
		skip_to_added(&walk->change);
		walk->node = walk->change.node;
	}
	return walk->node;
}
