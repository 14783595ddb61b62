/* SPDX-License-Identifier: Apache-2.0 */
/* The console UART: found before anything else, so that whatever goes wrong later can be read. */
#pragma once

#include "core/types.h"
#include "dt/fdt.h"
#include "dt/tree.h"

/*
 * dtuart (a path or an alias, ":options" cut off; "": /chosen stdout-path) in the host's blob. Without a UART
 * that Graft can drive it runs silently, its log kept in the ring.
 */
void boot_console_init(const struct dtb *dtb, const char *dtuart);

/* Once interrupts work: input. */
void boot_console_enable_receive(const struct dt_tree *tree);

/* The node that Graft keeps; NULL when there is none. */
const struct dt_node *boot_console_node(const struct dt_tree *tree);
