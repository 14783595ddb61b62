/* SPDX-License-Identifier: Apache-2.0 */
/* Claims that are in no ledger. What an overlay says later of a node of the boot tree does not count. */
#include "assign/described.h"

#include "assign/resource.h"
#include "core/heap.h"
#include "core/panic.h"

static struct interval_set sets[RESOURCE_KINDS];
static struct claim *all;

static void describe(const struct resource *resource, const struct dt_node *node)
{
	struct extent extent = extent_of(resource);
	struct claim *claim = heap_alloc(sizeof(*claim));

	if (!claim)
		panic("not enough memory for the list of devices");
	*claim = (struct claim){ .next = all, .resource = *resource, .node = node };
	claim->at.first = extent.first;
	claim->at.last = extent.last;
	interval_insert(&sets[resource->kind], &claim->at);
	all = claim;
}

void described_init(const struct dt_tree *tree)
{
	const struct dt_node *node;

	dt_for_each_node (node, tree->root) {
		struct resource_walk walk = resource_walk(tree, node);
		struct resource resource;
		int rc;

		while ((rc = resource_walk_next(&walk, &resource, NULL)) != 0) {
			if (rc > 0 && resource.size - 1 <= UINT64_MAX - resource.base)
				describe(&resource, node);
		}
	}
}

const struct claim *described_find(enum resource_kind kind, uint64_t number)
{
	const struct interval *at = interval_at(&sets[kind], number);

	return at ? container_of(at, struct claim, at) : NULL;
}

void described_drop(void)
{
	while (all) {
		struct claim *next = all->next;

		interval_remove(&sets[all->resource.kind], &all->at);
		heap_free(all);
		all = next;
	}
}
