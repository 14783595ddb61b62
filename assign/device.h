/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which nodes of an overlay are devices to attach: those that it brings, and those that were there before and
 * which it enables or gives other resources.
 */
#pragma once

#include "dt/overlay.h"

struct device_walk {
	const struct dt_overlay *overlay;
	struct dt_change change;
	const struct dt_node *top;
	const struct dt_node *node; /* comes next; NULL: look for another top */
	bool alone; /* not what is below top */
};

/* A child of the root that describes no device: its properties may have any name. */
bool device_is_about_the_tree(const struct dt_node *node);

/* No bus above it is disabled. */
bool device_is_enabled_above(const struct dt_tree *tree, const struct dt_node *node);

struct device_walk device_walk(const struct dt_overlay *overlay);

/*
 * The next one, NULL at the end. *enabled false: it is disabled, or a bus above it is; what is below it is
 * passed over. What lies below but came with another overlay is that one's.
 */
const struct dt_node *device_walk_next(struct device_walk *walk, bool *enabled);
