/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The life of an overlay (design section 2): ADDED, ATTACHED to a domain, and back. Each function does all of it
 * or nothing, and says why it refused. Blobs are Graft's copies. Guarded by the turn (assign/turn.h).
 */
#pragma once

#include "assign/attach.h"
#include "assign/report.h"
#include "core/types.h"
#include "dt/overlay.h"

/* By assign_init(). */
void overlays_init(struct dt_tree *tree);
struct dt_tree *overlays_tree(void);

/*
 * Add: begin gives an overlay whose ->blob the caller fills; add makes it part of the live tree, or drops it.
 * Errors are those of dt/overlay.h.
 */
int overlays_begin(size_t size, struct dt_overlay **out, struct dt_why *why);
int overlays_add(struct dt_overlay *overlay, struct dt_why *why);

/*
 * Remove the overlay of these very bytes. What the hardware domain holds of it is taken away first. -ENOENT;
 * -EBUSY: another overlay builds on it, or another domain holds it.
 */
int overlays_remove(const void *blob, size_t size, struct dt_why *why);

/*
 * Give d devices: if it is direct-mapped, those of the overlay of these very bytes; else those that the blob has
 * nodes of, where it places them (assign/guest.h). -ENOENT: no such overlay is in the tree, or none brought the
 * node; -EEXIST: d has it; -EBUSY: another domain has it, or something of it; -EINVAL: d is dying; see
 * assign/rules.c.
 */
int overlays_attach(struct domain *d, const void *blob, size_t size, struct dt_why *why);

/*
 * Take back from d what an attach of these very bytes brought; and, if they are an overlay's, all that d has of
 * that overlay. -ENOENT: nothing.
 */
int overlays_detach(struct domain *d, const void *blob, size_t size, struct dt_why *why);

/* Dry runs: what the operation would do, and what it would answer. */
int overlays_plan_add(struct dt_overlay *overlay, struct report *report, struct dt_why *why);
int overlays_plan_remove(const void *blob, size_t size, struct report *report, struct dt_why *why);
int overlays_plan_attach(struct domain *d, const void *blob, size_t size, struct report *report,
		struct dt_why *why);
int overlays_plan_detach(struct domain *d, const void *blob, size_t size, struct report *report,
		struct dt_why *why);

/* Whose a node is. */
struct device_owner {
	unsigned ranges, interrupts, streams;
	const struct claim *claim; /* of its first resource that has an owner; NULL: nobody's */
	bool shared; /* another resource has another owner, or none */
};
struct device_owner overlays_owner_of(const struct dt_node *node);
