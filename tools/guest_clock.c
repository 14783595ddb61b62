/* SPDX-License-Identifier: Apache-2.0 */
/* Clocks of the host's that a device uses become fixed-clocks of the same rate, beside the device. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "tools/guest.h"
#include "tools/memory.h"

enum { PARENTS_MOST = 8 };

struct clock_list {
	struct span rest;
	uint32_t index;
};

/* One entry of a list of clocks: 1, 0 at the end, -1 when it cannot be read. */
static int next_clock(const struct guest *guest, struct clock_list *list, struct guest_clock *clock)
{
	uint32_t phandle;

	*clock = (struct guest_clock){ 0 };
	if (list->rest.left == 0)
		return 0;
	if (!span_u32(&list->rest, &phandle))
		return -1;
	list->index++;
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
		if (!span_u32(&list->rest, &clock->cells[i]))
			return -1;
	return 1;
}

static struct clock_list list_of(
		const struct guest *guest, const struct dt_node *node, const char *name)
{
	const struct dt_prop *prop = dt_prop(&guest->tree, node, name);

	return (struct clock_list){ .rest = prop ? dt_prop_span(prop) : span_of(NULL, 0) };
}

static bool same_clock(const struct guest_clock *a, const struct guest_clock *b)
{
	return a->provider == b->provider && a->cell_count == b->cell_count &&
	       memcmp(a->cells, b->cells, a->cell_count * sizeof(a->cells[0])) == 0;
}

/* What `node` asks for by assigned-clock-rates. */
static uint64_t assigned_rate(const struct guest *guest, const struct dt_node *node,
		const struct guest_clock *clock)
{
	struct clock_list list = list_of(guest, node, "assigned-clocks");
	struct span rates = list_of(guest, node, "assigned-clock-rates").rest;
	struct guest_clock one;
	uint32_t rate;

	while (span_u32(&rates, &rate) && next_clock(guest, &list, &one) > 0)
		if (same_clock(&one, clock))
			return rate;
	return 0;
}

static uint64_t factor_of(const struct guest *guest, const struct dt_node *node, const char *name)
{
	uint32_t factor;

	return dt_prop_u32(&guest->tree, node, name, &factor) && factor ? factor : 1;
}

/* Rates that a tree tells: fixed clocks, and fixed multiples of them. 0: this one it does not. */
static uint64_t told_rate(const struct guest *guest, struct guest_clock clock)
{
	const struct dt_tree *tree = &guest->tree;
	uint64_t multiply = 1, divide = 1;
	uint32_t rate;

	for (int i = 0; i < PARENTS_MOST && clock.provider; i++) {
		struct clock_list list = list_of(guest, clock.provider, "clocks");

		if (dt_is_compatible(tree, clock.provider, "fixed-clock"))
			return dt_prop_u32(tree, clock.provider, "clock-frequency", &rate)
			                       ? rate * multiply / divide
			                       : 0;
		if (!dt_is_compatible(tree, clock.provider, "fixed-factor-clock"))
			return 0;
		multiply *= factor_of(guest, clock.provider, "clock-mult");
		divide *= factor_of(guest, clock.provider, "clock-div");
		if (multiply > UINT32_MAX || divide > UINT32_MAX ||
				next_clock(guest, &list, &clock) <= 0)
			return 0;
	}
	return 0;
}

static uint64_t rate_of(const struct guest *guest, const struct dt_node *node,
		const struct guest_clock *clock)
{
	uint64_t rate = told_rate(guest, *clock);

	if (!rate)
		rate = assigned_rate(guest, node, clock);
	if (!rate)
		rate = assigned_rate(guest, clock->provider, clock);
	return rate ? rate : guest->rate;
}

static const struct dt_node *top_of(const struct guest *guest, const struct dt_node *node)
{
	while (guest_has(guest, node->parent))
		node = node->parent;
	return node;
}

/* Named after the device, so that overlays for one guest do not meet. */
static void write_fixed(struct guest *guest, const struct dt_node *node, struct guest_clock *clock,
		uint64_t rate)
{
	const char *top = top_of(guest, node)->name;
	size_t length = strcspn(top, "@");
	char *name = memory_print("clock-%.*s-%s%s%zu", (int)length, top,
			top[length] ? top + length + 1 : "", top[length] ? "-" : "",
			guest->clock_count);
	struct draft_node *fixed = draft_child(guest->content, name);

	for (char *at = name; *at; at++)
		if (*at == ',')
			*at = '-';
	fixed->name = name;
	clock->phandle = ++guest->phandle_last;
	draft_set_string(fixed, "compatible", "fixed-clock");
	draft_set_u32(fixed, "#clock-cells", 0);
	draft_set_u32(fixed, "clock-frequency", (uint32_t)rate);
	draft_set_u32(fixed, "phandle", clock->phandle);
}

/* The phandle of the clock that stands for this one, made the first time. */
static uint32_t replace(struct guest *guest, const struct dt_node *node, uint32_t index,
		struct guest_clock clock)
{
	uint64_t rate;

	for (size_t i = 0; i < guest->clock_count; i++)
		if (same_clock(&guest->clocks[i], &clock))
			return guest->clocks[i].phandle;
	rate = rate_of(guest, node, &clock);
	if (!rate || rate > UINT32_MAX) {
		guest_refuse(guest, node,
				"the rate of clock %u, of %s, is not in the tree: give --clock-rate HZ",
				index, dt_path(clock.provider));
		return 0;
	}
	write_fixed(guest, node, &clock, rate);
	guest->clocks = memory_grow(guest->clocks, guest->clock_count, &guest->clock_room,
			sizeof(*guest->clocks));
	guest->clocks[guest->clock_count++] = clock;
	return clock.phandle;
}

void guest_write_clocks(struct guest *guest, const struct guest_node *at)
{
	struct clock_list list = list_of(guest, at->node, "clocks");
	/* Entries never grow. */
	uint32_t *cells = memory_get(list.rest.left + 4), *references = memory_get(list.rest.left);
	size_t count = 0, reference_count = 0;
	struct guest_clock clock;
	struct draft_prop *prop;
	int got;

	while ((got = next_clock(guest, &list, &clock)) > 0) {
		if (clock.provider)
			references[reference_count++] = (uint32_t)count * 4;
		if (clock.provider && !guest_has(guest, clock.provider)) {
			cells[count++] = replace(guest, at->node, list.index - 1, clock);
			continue;
		}
		cells[count++] = clock.phandle;
		for (uint32_t i = 0; i < clock.cell_count; i++)
			cells[count++] = clock.cells[i];
	}
	if (got < 0)
		guest_refuse(guest, at->node, "clocks: entry %u makes no sense", list.index);
	prop = draft_set_cells(at->draft, "clocks", cells, count);
	for (size_t i = 0; i < reference_count; i++)
		draft_refer(prop, references[i]);
	free(cells);
	free(references);
}
