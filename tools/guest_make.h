/* SPDX-License-Identifier: Apache-2.0 */
/* What a guest's overlay is made of. */
#pragma once

#include "dt/tree.h"
#include "tools/file.h"

struct guest_rate {
	const char *name; /* in clock-names of a device, or PROVIDER[:CELL...] */
	uint64_t hz;
};

struct guest_order {
	struct bytes base, overlay; /* the host's tree without the overlay, and the overlay */
	const char *base_name, *overlay_name; /* for messages */
	const struct dt_tree *live; /* the host's now, other overlays in it; NULL: not known */
	const struct bytes
			*others; /* overlays that the guest has already: their places are taken */
	size_t other_count;
	uint64_t at; /* guest address of the lowest physical page, when it is placed */
	uint64_t rate; /* of clocks whose rate is not in the tree, Hz; 0: refuse those */
	struct guest_rate *rates; /* of clocks by name: they hold before what the tree tells */
	size_t rate_count;
	struct bytes *host_part; /* not NULL: what stays with the host goes there; no bytes: nothing does */
	bool placed;
	bool labelled; /* with the overlay's labels, for a guest whose tree has some: xl's has none */
	bool forced; /* the user takes the risk of a device without IOMMU */
};

/*
 * Options of a verb that makes one, as they came (NULL: not given): --at, --clock-rate (several with commas) and
 * --force-without-iommu. False, and said, when one is not a number it can take.
 */
bool guest_read_options(
		struct guest_order *order, const char *at, const char *rate, const char *force);

/* Make it. The bytes are the caller's. False, and all reasons said. */
bool guest_make(const struct guest_order *order, struct bytes *out);
