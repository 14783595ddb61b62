/* SPDX-License-Identifier: Apache-2.0 */
/* Labels of __fixups__, paths and numbers of fragments' targets become nodes; what is malformed does not. */
#include "tools/standin.h"

#include <stdlib.h>
#include <string.h>

#include "tools/draft.h"
#include "tools/engine.h"
#include "tools/memory.h"
#include "tools/say.h"

/* A name that the engine would not take would hide the fault in the overlay that asks for it. */
static bool is_name(const char *text)
{
	return text[0] != '\0' && strlen(text) < DT_NAME_MAX && !strchr(text, '/');
}

static void add_labels(struct draft_node *root, const struct dtb *overlay)
{
	struct draft_node *symbols = draft_child(root, "__symbols__"), *node;
	struct dtb_cursor cursor;
	uint32_t phandle = 0x70000000; /* above what overlays name by number */
	char *path;

	if (!overlay->parts[DTB_FIXUPS].end)
		return;
	cursor = dtb_cursor_at(overlay, overlay->parts[DTB_FIXUPS].begin);
	while (dtb_step(&cursor) == DTB_PROP) {
		if (!is_name(cursor.name))
			continue;
		path = memory_print("/&%s", cursor.name);
		draft_set_string(symbols, cursor.name, path);
		node = draft_child(root, path + 1);
		draft_set_u32(node, "phandle", phandle++);
		free(path);
	}
}

/* The node at a path, made if need be. An alias at the beginning leads to a node named after it. */
static struct draft_node *add_path(struct draft_node *root, const char *path)
{
	char *copy = memory_print("%s", path), *rest = copy, *name, *at, *state = NULL;
	struct draft_node *node = root;

	if (path[0] != '/' && path[0] != '\0') {
		rest = copy + strcspn(copy, "/");
		at = memory_print("/%.*s", (int)(rest - copy), copy);
		draft_set_string(draft_child(root, "aliases"), at + 1, at);
		node = draft_child(root, at + 1);
		free(at);
	}
	for (name = strtok_r(rest, "/", &state); name; name = strtok_r(NULL, "/", &state))
		node = draft_child(node, name);
	free(copy);
	return node;
}

static struct draft_node *add_number(struct draft_node *root, uint32_t phandle)
{
	char *name = memory_print("phandle-0x%x", phandle);
	struct draft_node *node = draft_child(root, name);

	draft_set_u32(node, "phandle", phandle);
	free(name);
	return node;
}

/* The node for the label that __fixups__ puts in this fragment's target; NULL: none. */
static struct draft_node *label_of(
		struct draft_node *root, const struct dtb *overlay, const char *fragment)
{
	char *place = memory_print("/%s:target:0", fragment), *name = NULL;
	struct draft_node *node = NULL;
	struct dtb_cursor cursor;

	if (overlay->parts[DTB_FIXUPS].end) {
		cursor = dtb_cursor_at(overlay, overlay->parts[DTB_FIXUPS].begin);
		while (!name && dtb_step(&cursor) == DTB_PROP)
			if (dtb_list_has(cursor.value, place))
				name = memory_print("&%s", cursor.name);
	}
	if (name)
		node = draft_child(root, name);
	free(place);
	free(name);
	return node;
}

/* Where a fragment goes; what is malformed goes nowhere. */
static struct draft_node *target_of(
		struct draft_node *root, const struct dtb *overlay, const struct dtb_node *fragment)
{
	const char *path;
	uint32_t phandle;

	/* Zero and all ones are no phandles: the latter is what a label replaces. */
	if (dtb_prop_u32(fragment, "target", &phandle))
		return phandle - 1 < UINT32_MAX - 1 ? add_number(root, phandle)
		                                    : label_of(root, overlay, dtb_name(fragment));
	return dtb_prop_string(fragment, "target-path", &path) ? add_path(root, path) : NULL;
}

/* What two fragments bring may well be there already: else it would be a fault on every base. */
static void add_shared(struct draft_node *there, struct draft_node *seen, struct dtb_node node)
{
	bool more = dtb_first_child(&node, &node);

	for (; more; more = dtb_next_sibling(&node)) {
		const char *name = dtb_name(&node);
		bool again = draft_find(seen, name) != NULL;

		add_shared(again ? draft_child(there, name) : there, draft_child(seen, name), node);
	}
}

static void add_fragment(struct draft_node *root, struct draft_node *seen,
		const struct dtb *overlay, const struct dtb_node *fragment)
{
	struct draft_node *there = target_of(root, overlay, fragment);
	struct dtb_node content;
	bool more = dtb_first_child(fragment, &content);

	while (more && strcmp(dtb_name(&content), "__overlay__") != 0)
		more = dtb_next_sibling(&content);
	if (there && more)
		add_shared(there, target_of(seen, overlay, fragment), content);
}

static bool build(struct dt_tree *tree, const struct draft_node *root)
{
	struct dt_env env = engine_env();
	struct dt_why why = { 0 };
	struct bytes blob;
	int error;

	if (!draft_write(root, &blob))
		return false;
	error = dt_tree_build(tree, &env, blob.at, blob.size, &why);
	if (error)
		say_error("a tree to check it on cannot be made: %s", why.text);
	free(blob.at);
	return !error;
}

bool standin_build(struct dt_tree *tree, struct bytes overlay)
{
	struct draft_node *root = draft_root(), *seen = draft_root();
	struct dtb_node fragment;
	struct dtb dtb;
	bool more;

	if (dtb_check(&dtb, overlay.at, overlay.size, NULL))
		return build(tree, root);
	add_labels(root, &dtb);
	fragment = dtb_root(&dtb);
	more = dtb_first_child(&fragment, &fragment);
	for (; more; more = dtb_next_sibling(&fragment))
		add_fragment(root, seen, &dtb, &fragment);
	return build(tree, root);
}
