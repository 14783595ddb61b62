/* SPDX-License-Identifier: Apache-2.0 */
/* What a node of the live tree uses, all kinds in one list (design section 2, "attach", step 1). */
#pragma once

#include "assign/ledger.h"
#include "dt/resource.h"

struct resource_walk {
	const struct dt_tree *tree;
	const struct dt_node *node;
	struct dt_list list;
	unsigned stage;
	bool pci_host;
};

struct resource_walk resource_walk(const struct dt_tree *tree, const struct dt_node *node);

/*
 * 1 with a resource, 0 at the end, or a negative error; the next call then goes on behind it. What is no
 * resource of the CPU's or the GIC's (an address on an I2C bus, a line of a GPIO block, an empty range) is
 * passed over.
 */
int resource_walk_next(struct resource_walk *walk, struct resource *out, struct dt_why *why);

/* Of the resource that came last: from `reg`, not from a bus's `ranges`. */
static inline bool resource_is_of_reg(const struct resource_walk *walk)
{
	return walk->stage == 0;
}

/* A node whose reg names a device: not memory, not a CPU. */
bool is_device(const struct dt_tree *tree, const struct dt_node *node);

/* "registers 0xa003e00 (0x200 bytes)", "interrupt 79", "stream 0x10": for messages. */
struct resource_name {
	char text[72];
};
struct resource_name resource_name_of(const struct resource *resource);
#define resource_name(resource) (resource_name_of(resource).text)
