/* SPDX-License-Identifier: Apache-2.0 */
/* Drafts of trees: lists, and two walks to write them. */
#include "tools/draft.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dt/fdt_write.h"
#include "dt/span.h"
#include "tools/memory.h"
#include "tools/say.h"

struct draft_node *draft_root(void)
{
	struct draft_node *root = memory_get(sizeof(*root));

	root->name = "";
	return root;
}

struct draft_node *draft_find(const struct draft_node *node, const char *name)
{
	struct draft_node *child = node->first_child;

	while (child && strcmp(child->name, name) != 0)
		child = child->next;
	return child;
}

struct draft_node *draft_child(struct draft_node *node, const char *name)
{
	struct draft_node *child = draft_find(node, name);

	if (child)
		return child;
	child = memory_get(sizeof(*child));
	child->name = memory_copy(name, strlen(name) + 1);
	child->parent = node;
	if (node->last_child)
		node->last_child->next = child;
	else
		node->first_child = child;
	node->last_child = child;
	return child;
}

static struct draft_prop *find_prop(const struct draft_node *node, const char *name)
{
	struct draft_prop *prop = node->first_prop;

	while (prop && strcmp(prop->name, name) != 0)
		prop = prop->next;
	return prop;
}

static struct draft_prop *add_prop(struct draft_node *node, const char *name)
{
	struct draft_prop *prop = memory_get(sizeof(*prop));

	prop->name = memory_copy(name, strlen(name) + 1);
	if (node->last_prop)
		node->last_prop->next = prop;
	else
		node->first_prop = prop;
	node->last_prop = prop;
	return prop;
}

struct draft_prop *draft_set(
		struct draft_node *node, const char *name, const void *value, size_t size)
{
	struct draft_prop *prop = find_prop(node, name);

	if (!prop)
		prop = add_prop(node, name);
	prop->value = memory_copy(value, size);
	prop->size = size;
	prop->reference_count = 0;
	return prop;
}

struct draft_prop *draft_set_cells(
		struct draft_node *node, const char *name, const uint32_t *cells, size_t count)
{
	uint8_t *value = memory_get(count * 4);
	struct draft_prop *prop;

	for (size_t i = 0; i < count; i++)
		span_store_u32(value + i * 4, cells[i]);
	prop = draft_set(node, name, value, count * 4);
	free(value);
	return prop;
}

struct draft_prop *draft_set_u32(struct draft_node *node, const char *name, uint32_t cell)
{
	return draft_set_cells(node, name, &cell, 1);
}

struct draft_prop *draft_set_string(struct draft_node *node, const char *name, const char *text)
{
	return draft_set(node, name, text, strlen(text) + 1);
}

void draft_refer(struct draft_prop *prop, uint32_t offset)
{
	prop->references = memory_grow(prop->references, prop->reference_count,
			&prop->reference_room, sizeof(*prop->references));
	prop->references[prop->reference_count++] = offset;
}

static void write_node(struct dtb_writer *w, const struct draft_node *node, const char *name)
{
	const struct draft_prop *prop;
	const struct draft_node *child;

	dtb_begin_node(w, name);
	for (prop = node->first_prop; prop; prop = prop->next)
		dtb_write_prop(w, prop->name, prop->value, prop->size);
	for (child = node->first_child; child; child = child->next)
		write_node(w, child, child->name);
	dtb_end_node(w);
}

static bool has_references(const struct draft_node *node)
{
	const struct draft_prop *prop;
	const struct draft_node *child;

	for (prop = node->first_prop; prop; prop = prop->next)
		if (prop->reference_count)
			return true;
	for (child = node->first_child; child; child = child->next)
		if (has_references(child))
			return true;
	return false;
}

static void write_references(struct dtb_writer *w, const struct draft_node *node, const char *name)
{
	const struct draft_prop *prop;
	const struct draft_node *child;

	if (!has_references(node))
		return;
	dtb_begin_node(w, name);
	for (prop = node->first_prop; prop; prop = prop->next)
		if (prop->reference_count)
			dtb_write_cells(w, prop->name, prop->references, prop->reference_count);
	for (child = node->first_child; child; child = child->next)
		write_references(w, child, child->name);
	dtb_end_node(w);
}

#define FIRST   "fragment@0"
#define CONTENT "__overlay__"

/* Longer than the name of any fragment. */
enum { FRAGMENT_NAME = 32 };

static void write_labels(struct dtb_writer *w, const struct draft_node *labels)
{
	const struct draft_prop *label;
	char *path;

	if (!labels || !labels->first_prop)
		return;
	dtb_begin_node(w, "__symbols__");
	for (label = labels->first_prop; label; label = label->next) {
		path = memory_print("/" FIRST "/" CONTENT "%s", (const char *)label->value);
		dtb_write_string(w, label->name, path);
		free(path);
	}
	dtb_end_node(w);
}

static const char *name_of(size_t index, char *to)
{
	snprintf(to, FRAGMENT_NAME, "fragment@%zu", index);
	return to;
}

static void write_fragment(
		struct dtb_writer *w, const struct draft_fragment *fragment, size_t index)
{
	char name[FRAGMENT_NAME];

	dtb_begin_node(w, name_of(index, name));
	dtb_write_string(w, "target-path", fragment->target_path);
	write_node(w, fragment->content, CONTENT);
	dtb_end_node(w);
}

static void write_fixups(struct dtb_writer *w, const struct draft_fragment *fragments, size_t count)
{
	char name[FRAGMENT_NAME];
	bool open = false;

	for (size_t i = 0; i < count; i++) {
		if (!has_references(fragments[i].content))
			continue;
		if (!open)
			dtb_begin_node(w, "__local_fixups__");
		open = true;
		dtb_begin_node(w, name_of(i, name));
		write_references(w, fragments[i].content, CONTENT);
		dtb_end_node(w);
	}
	if (open)
		dtb_end_node(w);
}

static void start(struct dtb_writer *w, struct bytes *out)
{
	out->at = memory_get(DT_BLOB_MAX);
	dtb_write_init(w, out->at, DT_BLOB_MAX);
}

static bool finish(struct dtb_writer *w, struct bytes *out)
{
	if (dtb_finish(w, &out->size) == 0)
		return true;
	say_error("the result is over a limit of Graft: more than 1 MiB, or too deep");
	free(out->at);
	return false;
}

bool draft_write(const struct draft_node *root, struct bytes *out)
{
	struct dtb_writer w;

	start(&w, out);
	write_node(&w, root, "");
	return finish(&w, out);
}

bool draft_write_overlay(const struct draft_fragment *fragments, size_t count,
		const struct draft_node *labels, struct bytes *out)
{
	struct dtb_writer w;

	start(&w, out);
	dtb_begin_node(&w, "");
	for (size_t i = 0; i < count; i++)
		write_fragment(&w, &fragments[i], i);
	write_labels(&w, labels);
	write_fixups(&w, fragments, count);
	dtb_end_node(&w);
	return finish(&w, out);
}
