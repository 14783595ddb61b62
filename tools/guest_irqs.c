/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Interrupts. Each is followed to the controller that takes it, through every nexus: to the GIC, it goes to the guest's
 * under the same number; to a controller that the guest gets, it stays; to another of the host's, it is cut off. Where
 * one is cut off before others, interrupts-extended has a hole, so that indices and names stay.
 */
#include <stdlib.h>
#include <string.h>

#include "core/xen_abi.h"
#include "tools/cells.h"
#include "tools/guest.h"
#include "tools/memory.h"

#define GIC GUEST_PHANDLE_GIC

/* One interrupt as the guest has it; a hole has phandle 0. */
struct line {
	uint32_t phandle;
	bool own; /* the phandle is of a node of the overlay's */
	uint32_t cells[DT_CELLS_MAX];
	uint32_t count;
};

struct lines {
	struct line *at;
	size_t count, room;
};

static void add_line(struct lines *lines, struct line line)
{
	lines->at = memory_grow(lines->at, lines->count, &lines->room, sizeof(*lines->at));
	lines->at[lines->count++] = line;
}

/* An own controller without a phandle is the node's parent: no property names it. */
#define NO_PHANDLE UINT32_MAX

static struct line line_of(struct guest *guest, const struct guest_node *at, const struct use *use)
{
	struct line line = { .count = use->irq.cell_count };

	memcpy(line.cells, use->irq.cells, sizeof(line.cells));
	if (use->kind == USE_IRQ) {
		if (!use->gic.spi)
			guest_refuse(guest, at->node,
					"interrupt %u goes to %s, where the guest cannot have it",
					use->irq.index, dt_path(use->irq.controller));
		line.phandle = GIC;
		line.count = 3;
	} else if (guest_has(guest, use->irq.controller)) {
		line.own = true;
		line.phandle = use->irq.controller->phandle;
		if (!line.phandle)
			line.phandle = NO_PHANDLE;
	} else {
		guest_warn(at->node, "%s %u goes to %s, which the guest does not have: left out",
				strcmp(use->source, "interrupts") == 0 ? "interrupt"
								       : "interrupt-map: entry",
				use->irq.index, dt_path(use->irq.controller));
		line = (struct line){ 0 };
	}
	return line;
}

static bool is_from(const struct use *use, const char *source)
{
	return (use->kind == USE_IRQ || use->kind == USE_WIRE) && strcmp(use->source, source) == 0;
}

static void gather(struct guest *guest, const struct guest_node *at, struct lines *lines)
{
	for (size_t i = 0; i < at->uses.count; i++) {
		const struct use *use = &at->uses.at[i];

		if (!is_from(use, "interrupts"))
			continue;
		while (lines->count < use->irq.index)
			add_line(lines, (struct line){ 0 });
		add_line(lines, line_of(guest, at, use));
	}
	while (lines->count && !lines->at[lines->count - 1].phandle)
		lines->count--;
}

/* Whether all lines go to one controller. */
static bool is_uniform(const struct lines *lines)
{
	for (size_t i = 0; i < lines->count; i++)
		if (!lines->at[i].phandle || lines->at[i].phandle != lines->at[0].phandle)
			return false;
	return true;
}

static void put_phandle(struct cells *cells, const struct line *line)
{
	if (line->own)
		cells_refer(cells);
	cells_put(cells, line->phandle);
}

static void put_specifier(struct cells *cells, const struct line *line)
{
	for (uint32_t i = 0; i < line->count; i++)
		cells_put(cells, line->cells[i]);
}

static void write_plain(const struct guest_node *at, const struct lines *lines)
{
	struct cells cells = { 0 }, parent = { 0 };

	for (size_t i = 0; i < lines->count; i++)
		put_specifier(&cells, &lines->at[i]);
	cells_set(at->draft, "interrupts", &cells);
	if (lines->at[0].phandle == NO_PHANDLE)
		return;
	put_phandle(&parent, &lines->at[0]);
	cells_set(at->draft, "interrupt-parent", &parent);
}

static void write_extended(
		struct guest *guest, const struct guest_node *at, const struct lines *lines)
{
	struct cells cells = { 0 };

	for (size_t i = 0; i < lines->count; i++) {
		if (lines->at[i].phandle == NO_PHANDLE)
			guest_refuse(guest, at->node,
					"interrupt %zu: its controller has no phandle", i);
		put_phandle(&cells, &lines->at[i]);
		put_specifier(&cells, &lines->at[i]);
	}
	cells_set(at->draft, "interrupts-extended", &cells);
}

void guest_write_irqs(struct guest *guest, const struct guest_node *at)
{
	bool extended = dt_prop(&guest->tree, at->node, "interrupts-extended");
	struct lines lines = { 0 };

	gather(guest, at, &lines);
	if (!lines.count)
		return;
	if (is_uniform(&lines) && !(extended && lines.at[0].own))
		write_plain(at, &lines);
	else
		write_extended(guest, at, &lines);
	free(lines.at);
}

/* The child side of an entry of interrupt-map; `map` is then behind the whole entry. */
static bool read_map_child(struct guest *guest, const struct guest_node *at, struct span *map,
		struct cells *cells)
{
	uint32_t own = 0, own_irq = 0, parent = 0, parent_irq = 0, size, cell;
	const struct dt_node *controller;

	(void)dt_cells(&guest->tree, at->node, &own, &size, NULL);
	(void)dt_prop_u32(&guest->tree, at->node, "#interrupt-cells", &own_irq);
	for (size = own + own_irq; size && span_u32(map, &cell); size--)
		cells_put(cells, cell);
	if (!span_u32(map, &cell))
		return false;
	controller = dt_node_of_phandle(&guest->tree, cell);
	if (!controller)
		return false;
	(void)dt_prop_u32(&guest->tree, controller, "#address-cells", &parent);
	(void)dt_prop_u32(&guest->tree, controller, "#interrupt-cells", &parent_irq);
	return span_skip(map, ((size_t)parent + parent_irq) * 4);
}

/* libxl gives the guest's GIC no address cells; of an own controller, no map looks at them. */
static void put_map_parent(struct guest *guest, struct cells *map, const struct use *use,
		const struct line *line)
{
	uint32_t address = 0;

	put_phandle(map, line);
	if (line->own)
		(void)dt_prop_u32(&guest->tree, use->irq.controller, "#address-cells", &address);
	for (; address; address--)
		cells_put(map, 0);
	put_specifier(map, line);
}

void guest_write_irq_map(struct guest *guest, const struct guest_node *at)
{
	const struct dt_prop *prop = dt_prop(&guest->tree, at->node, "interrupt-map");
	struct span rest = dt_prop_span(prop);
	struct cells map = { 0 };

	for (size_t i = 0; i < at->uses.count; i++) {
		const struct use *use = &at->uses.at[i];
		struct cells child = { 0 };
		struct line line;

		if (!is_from(use, "interrupt-map"))
			continue;
		line = line_of(guest, at, use);
		if (!read_map_child(guest, at, &rest, &child) || line.phandle == NO_PHANDLE)
			guest_refuse(guest, at->node, "interrupt-map: entry %u makes no sense",
					use->irq.index);
		for (size_t c = 0; line.phandle && c < child.count; c++)
			cells_put(&map, child.at[c]);
		if (line.phandle)
			put_map_parent(guest, &map, use, &line);
		free(child.at);
	}
	cells_set(at->draft, "interrupt-map", &map);
}
