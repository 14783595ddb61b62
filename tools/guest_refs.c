/* SPDX-License-Identifier: Apache-2.0 */
/*
 * References: bytes in which the two trees differ. Of phandles that stand as numbers, in the base's properties and in
 * overlays that were written for one base, the property's name tells (the bindings of the devicetree schema).
 */
#include <string.h>

#include "tools/guest.h"
#include "tools/memory.h"

/* Lists of phandles, each followed by as many cells as the property of that name says of the node it leads to. */
static const struct kind {
	const char *name;
	const char *cells; /* NULL: none */
	bool suffix; /* `name` is how the property's name ends */
} kinds[] = {
	{ "gpios", "#gpio-cells", false },
	{ "-gpios", "#gpio-cells", true },
	{ "-gpio", "#gpio-cells", true },
	{ "-supply", NULL, true },
	{ "-syscon", NULL, true },
	{ ",syscon", NULL, true },
	{ ",grf", NULL, true },
	{ "resets", "#reset-cells", false },
	{ "power-domains", "#power-domain-cells", false },
	{ "dmas", "#dma-cells", false },
	{ "phys", "#phy-cells", false },
	{ "phy-handle", NULL, false },
	{ "phy", NULL, false },
	{ "pcs-handle", NULL, false },
	{ "mboxes", "#mbox-cells", false },
	{ "interconnects", "#interconnect-cells", false },
	{ "nvmem-cells", "#nvmem-cell-cells", false },
	{ "nvmem", NULL, false },
	{ "memory-region", NULL, false },
	{ "io-channels", "#io-channel-cells", false },
	{ "io-backends", "#io-backend-cells", false },
	{ "thermal-sensors", "#thermal-sensor-cells", false },
	{ "hwlocks", "#hwlock-cells", false },
	{ "pwms", "#pwm-cells", false },
	{ "leds", NULL, false },
	{ "sound-dai", "#sound-dai-cells", false },
	{ "mux-controls", "#mux-control-cells", false },
	{ "mux-states", "#mux-state-cells", false },
	{ "extcon", NULL, false },
	{ "backlight", NULL, false },
	{ "panel", NULL, false },
	{ "remote-endpoint", NULL, false },
	{ "operating-points-v2", NULL, false },
	{ "required-opps", NULL, false },
	{ "fpga-mgr", NULL, false },
	{ "fpga-bridges", NULL, false },
	{ "ddc-i2c-bus", NULL, false },
	{ "i2c-bus", NULL, false },
	{ "i2c-parent", NULL, false },
	{ "syscon", NULL, false },
	{ "wakeup-parent", NULL, false },
	{ "access-controllers", "#access-controller-cells", false },
};

static const struct kind pins = { "pinctrl-0", NULL, false };

static bool fits(const struct kind *kind, const char *name)
{
	size_t length = strlen(name), tail = strlen(kind->name);

	if (!kind->suffix)
		return strcmp(name, kind->name) == 0;
	return length > tail && strcmp(name + length - tail, kind->name) == 0;
}

static const struct kind *kind_of(const char *name)
{
	if (strncmp(name, "pinctrl-", 8) == 0 && name[8] >= '0' && name[8] <= '9')
		return &pins;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (fits(&kinds[i], name))
			return &kinds[i];
	return NULL;
}

static const struct dt_prop *twin_of(
		const struct guest *guest, const struct guest_node *at, const struct dt_prop *prop)
{
	const struct dt_prop *twin = dt_prop(&guest->shifted, at->twin, prop->name);

	/* The same overlay on the same tree, but for numbers of a fixed size. */
	dt_assert(twin && twin->size == prop->size);
	return twin;
}

/* The next byte offset of `prop` from `*offset` on where a reference begins; false past the last. */
static bool next_difference(const struct guest *guest, const struct guest_node *at,
		const struct dt_prop *prop, uint32_t *offset)
{
	const struct dt_prop *twin = twin_of(guest, at, prop);

	while (*offset < prop->size && prop->value[*offset] == twin->value[*offset])
		(*offset)++;
	return prop->size >= 4 && *offset <= prop->size - 4;
}

/* A list written in numbers. */
struct numbers {
	struct span rest;
	const struct kind *kind;
	uint32_t size;
};

