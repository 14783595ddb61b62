/* SPDX-License-Identifier: Apache-2.0 */
/* The model: trees, and what an overlay makes of one. */
#define _DEFAULT_SOURCE /* strsep() */
#include "tests/unit/dt_model.h"

struct node *new_node(struct node *parent, const char *name, uint32_t owner)
{
	struct node *node = calloc(1, sizeof(*node)), **end;

	snprintf(node->name, sizeof(node->name), "%s", name);
	node->owner = owner;
	node->parent = parent;
	node->label = -1;
	if (parent) {
		for (end = &parent->children; *end; end = &(*end)->next)
			;
		*end = node;
	}
	return node;
}

struct prop *new_prop(struct node *node, const char *name, uint32_t owner)
{
	struct prop *prop = calloc(1, sizeof(*prop)), **end;

	snprintf(prop->name, sizeof(prop->name), "%s", name);
	prop->owner = owner;
	prop->label = -1;
	for (end = &node->props; *end; end = &(*end)->next)
		;
	*end = prop;
	return prop;
}

void free_node(struct node *node)
{
	struct node *child, *next;
	struct prop *prop, *after;

	for (child = node->children; child; child = next) {
		next = child->next;
		free_node(child);
	}
	for (prop = node->props; prop; prop = after) {
		after = prop->next;
		free(prop);
	}
	free(node);
}

static struct node *child_of(struct node *node, const char *name)
{
	struct node *child;

	for (child = node->children; child && strcmp(child->name, name); child = child->next)
		;
	return child;
}

static struct prop *prop_of(struct node *node, const char *name)
{
	struct prop *prop;

	for (prop = node->props; prop && strcmp(prop->name, name); prop = prop->next)
		;
	return prop;
}

struct node *node_of(struct node *root, const char *path)
{
	char copy[TEXT], *rest = copy, *name;

	snprintf(copy, sizeof(copy), "%s", path);
	while (root && (name = strsep(&rest, "/")))
		if (*name)
			root = child_of(root, name);
	return root;
}

void path_of(const struct node *node, char *to)
{
	char above[TEXT];

	if (!node->parent) {
		strcpy(to, "");
		return;
	}
	path_of(node->parent, above);
	if ((size_t)snprintf(to, TEXT, "%s/%s", above, node->name) >= TEXT)
		fail_msg("TEXT is too small");
}

static void set_text(struct value *value, const char *text)
{
	value->size = (uint32_t)strlen(text) + 1;
	memcpy(value->bytes, text, value->size);
}

struct node *make_base(void)
{
	static const char *const paths[] = { "n0", "n1", "n0/n2", "n0/n3", "n1/n0", "n0/n2/n4" };
	struct node *root = new_node(NULL, "", 0), *symbols;
	char up[TEXT], text[TEXT + 1], *slash;
	struct prop *prop;

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		snprintf(up, sizeof(up), "%s", paths[i]);
		slash = strrchr(up, '/');
		if (slash)
			*slash = '\0';
		prop = new_prop(new_node(slash ? node_of(root, up) : root, slash ? slash + 1 : up,
						0),
				i % 2 ? "p0" : "p1", 0);
		prop->value.size = (uint32_t)i;
		if (i < 2)
			(void)new_prop(node_of(root, paths[i]), "phandle", 0);
	}
	symbols = new_node(root, "__symbols__", 0);
	for (int i = 0; i < 3; i++) {
		snprintf(text, sizeof(text), "l%d", i);
		prop = new_prop(symbols, text, 0);
		snprintf(text, sizeof(text), "/%s", paths[i]);
		set_text(&prop->value, text);
	}
	return root;
}

static void note_need(struct overlay *overlay, uint32_t owner)
{
	if (owner && owner != overlay->id) {
		assert_true(overlay->need_count < NEEDS);
		overlay->needs[overlay->need_count++] = owner;
	}
}

static void note_phandle(struct overlay *overlay, struct node *node)
{
	note_need(overlay, prop_of(node, "phandle")->owner);
}

static struct node *live_label(struct overlay *overlay, struct node *root, int label)
{
	struct prop *symbol;
	struct node *node;
	char name[16];

	snprintf(name, sizeof(name), "l%d", label);
	symbol = prop_of(child_of(root, "__symbols__"), name);
	node = symbol ? node_of(root, (const char *)symbol->value.bytes) : NULL;
	if (!node || !prop_of(node, "phandle"))
		return NULL;
	note_need(overlay, symbol->owner);
	note_need(overlay, node->owner);
	note_phandle(overlay, node);
	return node;
}

