/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A tree as libfdt reads it, sorted by name, and what it means that two trees are equal: everything but
 * the order of nodes and properties, and but the numbers of phandles from a given one on, which must
 * belong to the same nodes on both sides and be used in the same places.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct model_prop {
	const char *name;
	const uint8_t *value;
	size_t size;
};

struct model_node {
	const char *name;
	struct model_node *parent;
	struct model_node **children;
	struct model_prop *props;
	size_t child_count, prop_count;
	size_t child_room, prop_room;
	struct model_node *twin; /* in the other tree, while comparing */
	uint32_t phandle;
};

struct model {
	struct model_node *root;
	struct model_node **by_phandle; /* sorted; only phandles from `first` on */
	size_t phandle_count;
	uint32_t first;
};

/* From a blob that libfdt accepts and that outlives the model; NULL when it cannot be read. */
struct model *model_read(const void *blob, uint32_t first_phandle);
void model_free(struct model *model);

/* Are they equal? If not, the first difference in words goes to `text`. */
bool model_equal(struct model *a, struct model *b, char *text, size_t size);
