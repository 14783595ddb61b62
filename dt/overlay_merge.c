/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where fragments go: targets, then each fragment's nodes and properties as typed changes. New subtrees
 * get their parent here but are not linked to it: the live tree does not change before commit.
 */
#include "dt/overlay_priv.h"

static int add_change(struct dt_overlay *overlay, struct dt_change content)
{
	struct dt_change *change = dt_arena_alloc(&overlay->arena, sizeof(*change));

	if (!change)
		return dt_fail(overlay->stage->why, -DT_ENOMEM, "not enough memory");
	*change = content;
	change->next = NULL;
	change->prev = overlay->last_change;
	if (change->prev)
		change->prev->next = change;
	else
		overlay->first_change = change;
	overlay->last_change = change;
	return 0;
}

/* The subtree at `node` becomes a child of `parent`. */
static int adopt_node(struct dt_overlay *overlay, struct dt_node *node, struct dt_node *parent)
{
	struct dt_index *nodes = &overlay->stage->side.nodes;
	struct dt_link *link = &node->by_name;

	dt_unlink_node(node);
	dt_index_remove(nodes, link);
	link->hash = dt_hash_under(dt_hash_under(link->hash, node->parent), parent);
	dt_index_add(nodes, link);
	node->next = node->prev = NULL;
	node->parent = parent;
	if (parent->owner == overlay) {
		dt_append_node(parent, node);
		return 0;
	}
	return add_change(overlay, (struct dt_change){ .kind = DT_ADD_NODE, .node = node });
}

/*
 * Overlays repeat #address-cells and the like of their targets, so that dtc can read what they bring. What says
 * the same as the base tree changes nothing, and does not make the next overlay that says it build on this one.
 */
static bool is_repetition(const struct dt_prop *prop, const struct dt_prop *old)
{
	return old && !old->owner && prop->name[0] == '#' && prop->size == old->size &&
	       memcmp(prop->value, old->value, prop->size) == 0;
}

/* `prop` is in no list. It joins `node`, or gives its value to the property of that name there. */
static int join_prop(struct dt_overlay *overlay, struct dt_prop *prop, struct dt_node *node)
{
	struct dt_tree *side = &overlay->stage->side;
	uint32_t hash = dt_hash_under(prop->by_name.hash, prop->node);
	struct span name = dt_text(prop->name);
	bool live = node->owner != overlay;
	struct dt_prop *old =
		live ? dt_index_find_prop(&overlay->tree->props, node, name, hash) : NULL;
	int error;

	if (dt_index_find_prop(&side->props, node, name, hash))
		return dt_fail(overlay->stage->why, -DT_EEXIST,
			"%s: property '%s' comes from two fragments", dt_path(node), prop->name);
	if (is_repetition(prop, old))
		return 0;
	prop->node = node;
	prop->next = prop->prev = NULL;
	prop->by_name.hash = dt_hash_under(hash, node);
	dt_index_add(&side->props, &prop->by_name);
	if (!live) {
		dt_append_prop(node, prop);
		return 0;
	}
	if (!old)
		return add_change(overlay,
			(struct dt_change){ .kind = DT_ADD_PROP, .node = node, .prop = prop });
	error = dt_stage_need(overlay, old->owner);
	if (error)
		return error;
	return add_change(
		overlay, (struct dt_change){
				 .kind = DT_SET_PROP, .node = node, .prop = old, .other = prop });
}

static int merge_props(struct dt_overlay *overlay, struct dt_node *from, struct dt_node *to)
{
	struct dt_prop *prop, *next;
	int error = 0;

	for (prop = from->first_prop; prop && !error; prop = next) {
		dt_poll(&overlay->tree->env);
		next = prop->next;
		/* The node that is there keeps its number; references are led to it. */
		if (to->phandle && (prop->flags & DT_PROP_PHANDLE)) {
			error = dt_stage_need_phandle(overlay, to);
			continue;
		}
		dt_unlink_prop(prop);
		dt_index_remove(&overlay->stage->side.props, &prop->by_name);
		error = dt_stage_fault(overlay->stage, join_prop(overlay, prop, to));
	}
	return error;
}

static int merge_child(struct dt_overlay *overlay, struct dt_node *child, struct dt_node *to)
{
	struct dt_node *there = dt_stage_child(overlay, to, dt_text(child->name));

	if (!there)
		return adopt_node(overlay, child, to);
	if (there->owner == overlay)
		return dt_fail(overlay->stage->why, -DT_EEXIST, "%s: comes from two fragments",
			dt_path(there));
	child->peer = there;
	return dt_stage_need(overlay, there->owner);
}

static int merge_children(struct dt_overlay *overlay, struct dt_node *from, struct dt_node *to)
{
	struct dt_node *child, *next;
	int error = 0;

	for (child = from->first_child; child && !error; child = next) {
		dt_poll(&overlay->tree->env);
		next = child->next;
		error = dt_stage_fault(overlay->stage, merge_child(overlay, child, to));
	}
	return error;
}

