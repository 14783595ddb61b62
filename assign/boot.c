/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The boot tree's claims. Trees in the field are not free of faults: a resource that the rules refuse is left
 * out with a warning, and the device is the hardware domain's without it.
 */
#include "assign/boot.h"

#include "assign/attach.h"
#include "assign/described.h"
#include "assign/overlays.h"
#include "assign/passthrough.h"
#include "assign/rules.h"
#include "core/domain.h"
#include "core/heap.h"
#include "core/panic.h"
#include "core/printk.h"
#include "lib/string.h"

static const struct dt_tree *boot_tree;
static struct attachment *given; /* the hardware domain's */
static struct claim *kept;
static bool (*kept_by_graft)(const struct dt_tree *tree, const struct dt_node *node);

void assign_init(struct dt_tree *tree,
		bool (*is_kept)(const struct dt_tree *tree, const struct dt_node *node))
{
	boot_tree = tree;
	kept_by_graft = is_kept;
	rules_set_kept(is_kept);
	overlays_init(tree);
	passthrough_init();
}

static void keep(const struct resource *resource, const struct dt_node *node)
{
	struct claim *claim = heap_alloc(sizeof(*claim));

	if (!claim)
		panic("not enough memory for the ledger of devices");
	*claim = (struct claim){ .next = kept, .resource = *resource, .node = node };
	kept = claim;
	ledger_enter(claim);
}

void assign_keep_memory(struct page_range range)
{
	struct resource resource = {
		.kind = RESOURCE_MMIO, .base = range.base.v, .size = range.size
	};

	if (range.size)
		keep(&resource, NULL);
}

static void keep_device(const struct dt_node *node)
{
	struct resource_walk walk = resource_walk(boot_tree, node);
	struct resource resource;
	int rc;

	while ((rc = resource_walk_next(&walk, &resource, NULL)) != 0) {
		bool private = rc > 0 && resource.kind == RESOURCE_SPI && !resource.shared;

		if (rc > 0 && !private && resource.size - 1 <= UINT64_MAX - resource.base)
			keep(&resource, node);
	}
}

static void give_device(struct attachment *a, const struct dt_node *node)
{
	struct resource_walk walk = resource_walk(boot_tree, node);
	struct dt_why why = { .each = NULL };
	struct resource resource;
	int rc;

	a->devices++;
	while ((rc = resource_walk_next(&walk, &resource, &why)) != 0) {
		struct claim **added = a->tail;

		/* What is private to each CPU every guest has of its own, from the virtual GIC. */
		if (rc > 0 && resource.kind == RESOURCE_SPI && !resource.shared)
			continue;
		/* Drivers in the field name a trigger of their own where the tree has one that cannot be. */
		resource.impossible = false;
		if (rc < 0 || attachment_add(a, boot_tree, node, &resource, &why))
			log_warn("%s; Dom0 does not get it", why.text);
		else
			attachment_commit_from(a, *added);
	}
}

/* The next node in document order that is not below this one. */
static const struct dt_node *skip_subtree(const struct dt_node *node)
{
	while (node && !node->next)
		node = node->parent;
	return node ? node->next : NULL;
}

static bool is_about_the_tree(const struct dt_node *node)
{
	static const char *const names[] = { "reserved-memory", "chosen", "cpus", "aliases",
		"__symbols__" };

	if (!node->parent || node->parent->parent)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		if (strcmp(node->name, names[i]) == 0)
			return true;
	}
	return false;
}

static void keep_all(void)
{
	const struct dt_node *node;

	dt_for_each_node (node, boot_tree->root) {
		if (kept_by_graft(boot_tree, node))
			keep_device(node);
	}
}

bool assign_is_for_guests(const struct dt_tree *tree, const struct dt_node *node)
{
	return dt_prop(tree, node, "xen,passthrough") != NULL;
}

/*
 * Disabled nodes have no owner: the devices may be another world's, or not be there; an overlay that enables
 * one can give it to any domain. What is marked for guests waits for one.
 */
void assign_boot_devices(struct domain *d)
{
	const struct dt_node *node = boot_tree->root;

	given = attachment_create(d, NULL);
	if (!given)
		panic("not enough memory for the ledger of devices");
	keep_all();
	while (node) {
		if (kept_by_graft(boot_tree, node) || is_about_the_tree(node) ||
				!dt_is_enabled(boot_tree, node) ||
				assign_is_for_guests(boot_tree, node)) {
			node = skip_subtree(node);
			continue;
		}
		if (is_device(boot_tree, node))
			give_device(given, node);
		node = dt_node_next(node, boot_tree->root);
	}
	described_init(boot_tree);
}

struct claim *assign_boot_claims(void)
{
	return given ? given->first : NULL;
}

void assign_drop(void)
{
	described_drop();
	attachment_stop_claims(given);
	attach_free(given);
	given = NULL;
	while (kept) {
		struct claim *next = kept->next;

		ledger_leave(kept);
		heap_free(kept);
		kept = next;
	}
}
