/* SPDX-License-Identifier: Apache-2.0 */
/* The lists of dt/resource.h one after the other, each entry in the ledger's terms. */
#include "assign/resource.h"

#include "lib/string.h"

static int next_mmio(struct resource *out, int rc, const struct dt_window *window)
{
	*out = (struct resource){
		.kind = RESOURCE_MMIO, .base = window->base, .size = window->size
	};
	return rc;
}

static int next_reg(struct resource_walk *walk, struct resource *out, struct dt_why *why)
{
	struct dt_window window = { .size = 0 };

	return next_mmio(out, dt_reg_next(&walk->list, &window, why), &window);
}

static int next_range(struct resource_walk *walk, struct resource *out, struct dt_why *why)
{
	struct dt_window window = { .size = 0 };

	return next_mmio(out, dt_ranges_next(&walk->list, &window, why), &window);
}

static int decode_irq(const struct resource_walk *walk, int rc, const struct dt_irq *raw,
		struct resource *out, struct dt_why *why)
{
	struct dt_gic_irq irq;

	if (rc > 0) {
		rc = dt_gic_decode(walk->tree, raw, &irq, why);
		if (!rc) {
			*out = (struct resource){ .kind = RESOURCE_SPI,
				.edge = irq.edge,
				.impossible = irq.impossible,
				.shared = irq.spi,
				.base = irq.intid,
				.size = 1 };
			rc = 1;
		}
	}
	return rc;
}

static int next_irq(struct resource_walk *walk, struct resource *out, struct dt_why *why)
{
	struct dt_irq raw;

	return decode_irq(walk, dt_irqs_next(&walk->list, &raw, why), &raw, out, why);
}

static int next_irq_map(struct resource_walk *walk, struct resource *out, struct dt_why *why)
{
	struct dt_irq raw;

	return decode_irq(walk, dt_irq_map_next(&walk->list, &raw, why), &raw, out, why);
}

static int next_of_stream(struct resource *out, int rc, const struct dt_stream *stream)
{
	if (rc > 0)
		*out = (struct resource){ .kind = RESOURCE_STREAM,
			.iommu = stream->iommu->phandle,
			.base = stream->cell_count ? stream->cells[0] : 0,
			.size = stream->count };
	return rc;
}

static int next_stream(struct resource_walk *walk, struct resource *out, struct dt_why *why)
{
	struct dt_stream stream;

	return next_of_stream(out, dt_iommus_next(&walk->list, &stream, why), &stream);
}

static int next_stream_map(struct resource_walk *walk, struct resource *out, struct dt_why *why)
{
	struct dt_stream stream;

	return next_of_stream(out, dt_iommu_map_next(&walk->list, &stream, why), &stream);
}

static const struct {
	struct dt_list (*open)(const struct dt_tree *tree, const struct dt_node *node);
	int (*next)(struct resource_walk *walk, struct resource *out, struct dt_why *why);
	bool pci_host_only;
} stages[] = {
	{ dt_reg, next_reg, false },
	{ dt_ranges, next_range, true },
	{ dt_irqs, next_irq, false },
	{ dt_irq_map, next_irq_map, true },
	{ dt_iommus, next_stream, false },
	{ dt_iommu_map, next_stream_map, false },
};

struct resource_walk resource_walk(const struct dt_tree *tree, const struct dt_node *node)
{
	return (struct resource_walk){ .tree = tree,
		.node = node,
		.list = stages[0].open(tree, node),
		.pci_host = dt_is_pci_host(tree, node) };
}

static bool open_next(struct resource_walk *walk)
{
	do {
		if (++walk->stage >= ARRAY_SIZE(stages))
			return false;
	} while (stages[walk->stage].pci_host_only && !walk->pci_host);
	walk->list = stages[walk->stage].open(walk->tree, walk->node);
	return true;
}

int resource_walk_next(struct resource_walk *walk, struct resource *out, struct dt_why *why)
{
	while (walk->stage < ARRAY_SIZE(stages)) {
		int rc = stages[walk->stage].next(walk, out, why);

		if (rc == 0 && !open_next(walk))
			break;
		if (rc == 0 || rc == -DT_ENXIO || (rc > 0 && out->size == 0))
			continue;
		return rc;
	}
	return 0;
}

bool is_device(const struct dt_tree *tree, const struct dt_node *node)
{
	const char *type = dt_prop_string(tree, node, "device_type");

	return !type || (strcmp(type, "memory") != 0 && strcmp(type, "cpu") != 0);
}

struct resource_name resource_name_of(const struct resource *resource)
{
	unsigned long long base = resource->base, size = resource->size;
	struct resource_name name = { "" };

	if (resource->kind == RESOURCE_MMIO)
		dt_format(name.text, sizeof(name.text), "registers 0x%llx (0x%llx bytes)", base,
				size);
	else if (resource->kind == RESOURCE_SPI)
		dt_format(name.text, sizeof(name.text), "interrupt %llu", base);
	else
		dt_format(name.text, sizeof(name.text), "DMA stream 0x%llx", base);
	return name;
}
