/* SPDX-License-Identifier: Apache-2.0 */
/* The generic timer's node of the host's device tree (binding arm,armv8-timer). */
#pragma once

#include "arch/arm64/counter.h"
#include "dt/tree.h"

struct timer_node {
	const struct dt_node *node;
	uint32_t frequency;     /* Hz that clock-frequency states; 0: CNTFRQ_EL0 is right */
	uint32_t virtual_intid; /* PPIs, 16 to 31 */
	uint32_t hypervisor_intid;
	enum counter_erratum erratum;
};

/* At boot only. Ends in boot_refuse() without a node, or without these two interrupts in it. */
void timer_node_read(const struct dt_tree *tree, struct timer_node *out);

/* True of the node above. */
bool timer_node_is(const struct dt_tree *tree, const struct dt_node *node);
