/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the files that read resources. */
#pragma once

#include "dt/overlay_priv.h"
#include "dt/resource.h"
#include "dt/tree_priv.h"

enum { DT_POLL_ENTRIES = 16 }; /* of a map or `ranges`, which may be long, between two polls */

/* A bus address: three-cell (PCI) addresses have a top cell that says which space. */
struct dt_address {
	uint32_t space;
	uint64_t low;
};

/* A list over the property `name`, empty without it. */
struct dt_list dt_list_of(const struct dt_tree *tree, const struct dt_node *node, const char *name);
/* The rest cannot be read: finish the list. */
int dt_list_cut_off(struct dt_list *list, const char *name, struct dt_why *why);

/* The node with this phandle as seen from `from`, which may belong to an overlay in the making. */
const struct dt_node *dt_phandle_from(
		const struct dt_tree *tree, const struct dt_node *from, uint32_t phandle);

/* Read `count` cells, at most DT_CELLS_MAX. */
bool dt_read_cells(struct span *span, uint32_t *cells, uint32_t count);
