/* SPDX-License-Identifier: Apache-2.0 */
/*
 * References: __fixups__ (labels of the live tree) and __local_fixups__ (phandles of the overlay's own
 * nodes). Places come from the blob, so each is looked up by name and each offset goes through a span.
 */
#include "dt/fdt_step.h"
#include "dt/overlay_priv.h"

static struct dt_node *side_child(
		const struct dt_overlay *overlay, const struct dt_node *node, struct span name)
{
	const struct dt_overlay_stage *stage = overlay->stage;
	const struct dt_node *peer = *dt_stage_peer(stage, node);
	uint32_t hash = dt_hash_span(&stage->side, name);
	struct dt_probe probe = dt_index_probe(&stage->side.nodes, dt_hash_under(hash, node));
	struct dt_node *child;

	/* What has left for the node that its parent merged with is still found where it was. */
	do
		child = dt_probe_next(&probe);
	while (child && ((child->parent != node && child->parent != peer) ||
					!span_equal(dt_node_name(child), name)));
	return child;
}

static bool is_child(const struct dt_node *child, const struct dt_node *node, struct span name)
{
	return child && child->parent == node && span_equal(dt_node_name(child), name);
}

/*
 * The same, for names that come in document order, as dtc writes them: mostly the sibling behind `last`, the child of
 * the node found before (NULL: none yet), unless it has left for the live tree.
 */
static struct dt_node *side_child_after(const struct dt_overlay *overlay,
		const struct dt_node *node, const struct dt_node *last, struct span name)
{
	struct dt_node *next = last ? last->next : node->first_child;

	return is_child(next, node, name) ? next : side_child(overlay, node, name);
}

static struct dt_prop *side_prop(
		const struct dt_overlay *overlay, const struct dt_node *node, struct span name)
{
	const struct dt_overlay_stage *stage = overlay->stage;
	const struct dt_node *peer = *dt_stage_peer(stage, node);
	uint32_t hash = dt_hash_span(&stage->side, name);
	struct dt_prop *prop = dt_stage_prop(overlay, node, name, hash);

	if (!prop && peer)
		prop = dt_stage_prop(overlay, peer, name, hash);
	return prop;
}

/*
 * The same by a name in the overlay's strings block, where dtc has each name once: then a property of that name has the
 * very text, and nothing is compared.
 */
static struct dt_prop *side_prop_of_text(
		const struct dt_overlay *overlay, const struct dt_node *node, const char *name)
{
	struct dt_prop *prop = node->first_prop;
	unsigned looked;

	for (looked = 0; looked < DT_FEW_PROPS && prop; looked++, prop = prop->next)
		if (prop->name == name)
			return prop;
	return side_prop(overlay, node, dt_text(name));
}

/* The four bytes at `offset` of a value that may be written: a private copy is made the first time. */
static int patch_place(
		struct dt_overlay *overlay, struct dt_prop *prop, uint32_t offset, uint8_t **out)
{
	struct dt_why *why = overlay->stage->why;
	struct span cell;
	uint8_t *copy;

	if (prop->tag & DT_PROP_PHANDLE)
		return dt_fail(why, -DT_EINVAL, "%s: a fixup inside property '%s'",
				dt_path(prop->node), prop->name);
	if (!span_part(dt_prop_span(prop), offset, 4, &cell))
		return dt_fail(why, -DT_EINVAL, "%s: a fixup at byte %u of '%s', which has %u",
				dt_path(prop->node), offset, prop->name, prop->size);
	if (!(prop->tag & DT_PROP_OWN_VALUE)) {
		copy = dt_arena_alloc(dt_stage_arena_of(overlay, prop), prop->size);
		if (!copy)
			return dt_stage_no_memory(overlay);
		memcpy(copy, prop->value, prop->size);
		prop->value = copy;
		prop->tag |= DT_PROP_OWN_VALUE;
	}
	*out = (uint8_t *)(uintptr_t)prop->value + offset;
	return 0;
}

static struct dt_node *walk_path(const struct dt_overlay *overlay, struct span path)
{
	struct dt_node *node = overlay->stage->frame;
	struct span name;

