/* SPDX-License-Identifier: Apache-2.0 */
/* The walk's nodes, each once: a node of the base comes twice by two of its properties, or by its bus and itself. */
#include "tools/devices.h"

#include "tools/memory.h"

static bool is_known(const struct devices *devices, const struct dt_node *node)
{
	for (size_t i = 0; i < devices->count; i++)
		if (devices->at[i] == node)
			return true;
	return false;
}

void devices_find(struct devices *devices, const struct dt_overlay *overlay)
{
	struct dt_device_walk walk = dt_device_walk(overlay, true);
	const struct dt_node *node;
	bool enabled;

	while ((node = dt_device_walk_next(&walk, &enabled))) {
		if (node->owner != overlay && is_known(devices, node))
			continue;
		devices->at = memory_grow(
				devices->at, devices->count, &devices->room, sizeof(*devices->at));
		devices->at[devices->count++] = node;
	}
}