/* All labels that do not belong to the overlay are looked up before anything is merged. */
static int resolve(struct overlay *overlay, struct node *root, struct node *from)
{
	struct node *child, *node;
	struct prop *prop;

	for (prop = from->props; prop; prop = prop->next) {
		prop->value.ref[0] = '\0';
		if (prop->label < 0 || overlay->own[prop->label])
			continue;
		node = live_label(overlay, root, prop->label);
		if (!node)
			return -DT_ENOENT;
		path_of(node, prop->value.ref);
	}
	for (child = from->children; child; child = child->next)
		if (resolve(overlay, root, child))
			return -DT_ENOENT;
	return 0;
}

static int merge_prop(struct overlay *overlay, const struct prop *from, struct node *to)
{
	struct prop *prop = prop_of(to, from->name);

	if (prop && prop->owner == overlay->id)
		return -DT_EEXIST;
	if (prop)
		note_need(overlay, prop->owner);
	else
		prop = new_prop(to, from->name, 0);
	prop->owner = overlay->id;
	prop->value = from->value;
	prop->label = from->label;
	return 0;
}

static int merge(struct overlay *overlay, struct node *from, struct node *to);

static int merge_child(struct overlay *overlay, struct node *child, struct node *to)
{
	struct node *there = child_of(to, child->name);

	if (there && there->owner == overlay->id)
		return -DT_EEXIST;
	if (there)
		note_need(overlay, there->owner);
	else
		there = new_node(to, child->name, overlay->id);
	return merge(overlay, child, there);
}

static int merge(struct overlay *overlay, struct node *from, struct node *to)
{
	struct prop *prop;
	struct node *child;
	int error = 0;

	for (prop = from->props; prop && !error; prop = prop->next)
		error = merge_prop(overlay, prop, to);
	if (!error && from->label >= 0) {
		if (!prop_of(to, "phandle"))
			(void)new_prop(to, "phandle", overlay->id);
		else if (prop_of(to, "phandle")->owner == overlay->id && to->owner != overlay->id)
			error = -DT_EEXIST;
		else
			note_phandle(overlay, to);
	}
	for (child = from->children; child && !error; child = child->next)
		error = merge_child(overlay, child, to);
	return error;
}

/* Where each own label ended up, found again from the content: into symbols, and into references. */
static void place_labels(struct overlay *overlay, struct node *root, struct node *from,
		struct node *to, char paths[LABELS][TEXT])
{
	struct node *child;

	if (from->label >= 0)
		path_of(to, paths[from->label]);
	for (child = from->children; child; child = child->next)
		place_labels(overlay, root, child, child_of(to, child->name), paths);
}

static void place_refs(struct overlay *overlay, struct node *node, char paths[LABELS][TEXT])
{
	struct node *child;
	struct prop *prop;

	for (prop = node->props; prop; prop = prop->next)
		if (prop->owner == overlay->id && prop->label >= 0 && overlay->own[prop->label])
			strcpy(prop->value.ref, paths[prop->label]);
	for (child = node->children; child; child = child->next)
		place_refs(overlay, child, paths);
}

static void merge_symbols(struct overlay *overlay, struct node *root, char paths[LABELS][TEXT])
{
	struct prop symbol;

	for (int i = 0; i < LABELS; i++) {
		if (!overlay->own[i])
			continue;
		symbol = (struct prop){ .label = -1 };
		snprintf(symbol.name, sizeof(symbol.name), "l%d", i);
		set_text(&symbol.value, paths[i]);
		assert_int_equal(merge_prop(overlay, &symbol, child_of(root, "__symbols__")), 0);
	}
}

int apply(struct overlay *overlay, struct node *root)
{
	struct node *targets[FRAGMENTS];
	char paths[LABELS][TEXT] = { "" };
	int error = 0;

	overlay->need_count = 0;
	for (int i = 0; i < overlay->fragment_count && !error; i++) {
		struct fragment *fragment = &overlay->fragments[i];

		if (!fragment->path[0] && !live_label(overlay, root, fragment->label))
			error = -DT_ENOENT;
		if (!error)
			error = resolve(overlay, root, fragment->content);
	}
	for (int i = 0; i < overlay->fragment_count && !error; i++) {
		struct fragment *fragment = &overlay->fragments[i];

		targets[i] = fragment->path[0] ? node_of(root, fragment->path)
		                               : live_label(overlay, root, fragment->label);
		if (!targets[i])
			return -DT_ENOENT;
		note_need(overlay, targets[i]->owner);
		error = merge(overlay, fragment->content, targets[i]);
	}
	if (error)
		return error;
	for (int i = 0; i < overlay->fragment_count; i++)
		place_labels(overlay, root, overlay->fragments[i].content, targets[i], paths);
	place_refs(overlay, root, paths);
	merge_symbols(overlay, root, paths);
	return 0;
}
