/* SPDX-License-Identifier: Apache-2.0 */
/* The engine of dt/ fed from files. What goes wrong is said here, with the engine's own sentence. */
#pragma once

#include "dt/overlay.h"
#include "tools/file.h"

/* malloc and free; a seed of this run. */
struct dt_env engine_env(void);

/* Build the tree; `name` is for messages. */
bool engine_build(struct dt_tree *tree, const char *name, struct bytes blob);
/* Build the tree from a file. */
bool engine_load_tree(struct dt_tree *tree, const char *file);

/* Apply an overlay; `name` is for messages. */
bool engine_add(struct dt_tree *tree, const char *name, struct bytes blob, struct dt_overlay **out);
/* Apply the overlay in a file. */
bool engine_apply(struct dt_tree *tree, const char *file, struct dt_overlay **out);

/* The tree as a blob; the bytes are the caller's. */
bool engine_flatten(const struct dt_tree *tree, struct bytes *out);