	if (path.left && path.at[0] != '/')
		return NULL;
	while (node && path.left) {
		name = span_until(&path, '/');
		if (name.left)
			node = side_child(overlay, node, name);
	}
	return node;
}

/* What comes before the last '/' (all of it without one, which no path begins with). */
static struct span directory_of(struct span path)
{
	size_t size = path.left;

	while (size && path.at[size - 1] != '/')
		size--;
	return span_of(path.at, size ? size - 1 : path.left);
}

/* Whether the path is that of the directory in which a node was found last, and one name. */
static bool is_in_last(const struct dt_overlay_stage *stage, struct span path)
{
	struct span directory;

	return stage->last_child && span_take(&path, stage->last_path.left, &directory) &&
	       path.left && path.at[0] == '/' && span_skip(&path, 1) &&
	       span_before(path.at, path.left, '/') == path.left &&
	       span_equal(directory, stage->last_path);
}

struct dt_node *dt_stage_next_node(struct dt_overlay_stage *stage, struct span path)
{
	struct dt_node *last = stage->last_child, *next = last ? last->next : NULL;
	struct span directory;

	/* A node's name has no '/', so what is equal to it has none either. */
	if (!next || !span_take(&path, stage->last_path.left, &directory) || !path.left ||
			path.at[0] != '/' || !span_skip(&path, 1) ||
			!is_child(next, last->parent, path) ||
			!span_equal(directory, stage->last_path))
		return NULL;
	return stage->last_child = next;
}

struct dt_node *dt_stage_node(struct dt_overlay *overlay, struct span path)
{
	struct dt_overlay_stage *stage = overlay->stage;
	struct dt_node *last = dt_stage_next_node(stage, path), *directory;

	if (last)
		return last;
	last = is_in_last(stage, path) ? stage->last_child : NULL;
	if (!last)
		stage->last_path = directory_of(path);
	directory = last ? last->parent : walk_path(overlay, stage->last_path);
	if (!directory || !span_skip(&path, stage->last_path.left + 1))
		return stage->last_child = NULL;
	if (!path.left)
		return directory;
	stage->last_child = side_child_after(overlay, directory, last, path);
	return stage->last_child;
}

/* Digits up to the terminator, which is skipped. */
static bool read_decimal(struct span *text, uint32_t *out)
{
	struct span digits = span_until(text, '\0');
	uint32_t value = 0;

	if (digits.left == 0 || digits.left > 9)
		return false;
	for (; digits.left; (void)span_skip(&digits, 1)) {
		if (*digits.at < '0' || *digits.at > '9')
			return false;
		value = value * 10 + (uint32_t)(*digits.at - '0');
	}
	*out = value;
	return true;
}

/* The next place in a list of "/path:property:offset"; skipped whatever comes of it. */
static int patch_label(struct dt_overlay *overlay, const char *label, struct span *places,
		uint32_t phandle)
{
	struct span path = span_until(places, ':'), name = span_until(places, ':');
	struct dt_node *node;
	struct dt_prop *prop;
	uint32_t offset;
	uint8_t *at;
	int error;

	if (!read_decimal(places, &offset))
		return dt_fail(overlay->stage->why, -DT_EINVAL,
				"__fixups__: label '%s': malformed place '%.*s'", label,
				(int)path.left, (const char *)path.at);
	node = dt_stage_node(overlay, path);
	prop = node ? side_prop(overlay, node, name) : NULL;
	if (!prop)
		return dt_fail(overlay->stage->why, -DT_EINVAL,
				"__fixups__: label '%s': nothing at '%.*s:%.*s'", label,
				(int)path.left, (const char *)path.at, (int)name.left,
				(const char *)name.at);
	error = patch_place(overlay, prop, offset, &at);
	if (!error)
		span_store_u32(at, phandle);
	return error;
}

/* The first fragment that asks for the label, for the message. */
static struct span first_fragment(struct span places)
{
	struct span path = span_until(&places, ':');

	(void)span_skip(&path, 1);
	return span_until(&path, '/');
}

