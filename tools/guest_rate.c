/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Rates of clocks: as the user named them, as the tree tells them (fixed clocks, multiples of them, and what any node
 * asks for by assigned-clock-rates), or the one rate for all others. Clock binding of the devicetree schema.
 */
#include <stdlib.h>
#include <string.h>

#include "tools/cmdline.h"
#include "tools/guest.h"
#include "tools/say.h"

enum { PARENTS_MOST = 8 };

static struct span list_of(const struct guest *guest, const struct dt_node *node, const char *name)
{
	const struct dt_prop *prop = dt_prop(&guest->tree, node, name);

	return prop ? dt_prop_span(prop) : span_of(NULL, 0);
}

/* Whether entry `index` of the node's clock-names is `name`. */
static bool is_named_so(const struct guest *guest, const struct dt_node *node, uint32_t index,
		const char *name)
{
	struct span list = list_of(guest, node, "clock-names");
	const char *text = (const char *)list.at, *end = text + list.left;

	/* Every string is terminated when the last one is. */
	if (!list.left || end[-1] != '\0')
		return false;
	for (; index && text < end; index--)
		text += strlen(text) + 1;
	return text < end && strcmp(text, name) == 0;
}

/* Whether a device that the guest gets has the clock under this name in clock-names. */
static bool is_called_so_below(const struct guest *guest, const struct dt_node *top,
		const struct guest_clock *clock, const char *name)
{
	const struct dt_node *node;
	struct guest_clock one;

	dt_for_each_node (node, top) {
		struct span list = list_of(guest, node, "clocks");

		if (!guest_has(guest, node))
			continue;
		for (uint32_t i = 0; guest_next_clock(guest, &list, &one) > 0; i++)
			if (one.provider && guest_same_clock(&one, clock) &&
					is_named_so(guest, node, i, name))
				return true;
	}
	return false;
}

static bool is_called_so(
		const struct guest *guest, const struct guest_clock *clock, const char *name)
{
	for (size_t i = 0; i < guest->top_count; i++)
		if (is_called_so_below(guest, guest->tops[i].node, clock, name))
			return true;
	return false;
}

/* ":7" or ":7:1": the cells behind the provider's phandle; nothing: whatever they are. */
static bool fits_cells(const struct guest_clock *clock, const char *text)
{
	uint32_t i;
	char *end;

	for (i = 0; *text == ':' && i < clock->cell_count; i++, text = end)
		if (strtoul(text + 1, &end, 0) != clock->cells[i] || end == text + 1)
			return false;
	return *text == '\0';
}

/* PROVIDER is its name, path, or a label of it. */
static bool fits_provider(
		const struct guest *guest, const struct guest_clock *clock, const char *name)
{
	size_t length = strcspn(name, ":");
	char head[256];

	if (length >= sizeof(head))
		return false;
	memcpy(head, name, length);
	head[length] = '\0';
	return (strcmp(head, clock->provider->name) == 0 ||
			       dt_node_of_label(&guest->tree, head) == clock->provider ||
			       (head[0] == '/' && dt_node_at(&guest->tree, head) ==
								  clock->provider)) &&
	       fits_cells(clock, name + length);
}

static bool fits(const struct guest *guest, const struct guest_clock *clock, const char *name)
{
	return fits_provider(guest, clock, name) || is_called_so(guest, clock, name);
}

static uint64_t named_rate(const struct guest *guest, const struct guest_clock *clock)
{
	for (size_t i = 0; i < guest->order->rate_count; i++)
		if (fits(guest, clock, guest->order->rates[i].name))
			return guest->order->rates[i].hz;
	return 0;
}

/* assigned-clock-rates of the node; a rate of 0 leaves the clock as it is. */
static uint64_t assigned_rate(const struct guest *guest, const struct dt_node *node,
		const struct guest_clock *clock)
{
	struct span list = list_of(guest, node, "assigned-clocks");
	struct span rates = list_of(guest, node, "assigned-clock-rates");
	struct guest_clock one;
	uint32_t rate;

	while (span_u32(&rates, &rate) && guest_next_clock(guest, &list, &one) > 0)
		if (one.provider && guest_same_clock(&one, clock) && rate)
			return rate;
	return 0;
}

/* assigned-clock-rates of any node; the overlay's own hold before the base's. */
static uint64_t assigned_anywhere(const struct guest *guest, const struct guest_clock *clock)
{
	const struct dt_node *node;
	uint64_t rate = 0, base_rate = 0;

	dt_for_each_node (node, guest->tree.root) {
		const struct dt_prop *prop = dt_prop(&guest->tree, node, "assigned-clock-rates");

		if (!prop || rate)
			continue;
		if (prop->owner == guest->overlay)
			rate = assigned_rate(guest, node, clock);
		else if (!base_rate)
			base_rate = assigned_rate(guest, node, clock);
	}
	return rate ? rate : base_rate;
}

static uint64_t factor_of(const struct guest *guest, const struct dt_node *node, const char *name)
{
	uint32_t factor;

	return dt_prop_u32(&guest->tree, node, name, &factor) && factor ? factor : 1;
}

static uint64_t fixed_rate(const struct guest *guest, const struct dt_node *node)
{
	uint32_t rate;

	return dt_is_compatible(&guest->tree, node, "fixed-clock") &&
	                                       dt_prop_u32(&guest->tree, node, "clock-frequency",
							       &rate)
	                       ? rate
	                       : 0;
}

/* Clocks that follow their parent, by a factor or as it is. */
static bool follows_parent(const struct guest *guest, const struct dt_node *node)
{
	return dt_is_compatible(&guest->tree, node, "fixed-factor-clock") ||
	       dt_is_compatible(&guest->tree, node, "xlnx,fclk");
}

uint64_t guest_rate_of(const struct guest *guest, const struct guest_clock *wanted)
{
	struct guest_clock clock = *wanted;
	uint64_t multiply = 1, divide = 1, rate;

	for (int i = 0; i < PARENTS_MOST && clock.provider; i++) {
		struct span parents = list_of(guest, clock.provider, "clocks");

		rate = named_rate(guest, &clock);
		if (!rate)
			rate = fixed_rate(guest, clock.provider);
		if (!rate)
			rate = assigned_anywhere(guest, &clock);
		if (rate)
			return rate * multiply / divide;
		if (!follows_parent(guest, clock.provider))
			break;
		multiply *= factor_of(guest, clock.provider, "clock-mult");
		divide *= factor_of(guest, clock.provider, "clock-div");
		if (multiply > UINT32_MAX || divide > UINT32_MAX ||
				guest_next_clock(guest, &parents, &clock) <= 0)
			break;
	}
	return guest->order->rate;
}

static bool is_wanted_below(const struct guest *guest, const struct dt_node *top, const char *name)
{
	const struct dt_node *node;
	struct guest_clock clock;

	dt_for_each_node (node, top) {
		struct span list = list_of(guest, node, "clocks");

		while (guest_has(guest, node) && guest_next_clock(guest, &list, &clock) > 0)
			if (clock.provider && fits(guest, &clock, name))
				return true;
	}
	return false;
}

void guest_check_rates(struct guest *guest)
{
	for (size_t i = 0; i < guest->order->rate_count; i++) {
		const char *name = guest->order->rates[i].name;
		bool wanted = false;

		for (size_t t = 0; t < guest->top_count && !wanted; t++)
			wanted = is_wanted_below(guest, guest->tops[t].node, name);
		if (wanted)
			continue;
		guest->refused = true;
		say_error("--clock-rate %s: no clock of the guest's devices has that name", name);
	}
}
