/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A guest's overlay made from the host's. The host's is applied to the base twice, the second time to a
 * copy of the base in which every phandle is higher by PHANDLE_SHIFT: where the two results differ, there
 * is a reference. Numbers that the base or the overlay wrote themselves are told by the property's name.
 */
#pragma once

#include "tools/devices.h"
#include "tools/draft.h"
#include "tools/engine.h"
#include "tools/guest_make.h"
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

/* A node that hangs on the guest's root, and its twin in the shifted tree. */
struct guest_top {
	const struct dt_node *node, *twin;
};

struct guest {
	struct dt_tree tree, shifted;
	struct dt_overlay *overlay, *shifted_overlay; /* live */
	const struct guest_order *order;
	const struct dt_node **nodes; /* that the guest gets, sorted by address */
	size_t node_count, node_room;
	struct guest_top *tops;
	size_t top_count, top_room;
	struct draft_node *content, *labels;
	struct draft_node
			*taken; /* its children have the names that the guest's root has already */
	struct space space;
	struct guest_clock *clocks;
	size_t clock_count, clock_room;
	uint32_t *numbers; /* phandles that an overlay without fixups names by number */
	size_t number_count, number_room;
	uint32_t phandle_last;
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

/* guest_pick.c: choose tops and nodes; what stays with the host is said. */
void guest_pick(struct guest *guest);
/* Whether the node goes to the guest. */
bool guest_has(const struct guest *guest, const struct dt_node *node);
/* A property that changes for the host alone, and not only how its children are read. */
bool guest_stays_changed(const struct guest *guest, const struct dt_change *change);

/* guest_refs.c: the phandles that an overlay without fixups names by number. */
void guest_gather_numbers(struct guest *guest);
/* Whether the property refers to a node that the guest does not have. */
bool guest_reaches_out(
		const struct guest *guest, const struct guest_node *at, const struct dt_prop *prop);
/* Copy a property with its references. */
void guest_copy_prop(
		const struct guest *guest, const struct guest_node *at, const struct dt_prop *prop);

/* guest_node.c: a bus whose children have memory addresses, and no bridge to a bus of another kind. */
bool guest_is_memory_bus(const struct guest *guest, const struct dt_node *node);

/* guest_resources.c: registers and how they are assigned; guest_irqs.c: interrupts. */
void guest_write_windows(struct guest *guest, const struct guest_node *at);
void guest_write_irqs(struct guest *guest, const struct guest_node *at);
void guest_write_irq_map(struct guest *guest, const struct guest_node *at);

/* guest_clock.c */
void guest_write_clocks(struct guest *guest, const struct guest_node *at);
/* One entry of a list of clocks: 1, 0 at the end, -1 when it cannot be read. A hole has no provider. */
int guest_next_clock(const struct guest *guest, struct span *list, struct guest_clock *clock);
bool guest_same_clock(const struct guest_clock *a, const struct guest_clock *b);
/* guest_rate.c: Hz; 0: not known. */
uint64_t guest_rate_of(const struct guest *guest, const struct guest_clock *clock);
/* Refuse names of --clock-rate that no clock of the guest's has. */
void guest_check_rates(struct guest *guest);

/* guest_node.c: a node that the guest has becomes, with all below it, a child of `parent`. */
void guest_write_node(struct guest *guest, const struct dt_node *node, const struct dt_node *twin,
		struct draft_node *parent);

/* guest_tree.c: the root of a tree as libxl makes it for a guest, as far as overlays can tell. */
struct draft_node *guest_tree(void);
/* Whether the blob is, in such a guest, an overlay without faults. Faults are said. */
bool guest_check(struct bytes blob);

/* guest_host.c: what stays with the host, as an overlay for Dom0's kernel. False, and said, when it is over a limit. */
bool guest_make_host_part(const struct guest *guest, struct bytes *out);
