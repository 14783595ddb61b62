/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Registers go where there is room in the guest and are named in xen,reg; interrupts go to the guest's
 * interrupt controller under the same numbers. Below the guest's root, addresses and sizes have two cells.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "core/xen_abi.h"
#include "tools/guest.h"
#include "tools/memory.h"

#define GIC GUEST_PHANDLE_GIC

/* A list of cells being put together. */
struct cells {
	uint32_t *at;
	size_t count, room;
};

static void put(struct cells *cells, uint32_t cell)
{
	cells->at = memory_grow(cells->at, cells->count, &cells->room, sizeof(*cells->at));
	cells->at[cells->count++] = cell;
}

static void put_u64(struct cells *cells, uint64_t value)
{
	put(cells, (uint32_t)(value >> 32));
	put(cells, (uint32_t)value);
}

static void set(const struct guest_node *at, const char *name, struct cells *cells)
{
	if (cells->count)
		draft_set_cells(at->draft, name, cells->at, cells->count);
	free(cells->at);
}

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
			put(ranges, cell);
}

static bool is_from(const struct use *use, const char *source)
{
	return use->kind == USE_WINDOW && strcmp(use->source, source) == 0;
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
	put_u64(list, where);
	put_u64(list, use->window.size);
	put_u64(placed, use->window.base);
	put_u64(placed, use->window.size);
	put_u64(placed, where);
}

void guest_write_windows(struct guest *guest, const struct guest_node *at)
{
	struct cells reg = { 0 }, ranges = { 0 }, placed = { 0 };

	for (size_t i = 0; i < at->uses.count; i++)
		if (at->uses.at[i].kind == USE_WINDOW)
			put_window(guest, &at->uses.at[i], &reg, &ranges, &placed);
	set(at, "reg", &reg);
	set(at, "ranges", &ranges);
	set(at, "xen,reg", &placed);
}

static void put_specifier(struct cells *cells, const struct use *use)
{
	for (uint32_t i = 0; i < 3; i++)
		put(cells, use->irq.cells[i]);
}

static bool is_irq_of(const struct use *use, const char *source)
{
	return (use->kind == USE_IRQ || use->kind == USE_WIRE) && strcmp(use->source, source) == 0;
}

/* Do they go to a controller of the overlay's own? Then they stay as they are. */
static bool stays_inside(const struct guest *guest, const struct guest_node *at)
{
	const struct dt_prop *extended = dt_prop(&guest->tree, at->node, "interrupts-extended");
	uint32_t offset = 0;

	if (!extended)
		return guest_has(guest, dt_irq_parent(&guest->tree, at->node));
	return guest_next_reference(guest, at, extended, &offset) &&
	       !guest_reaches_out(guest, at, extended);
}

static void copy_irqs(const struct guest *guest, const struct guest_node *at)
{
	static const char *const names[] = { "interrupts", "interrupts-extended" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const struct dt_prop *prop = dt_prop(&guest->tree, at->node, names[i]);

		if (prop)
			guest_copy_prop(guest, at, prop);
	}
}

void guest_write_irqs(struct guest *guest, const struct guest_node *at)
{
	struct cells cells = { 0 };

	if (stays_inside(guest, at)) {
		copy_irqs(guest, at);
		return;
	}
	for (size_t i = 0; i < at->uses.count; i++) {
		const struct use *use = &at->uses.at[i];

		if (!is_irq_of(use, "interrupts"))
			continue;
		if (use->kind == USE_WIRE || !use->gic.spi)
			guest_refuse(guest, at->node,
					"interrupt %u goes to %s, where the guest cannot have it",
					use->irq.index, dt_path(use->irq.controller));
		put_specifier(&cells, use);
	}
	if (cells.count)
		draft_set_u32(at->draft, "interrupt-parent", GIC);
	set(at, "interrupts", &cells);
}

/* The child side of an entry of interrupt-map, and over the whole entry. */
static bool put_map_child(struct guest *guest, const struct guest_node *at, struct span *map,
		struct cells *cells)
{
	uint32_t own = 0, own_irq = 0, parent = 0, parent_irq = 0, size, cell;
	const struct dt_node *controller;

	(void)dt_cells(&guest->tree, at->node, &own, &size, NULL);
	(void)dt_prop_u32(&guest->tree, at->node, "#interrupt-cells", &own_irq);
	for (size = own + own_irq; size && span_u32(map, &cell); size--)
		put(cells, cell);
	if (!span_u32(map, &cell))
		return false;
	controller = dt_node_of_phandle(&guest->tree, cell);
	if (!controller)
		return false;
	(void)dt_prop_u32(&guest->tree, controller, "#address-cells", &parent);
	(void)dt_prop_u32(&guest->tree, controller, "#interrupt-cells", &parent_irq);
	return span_skip(map, ((size_t)parent + parent_irq) * 4);
}

void guest_write_irq_map(struct guest *guest, const struct guest_node *at)
{
	const struct dt_prop *prop = dt_prop(&guest->tree, at->node, "interrupt-map");
	struct span map = dt_prop_span(prop);
	struct cells cells = { 0 };

	for (size_t i = 0; i < at->uses.count; i++) {
		const struct use *use = &at->uses.at[i];

		if (!is_irq_of(use, "interrupt-map"))
			continue;
		if (!put_map_child(guest, at, &map, &cells) || use->kind == USE_WIRE) {
			guest_refuse(guest, at->node,
					"interrupt-map leads to %s, which the guest does not have",
					dt_path(use->irq.controller));
			break;
		}
		/* libxl gives the guest's controller no address cells. */
		put(&cells, GIC);
		put_specifier(&cells, use);
	}
	set(at, "interrupt-map", &cells);
}