/* 1: the next entry's node and byte offset; 0 at the end; -1: it leads nowhere. Holes are passed over. */
static int next_number(const struct guest *guest, struct numbers *list, const struct dt_node **node,
		uint32_t *offset)
{
	uint32_t phandle = 0, cells = 0;

	while (!phandle) {
		*offset = list->size - (uint32_t)list->rest.left;
		if (!span_u32(&list->rest, &phandle))
			return 0;
	}
	*node = dt_node_of_phandle(&guest->tree, phandle);
	if (!*node)
		return -1;
	if (list->kind->cells)
		(void)dt_prop_u32(&guest->tree, *node, list->kind->cells, &cells);
	if (cells > DT_CELLS_MAX || !span_skip(&list->rest, cells * (size_t)4))
		list->rest.left = 0;
	return 1;
}

static struct numbers numbers_of(const struct dt_prop *prop)
{
	return (struct numbers){
		.rest = dt_prop_span(prop), .kind = kind_of(prop->name), .size = prop->size
	};
}

static bool is_own_phandle(const struct guest *guest, uint32_t phandle)
{
	return guest_has(guest, dt_node_of_phandle(&guest->tree, phandle));
}

/* A lone cell of a vendor's property: a phandle when the overlay uses that number as one elsewhere. */
static bool is_known_number(const struct guest *guest, const struct dt_prop *prop)
{
	if (prop->owner != guest->overlay || prop->size != 4 || prop->name[0] == '#' ||
			!strchr(prop->name, ','))
		return false;
	for (size_t i = 0; i < guest->number_count; i++)
		if (guest->numbers[i] == span_load_u32(prop->value))
			return true;
	return false;
}

static bool numbers_reach_out(const struct guest *guest, const struct dt_prop *prop)
{
	struct numbers list = numbers_of(prop);
	const struct dt_node *node;
	uint32_t offset;
	int got;

	if (!list.kind)
		return is_known_number(guest, prop);
	while ((got = next_number(guest, &list, &node, &offset)) > 0)
		if (!guest_has(guest, node))
			return true;
	return got < 0;
}

bool guest_reaches_out(
		const struct guest *guest, const struct guest_node *at, const struct dt_prop *prop)
{
	uint32_t offset = 0;

	if (!next_difference(guest, at, prop, &offset))
		return numbers_reach_out(guest, prop);
	for (; next_difference(guest, at, prop, &offset); offset += 4)
		if (!is_own_phandle(guest, span_load_u32(prop->value + offset)))
			return true;
	return false;
}

void guest_copy_prop(
		const struct guest *guest, const struct guest_node *at, const struct dt_prop *prop)
{
	struct draft_prop *copy = draft_set(at->draft, prop->name, prop->value, prop->size);
	struct numbers list = numbers_of(prop);
	const struct dt_node *node;
	uint32_t offset = 0;

	if (next_difference(guest, at, prop, &offset)) {
		for (; next_difference(guest, at, prop, &offset); offset += 4)
			draft_refer(copy, offset);
		return;
	}
	while (list.kind && next_number(guest, &list, &node, &offset) > 0)
		draft_refer(copy, offset);
}

static void add_numbers(struct guest *guest, const struct dt_prop *prop)
{
	struct numbers list = numbers_of(prop);
	const struct dt_node *node;
	uint32_t offset;

	while (list.kind && next_number(guest, &list, &node, &offset) > 0) {
		guest->numbers = memory_grow(guest->numbers, guest->number_count,
				&guest->number_room, sizeof(*guest->numbers));
		guest->numbers[guest->number_count++] = node->phandle;
	}
}

void guest_gather_numbers(struct guest *guest)
{
	struct dt_overlay_walk walk = dt_overlay_walk(guest->overlay);
	const struct dt_node *node;
	const struct dt_prop *prop;
	struct dtb dtb;

	if (dtb_check(&dtb, guest->overlay->blob, guest->overlay->blob_size, NULL) ||
			dtb.parts[DTB_FIXUPS].end)
		return;
	while ((node = dt_overlay_walk_next(&walk)))
		dt_for_each_prop (prop, node)
			add_numbers(guest, prop);
}
