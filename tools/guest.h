/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A guest's overlay made from the host's. The host's is applied to the base twice, the second time to a
 * copy of the base in which every phandle is higher by PHANDLE_SHIFT: where the two results differ, there
 * is a reference. Nothing else tells numbers from phandles.
 */
#pragma once

#include "tools/draft.h"
#include "tools/engine.h"
#include "tools/guest_space.h"
#include "tools/uses.h"

/* Only the top byte of a phandle changes, so that the first byte that differs is its first. */
#define PHANDLE_SHIFT UINT32_C(0x01000000)

struct guest_clock {
	const struct dt_node *provider;
	uint32_t cells[DT_CELLS_MAX];
	uint32_t cell_count;
	uint32_t phandle; /* of the fixed-clock that stands for it */
};

struct guest {
	struct dt_tree tree, shifted;
	struct dt_overlay *overlay, *shifted_overlay; /* live */
	const struct dt_tree *live; /* as in struct guest_order */
	struct draft_node *content, *labels;
	struct space space;
	struct guest_clock *clocks;
	size_t clock_count, clock_room;
	uint32_t phandle_last;
	uint64_t rate; /* of clocks whose rate is not in the tree; 0: refuse */
	bool forced; /* the user takes the risk of a device without IOMMU */
	bool refused; /* and the reason was said */
};

/* A node of the host's, its twin in the shifted tree, and what becomes of it. */
struct guest_node {
	const struct dt_node *node, *twin;
	struct draft_node *draft;
	struct uses uses;
};

/* Say why not; others are said too. */
void guest_refuse(struct guest *guest, const struct dt_node *node, const char *format, ...)
		__attribute__((format(printf, 3, 4)));
void guest_warn(const struct dt_node *node, const char *format, ...)
		__attribute__((format(printf, 2, 3)));

/*
 * Does this node go to the guest? One of the overlay does, unless it hangs on a device of the host's: an
 * I2C chip, a pin setting.
 */
bool guest_has(const struct guest *guest, const struct dt_node *node);

/* The next byte offset of `prop` from `*offset` on where a reference begins; false past the last. */
bool guest_next_reference(const struct guest *guest, const struct guest_node *at,
		const struct dt_prop *prop, uint32_t *offset);
/* Does it refer to a node that the guest does not have? */
bool guest_reaches_out(
		const struct guest *guest, const struct guest_node *at, const struct dt_prop *prop);
/* Copy a property with its references. */
void guest_copy_prop(
		const struct guest *guest, const struct guest_node *at, const struct dt_prop *prop);

/* guest_resources.c: registers, interrupts, and how they are assigned. */
void guest_write_windows(struct guest *guest, const struct guest_node *at);
void guest_write_irqs(struct guest *guest, const struct guest_node *at);
void guest_write_irq_map(struct guest *guest, const struct guest_node *at);

/* guest_clock.c */
void guest_write_clocks(struct guest *guest, const struct guest_node *at);

/* guest_node.c: a node that the guest has becomes, with all below it, a child of `parent`. */
void guest_write_node(struct guest *guest, const struct dt_node *node, const struct dt_node *twin,
		struct draft_node *parent);
