/* SPDX-License-Identifier: Apache-2.0 */
/* Lists of cells: two arrays that grow together. */
#include "tools/cells.h"

#include <stdlib.h>

#include "tools/memory.h"

void cells_put(struct cells *cells, uint32_t cell)
{
	cells->at = memory_grow(cells->at, cells->count, &cells->room, sizeof(*cells->at));
	cells->at[cells->count++] = cell;
}

void cells_put_u64(struct cells *cells, uint64_t value)
{
	cells_put(cells, (uint32_t)(value >> 32));
	cells_put(cells, (uint32_t)value);
}

void cells_refer(struct cells *cells)
{
	cells->references = memory_grow(cells->references, cells->reference_count,
			&cells->reference_room, sizeof(*cells->references));
	cells->references[cells->reference_count++] = (uint32_t)cells->count * 4;
}

void cells_set(struct draft_node *node, const char *name, struct cells *cells)
{
	struct draft_prop *prop;

	if (cells->count) {
		prop = draft_set_cells(node, name, cells->at, cells->count);
		for (size_t i = 0; i < cells->reference_count; i++)
			draft_refer(prop, cells->references[i]);
	}
	free(cells->at);
	free(cells->references);
	*cells = (struct cells){ 0 };
}