/* The live node that a label stands for, and whoever brought label and node. */
static int find_label(struct dt_overlay *overlay, const char *label, struct span places,
		struct dt_node **out)
{
	const struct dt_tree *tree = overlay->tree;
	struct dt_node *table = dt_child(tree, tree->root, dt_text("__symbols__"));
	const struct dt_prop *symbol = table ? dt_prop(tree, table, label) : NULL;
	struct dt_node *node = symbol ? dt_node_of_label(tree, label) : NULL;
	struct span fragment = first_fragment(places);
	int error;

	if (!symbol)
		return dt_fail(overlay->stage->why, -DT_ENOENT,
				"%.*s: label '%s' is not in the tree: was the base built with dtc -@ ?",
				(int)fragment.left, (const char *)fragment.at, label);
	if (!node)
		return dt_fail(overlay->stage->why, -DT_ENOENT,
				"%.*s: label '%s' stands for a path that is not in the tree",
				(int)fragment.left, (const char *)fragment.at, label);
	if (!node->phandle)
		return dt_fail(overlay->stage->why, -DT_ENOENT,
				"%.*s: label '%s': node %s has no phandle", (int)fragment.left,
				(const char *)fragment.at, label, dt_path(node));
	*out = node;
	error = dt_stage_need(overlay, symbol->owner);
	if (!error)
		error = dt_stage_need(overlay, node->owner);
	return error ? error : dt_stage_need_phandle(overlay, node);
}

static int resolve_label(struct dt_overlay *overlay, const char *label, struct span places)
{
	struct dt_node *node = NULL;
	int error = find_label(overlay, label, places, &node);

	if (!error && (places.left == 0 || places.at[places.left - 1] != '\0'))
		error = dt_fail(overlay->stage->why, -DT_EINVAL,
				"__fixups__: label '%s': the list of places has no end", label);
	while (!error && places.left) {
		dt_stage_poll(overlay);
		error = dt_stage_fault(overlay->stage,
				patch_label(overlay, label, &places, node->phandle));
	}
	return error;
}

int dt_stage_resolve_labels(struct dt_overlay *overlay)
{
	struct dt_overlay_stage *stage = overlay->stage;
	struct dtb_cursor cursor;
	enum dtb_event event;
	int error = 0;

	if (!dt_stage_part(stage, DTB_FIXUPS, &cursor))
		return 0;
	while (!error && (event = dtb_step(&cursor)) == DTB_PROP)
		error = dt_stage_fault(stage, resolve_label(overlay, cursor.name, cursor.value));
	if (!error && event == DTB_BEGIN)
		error = dt_fail(stage->why, -DT_EINVAL, "__fixups__ has a child node");
	return error;
}

/* The number that a reference to one of the overlay's own nodes gets. */
static uint32_t final_phandle(const struct dt_overlay *overlay, const struct dt_number *number)
{
	const struct dt_node *peer = *dt_stage_peer(overlay->stage, number->node);

	return peer && peer->phandle ? peer->phandle : span_load_u32(number->value);
}

/*
 * A value that is one reference and nothing else gets no copy: it becomes the bytes that the node's own phandle has. Not
 * where the node merges with one that keeps its number.
 */
static bool share_number(
		const struct dt_overlay_stage *stage, struct dt_prop *prop, uint32_t offset)
{
	const struct dt_number *number;

	if (offset || prop->size != sizeof(number->value) ||
			(prop->tag & (DT_PROP_PHANDLE | DT_PROP_OWN_VALUE)))
		return false;
	number = dt_stage_number(stage, span_load_u32(prop->value));
	if (!number || *dt_stage_peer(stage, number->node))
		return false;
	prop->value = number->value;
	return true;
}

