/* SPDX-License-Identifier: Apache-2.0 */
/* Deliberately plain: every node and property is an object of its own, sorted by qsort(). */
#include "tests/corpus/model.h"

#include <libfdt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void *grow(void *array, size_t count, size_t *room, size_t size)
{
	if (count < *room)
		return array;
	*room = *room ? *room * 2 : 8;
	array = realloc(array, *room * size);
	if (!array)
		abort();
	return array;
}

static struct model_node *add_node(struct model_node *parent, const char *name)
{
	struct model_node *node = calloc(1, sizeof(*node));

	if (!node)
		abort();
	node->name = name;
	node->parent = parent;
	if (!parent)
		return node;
	parent->children = grow(parent->children, parent->child_count, &parent->child_room,
			sizeof(struct model_node *));
	parent->children[parent->child_count++] = node;
	return node;
}

static void add_prop(struct model_node *node, struct model_prop prop)
{
	node->props = grow(
			node->props, node->prop_count, &node->prop_room, sizeof(struct model_prop));
	node->props[node->prop_count++] = prop;
	if (prop.size == 4 && (strcmp(prop.name, "phandle") == 0 ||
					      strcmp(prop.name, "linux,phandle") == 0))
		node->phandle = fdt32_ld((const fdt32_t *)(const void *)prop.value);
}

static int compare_nodes(const void *a, const void *b)
{
	return strcmp((*(struct model_node *const *)a)->name,
			(*(struct model_node *const *)b)->name);
}

static int compare_props(const void *a, const void *b)
{
	return strcmp(((const struct model_prop *)a)->name, ((const struct model_prop *)b)->name);
}

static int compare_phandles(const void *a, const void *b)
{
	uint32_t left = (*(struct model_node *const *)a)->phandle;
	uint32_t right = (*(struct model_node *const *)b)->phandle;

	return left < right ? -1 : left > right;
}

static void sort_node(struct model *model, struct model_node *node, size_t *room)
{
	if (node->child_count)
		qsort(node->children, node->child_count, sizeof(*node->children), compare_nodes);
	if (node->prop_count)
		qsort(node->props, node->prop_count, sizeof(*node->props), compare_props);
	for (size_t i = 0; i < node->child_count; i++)
		sort_node(model, node->children[i], room);
	if (node->phandle < model->first)
		return;
	model->by_phandle = grow(
			model->by_phandle, model->phandle_count, room, sizeof(struct model_node *));
	model->by_phandle[model->phandle_count++] = node;
}

static bool read_tags(struct model *model, const void *blob)
{
	struct model_node *node = NULL;
	int offset = 0, next;

	for (;;) {
		uint32_t tag = fdt_next_tag(blob, offset, &next);
		struct model_prop prop;
		int size;

		if (tag == FDT_BEGIN_NODE) {
			node = add_node(node, fdt_get_name(blob, offset, NULL));
			if (!model->root)
				model->root = node;
		} else if (tag == FDT_END_NODE) {
			node = node ? node->parent : NULL;
		} else if (tag == FDT_PROP) {
			prop.value = fdt_getprop_by_offset(blob, offset, &prop.name, &size);
			if (!prop.value || !node)
				return false;
			prop.size = (size_t)size;
			add_prop(node, prop);
		} else if (tag == FDT_END) {
			return next >= 0 && model->root;
		}
		if (next < 0)
			return false;
		offset = next;
	}
}

struct model *model_read(const void *blob, uint32_t first_phandle)
{
	struct model *model = calloc(1, sizeof(*model));
	size_t room = 0;

	if (!model)
		abort();
	model->first = first_phandle;
	if (!read_tags(model, blob)) {
		model_free(model);
		return NULL;
	}
	sort_node(model, model->root, &room);
	if (model->phandle_count)
		qsort(model->by_phandle, model->phandle_count, sizeof(*model->by_phandle),
				compare_phandles);
	return model;
}

static void free_node(struct model_node *node)
{
	for (size_t i = 0; i < node->child_count; i++)
		free_node(node->children[i]);
	free(node->children);
	free(node->props);
	free(node);
}

void model_free(struct model *model)
{
	if (model->root)
		free_node(model->root);
	free(model->by_phandle);
	free(model);
}

struct comparison {
	struct model *a, *b;
	char *text;
	size_t size;
};

static size_t put_path(const struct model_node *node, char *to, size_t size)
{
	size_t used;

	if (!node->parent)
		return 0;
	used = put_path(node->parent, to, size);
	return used + (size_t)snprintf(to + used, used < size ? size - used : 0, "/%s", node->name);
}

