/* SPDX-License-Identifier: Apache-2.0 */
/* What nodes use, gathered: windows of memory addresses, interrupts, DMA streams. */
#pragma once

#include "dt/resource.h"

enum use_kind {
	USE_WINDOW,
	USE_IRQ, /* of a GIC */
	USE_WIRE, /* an interrupt that goes to another controller */
	USE_STREAM,
};

struct use {
	enum use_kind kind;
	const struct dt_node *node;
	const char *source; /* the property it was read from */
	struct dt_window window;
	struct dt_gic_irq gic;
	struct dt_irq irq; /* IRQ and WIRE */
	struct dt_stream stream;
};

struct uses {
	struct use *at;
	size_t count, room;
};

/* Neither the node nor a bus above it is disabled: else nobody owns what it uses. */
bool uses_are_enabled(const struct dt_tree *tree, const struct dt_node *node);

/* Add all that `node` uses. Faults go to `why`; a register that is no memory address is not a fault. */
void uses_read(struct uses *uses, const struct dt_tree *tree, const struct dt_node *node,
		struct dt_why *why);
