/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Interrupts: from a device's specifier through every nexus to the controller that takes it (Devicetree
 * Specification 0.4, section 2.4), and the GIC's own specifier (the arm,gic and arm,gic-v3 bindings).
 */
#include "dt/resource_priv.h"

enum {
	HOPS_MOST = 16,  /* controllers on one way up: more is a circle */
	ADDRESS_MOST = 4,
};

/* A specifier on its way up, with the unit address that an interrupt-map asks for. */
struct way {
	const struct dt_tree *tree;
	const struct dt_node *device;
	const struct dt_node *at;
	const struct dt_node *from; /* the nexus whose map led here, or NULL */
	uint32_t address[ADDRESS_MOST];
	uint32_t address_cells;
	uint32_t cells[DT_CELLS_MAX];
	uint32_t cell_count;
	struct dt_why *why;
};

bool dt_read_cells(struct span *span, uint32_t *cells, uint32_t count)
{
	uint32_t i;

	if (count > DT_CELLS_MAX)
		return false;
	for (i = 0; i < count; i++)
		if (!span_u32(span, &cells[i]))
			return false;
	return true;
}

bool dt_irq_parent_phandle(
		const struct dt_tree *tree, const struct dt_node *node, uint32_t *phandle)
{
	for (; node; node = node->parent)
		if (dt_prop_u32(tree, node, "interrupt-parent", phandle))
			return true;
	return false;
}

const struct dt_node *dt_irq_parent(const struct dt_tree *tree, const struct dt_node *node)
{
	uint32_t phandle, hops = 0;

	do {
		if (dt_prop_u32(tree, node, "interrupt-parent", &phandle))
			node = dt_phandle_from(tree, node, phandle);
		else
			node = node->parent;
	} while (node && !dt_prop(tree, node, "#interrupt-cells") && ++hops < DT_DEPTH_MAX * 2);
	return hops < DT_DEPTH_MAX * 2 ? node : NULL;
}

static int irq_cells(struct way *way, const struct dt_node *controller, uint32_t *count)
{
	if (!dt_prop_u32(way->tree, controller, "#interrupt-cells", count) || *count == 0 ||
			*count > DT_CELLS_MAX)
		return dt_fail(way->why, -DT_EINVAL,
				"%s: interrupt goes to %s, whose #interrupt-cells is not 1 to 8",
				dt_path(way->device), dt_path(controller));
	return 0;
}

/* The address cells that the nexus compares: its own count, or that of the next node above that has one. */
static uint32_t nexus_address_cells(const struct dt_tree *tree, const struct dt_node *node)
{
	uint32_t cells;

	for (; node; node = node->parent)
		if (dt_prop_u32(tree, node, "#address-cells", &cells))
			return cells;
	return 2;
}

/* The beginning of `reg`, as far as the nexus wants it. Without reg: zeros, which the mask usually hides. */
static void load_unit_address(struct way *way)
{
	struct dt_list reg = dt_reg(way->tree, way->device);
	uint32_t i;

	for (i = 0; i < ADDRESS_MOST; i++)
		if (!span_u32(&reg.rest, &way->address[i]))
			way->address[i] = 0;
	way->address_cells = ADDRESS_MOST;
}

/* One entry of an interrupt-map: the child's side as cells, the parent's side ready to go on. */
struct map_entry {
	uint32_t child[ADDRESS_MOST + DT_CELLS_MAX];
	struct way parent;
};

static int read_map_entry(struct way *way, const struct dt_node *nexus, struct span *rest,
		uint32_t child_cells, struct map_entry *entry)
{
	struct way *up = &entry->parent;
	uint32_t phandle, i;
	int error;

	*up = (struct way){
		.tree = way->tree, .device = way->device, .from = nexus, .why = way->why
	};
	for (i = 0; i < child_cells; i++)
		if (!span_u32(rest, &entry->child[i]))
			return dt_fail(way->why, -DT_EINVAL, "%s: interrupt-map is cut off",
					dt_path(nexus));
	if (!span_u32(rest, &phandle))
		return dt_fail(way->why, -DT_EINVAL, "%s: interrupt-map is cut off",
				dt_path(nexus));
	up->at = dt_phandle_from(way->tree, nexus, phandle);
	if (!up->at)
		return dt_fail(way->why, -DT_EINVAL, "%s: interrupt-map: no node has phandle 0x%x",
				dt_path(nexus), phandle);
	error = irq_cells(way, up->at, &up->cell_count);
	if (error)
		return error;
	(void)dt_prop_u32(way->tree, up->at, "#address-cells", &up->address_cells);
	if (up->address_cells > ADDRESS_MOST ||
			!dt_read_cells(rest, up->address, up->address_cells) ||
			!dt_read_cells(rest, up->cells, up->cell_count))
		return dt_fail(way->why, -DT_EINVAL, "%s: interrupt-map is cut off",
				dt_path(nexus));
	return 0;
}

