/* SPDX-License-Identifier: Apache-2.0 */
/*
 * __symbols__ of an overlay: each label is noted with its node before the fragments are merged, and joins the
 * __symbols__ of the live tree afterwards, with the path that its node has there.
 */
#include "dt/fdt_step.h"
#include "dt/overlay_priv.h"

/* Is it a path to what goes into the tree, and not to the fragment itself or elsewhere? */
static bool is_content_path(struct span path)
{
	const struct span content = { .at = (const uint8_t *)"__overlay__",
		.left = sizeof("__overlay__") - 1 };

	(void)span_skip(&path, 1);
	(void)span_until(&path, '/');
	return span_part(path, 0, content.left, &path) && span_equal(path, content);
}

/* A label of the overlay, kept until its node has found its place; `size` is the label's length meanwhile. */
static void keep_label(struct dt_overlay *overlay, const char *label, struct dt_node *node)
{
	struct dt_overlay_stage *stage = overlay->stage;
	struct span name = dt_text(label);
	/* There are as many as __symbols__ has properties. */
	struct dt_prop *prop = stage->free_props++;

	*prop = (struct dt_prop){ .name = label,
		.node = node,
		.owner = overlay,
		.size = (uint32_t)name.left,
		.tag = dt_hash_span(&stage->side, name) & ~(uint32_t)DT_PROP_FLAGS };
	if (stage->last_label)
		stage->last_label->next = prop;
	else
		stage->first_label = prop;
	stage->last_label = prop;
}

/* `content`: the last path's directory that leads into a fragment's content, by where its text is. */
static int note_symbol(struct dt_overlay *overlay, const char *label, struct span path,
		const uint8_t **content)
{
	struct dt_overlay_stage *stage = overlay->stage;
	struct dt_node *node = NULL;

	if (path.left < 2 || path.at[0] != '/' || path.at[path.left - 1] != '\0')
		return dt_fail(stage->why, -DT_EINVAL, "__symbols__: '%s' is not a path", label);
	path.left--;
	if (*content == stage->last_path.at)
		node = dt_stage_next_node(stage, path);
	if (!node) {
		if (!is_content_path(path))
			return 0;
		node = dt_stage_node(overlay, path);
		*content = is_content_path(stage->last_path) ? stage->last_path.at : NULL;
	}
	if (!node)
		return dt_fail(stage->why, -DT_EINVAL, "__symbols__: '%s': no node '%.*s'", label,
				(int)path.left, (const char *)path.at);
	keep_label(overlay, label, node);
	return 0;
}

int dt_stage_find_symbols(struct dt_overlay *overlay)
{
	struct dt_overlay_stage *stage = overlay->stage;
	const uint8_t *content = NULL;
	struct dtb_cursor cursor;
	enum dtb_event event;
	int error = 0;

	if (!dt_stage_part(stage, DTB_SYMBOLS, &cursor))
		return 0;
	while (!error && (event = dtb_step_inline(&cursor)) == DTB_PROP) {
		dt_stage_poll(overlay);
		if (!dt_is_phandle_name(cursor.name))
			error = dt_stage_fault(stage,
					note_symbol(overlay, cursor.name, cursor.value, &content));
	}
	if (!error && event == DTB_BEGIN)
		error = dt_fail(stage->why, -DT_EINVAL, "__symbols__ has a child node");
	return error;
}

/* Where labels live; a tree that has none yet gets the node. */
static int find_table(struct dt_overlay *overlay, struct dt_node **out)
{
	struct dt_names *side = &overlay->stage->side;
	struct dt_node *root = overlay->tree->root;
	struct span name = dt_text("__symbols__");
	uint32_t hash = dt_hash_span(side, name);
	struct dt_node *table = dt_stage_child(overlay, root, name, hash);

	*out = table;
	if (table)
		return dt_stage_need(overlay, table->owner);
	table = dt_arena_alloc(&overlay->arena, sizeof(*table));
	if (!table)
		return dt_stage_no_memory(overlay);
	*table = (struct dt_node){ .name = "__symbols__",
		.owner = overlay,
		.parent = root,
		.hash = dt_hash_under(hash, root) };
	if (dt_index_insert(&side->nodes, &overlay->tree->env, table->hash, table))
		return dt_stage_no_memory(overlay);
	*out = table;
	overlay->stage->new_nodes++;
	return dt_stage_add_node(overlay, table);
}

enum { CELL = 4 };

/* Bytes of the node's path up to and with the '/' before its name. */
static size_t directory_size(const struct dt_node *node)
{
	const struct dt_node *up = node->parent;
	size_t size = 1;

	for (; up && up->parent; up = up->parent)
		size += 1 + strlen(up->name);
	return size;
}

/* What the paths of siblings begin with, up to and with the last '/'; none yet: parent is NULL. */
struct directory {
	const struct dt_node *parent;
	struct span path;
};

/* The label's value, the path of `node`: that of its directory, mostly the same as the label before, and its name. */
static int write_path(struct dt_overlay *overlay, struct dt_prop *prop, const struct dt_node *node,
		struct directory *last)
{
	bool known = last->parent && last->parent == node->parent;
	size_t head = known ? last->path.left : directory_size(node);
	size_t name_size = dt_node_name(node).left + 1, size = head + name_size;
	char *path;

	if (size > DT_PATH_MAX + 1)
		return dt_fail(overlay->stage->why, -DT_E2BIG,
				"__symbols__: '%s': a path of over 2047 characters", prop->name);
	path = dt_arena_alloc(&overlay->arena, size + CELL);
	if (!path)
		return dt_stage_no_memory(overlay);
	path += -head %
	        CELL; /* names lie at whole cells in the blob, so that both are copied by words */
	if (known) {
		memcpy(path, last->path.at, head);
		memcpy(path + head, node->name, name_size);
	} else {
		dt_node_path(node, path, size);
		*last = (struct directory){ .parent = node->parent, .path = span_of(path, head) };
	}
	prop->value = (const uint8_t *)path;
	prop->size = (uint32_t)size;
	return 0;
}

/* dt_stage_placed() of a node, mostly a sibling of the label's before, which has its place. */
static struct dt_node *placed_after(const struct dt_overlay *overlay, struct dt_node *node,
		const struct directory *last)
{
	bool beside = last->parent && last->parent == node->parent &&
	              !*dt_stage_peer(overlay->stage, node);

	return beside ? node : dt_stage_placed(overlay, node);
}

static int merge_symbol(struct dt_overlay *overlay, struct dt_prop *prop, struct dt_node *table,
		struct directory *last)
{
	struct dt_node *node = placed_after(overlay, prop->node, last);
	struct span name = span_of(prop->name, prop->size);
	int error;

	/* Its fragment found no target: that was said already. */
	if (!node)
		return 0;
	error = write_path(overlay, prop, node, last);
	return error ? error : dt_stage_join_prop(overlay, prop, name, table);
}

int dt_stage_merge_symbols(struct dt_overlay *overlay)
{
	struct directory last = { 0 };
	struct dt_prop *prop, *next;
	struct dt_node *table;
	int error;

	if (!overlay->stage->first_label)
		return 0;
	error = find_table(overlay, &table);
	for (prop = overlay->stage->first_label; prop && !error; prop = next) {
		dt_stage_poll(overlay);
		next = prop->next;
		error = dt_stage_fault(overlay->stage, merge_symbol(overlay, prop, table, &last));
	}
	return error;
}
