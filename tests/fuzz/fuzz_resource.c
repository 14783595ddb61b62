/* SPDX-License-Identifier: Apache-2.0 */
/* Any tree: all resources of all nodes are read. */
#include "tests/fuzz/fuzz.h"

/* Reads a list to its end, which must come. */
#define READ_ALL(list, next, entry)                                                                \
	do {                                                                                       \
		struct dt_list all = (list);                                                       \
		size_t turns = 0;                                                                  \
		int got;                                                                           \
		while ((got = next(&all, &(entry), &why)) != 0)                                    \
			must(++turns <= DT_BLOB_MAX && (got == 1 || why.text[0]), #next);          \
	} while (0)

static void read_node(const struct dt_tree *tree, const struct dt_node *node)
{
	struct dt_why why = { .text = "" };
	struct dt_placement place;
	struct dt_window window;
	struct dt_stream stream;
	struct dt_gic_irq gic;
	struct dt_irq irq = { 0 };
	uint32_t phandle;

	READ_ALL(dt_reg(tree, node), dt_reg_next, window);
	READ_ALL(dt_ranges(tree, node), dt_ranges_next, window);
	READ_ALL(dt_iommus(tree, node), dt_iommus_next, stream);
	READ_ALL(dt_iommu_map(tree, node), dt_iommu_map_next, stream);
	READ_ALL(dt_placements(tree, node), dt_placements_next, place);
	READ_ALL(dt_irqs(tree, node), dt_irqs_next, irq);
	READ_ALL(dt_irq_map(tree, node), dt_irq_map_next, irq);
	if (irq.controller)
		(void)dt_gic_decode(tree, &irq, &gic, &why);
	(void)dt_is_dma_coherent(tree, node);
	(void)dt_is_enabled(tree, node);
	(void)dt_is_pci_host(tree, node);
	(void)dt_xen_path(tree, node);
	(void)dt_irq_parent(tree, node);
	(void)dt_irq_parent_phandle(tree, node, &phandle);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dt_tree tree;
	const struct dt_node *node;

	if (dt_tree_build(&tree, &fuzz_env, data, size, NULL) == 0) {
		dt_for_each_node (node, tree.root)
			read_node(&tree, node);
		dt_tree_drop(&tree);
	}
	must(pieces == 0, "nothing leaks");
	return 0;
}