/* The next node that has a counterpart. One without, after a fault, keeps its children to itself. */
static struct dt_node *next_merged(struct dt_node *node, const struct dt_node *top)
{
	do
		node = dt_node_next(node, top);
	while (node && !node->peer);
	return node;
}

static int merge_content(
	struct dt_overlay *overlay, struct dt_node *content, struct dt_node *target)
{
	struct dt_node *node;
	int error = dt_stage_need(overlay, target->owner);

	content->peer = target;
	/* New nodes leave for the target, so that only those with a counterpart are left to walk. */
	for (node = content; node && !error; node = next_merged(node, content)) {
		error = merge_props(overlay, node, node->peer);
		if (!error)
			error = merge_children(overlay, node, node->peer);
	}
	return error;
}

/* A node of the overlay itself can be a target once an earlier fragment gave it a place. */
static struct dt_node *placed(const struct dt_overlay *overlay, struct dt_node *node)
{
	const struct dt_node *up;

	if (node->peer)
		return node->peer;
	for (up = node; up && up->owner == overlay; up = up->parent)
		;
	return up ? node : NULL;
}

static int target_of_phandle(struct dt_overlay *overlay, const struct dt_node *fragment,
	const struct dt_prop *prop, struct dt_node **out)
{
	struct span value = dt_prop_span(prop);
	struct dt_node *node;
	uint32_t phandle;

	if (value.left != 4 || !span_u32(&value, &phandle))
		return dt_fail(overlay->stage->why, -DT_EINVAL, "%s: target is not one phandle",
			fragment->name);
	if (phandle == UINT32_MAX)
		return dt_fail(overlay->stage->why, -DT_EINVAL,
			"%s: target has no label in __fixups__", fragment->name);
	if (prop->flags & DT_PROP_LOCAL_TARGET) {
		node = dt_node_of_phandle(&overlay->stage->side, phandle);
		node = node ? placed(overlay, node) : NULL;
	} else {
		node = dt_node_of_phandle(overlay->tree, phandle);
	}
	if (!node)
		return dt_fail(overlay->stage->why, -DT_ENOENT,
			"%s: target: no node of the tree has phandle 0x%x", fragment->name,
			phandle);
	*out = node;
	return dt_stage_need_phandle(overlay, node);
}

static int target_of_path(struct dt_overlay *overlay, const struct dt_node *fragment,
	const char *path, struct dt_node **out)
{
	struct span rest = dt_text(path), name;
	struct dt_node *node = overlay->tree->root;

	/* An alias is one of the live tree. */
	if (path[0] != '/')
		node = dt_node_of_path(overlay->tree, span_until(&rest, '/'));
	while (node && rest.left) {
		name = span_until(&rest, '/');
		if (name.left)
			node = dt_stage_child(overlay, node, name);
	}
	if (!node)
		return dt_fail(overlay->stage->why, -DT_ENOENT,
			"%s: target-path '%s' is not in the tree", fragment->name, path);
	*out = node;
	return 0;
}

static int find_target(
	struct dt_overlay *overlay, const struct dt_node *fragment, struct dt_node **out)
{
	const struct dt_tree *side = &overlay->stage->side;
	const struct dt_prop *target = dt_prop(side, fragment, "target");
	const char *path = dt_prop_string(side, fragment, "target-path");

	if (target)
		return target_of_phandle(overlay, fragment, target, out);
	if (path && path[0] != '\0')
		return target_of_path(overlay, fragment, path, out);
	return dt_fail(overlay->stage->why, -DT_EINVAL,
		"%s: neither target nor target-path, or malformed", fragment->name);
}

static int merge_fragment(
	struct dt_overlay *overlay, struct dt_node *fragment, struct dt_node *content)
{
	struct dt_node *target = NULL;
	int error = find_target(overlay, fragment, &target);

	return error ? error : merge_content(overlay, content, target);
}

int dt_stage_merge(struct dt_overlay *overlay)
{
	struct dt_overlay_stage *stage = overlay->stage;
	struct dt_node *fragment, *content;
	uint32_t count = 0;
	int error = 0;

	for (fragment = stage->side.root->first_child; fragment && !error;
		fragment = fragment->next) {
		content = dt_child(&stage->side, fragment, dt_text("__overlay__"));
		if (!content)
			continue;
		count++;
		error = dt_stage_fault(stage, merge_fragment(overlay, fragment, content));
	}
	if (!error && count == 0)
		error = dt_fail(stage->why, -DT_EINVAL, "no fragment: is this an overlay?");
	return error;
}

/* Is it a path to what goes into the tree, and not to the fragment itself or elsewhere? */
static bool is_content_path(struct span path)
{
	struct span content = dt_text("__overlay__");

	(void)span_skip(&path, 1);
	(void)span_until(&path, '/');
	return span_part(path, 0, content.left, &path) && span_equal(path, content);
}

