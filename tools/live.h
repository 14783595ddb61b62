/* SPDX-License-Identifier: Apache-2.0 */
/* The live tree of the running Graft. What it allocates lives to the end of the program. */
#pragma once

#include "dt/tree.h"
#include "include/graft/sysctl.h"
#include "tools/file.h"

struct live {
	struct bytes blob;
	uint32_t generation;
	struct dt_tree tree;
	struct graft_sysctl_device *devices; /* of all nodes, in document order */
};

/* Everything as it is at one moment. False, and said why, when it cannot be had. */
bool live_fetch(struct live *live);
/* The blob alone. */
bool live_fetch_blob(struct live *live);
