/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Devices of an overlay: the nodes that it brings, and those that were there before and which it enables or gives
 * other resources.
 */
#pragma once

#include "dt/overlay.h"

struct dt_device_walk {
	const struct dt_overlay *overlay;
	struct dt_change change;
	const struct dt_node *top;
	const struct dt_node *node; /* comes next; NULL: look for another top */
	bool alone; /* not what is below top */
	bool whole; /* also what is below a disabled node */
};

/* A child of the root that describes no device: its properties may have any name. */
bool dt_device_is_about_the_tree(const struct dt_node *node);

/* No bus above it is disabled. */
bool dt_device_is_enabled_above(const struct dt_tree *tree, const struct dt_node *node);

/* `whole`: nodes below a disabled one are walked, too; else they are passed over. */
struct dt_device_walk dt_device_walk(const struct dt_overlay *overlay, bool whole);

/*
 * The next one, NULL at the end. *enabled false: it is disabled, or a bus above it is. Nodes below one that the
 * overlay enables, but that came with another overlay, are that one's. A node of which two properties change comes
 * twice.
 */
const struct dt_node *dt_device_walk_next(struct dt_device_walk *walk, bool *enabled);