/* A label of the overlay, kept until its node has found its place. */
static int note_symbol(struct dt_overlay *overlay, const char *label, struct span path)
{
	struct dt_overlay_stage *stage = overlay->stage;
	struct dt_node *node;
	struct dt_prop *prop;
	struct span name;

	if (path.left < 2 || path.at[0] != '/' || path.at[path.left - 1] != '\0')
		return dt_fail(stage->why, -DT_EINVAL, "__symbols__: '%s' is not a path", label);
	path.left--;
	if (!is_content_path(path))
		return 0;
	node = dt_stage_node(overlay, path);
	if (!node)
		return dt_fail(stage->why, -DT_EINVAL, "__symbols__: '%s': no node '%.*s'", label,
			(int)path.left, (const char *)path.at);
	prop = dt_arena_alloc(&overlay->arena, sizeof(*prop));
	if (!prop)
		return dt_fail(stage->why, -DT_ENOMEM, "not enough memory");
	*prop = (struct dt_prop){ .name = label, .node = node, .owner = overlay };
	name = dt_text(label);
	prop->by_name.hash = dt_hash_under(dt_hash_span(&stage->side, name), node);
	if (stage->last_label)
		stage->last_label->next = prop;
	else
		stage->first_label = prop;
	stage->last_label = prop;
	return 0;
}

int dt_stage_find_symbols(struct dt_overlay *overlay)
{
	struct dt_overlay_stage *stage = overlay->stage;
	struct dtb_cursor cursor;
	enum dtb_event event;
	int error = 0;

	if (!dt_stage_part(stage, DTB_SYMBOLS, &cursor))
		return 0;
	while (!error && (event = dtb_step(&cursor)) == DTB_PROP)
		if (!dt_is_phandle_name(cursor.name))
			error = dt_stage_fault(
				stage, note_symbol(overlay, cursor.name, cursor.value));
	if (!error && event == DTB_BEGIN)
		error = dt_fail(stage->why, -DT_EINVAL, "__symbols__ has a child node");
	return error;
}

/* Where labels live; a tree that has none yet gets the node. */
static int find_table(struct dt_overlay *overlay, struct dt_node **out)
{
	struct dt_tree *side = &overlay->stage->side;
	struct dt_node *root = overlay->tree->root;
	struct span name = dt_text("__symbols__");
	struct dt_node *table = dt_stage_child(overlay, root, name);

	*out = table;
	if (table)
		return dt_stage_need(overlay, table->owner);
	table = dt_arena_alloc(&overlay->arena, sizeof(*table));
	if (!table)
		return dt_fail(overlay->stage->why, -DT_ENOMEM, "not enough memory");
	*table = (struct dt_node){ .name = "__symbols__", .owner = overlay, .parent = root };
	table->by_name.hash = dt_hash_under(dt_hash_span(side, name), root);
	dt_index_add(&side->nodes, &table->by_name);
	*out = table;
	return add_change(overlay, (struct dt_change){ .kind = DT_ADD_NODE, .node = table });
}

static int write_path(struct dt_overlay *overlay, struct dt_prop *prop, const struct dt_node *node)
{
	const struct dt_node *up;
	size_t size = 1;
	char *path;

	for (up = node; up->parent; up = up->parent)
		size += 1 + strlen(up->name);
	/* The root is "/". */
	size += size == 1;
	if (size > DT_PATH_MAX + 1)
		return dt_fail(overlay->stage->why, -DT_E2BIG,
			"__symbols__: '%s': a path of over 2047 characters", prop->name);
	path = dt_arena_alloc(&overlay->arena, size);
	if (!path)
		return dt_fail(overlay->stage->why, -DT_ENOMEM, "not enough memory");
	dt_node_path(node, path, size);
	prop->value = (const uint8_t *)path;
	prop->size = (uint32_t)size;
	return 0;
}

static int merge_symbol(struct dt_overlay *overlay, struct dt_prop *prop, struct dt_node *table)
{
	struct dt_node *node = placed(overlay, prop->node);
	int error;

	/* Its fragment found no target: that was said already. */
	if (!node)
		return 0;
	error = write_path(overlay, prop, node);
	return error ? error : join_prop(overlay, prop, table);
}

int dt_stage_merge_symbols(struct dt_overlay *overlay)
{
	struct dt_prop *prop, *next;
	struct dt_node *table;
	int error;

	if (!overlay->stage->first_label)
		return 0;
	error = find_table(overlay, &table);
	for (prop = overlay->stage->first_label; prop && !error; prop = next) {
		dt_poll(&overlay->tree->env);
		next = prop->next;
		error = dt_stage_fault(overlay->stage, merge_symbol(overlay, prop, table));
	}
	return error;
}