/* What the nexus compares with: unit address and specifier, masked. */
static void load_key(const struct way *way, uint32_t address_cells, struct span mask, uint32_t *key)
{
	uint32_t i, bits;

	for (i = 0; i < address_cells + way->cell_count; i++) {
		if (i >= address_cells)
			key[i] = way->cells[i - address_cells];
		else
			key[i] = i < way->address_cells ? way->address[i] : 0;
		if (span_u32(&mask, &bits))
			key[i] &= bits;
	}
}

static bool key_equal(const uint32_t *key, const uint32_t *child, uint32_t count, struct span mask)
{
	uint32_t i, bits;

	for (i = 0; i < count; i++) {
		if (!span_u32(&mask, &bits))
			bits = UINT32_MAX;
		if (key[i] != (child[i] & bits))
			return false;
	}
	return true;
}

static int cross_map(struct way *way, struct span rest)
{
	const struct dt_node *nexus = way->at;
	struct span mask = dt_list_of(way->tree, nexus, "interrupt-map-mask").rest;
	uint32_t address_cells = nexus_address_cells(way->tree, nexus);
	uint32_t key[ADDRESS_MOST + DT_CELLS_MAX], count, entries = 0;
	struct map_entry entry;
	int error;

	if (address_cells > ADDRESS_MOST)
		return dt_fail(way->why, -DT_EINVAL, "%s: #address-cells is over 4",
				dt_path(nexus));
	count = address_cells + way->cell_count;
	load_key(way, address_cells, mask, key);
	while (rest.left) {
		if (++entries % DT_POLL_ENTRIES == 0)
			dt_poll(&way->tree->env);
		error = read_map_entry(way, nexus, &rest, count, &entry);
		if (error)
			return error;
		if (key_equal(key, entry.child, count, mask)) {
			*way = entry.parent;
			return 0;
		}
	}
	return dt_fail(way->why, -DT_EINVAL, "%s: no entry of interrupt-map in %s is for it",
			dt_path(way->device), dt_path(nexus));
}

/* One node further: 1 when this is the controller that takes it. */
static int hop(struct way *way)
{
	const struct dt_prop *map = dt_prop(way->tree, way->at, "interrupt-map");

	/* A map that leads back to its own node means the node's own controller. */
	if ((!map || way->at == way->from) && dt_prop(way->tree, way->at, "interrupt-controller"))
		return 1;
	if (map)
		return cross_map(way, dt_prop_span(map));
	way->at = dt_irq_parent(way->tree, way->at);
	if (!way->at)
		return dt_fail(way->why, -DT_EINVAL, "%s: interrupt reaches no controller",
				dt_path(way->device));
	return 0;
}

static int go_up(struct way *way, uint32_t index, struct dt_irq *irq)
{
	uint32_t hops;
	int done = 0;

	for (hops = 0; hops < HOPS_MOST && done == 0; hops++)
		done = hop(way);
	if (done == 0)
		return dt_fail(way->why, -DT_EINVAL, "%s: interrupt goes in a circle",
				dt_path(way->device));
	*irq = (struct dt_irq){ .device = way->device,
		.controller = way->at,
		.cell_count = way->cell_count,
		.index = index };
	memcpy(irq->cells, way->cells, sizeof(irq->cells));
	return done;
}

struct dt_list dt_irqs(const struct dt_tree *tree, const struct dt_node *node)
{
	struct dt_list list = dt_list_of(tree, node, "interrupts-extended");

	if (!list.rest.at)
		return dt_list_of(tree, node, "interrupts");
	list.extended = true;
	return list;
}

/* The controller of the next entry; NULL with no error for a hole in interrupts-extended. */
static int next_controller(struct dt_list *list, struct way *way)
{
	uint32_t phandle = 0;

	if (!list->extended)
		way->at = dt_irq_parent(list->tree, list->node);
	else if (!span_u32(&list->rest, &phandle))
		return dt_list_cut_off(list, "interrupts-extended", way->why);
	else
		way->at = dt_phandle_from(list->tree, list->node, phandle);
	if (way->at || (list->extended && phandle == 0))
		return 0;
	list->rest.left = 0;
	if (list->extended)
		return dt_fail(way->why, -DT_EINVAL,
				"%s: interrupts-extended: no node has phandle 0x%x",
				dt_path(list->node), phandle);
	return dt_fail(way->why, -DT_EINVAL, "%s: interrupts without an interrupt parent",
			dt_path(list->node));
}

