/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Registers go where there is room in the guest and are named in xen,reg. Below the guest's root, addresses and sizes
 * have two cells.
 */
#include <inttypes.h>
#include <string.h>

#include "tools/cells.h"
#include "tools/guest.h"

/* The child side of an entry of a PCI bridge's `ranges`, as it is: three cells. */
static void put_bus_address(struct cells *ranges, const struct guest *guest, const struct use *use)
{
	const struct dt_prop *prop = dt_prop(&guest->tree, use->node, "ranges");
	uint32_t parent_cells, size_cells, own_cells, own_size, cell;
	struct span entry;

	/* They were read by the engine just now. */
	(void)dt_cells(&guest->tree, use->node->parent, &parent_cells, &size_cells, NULL);
	(void)dt_cells(&guest->tree, use->node, &own_cells, &own_size, NULL);
	cell = (own_cells + parent_cells + own_size) * 4;
	if (span_part(dt_prop_span(prop), (size_t)use->window.index * cell, cell, &entry))
		for (; own_cells && span_u32(&entry, &cell); own_cells--)
			cells_put(ranges, cell);
}

static bool is_from(const struct use *use, const char *source)
{
	return use->kind == USE_WINDOW && strcmp(use->source, source) == 0;
}

/* Entries of `reg` without a size are no windows: the others keep their places. */
static void put_holes(struct cells *reg, uint32_t index)
{
	while (reg->count < index * (size_t)4)
		cells_put(reg, 0);
}

static void put_window(struct guest *guest, const struct use *use, struct cells *reg,
		struct cells *ranges, struct cells *placed)
{
	struct cells *list = is_from(use, "reg") ? reg : ranges;
	uint64_t where;

	if (!space_find(&guest->space, use->window.base, &where)) {
		if (list == reg)
			guest_refuse(guest, use->node, "no room in the guest for 0x%" PRIx64,
					use->window.size);
		else
			guest_warn(use->node,
					"no room in the guest for its window of 0x%" PRIx64
					" bytes at 0x%" PRIx64 ": left out",
					use->window.size, use->window.base);
		return;
	}
	if (list == ranges)
		put_bus_address(ranges, guest, use);
	else
		put_holes(reg, use->window.index);
	cells_put_u64(list, where);
	cells_put_u64(list, use->window.size);
	cells_put_u64(placed, use->window.base);
	cells_put_u64(placed, use->window.size);
	cells_put_u64(placed, where);
}

void guest_write_windows(struct guest *guest, const struct guest_node *at)
{
	struct cells reg = { 0 }, ranges = { 0 }, placed = { 0 };

	for (size_t i = 0; i < at->uses.count; i++)
		if (at->uses.at[i].kind == USE_WINDOW)
			put_window(guest, &at->uses.at[i], &reg, &ranges, &placed);
	cells_set(at->draft, "reg", &reg);
	cells_set(at->draft, "ranges", &ranges);
	cells_set(at->draft, "xen,reg", &placed);
}
