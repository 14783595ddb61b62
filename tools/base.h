/* SPDX-License-Identifier: Apache-2.0 */
/* The host's tree as it was before an overlay that is in it now: what a guest's overlay is made from. */
#pragma once

#include <stdbool.h>

#include "dt/tree.h"
#include "tools/file.h"

/*
 * From the running Graft, with the tree as it is, which lives to the end of the program. `name` is for messages.
 * False, and said, when the overlay was not added.
 */
bool base_without(struct bytes overlay, const char *name, struct bytes *out,
		const struct dt_tree **live);