static bool differ(struct comparison *c, const struct model_node *node, const char *what,
		const char *name)
{
	char path[2048] = "";

	put_path(node, path, sizeof(path));
	snprintf(c->text, c->size, "%s: %s '%s'", path[0] ? path : "/", what, name);
	return false;
}

/* libfdt takes a name without unit address for the first node of that name with one. */
static bool has_unit_of(const struct model_node *node, const char *name)
{
	size_t length = strlen(name);

	for (size_t i = 0; i < node->child_count; i++)
		if (strncmp(node->children[i]->name, name, length) == 0 &&
				node->children[i]->name[length] == '@')
			return true;
	return false;
}

static bool only_first(
		struct comparison *c, const struct model_node *a, const struct model_node *child)
{
	return differ(c, a,
			has_unit_of(a->twin, child->name)
					? "merged into the node with a unit address"
					: "only the first has",
			child->name);
}

static bool match_nodes(struct comparison *c, struct model_node *a, struct model_node *b)
{
	size_t i;

	a->twin = b;
	b->twin = a;
	for (i = 0; i < a->child_count && i < b->child_count; i++) {
		int order = strcmp(a->children[i]->name, b->children[i]->name);

		if (order < 0)
			return only_first(c, a, a->children[i]);
		if (order > 0)
			return differ(c, a, "only the second has", b->children[i]->name);
		if (!match_nodes(c, a->children[i], b->children[i]))
			return false;
	}
	if (i < a->child_count)
		return only_first(c, a, a->children[i]);
	return i == b->child_count || differ(c, a, "only the second has", b->children[i]->name);
}

static struct model_node *node_of(const struct model *model, uint32_t phandle)
{
	struct model_node key = { .phandle = phandle }, *at = &key;
	struct model_node **found = NULL;

	if (model->phandle_count)
		found = bsearch(&at, model->by_phandle, model->phandle_count,
				sizeof(*model->by_phandle), compare_phandles);
	return found ? *found : NULL;
}

/* A new phandle that leads nowhere: it was that of a node outside of every fragment. */
static bool is_lost(const struct model *model, uint32_t cell)
{
	return cell > model->first && cell - model->first < 0x10000;
}

/* A cell is a number, the same on both sides, or a phandle that leads to twins, or to nothing in both. */
static bool cell_equal(const struct comparison *c, uint32_t a, uint32_t b)
{
	const struct model_node *left = node_of(c->a, a), *right = node_of(c->b, b);

	if (left || right)
		return left && right && left->twin == right;
	return a == b || (is_lost(c->a, a) && is_lost(c->b, b));
}

static bool value_equal(
		const struct comparison *c, const struct model_prop *a, const struct model_prop *b)
{
	size_t at;

	if (a->size != b->size)
		return false;
	for (at = 0; at + 4 <= a->size; at += 4)
		if (!cell_equal(c, fdt32_ld((const fdt32_t *)(const void *)(a->value + at)),
				    fdt32_ld((const fdt32_t *)(const void *)(b->value + at))))
			return false;
	return memcmp(a->value + at, b->value + at, a->size - at) == 0;
}

static bool props_equal(struct comparison *c, const struct model_node *a)
{
	const struct model_node *b = a->twin;
	size_t i;

	for (i = 0; i < a->prop_count && i < b->prop_count; i++) {
		int order = strcmp(a->props[i].name, b->props[i].name);

		if (order)
			return differ(c, a,
					order < 0 ? "only the first has" : "only the second has",
					order < 0 ? a->props[i].name : b->props[i].name);
		if (!value_equal(c, &a->props[i], &b->props[i]))
			return differ(c, a, "different", a->props[i].name);
	}
	if (i < a->prop_count)
		return differ(c, a, "only the first has", a->props[i].name);
	if (i < b->prop_count)
		return differ(c, a, "only the second has", b->props[i].name);
	for (i = 0; i < a->child_count; i++)
		if (!props_equal(c, a->children[i]))
			return false;
	return true;
}

static bool phandles_unique(struct comparison *c, const struct model *model)
{
	for (size_t i = 1; i < model->phandle_count; i++)
		if (model->by_phandle[i]->phandle == model->by_phandle[i - 1]->phandle)
			return differ(c, model->by_phandle[i], "its phandle is also that of",
					model->by_phandle[i - 1]->name);
	return true;
}

bool model_equal(struct model *a, struct model *b, char *text, size_t size)
{
	struct comparison c = { .a = a, .b = b, .text = text, .size = size };

	return match_nodes(&c, a->root, b->root) && phandles_unique(&c, a) &&
	       phandles_unique(&c, b) && props_equal(&c, a->root);
}
