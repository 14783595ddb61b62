/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Nodes of an overlay that go to the guest: those it brings below a bus whose children are the CPU's, and nodes of the
 * base that it enables. The board's own affairs stay with the host: memory, pins, clocks of the fabric.
 */
#include <stdlib.h>
#include <string.h>

#include "tools/guest.h"
#include "tools/memory.h"

static bool is_compatible_with(
		const struct guest *guest, const struct dt_node *node, const char *const *names)
{
	for (; *names; names++)
		if (dt_is_compatible(&guest->tree, node, *names))
			return true;
	return false;
}

/* The child of the root that the node is or lies below. */
static const struct dt_node *below_root(const struct dt_node *node)
{
	while (node->parent && node->parent->parent)
		node = node->parent;
	return node;
}

/* Places in a host's tree that say something of the whole machine, which a guest is not. */
static bool is_of_machine(const struct guest *guest, const struct dt_node *node)
{
	static const char *const names[] = { "reserved-memory", "thermal-zones", "cpus", "firmware",
		"psci", "opp-table", NULL };
	const struct dt_node *place = below_root(node);
	const char *type = dt_prop_string(&guest->tree, node, "device_type");

	if (dt_device_is_about_the_tree(place) || (type && strcmp(type, "memory") == 0))
		return true;
	for (size_t i = 0; names[i]; i++)
		if (strcmp(place->name, names[i]) == 0)
			return true;
	return false;
}

static bool has_registers(const struct guest *guest, const struct dt_node *node)
{
	struct dt_list reg = dt_reg(&guest->tree, node);
	struct dt_window window;

	return dt_reg_next(&reg, &window, NULL) > 0;
}

/* A clock without registers that a clock of the host's feeds: its driver asks for that one, which Dom0 has. */
static bool is_fed_by_host(const struct guest *guest, const struct dt_node *node)
{
	static const char *const told[] = { "fixed-clock", "fixed-factor-clock", NULL };
	const struct dt_prop *clocks = dt_prop(&guest->tree, node, "clocks");
	const struct dt_node *parent;

	if (!clocks || clocks->size < 4 || !dt_prop(&guest->tree, node, "#clock-cells") ||
			has_registers(guest, node) || is_compatible_with(guest, node, told))
		return false;
	parent = dt_node_of_phandle(&guest->tree, span_load_u32(clocks->value));
	return parent && parent->owner != guest->overlay;
}

/* AFI, bridges and clocks of an FPGA: firmware calls and clocks of the board that only Dom0 can make and has. */
static bool is_hosts_half(const struct guest *guest, const struct dt_node *node)
{
	static const char *const kinds[] = { "xlnx,afi-fpga", "xlnx,fclk", "fpga-bridge",
		"altr,freeze-bridge-controller", "operating-points-v2", NULL };

	return is_compatible_with(guest, node, kinds) || is_fed_by_host(guest, node);
}

static bool reaches_memory(const struct guest *guest, const struct dt_node *bus)
{
	for (; bus->parent; bus = bus->parent)
		if (!dt_prop(&guest->tree, bus, "ranges"))
			return false;
	return true;
}

/* A node that only groups others. A child without registers below any other is a part of that device. */
static bool is_plain_bus(const struct guest *guest, const struct dt_node *node)
{
	static const char *const kinds[] = { "simple-bus", "simple-pm-bus", "fpga-region",
		"fpga-bus", "isa", NULL };

	return !node->parent || !dt_prop(&guest->tree, node, "compatible") ||
	       is_compatible_with(guest, node, kinds);
}

/* In the guest it hangs on the root, so it must be a device of its own. */
static bool can_stand_alone(const struct guest *guest, const struct dt_node *node)
{
	struct dt_list reg = dt_reg(&guest->tree, node);
	struct dt_window window;

	if (!node->parent || !reaches_memory(guest, node->parent))
		return false;
	/* A malformed one is refused when all resources are read. */
	if (reg.rest.left)
		return dt_reg_next(&reg, &window, NULL) != -DT_ENXIO;
	return is_plain_bus(guest, node->parent);
}

static int compare_nodes(const void *a, const void *b)
{
	const char *left = *(const char *const *)a, *right = *(const char *const *)b;

	return left < right ? -1 : left > right;
}

bool guest_has(const struct guest *guest, const struct dt_node *node)
{
	return guest->node_count && bsearch(&node, guest->nodes, guest->node_count,
						    sizeof(*guest->nodes), compare_nodes);
}

