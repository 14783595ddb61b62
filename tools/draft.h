/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A device tree in the making, in any order, written as a blob at the end. With draft_write_overlay() some
 * become an overlay of as many fragments: references and labels turn into __local_fixups__ and __symbols__.
 */
#pragma once

#include "dt/dt_env.h"
#include "tools/file.h"

struct draft_prop {
	struct draft_prop *next;
	const char *name;
	uint8_t *value;
	size_t size;
	uint32_t *references; /* byte offsets of phandles of this draft's own nodes */
	size_t reference_count, reference_room;
};

struct draft_node {
	struct draft_node *parent, *next, *first_child, *last_child;
	struct draft_prop *first_prop, *last_prop;
	const char *name;
};

/* An empty root. Drafts live as long as the program. */
struct draft_node *draft_root(void);

/* The child of this name, new unless there is one. */
struct draft_node *draft_child(struct draft_node *node, const char *name);
/* The child of this name, or NULL. */
struct draft_node *draft_find(const struct draft_node *node, const char *name);

/* Set a property: one of that name that is there is replaced. */
struct draft_prop *draft_set(
		struct draft_node *node, const char *name, const void *value, size_t size);
struct draft_prop *draft_set_cells(
		struct draft_node *node, const char *name, const uint32_t *cells, size_t count);
struct draft_prop *draft_set_u32(struct draft_node *node, const char *name, uint32_t cell);
struct draft_prop *draft_set_string(struct draft_node *node, const char *name, const char *text);
void draft_refer(struct draft_prop *prop, uint32_t offset);

/* The blob; the bytes are the caller's. False, with an error said, when it is over a limit. */
bool draft_write(const struct draft_node *root, struct bytes *out);

struct draft_fragment {
	const char *target_path;
	struct draft_node *content;
};

/* `labels` holds a property for each label, its value the path of a node below the first content; or is NULL. */
bool draft_write_overlay(const struct draft_fragment *fragments, size_t count,
		const struct draft_node *labels, struct bytes *out);
