/* SPDX-License-Identifier: Apache-2.0 */
/* Whether Linux takes an overlay that the engine takes: drivers/of/overlay.c is stricter here and there. */
#pragma once

#include "dt/overlay.h"

/*
 * Why Linux refuses to apply it to the tree, in memory of the caller's; NULL: it does not. The overlay is live;
 * had_labels: the tree had /__symbols__ before.
 */
char *linux_refusal(const struct dt_overlay *overlay, bool had_labels);
