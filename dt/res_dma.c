/* SPDX-License-Identifier: Apache-2.0 */
/* DMA: streams that a device sends through an IOMMU (the iommu and pci-iommu bindings), coherence. */
#include "dt/resource_priv.h"

struct dt_list dt_iommus(const struct dt_tree *tree, const struct dt_node *node)
{
	return dt_list_of(tree, node, "iommus");
}

struct dt_list dt_iommu_map(const struct dt_tree *tree, const struct dt_node *node)
{
	return dt_list_of(tree, node, "iommu-map");
}

/* phandle and, by the IOMMU's own count, cells. A list that cannot be understood is finished. */
static int read_stream(struct dt_list *list, const char *name, struct dt_stream *stream,
		struct dt_why *why)
{
	uint32_t phandle;

	if (!span_u32(&list->rest, &phandle))
		return dt_list_cut_off(list, name, why);
	stream->iommu = dt_phandle_from(list->tree, list->node, phandle);
	if (!stream->iommu) {
		list->rest.left = 0;
		return dt_fail(why, -DT_EINVAL, "%s: %s: no node has phandle 0x%x",
				dt_path(list->node), name, phandle);
	}
	if (!dt_prop_u32(list->tree, stream->iommu, "#iommu-cells", &stream->cell_count) ||
			stream->cell_count > DT_CELLS_MAX) {
		list->rest.left = 0;
		return dt_fail(why, -DT_EINVAL, "%s: #iommu-cells is not 0 to 8",
				dt_path(stream->iommu));
	}
	if (!dt_read_cells(&list->rest, stream->cells, stream->cell_count))
		return dt_list_cut_off(list, name, why);
	stream->index = list->index++;
	return 1;
}

int dt_iommus_next(struct dt_list *list, struct dt_stream *stream, struct dt_why *why)
{
	if (list->rest.left == 0)
		return 0;
	*stream = (struct dt_stream){ .count = 1 };
	return read_stream(list, "iommus", stream, why);
}

int dt_iommu_map_next(struct dt_list *list, struct dt_stream *stream, struct dt_why *why)
{
	int got;

	if (list->rest.left == 0)
		return 0;
	*stream = (struct dt_stream){ 0 };
	if (!span_u32(&list->rest, &stream->first_rid))
		return dt_list_cut_off(list, "iommu-map", why);
	got = read_stream(list, "iommu-map", stream, why);
	if (got > 0 && !span_u32(&list->rest, &stream->count))
		return dt_list_cut_off(list, "iommu-map", why);
	return got;
}

bool dt_is_dma_coherent(const struct dt_tree *tree, const struct dt_node *node)
{
	for (; node; node = node->parent) {
		if (dt_prop(tree, node, "dma-coherent"))
			return true;
		if (dt_prop(tree, node, "dma-noncoherent"))
			return false;
	}
	return false;
}
