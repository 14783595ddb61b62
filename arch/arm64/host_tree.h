/* SPDX-License-Identifier: Apache-2.0 */
/* The host's live device tree: what the machine has, boot devices and those that overlays bring. */
#pragma once

#include "dt/tree.h"

extern struct dt_tree host_tree;

/* From the blob in boot_info, which is copied. Panics when there is no memory. */
void host_tree_init(void);
/* From now on overlays may come, with labels. Dom0's tree was made from it: it is the machine's no longer. */
void host_tree_open(void);
