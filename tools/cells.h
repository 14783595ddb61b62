/* SPDX-License-Identifier: Apache-2.0 */
/* A list of cells being put together for a draft's property, with its references. */
#pragma once

#include "tools/draft.h"

struct cells {
	uint32_t *at;
	size_t count, room;
	uint32_t *references; /* byte offsets */
	size_t reference_count, reference_room;
};

void cells_put(struct cells *cells, uint32_t cell);
void cells_put_u64(struct cells *cells, uint64_t value);
/* The cell that comes next is a phandle of the draft's own. */
void cells_refer(struct cells *cells);
/* The property, unless the list is empty. The list is freed. */
void cells_set(struct draft_node *node, const char *name, struct cells *cells);
