/* SPDX-License-Identifier: Apache-2.0 */
/* The life of an overlay from outside: begin, drop, find, and what it holds. */
#include "dt/overlay_priv.h"
#include "dt/tree_priv.h"

void dt_overlay_release(struct dt_overlay *overlay)
{
	/* The arena holds the overlay itself. */
	struct dt_arena arena = overlay->arena;

	dt_arena_drop(&arena);
}
