/* SPDX-License-Identifier: Apache-2.0 */
/* A tree that has just what an overlay asks of its base: to check an overlay of which no base is given. */
#pragma once

#include "dt/tree.h"
#include "tools/file.h"

/* False, with an error said, only when it is over a limit. Labels become nodes named "&label". */
bool standin_build(struct dt_tree *tree, struct bytes overlay);
