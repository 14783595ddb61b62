/* SPDX-License-Identifier: Apache-2.0 */
/* All resource lists of the engine, read to their ends. */
#include "tools/uses.h"

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

/* After an error the engine goes on behind the bad entry, so every list ends. */
static void read_windows(struct reader *reader, struct dt_list list, const char *source,
		int (*next)(struct dt_list *, struct dt_window *, struct dt_why *))
{
	struct dt_window window;
	int got;

	while ((got = next(&list, &window, reader->why)) != 0)
		if (got > 0 && window.size)
			add(reader, (struct use){ .kind = USE_WINDOW,
						    .source = source,
						    .window = window });
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
