/* SPDX-License-Identifier: Apache-2.0 */
/* Clocks of the host's that a device uses become fixed-clocks of the same rate, beside the device. */
#include <string.h>

#include "tools/cells.h"
#include "tools/guest.h"
#include "tools/memory.h"

int guest_next_clock(const struct guest *guest, struct span *list, struct guest_clock *clock)
{
	uint32_t phandle;

	*clock = (struct guest_clock){ 0 };
	if (list->left == 0)
		return 0;
	if (!span_u32(list, &phandle))
		return -1;
	/* A hole in the list. */
	if (phandle == 0)
		return 1;
	clock->phandle = phandle;
	clock->provider = dt_node_of_phandle(&guest->tree, phandle);
	if (!clock->provider ||
			!dt_prop_u32(&guest->tree, clock->provider, "#clock-cells",
					&clock->cell_count) ||
			clock->cell_count > DT_CELLS_MAX)
		return -1;
	for (uint32_t i = 0; i < clock->cell_count; i++)
		if (!span_u32(list, &clock->cells[i]))
			return -1;
	return 1;
}

bool guest_same_clock(const struct guest_clock *a, const struct guest_clock *b)
{
	return a->provider == b->provider && a->cell_count == b->cell_count &&
	       memcmp(a->cells, b->cells, a->cell_count * sizeof(a->cells[0])) == 0;
}

static const struct dt_node *top_of(const struct guest *guest, const struct dt_node *node)
{
	while (guest_has(guest, node->parent))
		node = node->parent;
	return node;
}

/* Named after the device, so that overlays for one guest do not meet. */
static char *name_fixed(const struct guest *guest, const struct dt_node *node)
{
	const char *top = top_of(guest, node)->name;
	size_t length = strcspn(top, "@"), number = guest->clock_count;
	char *name;

	do {
		name = memory_print("clock-%.*s-%s%s%zu", (int)length, top,
				top[length] ? top + length + 1 : "", top[length] ? "-" : "",
				number++);
		for (char *at = name; *at; at++)
			if (*at == ',')
				*at = '-';
	} while (draft_find(guest->content, name) || draft_find(guest->taken, name));
	return name;
}

static void write_fixed(struct guest *guest, const struct dt_node *node, struct guest_clock *clock,
		uint64_t rate)
{
	struct draft_node *fixed = draft_child(guest->content, name_fixed(guest, node));

	clock->phandle = ++guest->phandle_last;
	draft_set_string(fixed, "compatible", "fixed-clock");
	draft_set_u32(fixed, "#clock-cells", 0);
	draft_set_u32(fixed, "clock-frequency", (uint32_t)rate);
	draft_set_u32(fixed, "phandle", clock->phandle);
}

static bool asks_for(const struct guest *guest, const struct dt_node *node,
		const struct guest_clock *clock)
{
	const struct dt_prop *prop = dt_prop(&guest->tree, node, "clocks");
	struct span list = prop ? dt_prop_span(prop) : span_of(NULL, 0);
	struct guest_clock one;

	while (guest_next_clock(guest, &list, &one) > 0)
		if (guest_same_clock(&one, clock))
			return true;
	return false;
}

/* Linux on the host switches a clock off that none of its own devices asks for. */
static void warn_unless_claimed(const struct guest *guest, const struct dt_node *device,
		uint32_t index, const struct guest_clock *clock)
{
	const struct dt_node *node;

	if (dt_is_compatible(&guest->tree, clock->provider, "fixed-clock") ||
			dt_is_compatible(&guest->tree, clock->provider, "fixed-factor-clock") ||
			clock->provider->owner == guest->overlay)
		return;
	dt_for_each_node (node, guest->tree.root)
		if (!guest_has(guest, node) && dt_is_enabled(&guest->tree, node) &&
				asks_for(guest, node, clock))
			return;
	guest_warn(device,
			"clock %u, of %s, stays with the host, where no device asks for it: it may be off",
			index, dt_path(clock->provider));
}

/* The phandle of the clock that stands for this one, made the first time. */
static uint32_t replace(struct guest *guest, const struct dt_node *node, uint32_t index,
		struct guest_clock clock)
{
	uint64_t rate;

	for (size_t i = 0; i < guest->clock_count; i++)
		if (guest_same_clock(&guest->clocks[i], &clock))
			return guest->clocks[i].phandle;
	rate = guest_rate_of(guest, &clock);
	if (!rate || rate > UINT32_MAX) {
		guest_refuse(guest, node,
				"the rate of clock %u, of %s, is not in the tree: give --clock-rate HZ "
				"or NAME=HZ",
				index, dt_path(clock.provider));
		return 0;
	}
	warn_unless_claimed(guest, node, index, &clock);
	write_fixed(guest, node, &clock, rate);
	guest->clocks = memory_grow(guest->clocks, guest->clock_count, &guest->clock_room,
			sizeof(*guest->clocks));
	guest->clocks[guest->clock_count++] = clock;
	return clock.phandle;
}

static void put_clock(struct guest *guest, const struct dt_node *node, uint32_t index,
		const struct guest_clock *clock, struct cells *cells)
{
	bool own = guest_has(guest, clock->provider);

	if (clock->provider)
		cells_refer(cells);
	cells_put(cells, own || !clock->provider ? clock->phandle
						 : replace(guest, node, index, *clock));
	for (uint32_t i = 0; own && i < clock->cell_count; i++)
		cells_put(cells, clock->cells[i]);
}

void guest_write_clocks(struct guest *guest, const struct guest_node *at)
{
	struct span list = dt_prop_span(dt_prop(&guest->tree, at->node, "clocks"));
	struct cells cells = { 0 };
	struct guest_clock clock;
	uint32_t index = 0;
	int got;

	for (; (got = guest_next_clock(guest, &list, &clock)) > 0; index++)
		put_clock(guest, at->node, index, &clock, &cells);
	if (got < 0)
		guest_refuse(guest, at->node, "clocks: entry %u makes no sense", index + 1);
	cells_set(at->draft, "clocks", &cells);
}
