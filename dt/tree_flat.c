/* SPDX-License-Identifier: Apache-2.0 */
/* The live tree written back as a blob. Document order, so equal trees give equal bytes. */
#include "dt/fdt_write.h"
#include "dt/tree_priv.h"

static size_t round4(size_t size)
{
	return (size + 3) & ~(size_t)3;
}

static size_t node_size(const struct dt_node *node)
{
	size_t size = 8 + round4(strlen(node->name) + 1);
	const struct dt_prop *prop;

	dt_for_each_prop (prop, node)
		size += 12 + round4(prop->size) + strlen(prop->name) + 1;
	return size;
}

size_t dt_tree_flat_size(const struct dt_tree *tree)
{
	size_t size = 40 + tree->base.reserves.left + 16 + 4;
	const struct dt_node *node;

	dt_for_each_node (node, tree->root)
		size += node_size(node);
	return size;
}

static void write_node(struct dtb_writer *w, const struct dt_node *node)
{
	const struct dt_prop *prop;

	dtb_begin_node(w, node->name);
	dt_for_each_prop (prop, node)
		dtb_write_prop(w, prop->name, prop->value, prop->size);
}

/* End this node and those whose last node it is; the next one in document order, or NULL. */
static const struct dt_node *leave_node(struct dtb_writer *w, const struct dt_node *node)
{
	if (node->first_child)
		return node->first_child;
	for (; node; node = node->parent) {
		dtb_end_node(w);
		if (node->next)
			return node->next;
	}
	return NULL;
}

int dt_tree_flatten(const struct dt_tree *tree, void *buffer, size_t size, size_t *total)
{
	const struct dt_node *node = tree->root;
	struct dtb_writer w;
	uint64_t base, length;
	uint32_t i;

	dtb_write_init(&w, buffer, size);
	dtb_write_boot_cpu(&w, tree->base.boot_cpu);
	for (i = 0; dtb_reserve(&tree->base, i, &base, &length); i++)
		dtb_write_reserve(&w, base, length);
	while (node) {
		write_node(&w, node);
		node = leave_node(&w, node);
	}
	return dtb_finish(&w, total);
}