static void take(struct guest *guest, const struct dt_node *node)
{
	guest->nodes = memory_grow(
			guest->nodes, guest->node_count, &guest->node_room, sizeof(*guest->nodes));
	guest->nodes[guest->node_count++] = node;
}

/* Nodes of the base that are disabled are left out: nobody enabled them. */
static bool goes_along(const struct guest *guest, const struct dt_node *node)
{
	return !is_hosts_half(guest, node) &&
	       (node->owner == guest->overlay || dt_is_enabled(&guest->tree, node));
}

static void take_tree(struct guest *guest, const struct dt_node *node)
{
	const struct dt_node *child;

	take(guest, node);
	dt_for_each_child (child, node) {
		if (goes_along(guest, child))
			take_tree(guest, child);
		else if (child->owner == guest->overlay)
			guest_warn(child, "stays with the host");
	}
}

static void take_top(struct guest *guest, const struct dt_node *node, const struct dt_node *twin)
{
	guest->tops = memory_grow(
			guest->tops, guest->top_count, &guest->top_room, sizeof(*guest->tops));
	guest->tops[guest->top_count++] = (struct guest_top){ node, twin };
	take_tree(guest, node);
	/* Asked for while more come: kept in order from one to the next. */
	qsort(guest->nodes, guest->node_count, sizeof(*guest->nodes), compare_nodes);
}

static bool enables(const struct guest *guest, const struct dt_change *change)
{
	return change->kind != DT_ADD_NODE && strcmp(change->prop->name, "status") == 0 &&
	       dt_is_enabled(&guest->tree, change->node) &&
	       dt_device_is_enabled_above(&guest->tree, change->node);
}

static bool is_top_enabled(const struct guest *guest, const struct dt_node *node)
{
	return !guest_has(guest, node) && !is_of_machine(guest, node) &&
	       can_stand_alone(guest, node);
}

static const struct dt_node *enabled_above(const struct guest *guest, const struct dt_node *node)
{
	const struct dt_node *top = node;
	const struct dt_prop *status;

	for (; node; node = node->parent) {
		status = dt_prop(&guest->tree, node, "status");
		if (status && status->owner == guest->overlay && can_stand_alone(guest, node))
			top = node;
	}
	return top;
}

/* A node below another that the overlay enables goes with that one. */
static void pick_enabled(struct guest *guest)
{
	struct dt_change change;
	const struct dt_node *top;
	char path[DT_PATH_MAX + 1];

	dt_for_each_change(change, guest->overlay)
	{
		if (!enables(guest, &change))
			continue;
		top = enabled_above(guest, change.node);
		if (is_top_enabled(guest, top))
			take_top(guest, top,
					dt_node_at(&guest->shifted,
							dt_node_path(top, path, sizeof(path))));
	}
}

static void pick_brought(struct guest *guest)
{
	struct dt_change change, twin = dt_change_first(guest->shifted_overlay);

	for (change = dt_change_first(guest->overlay); change.node;
			dt_change_next(&change), dt_change_next(&twin)) {
		if (change.kind != DT_ADD_NODE || guest_has(guest, change.node) ||
				dt_device_is_about_the_tree(change.node))
			continue;
		if (is_of_machine(guest, change.node))
			guest_warn(change.node, "is of the host's machine: left out");
		else if (is_hosts_half(guest, change.node))
			guest_warn(change.node, "stays with the host");
		else if (!can_stand_alone(guest, change.node))
			guest_warn(change.node, "hangs on what the guest does not have: left out");
		else
			take_top(guest, change.node, twin.node);
	}
}

/* Properties that only say how what is below is to be read. */
static bool is_structure(const char *name)
{
	static const char *const names[] = { "#address-cells", "#size-cells", "ranges",
		"interrupt-parent", NULL };
	size_t i = 0;

	while (names[i] && strcmp(names[i], name) != 0)
		i++;
	return names[i];
}

bool guest_stays_changed(const struct guest *guest, const struct dt_change *change)
{
	return change->kind != DT_ADD_NODE && !guest_has(guest, change->node) &&
	       !dt_device_is_about_the_tree(change->node) && !is_structure(change->prop->name);
}

static void warn_of_changes(const struct guest *guest)
{
	struct dt_change change;

	dt_for_each_change(change, guest->overlay) if (guest_stays_changed(guest, &change))
			guest_warn(change.node, "'%s' is changed in the host's tree only",
					change.prop->name);
}

void guest_pick(struct guest *guest)
{
	pick_enabled(guest);
	pick_brought(guest);
	warn_of_changes(guest);
}
