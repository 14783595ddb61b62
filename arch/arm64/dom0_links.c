/* SPDX-License-Identifier: Apache-2.0 */
/*
 * IOMMUs and MSI controllers of Dom0's own stay linked to its devices; links to an SMMU or an ITS, which Graft keeps, go
 * (the iommu, pci-iommu, msi and pci-msi bindings).
 */
#include "arch/arm64/dom0_links.h"

#include "arch/arm64/host_tree.h"
#include "lib/string.h"

/* An entry: `before` cells, a phandle, the cells that the controller's `count` says, `after` cells. */
static const struct link {
	const char *name;
	const char *count; /* property of the controller; NULL: always cells_usual */
	uint32_t cells_usual; /* without that property */
	uint32_t before, after;
} links[] = {
	{ "iommus", "#iommu-cells", 0, 0, 0 },
	{ "iommu-map", "#iommu-cells", 1, 1, 1 },
	{ "msi-parent", "#msi-cells", 0, 0, 0 },
	{ "msi-map", NULL, 1, 1, 1 },
};

/* A mask goes with its map. */
static const struct mask {
	const char *name, *map;
} masks[] = {
	{ "iommu-map-mask", "iommu-map" },
	{ "msi-map-mask", "msi-map" },
};

static const struct link *find_link(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(links); i++) {
		if (strcmp(links[i].name, name) == 0)
			return &links[i];
	}
	return NULL;
}

/* Below a node that Graft keeps nothing is written, so a link into it would dangle. */
static bool is_there_for(const struct dom0 *dom0, const struct dt_node *controller)
{
	if (controller == dom0->gic)
		return false; /* the emulated one takes no MSIs */
	for (; controller; controller = controller->parent) {
		if (dom0_is_kept(dom0, controller))
			return false;
	}
	return true;
}

/* The next entry as a span. False at the end, and where the rest cannot be read. */
static bool next_entry(const struct link *link, struct span *rest, struct span *entry,
		const struct dt_node **controller)
{
	uint32_t cells = link->cells_usual, phandle;
	struct span ahead = *rest;

	if (!span_skip(&ahead, 4 * link->before) || !span_u32(&ahead, &phandle))
		return false;
	*controller = dt_node_of_phandle(&host_tree, phandle);
	if (!*controller)
		return false;
	if (link->count)
		(void)dt_prop_u32(&host_tree, *controller, link->count, &cells);
	return cells <= DT_CELLS_MAX &&
	       span_take(rest, 4 * (link->before + 1 + cells + link->after), entry);
}

/* Bytes of the entries that stay, copied when `to` is not NULL. */
static size_t copy_entries(const struct dom0 *dom0, const struct link *link,
		const struct dt_prop *prop, uint8_t *to)
{
	struct span rest = dt_prop_span(prop), entry;
	const struct dt_node *controller;
	size_t size = 0;

	while (next_entry(link, &rest, &entry, &controller)) {
		if (!is_there_for(dom0, controller))
			continue;
		if (to)
			memcpy(to + size, entry.at, entry.left);
		size += entry.left;
	}
	return size;
}

static void write_link(const struct dom0 *dom0, struct dtb_writer *writer, const struct link *link,
		const struct dt_prop *prop)
{
	size_t size = copy_entries(dom0, link, prop, NULL);
	uint8_t *to = size ? dtb_write_space(writer, prop->name, size) : NULL;

	if (to)
		copy_entries(dom0, link, prop, to);
}

static void write_mask(const struct dom0 *dom0, struct dtb_writer *writer,
		const struct dt_node *node, const struct mask *mask, const struct dt_prop *prop)
{
	const struct dt_prop *map = dt_prop(&host_tree, node, mask->map);

	if (map && copy_entries(dom0, find_link(mask->map), map, NULL))
		dtb_write_prop(writer, prop->name, prop->value, prop->size);
}

bool dom0_links_write(const struct dom0 *dom0, struct dtb_writer *writer,
		const struct dt_node *node, const struct dt_prop *prop)
{
	const struct link *link = find_link(prop->name);

	for (size_t i = 0; i < ARRAY_SIZE(masks); i++) {
		if (strcmp(masks[i].name, prop->name) != 0)
			continue;
		write_mask(dom0, writer, node, &masks[i], prop);
		return true;
	}
	if (link)
		write_link(dom0, writer, link, prop);
	return link != NULL;
}
