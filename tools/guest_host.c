/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The host's half of an overlay: nodes and properties that the guest does not get, for Dom0's kernel. Each node of the
 * base has a fragment. Phandles of the base are numbers, which Dom0's tree has as the host's has them.
 */
#include <string.h>

#include "tools/guest.h"
#include "tools/memory.h"

struct half {
	const struct guest *guest;
	struct draft_fragment *fragments;
	size_t count, room;
};

static struct draft_node *content_for(struct half *half, const struct dt_node *target)
{
	char path[DT_PATH_MAX + 1];

	dt_node_path(target, path, sizeof(path));
	for (size_t i = 0; i < half->count; i++)
		if (strcmp(half->fragments[i].target_path, path) == 0)
			return half->fragments[i].content;
	half->fragments = memory_grow(
			half->fragments, half->count, &half->room, sizeof(*half->fragments));
	half->fragments[half->count] =
			(struct draft_fragment){ .target_path = memory_print("%s", path),
				.content = draft_root() };
	return half->fragments[half->count++].content;
}

static bool stays(const struct guest *guest, const struct dt_node *node)
{
	return node->owner == guest->overlay && !guest_has(guest, node);
}

/* A clock that is only a number can be in both halves. */
static bool is_in_both(const struct guest *guest, const struct dt_node *node)
{
	return node->owner == guest->overlay && guest_has(guest, node) &&
	       dt_is_compatible(&guest->tree, node, "fixed-clock");
}

static bool has_hosts_below(const struct guest *guest, const struct dt_node *top)
{
	const struct dt_node *node;

	dt_for_each_node (node, top)
		if (stays(guest, node) || is_in_both(guest, node))
			return true;
	return false;
}

/* A node that the guest has keeps, for the host, only what makes it a bus of what stays. */
static bool is_for_host(const struct guest *guest, const struct dt_prop *prop)
{
	static const char *const names[] = { "compatible", "#address-cells", "#size-cells",
		"ranges", NULL };
	size_t i = 0;

	if (!guest_has(guest, prop->node) || is_in_both(guest, prop->node))
		return true;
	while (names[i] && strcmp(names[i], prop->name) != 0)
		i++;
	return names[i];
}

/* 1: a reference to the overlay's own, which stays; 0: to the base; -1: to what only the guest has. */
static int lead(const struct guest *guest, uint32_t phandle)
{
	const struct dt_node *node = dt_node_of_phandle(&guest->tree, phandle);

	if (!node || node->owner != guest->overlay)
		return 0;
	return guest_has(guest, node) && !is_in_both(guest, node) ? -1 : 1;
}

static void copy_prop(const struct guest *guest, const struct dt_prop *prop,
		const struct dt_prop *twin, struct draft_node *to)
{
	struct draft_prop *copy = draft_set(to, prop->name, prop->value, prop->size);

	if (strcmp(prop->name, "phandle") == 0 || strcmp(prop->name, "linux,phandle") == 0)
		return;
	for (uint32_t at = 0; at + 4 <= prop->size;) {
		int way;

		if (prop->value[at] == twin->value[at]) {
			at++;
			continue;
		}
		way = lead(guest, span_load_u32(prop->value + at));
		if (way > 0)
			draft_refer(copy, at);
		if (way < 0)
			guest_warn(prop->node, "'%s' names what the guest has", prop->name);
		at += 4;
	}
}

static void copy_tree(const struct guest *guest, const struct dt_node *node,
		const struct dt_node *twin, struct draft_node *to)
{
	const struct dt_node *child, *other = twin->first_child;
	const struct dt_prop *prop;

	dt_for_each_prop (prop, node)
		if (is_for_host(guest, prop))
			copy_prop(guest, prop, dt_prop(&guest->shifted, twin, prop->name), to);
	dt_for_each_child (child, node) {
		if (has_hosts_below(guest, child))
			copy_tree(guest, child, other, draft_child(to, child->name));
		other = other->next;
	}
}

static void add_change(
		struct half *half, const struct dt_change *change, const struct dt_change *twin)
{
	const struct guest *guest = half->guest;
	const struct dt_node *node = change->node;

	if (guest_stays_changed(guest, change))
		copy_prop(guest, change->prop, twin->prop, content_for(half, node));
	/* Below a node of the base that the guest has, Dom0's kernel has no device. */
	if (change->kind == DT_ADD_NODE && !dt_device_is_about_the_tree(node) &&
			!guest_has(guest, node->parent) && has_hosts_below(guest, node))
		copy_tree(guest, node, twin->node,
				draft_child(content_for(half, node->parent), node->name));
}

/* Whether the host alone gets any node or property. */
static bool leaves_any(const struct guest *guest)
{
	struct dt_overlay_walk walk = dt_overlay_walk(guest->overlay);
	const struct dt_node *node;
	struct dt_change change;

	while ((node = dt_overlay_walk_next(&walk)))
		if (stays(guest, node) && !dt_device_is_about_the_tree(node))
			return true;
	dt_for_each_change(change,
			guest->overlay) if (guest_stays_changed(guest, &change)) return true;
	return false;
}

bool guest_make_host_part(const struct guest *guest, struct bytes *out)
{
	struct half half = { .guest = guest };
	struct dt_change change, twin = dt_change_first(guest->shifted_overlay);

	*out = (struct bytes){ 0 };
	if (!leaves_any(guest))
		return true;

	for (change = dt_change_first(guest->overlay); change.node;
			dt_change_next(&change), dt_change_next(&twin))
		add_change(&half, &change, &twin);
	return !half.count || draft_write_overlay(half.fragments, half.count, NULL, out);
}