static int patch_local(struct dt_overlay *overlay, struct dt_prop *prop, uint32_t offset)
{
	const struct dt_number *number;
	uint8_t *at;
	int error;

	if (share_number(overlay->stage, prop, offset))
		return 0;
	error = patch_place(overlay, prop, offset, &at);
	if (error)
		return error;
	number = dt_stage_number(overlay->stage, span_load_u32(at));
	if (!number)
		return dt_fail(overlay->stage->why, -DT_EINVAL,
				"__local_fixups__: %s: no node has phandle 0x%x, at byte %u of '%s'",
				dt_path(prop->node), span_load_u32(at), offset, prop->name);
	span_store_u32(at, final_phandle(overlay, number));
	return 0;
}

/* One property of __local_fixups__: a list of offsets into the property of that name. */
static int resolve_offsets(struct dt_overlay *overlay, const struct dt_node *node, const char *name,
		struct span offsets)
{
	struct dt_prop *prop = side_prop_of_text(overlay, node, name);
	uint32_t offset;
	int error = 0;

	if (!prop)
		return dt_fail(overlay->stage->why, -DT_EINVAL,
				"__local_fixups__: %s has no property '%s'", dt_path(node), name);
	while (!error && span_u32(&offsets, &offset)) {
		dt_stage_poll(overlay);
		error = dt_stage_fault(overlay->stage, patch_local(overlay, prop, offset));
	}
	if (!error && offsets.left)
		error = dt_fail(overlay->stage->why, -DT_EINVAL,
				"__local_fixups__: %s: offsets of '%s' are cut off", dt_path(node),
				name);
	return error;
}

/* Only a fragment's `target`, which is needed before anything can be merged. */
static int mark_target(struct dt_overlay *overlay, const struct dt_node *node, const char *name,
		struct span offsets)
{
	struct dt_prop *prop;

	(void)offsets;
	if (node->parent != overlay->stage->frame || !span_equal(dt_text(name), dt_text("target")))
		return 0;
	prop = side_prop_of_text(overlay, node, name);
	if (prop)
		prop->tag |= DT_PROP_LOCAL_TARGET;
	return 0;
}

/* __local_fixups__ repeats the overlay's nodes: call `visit` for each of its properties. */
static int walk_local(struct dt_overlay *overlay,
		int (*visit)(struct dt_overlay *, const struct dt_node *, const char *,
				struct span))
{
	struct dt_overlay_stage *stage = overlay->stage;
	struct dtb_cursor cursor;
	struct dt_node *open[DT_DEPTH_MAX],
			*last = NULL; /* `last`: of open[depth], the child left last */
	uint32_t depth = 0;
	enum dtb_event event;
	int error = 0;

	if (!dt_stage_part(stage, DTB_LOCAL_FIXUPS, &cursor))
		return 0;
	open[0] = stage->frame;
	while (!error) {
		event = dtb_step_inline(&cursor);
		if (event == DTB_PROP) {
			error = dt_stage_fault(stage,
					visit(overlay, open[depth], cursor.name, cursor.value));
		} else if (event == DTB_BEGIN) {
			/* Not deeper than the blob, whose depth was checked. */
			open[depth + 1] = side_child_after(overlay, open[depth], last,
					span_of(cursor.name, cursor.name_length));
			last = NULL;
			if (!open[++depth])
				return dt_fail(stage->why, -DT_EINVAL,
						"__local_fixups__: %s has no node '%s'",
						dt_path(open[depth - 1]), cursor.name);
		} else if (depth == 0) {
			break;
		} else {
			last = open[depth--];
		}
	}
	return error;
}

/* Targets are mostly labels of the live tree, resolved by now, or paths: then there is nothing to look for. */
static bool has_open_target(const struct dt_overlay *overlay)
{
	const struct dt_node *root = overlay->stage->frame;
	const struct dt_node *fragment;
	const struct dt_prop *prop;

	dt_for_each_child (fragment, root) {
		prop = dt_prop(overlay->tree, fragment, "target");
		if (prop && !(prop->tag & DT_PROP_OWN_VALUE))
			return true;
	}
	return false;
}

int dt_stage_mark_targets(struct dt_overlay *overlay)
{
	return has_open_target(overlay) ? walk_local(overlay, mark_target) : 0;
}

int dt_stage_resolve_local(struct dt_overlay *overlay)
{
	return walk_local(overlay, resolve_offsets);
}
