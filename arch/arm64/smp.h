/* SPDX-License-Identifier: Apache-2.0 */
/* Physical CPUs: found in the device tree, started by PSCI. */
#pragma once

#include "dt/tree.h"

/* cpus[0] is the CPU that boots; its stacks come too. */
void smp_init_boot_cpu(void);

/* Starts every other CPU that the tree lists as enabled; a CPU that does not come is logged and left out. */
void smp_start_others(const struct dt_tree *tree);

/* Lets the others, which wait, go on to the scheduler. */
void smp_release_others(void);
