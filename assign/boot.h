/* SPDX-License-Identifier: Apache-2.0 */
/* What is whose when the machine starts: memory, what Graft keeps, what the hardware domain gets. */
#pragma once

#include "core/page.h"
#include "dt/tree.h"

struct claim;
struct domain;

/* Bring-up, in this order. All panic when there is no memory. */

/* The live tree that everything works on, and which of its nodes Graft keeps, now and of overlays to come. */
void assign_init(struct dt_tree *tree,
		bool (*is_kept)(const struct dt_tree *tree, const struct dt_node *node));

/* Memory: no device's. */
void assign_keep_memory(struct page_range range);

/* All nodes that Graft keeps, then all others that are enabled, for d: mapped and routed. */
void assign_boot_devices(struct domain *d);

/* A node of the boot tree that the hardware domain is not to use: it is disabled there, and nobody's. */
bool assign_is_for_guests(const struct dt_tree *tree, const struct dt_node *node);

/* The hardware domain's claims of the boot tree, those that are lent too. */
struct claim *assign_boot_claims(void);

/* Takes everything back, for a test whose machine ends. No overlay is attached any more. */
void assign_drop(void);
