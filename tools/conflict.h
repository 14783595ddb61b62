/* SPDX-License-Identifier: Apache-2.0 */
/* Where what an overlay brings meets what the base tree has: what Graft would refuse to assign, and why. */
#pragma once

#include "dt/overlay.h"
#include "tools/uses.h"

struct conflict {
	const char *rule; /* "ram", "interrupt-controller", "overlap", "shared-page", "interrupt", ... */
	const struct dt_node *node; /* of the overlay */
	const struct dt_node *other; /* of the base; NULL: nobody's */
	const char *text; /* what of the node, and what of the other */
};

struct conflicts {
	struct conflict *at;
	size_t count, room;
};

/* Everything of `own` (of a live overlay's devices) against everything in the tree that is not of those devices. */
void conflicts_find(struct conflicts *conflicts, const struct dt_tree *tree,
		const struct dt_overlay *overlay, const struct uses *own);
