/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where fragments go: targets, then each fragment's nodes and properties as typed changes. New subtrees
 * get their parent here but are not linked to it: the live tree does not change before commit.
 */
#include "dt/overlay_priv.h"

static int add_edit(struct dt_overlay *overlay, struct dt_edit content)
{
	struct dt_edit *edit = dt_arena_alloc(&overlay->arena, sizeof(*edit));

	if (!edit)
		return dt_stage_no_memory(overlay);
	*edit = content;
	if (overlay->last_edit)
		overlay->last_edit->next = edit;
	else
		overlay->first_edit = edit;
	overlay->last_edit = edit;
	return 0;
}

int dt_stage_add_node(struct dt_overlay *overlay, struct dt_node *node)
{
	struct dt_edit *edit = overlay->last_edit;

	node->next = NULL;
	if (edit && edit->kind == DT_ADD_NODE && edit->nodes.last->parent == node->parent) {
		node->prev = edit->nodes.last;
		node->prev->next = node;
		edit->nodes.last = node;
		return 0;
	}
	return add_edit(overlay, (struct dt_edit){ .kind = DT_ADD_NODE,
						 .nodes = { .first = node, .last = node } });
}

/* Joins those of the record made last when they are of this kind and, if they are added, of the same node. */
static int add_to_props(struct dt_overlay *overlay, enum dt_change_kind kind, struct dt_prop *prop)
{
	struct dt_edit *edit = overlay->last_edit;

	prop->next = NULL;
	if (edit && edit->kind == kind &&
			(kind == DT_SET_PROP || edit->props.last->node == prop->node)) {
		edit->props.last->next = prop;
		edit->props.last = prop;
		return 0;
	}
	return add_edit(overlay,
			(struct dt_edit){ .kind = kind, .props = { .first = prop, .last = prop } });
}

static int add_prop(struct dt_overlay *overlay, struct dt_prop *prop)
{
	const struct dt_edit *edit = overlay->last_edit;

	overlay->stage->new_phandles += (prop->tag & DT_PROP_PHANDLE) != 0;
	prop->prev = edit && edit->kind == DT_ADD_PROP ? edit->props.last : NULL;
	return add_to_props(overlay, DT_ADD_PROP, prop);
}

static uint32_t depth_of(const struct dt_node *node)
{
	uint32_t depth = 1;

	for (; node->parent; node = node->parent)
		depth++;
	return depth;
}

/* Count what comes with the subtree at `top`, whose own depth is given; over the limit: where it is too deep. */
static uint32_t count_subtree(struct dt_overlay *overlay, const struct dt_node *top, uint32_t depth)
{
	struct dt_overlay_stage *stage = overlay->stage;
	const struct dt_node *node = top;

	while (depth <= DT_DEPTH_MAX) {
		dt_stage_poll(overlay);
		stage->new_nodes++;
		stage->new_phandles += node->phandle != 0;
		if (node->first_child) {
			node = node->first_child;
			depth++;
			continue;
		}
		for (; node != top && !node->next; depth--)
			node = node->parent;
		if (node == top)
			break;
		node = node->next;
	}
	return depth;
}

/*
 * Whether anybody may look below `to` for what the overlay has brought there: with only one fragment nobody does,
 * but for labels, which look for their own table below the root.
 */
static bool others_come_to(const struct dt_overlay *overlay, const struct dt_node *to)
{
	const struct dt_overlay_stage *stage = overlay->stage;
	bool labels = stage->dtb->parts[DTB_SYMBOLS].end != 0;

	return stage->frame->first_child->next || (labels && !to->parent);
}

