/* SPDX-License-Identifier: Apache-2.0 */
/* What the engine takes, and nobody can have meant: nodes in no fragment, paths that lead nowhere. */
#pragma once

#include "dt/overlay.h"

/* Nodes below the blob's own root that are no fragments: they do not come into the tree. Each is a fault. */
void remark_strays(struct span blob, struct dt_why *why);

/* Strings that stay a path into the blob ("/fragment@0/__overlay__/..."), of an alias say. A remark each. */
void remark_paths(const struct dt_overlay *overlay, void (*take)(void *ctx, const char *text),
		void *ctx);
