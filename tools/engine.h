/* SPDX-License-Identifier: Apache-2.0 */
/* The engine of dt/ fed from files. What goes wrong is said here, with the engine's own sentence. */
#pragma once

#include "dt/overlay.h"
#include "tools/file.h"

/* malloc and free; a seed of this run. */
struct dt_env engine_env(void);

/* Build the tree from a file. */
bool engine_load_tree(struct dt_tree *tree, const char *file);

/* Apply the overlay in a file. */
bool engine_apply(struct dt_tree *tree, const char *file, struct dt_overlay **out);

/* The tree as a blob; the bytes are the caller's. */
bool engine_flatten(const struct dt_tree *tree, struct bytes *out);