/* The subtree at `node` becomes a child of `parent`, which is at a depth. */
static int adopt_node(struct dt_overlay *overlay, struct dt_node *node, struct dt_node *parent,
		uint32_t depth)
{
	dt_unlink_nodes(node, node);
	node->hash = dt_hash_under(dt_hash_under(node->hash, node->parent), parent);
	node->parent = parent;
	if (others_come_to(overlay, parent) &&
			dt_index_insert(&overlay->stage->side.nodes, &overlay->tree->env,
					node->hash, node))
		return dt_stage_no_memory(overlay);
	if (count_subtree(overlay, node, depth + 1) > DT_DEPTH_MAX)
		return dt_fail(overlay->stage->why, -DT_E2BIG, "%s: nodes over %u deep",
				dt_path(node), DT_DEPTH_MAX);
	if (parent->owner == overlay) {
		dt_append_nodes(parent, node, node);
		return 0;
	}
	return dt_stage_add_node(overlay, node);
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

/* Addresses below the node would get another meaning; Linux does not take it either. */
static bool changes_cells(const struct dt_prop *prop, const struct dt_prop *old)
{
	struct span name;

	if (!old || !old->node->first_child)
		return false;
	name = dt_text(prop->name);
	return (span_equal(name, dt_text("#address-cells")) ||
			       span_equal(name, dt_text("#size-cells"))) &&
	       !span_equal(dt_prop_span(prop), dt_prop_span(old));
}

/* Found in the side's index from now on. */
static int index_prop(struct dt_overlay *overlay, struct dt_prop *prop)
{
	struct dt_overlay_stage *stage = overlay->stage;

	prop->tag |= DT_PROP_INDEXED;
	if (dt_index_insert(&stage->side.props, &overlay->tree->env,
			    dt_prop_hash(prop->tag, prop->node), prop))
		return dt_stage_no_memory(overlay);
	return 0;
}

/* To a node that the overlay itself brings. */
static int join_own(struct dt_overlay *overlay, struct dt_prop *prop, struct dt_node *node)
{
	dt_append_props(node, prop, prop);
	if (!(prop->tag & DT_PROP_PHANDLE) || node->phandle)
		return 0;
	node->phandle = span_load_u32(prop->value);
	overlay->stage->new_phandles++;
	return 0;
}

static int set_prop(struct dt_overlay *overlay, struct dt_prop *old, struct dt_prop *prop)
{
	int error = dt_stage_need(overlay, old->owner);

	if (error)
		return error;
	prop->prev = old;
	return add_to_props(overlay, DT_SET_PROP, prop);
}

int dt_stage_join_prop(struct dt_overlay *overlay, struct dt_prop *prop, struct span name,
		struct dt_node *node)
{
	bool live = node->owner != overlay;
	struct dt_prop *old =
			live ? dt_find_prop(&overlay->tree->names, node, name, prop->tag) : NULL;
	int error;

	if (dt_stage_prop(overlay, node, name, prop->tag))
		return dt_fail(overlay->stage->why, -DT_EEXIST,
				"%s: property '%s' comes from two fragments", dt_path(node),
				prop->name);
	if (is_repetition(prop, old))
		return 0;
	if (changes_cells(prop, old))
		return dt_fail(overlay->stage->why, -DT_EINVAL,
				"%s: '%s' cannot change while there are nodes below", dt_path(node),
				prop->name);
	/* The number goes along, and is counted where it arrives. */
	if (!live && (prop->tag & DT_PROP_PHANDLE))
		prop->node->phandle = 0;
	prop->node = node;
	error = index_prop(overlay, prop);
	if (error)
		return error;
	if (old)
		return set_prop(overlay, old, prop);
	overlay->stage->indexed_props++;
	return live ? add_prop(overlay, prop) : join_own(overlay, prop, node);
}

static int merge_props(struct dt_overlay *overlay, struct dt_node *from, struct dt_node *to)
{
	struct dt_prop *prop, *next;
	int error = 0;

	for (prop = from->first_prop; prop && !error; prop = next) {
		dt_poll(&overlay->tree->env);
		next = prop->next;
		/* The node that is there keeps its number; references are led to it. */
		if (to->phandle && (prop->tag & DT_PROP_PHANDLE)) {
			error = dt_stage_need_phandle(overlay, to);
			continue;
		}
		dt_unlink_props(prop, prop);
		error = dt_stage_fault(overlay->stage,
				dt_stage_join_prop(overlay, prop, dt_text(prop->name), to));
	}
	return error;
}

static int merge_child(struct dt_overlay *overlay, struct dt_node *child, struct dt_node *to,
		uint32_t depth)
{
	uint32_t hash = dt_hash_under(child->hash, child->parent);
	struct span name = dt_node_name(child);
	struct dt_node *there;

	if (others_come_to(overlay, to))
		there = dt_stage_child(overlay, to, name, hash);
	else
		there = dt_index_find_node(&overlay->tree->names.nodes, to, name, hash);
	if (!there)
		return adopt_node(overlay, child, to, depth);
	if (there->owner == overlay)
		return dt_fail(overlay->stage->why, -DT_EEXIST, "%s: comes from two fragments",
				dt_path(there));
	*dt_stage_peer(overlay->stage, child) = there;
	return dt_stage_need(overlay, there->owner);
}

static int merge_children(struct dt_overlay *overlay, struct dt_node *from, struct dt_node *to)
{
	uint32_t depth = depth_of(to);
	struct dt_node *child, *next;
	int error = 0;

	for (child = from->first_child; child && !error; child = next) {
		dt_poll(&overlay->tree->env);
		next = child->next;
		error = dt_stage_fault(overlay->stage, merge_child(overlay, child, to, depth));
	}
	return error;
}

/* The next node that has a counterpart. One without, after a fault, keeps its children to itself. */
static struct dt_node *next_merged(const struct dt_overlay_stage *stage, struct dt_node *node,
		const struct dt_node *top)
{
	do
		node = dt_node_next(node, top);
	while (node && !*dt_stage_peer(stage, node));
	return node;
}

static int merge_content(
		struct dt_overlay *overlay, struct dt_node *content, struct dt_node *target)
{
	const struct dt_overlay_stage *stage = overlay->stage;
	struct dt_node *node, *peer;
	int error = dt_stage_need(overlay, target->owner);

	*dt_stage_peer(stage, content) = target;
	/* New nodes leave for the target, so that only those with a counterpart are left to walk. */
	for (node = content; node && !error; node = next_merged(stage, node, content)) {
		peer = *dt_stage_peer(stage, node);
		error = merge_props(overlay, node, peer);
		if (!error)
			error = merge_children(overlay, node, peer);
	}
	return error;
}

struct dt_node *dt_stage_placed(const struct dt_overlay *overlay, struct dt_node *node)
{
	struct dt_node *peer = *dt_stage_peer(overlay->stage, node);
	const struct dt_node *up;

	if (peer)
		return peer;
	for (up = node; up && up->owner == overlay; up = up->parent)
		;
	return up ? node : NULL;
}

/* Does __fixups__ have a label for the fragment's target? */
static bool is_label_target(const struct dt_overlay *overlay, const struct dt_node *fragment)
{
	char place[DT_NAME_MAX + sizeof("/:target:0")];
	struct dtb_cursor cursor;

	if (!dt_stage_part(overlay->stage, DTB_FIXUPS, &cursor))
		return false;
	dt_format(place, sizeof(place), "/%s:target:0", fragment->name);
	while (dtb_step(&cursor) == DTB_PROP)
		if (dtb_list_has(cursor.value, place))
			return true;
	return false;
}

static int target_of_phandle(struct dt_overlay *overlay, const struct dt_node *fragment,
		const struct dt_prop *prop, struct dt_node **out)
{
	struct span value = dt_prop_span(prop);
	const struct dt_number *number;
	struct dt_node *node;
	uint32_t phandle;

	if (value.left != 4 || !span_u32(&value, &phandle))
		return dt_fail(overlay->stage->why, -DT_EINVAL, "%s: target is not one phandle",
				fragment->name);
	if (phandle == UINT32_MAX && is_label_target(overlay, fragment))
		return -DT_ENOENT; /* the label is not there, which was said */
	if (phandle == UINT32_MAX)
		return dt_fail(overlay->stage->why, -DT_EINVAL,
				"%s: target has no label in __fixups__", fragment->name);
	if (prop->tag & DT_PROP_LOCAL_TARGET) {
		number = dt_stage_number(overlay->stage, phandle);
		node = number ? dt_stage_placed(overlay, number->node) : NULL;
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
			node = dt_stage_child(overlay, node, name,
					dt_hash_span(&overlay->stage->side, name));
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
	const struct dt_tree *tree = overlay->tree;
	const struct dt_prop *target = dt_prop(tree, fragment, "target");
	const char *path = dt_prop_string(tree, fragment, "target-path");

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

	for (fragment = stage->frame->first_child; fragment && !error; fragment = fragment->next) {
		content = dt_child(overlay->tree, fragment, dt_text("__overlay__"));
		if (!content)
			continue;
		count++;
		error = dt_stage_fault(stage, merge_fragment(overlay, fragment, content));
	}
	if (!error && count == 0)
		error = dt_fail(stage->why, -DT_EINVAL, "no fragment: is this an overlay?");
	return error;
}
