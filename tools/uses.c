/* SPDX-License-Identifier: Apache-2.0 */
/* All resource lists of the engine, read to their ends. */
#include "tools/uses.h"

#include "dt/device.h"
#include "tools/memory.h"

struct reader {
	struct uses *uses;
	const struct dt_tree *tree;
	const struct dt_node *node;
	struct dt_why *why;
};

static void add(struct reader *reader, struct use use)
{
	struct uses *uses = reader->uses;

	uses->at = memory_grow(uses->at, uses->count, &uses->room, sizeof(*uses->at));
	use.node = reader->node;
	uses->at[uses->count++] = use;
}

/* The first bus above that decodes nothing; NULL: there is none. */
static const struct dt_node *bus_without_ranges(
		const struct dt_tree *tree, const struct dt_node *node)
{
	for (node = node->parent; node && node->parent; node = node->parent)
		if (!dt_prop(tree, node, "ranges"))
			return node;
	return NULL;
}

/* Addresses below a simple-bus are meant for memory; below a device, or where sizes have no cells, they are not. */
static void check_simple_bus(const struct reader *reader)
{
	const struct dt_node *bus = bus_without_ranges(reader->tree, reader->node);
	uint32_t address, size;

	if (!bus || !dt_is_compatible(reader->tree, bus, "simple-bus") ||
			dt_cells(reader->tree, reader->node->parent, &address, &size, NULL) ||
			size == 0)
		return;
	dt_fail(reader->why, -DT_EINVAL,
			"%s: reg: the simple-bus %s has no ranges: not in the CPU's memory",
			dt_path(reader->node), dt_path(bus));
}

static void check_trigger(const struct reader *reader, const struct use *use)
{
	if (use->kind == USE_IRQ && use->gic.impossible)
		dt_fail(reader->why, -DT_EINVAL,
				"%s: interrupt <%u %u %u>: an SPI is triggered by a rising edge (1) or a high level (4) alone",
				dt_path(reader->node), use->irq.cells[0], use->irq.cells[1],
				use->irq.cells[2]);
}

/* After an error the engine goes on behind the bad entry, so every list ends. */
static void read_windows(struct reader *reader, struct dt_list list, const char *source,
		int (*next)(struct dt_list *, struct dt_window *, struct dt_why *))
{
	struct dt_window window;
	int got;

	while ((got = next(&list, &window, reader->why)) != 0) {
		if (got > 0 && window.size)
			add(reader, (struct use){ .kind = USE_WINDOW,
						    .source = source,
						    .window = window });
		else if (got == -DT_ENXIO)
			check_simple_bus(reader);
	}
}

static void read_irqs(struct reader *reader, struct dt_list list, const char *source,
		int (*next)(struct dt_list *, struct dt_irq *, struct dt_why *))
{
	struct use use = { .source = source };
	int got;

	while ((got = next(&list, &use.irq, reader->why)) != 0) {
		if (got < 0)
			continue;
		got = dt_gic_decode(reader->tree, &use.irq, &use.gic, reader->why);
		if (got && got != -DT_ENXIO)
			continue;
		use.kind = got ? USE_WIRE : USE_IRQ;
		check_trigger(reader, &use);
		add(reader, use);
	}
}

static void read_streams(struct reader *reader, struct dt_list list, const char *source,
		int (*next)(struct dt_list *, struct dt_stream *, struct dt_why *))
{
	struct use use = { .kind = USE_STREAM, .source = source };
	int got;

	while ((got = next(&list, &use.stream, reader->why)) != 0)
		if (got > 0)
			add(reader, use);
}

bool uses_are_enabled(const struct dt_tree *tree, const struct dt_node *node)
{
	return dt_is_enabled(tree, node) && dt_device_is_enabled_above(tree, node);
}

void uses_read(struct uses *uses, const struct dt_tree *tree, const struct dt_node *node,
		struct dt_why *why)
{
	struct reader reader = { .uses = uses, .tree = tree, .node = node, .why = why };

	read_windows(&reader, dt_reg(tree, node), "reg", dt_reg_next);
	read_irqs(&reader, dt_irqs(tree, node), "interrupts", dt_irqs_next);
	read_streams(&reader, dt_iommus(tree, node), "iommus", dt_iommus_next);
	if (!dt_is_pci_host(tree, node))
		return;
	read_windows(&reader, dt_ranges(tree, node), "ranges", dt_ranges_next);
	read_irqs(&reader, dt_irq_map(tree, node), "interrupt-map", dt_irq_map_next);
	read_streams(&reader, dt_iommu_map(tree, node), "iommu-map", dt_iommu_map_next);
}