int dt_irqs_next(struct dt_list *list, struct dt_irq *irq, struct dt_why *why)
{
	struct way way = { .tree = list->tree, .device = list->node, .why = why };
	int error = 0;

	while (!way.at) {
		if (list->rest.left == 0)
			return 0;
		error = next_controller(list, &way);
		if (error)
			return error;
		if (!way.at)
			list->index++;
	}
	error = irq_cells(&way, way.at, &way.cell_count);
	if (error) {
		list->rest.left = 0;
		return error;
	}
	if (!dt_read_cells(&list->rest, way.cells, way.cell_count))
		return dt_list_cut_off(list, "interrupts", why);
	load_unit_address(&way);
	return go_up(&way, list->index++, irq);
}

struct dt_list dt_irq_map(const struct dt_tree *tree, const struct dt_node *node)
{
	return dt_list_of(tree, node, "interrupt-map");
}

int dt_irq_map_next(struct dt_list *list, struct dt_irq *irq, struct dt_why *why)
{
	struct way way = { .tree = list->tree, .device = list->node, .why = why };
	uint32_t address_cells = nexus_address_cells(list->tree, list->node);
	struct map_entry entry;
	int error;

	if (list->rest.left == 0)
		return 0;
	error = irq_cells(&way, list->node, &way.cell_count);
	if (!error && address_cells > ADDRESS_MOST)
		error = dt_fail(why, -DT_EINVAL, "%s: #address-cells is over 4",
				dt_path(list->node));
	if (!error)
		error = read_map_entry(&way, list->node, &list->rest,
				address_cells + way.cell_count, &entry);
	if (error) {
		list->rest.left = 0;
		return error;
	}
	return go_up(&entry.parent, list->index++, irq);
}

static bool is_gic(const struct dt_tree *tree, const struct dt_node *node)
{
	static const char *const kinds[] = { "arm,gic-v3", "arm,gic-v4", "arm,gic-400",
		"arm,cortex-a15-gic", "arm,cortex-a7-gic", "arm,cortex-a9-gic" };
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (dt_is_compatible(tree, node, kinds[i]))
			return true;
	return false;
}

/* First cell of the specifier: where its numbers begin and how many there are. */
static const struct gic_kind {
	uint32_t first, count;
	bool spi;
} gic_kinds[] = {
	{ .first = 32, .count = 988, .spi = true },
	{ .first = 16, .count = 16, .spi = false },
	{ .first = 4096, .count = 1024, .spi = true },
	{ .first = 1056, .count = 64, .spi = false },
};

enum {
	TRIGGER_MASK = 15, /* of the third cell: trigger and level flags (arm,gic binding) */
	TRIGGER_RISING = 1,
	TRIGGER_EDGES = 3,
	TRIGGER_HIGH = 4,
};

/* No flag at all leaves the trigger to whoever drives the device. */
static bool is_possible_for_spi(uint32_t flags)
{
	flags &= TRIGGER_MASK;
	return flags == 0 || flags == TRIGGER_RISING || flags == TRIGGER_HIGH;
}

static int fail_specifier(const struct dt_irq *irq, const char *what, struct dt_why *why)
{
	return dt_fail(why, -DT_EINVAL, "%s: interrupt <%u %u ...>: %s",
			irq->device ? dt_path(irq->device) : "", irq->cells[0], irq->cells[1],
			what);
}

int dt_gic_decode(const struct dt_tree *tree, const struct dt_irq *irq, struct dt_gic_irq *out,
		struct dt_why *why)
{
	const struct gic_kind *kind;

	if (!is_gic(tree, irq->controller))
		return dt_fail(why, -DT_ENXIO, "%s: not a GIC", dt_path(irq->controller));
	if (irq->cell_count < 3 || irq->cells[0] >= sizeof(gic_kinds) / sizeof(gic_kinds[0]))
		return fail_specifier(irq, "not a GIC's specifier", why);
	kind = &gic_kinds[irq->cells[0]];
	if (irq->cells[1] >= kind->count)
		return fail_specifier(irq, "number out of range", why);
	*out = (struct dt_gic_irq){ .intid = kind->first + irq->cells[1],
		.spi = kind->spi,
		.edge = (irq->cells[2] & TRIGGER_EDGES) != 0,
		.impossible = kind->spi && !is_possible_for_spi(irq->cells[2]) };
	return 0;
}
