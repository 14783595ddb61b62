/* SPDX-License-Identifier: Apache-2.0 */
/* Registers: `reg` and `ranges`, up to the CPU's addresses (Devicetree Specification 0.4, 2.3.5-2.3.8). */
#include "dt/resource_priv.h"

enum {
	CELLS_MOST = 4,
	PCI_SPACE = 0x03000000, /* configuration, I/O, 32-bit or 64-bit memory: PCI binding, 2.2.1.1 */
};

struct dt_list dt_list_of(const struct dt_tree *tree, const struct dt_node *node, const char *name)
{
	const struct dt_prop *prop = dt_prop(tree, node, name);
	struct dt_list list = { .tree = tree, .node = node };

	if (prop)
		list.rest = dt_prop_span(prop);
	return list;
}

int dt_list_cut_off(struct dt_list *list, const char *name, struct dt_why *why)
{
	list->rest.left = 0;
	return dt_fail(why, -DT_EINVAL, "%s: %s: entry %u is cut off", dt_path(list->node), name,
			list->index);
}

const struct dt_node *dt_phandle_from(
		const struct dt_tree *tree, const struct dt_node *from, uint32_t phandle)
{
	const struct dt_names *names = dt_names_of(tree, from);
	const struct dt_node *node =
			phandle ? dt_index_find_phandle(&names->phandles, phandle) : NULL;

	return node ? node : dt_node_of_phandle(tree, phandle);
}

static int cell_count(const struct dt_tree *tree, const struct dt_node *node, const char *name,
		uint32_t *count, struct dt_why *why)
{
	const struct dt_prop *prop = dt_prop(tree, node, name);
	struct span value;

	if (!prop)
		return 0;
	value = dt_prop_span(prop);
	if (value.left != 4 || !span_u32(&value, count) || *count > CELLS_MOST)
		return dt_fail(why, -DT_EINVAL, "%s: %s is not 0 to 4", dt_path(node), name);
	return 0;
}

int dt_cells(const struct dt_tree *tree, const struct dt_node *node, uint32_t *address,
		uint32_t *size, struct dt_why *why)
{
	int error;

	*address = 2;
	*size = 1;
	error = cell_count(tree, node, "#address-cells", address, why);
	return error ? error : cell_count(tree, node, "#size-cells", size, why);
}

/* Cells above the low two must be a PCI space or nothing: no CPU has wider addresses. */
static bool read_address(struct span *span, uint32_t cells, struct dt_address *out)
{
	uint32_t high = 0;

	out->space = 0;
	while (cells > 2) {
		if (!span_u32(span, cells == 3 ? &out->space : &high) || (cells > 3 && high))
			return false;
		cells--;
	}
	return span_cells(span, cells, &out->low);
}

struct range {
	struct dt_address child, parent;
	uint64_t size;
};

static bool read_range(struct span *span, const uint32_t cells[3], struct range *out)
{
	return read_address(span, cells[0], &out->child) &&
	       read_address(span, cells[1], &out->parent) && span_cells(span, cells[2], &out->size);
}

static bool range_covers(const struct range *range, const struct dt_address *address, uint64_t size)
{
	uint64_t offset = address->low - range->child.low;

	return (range->child.space & PCI_SPACE) == (address->space & PCI_SPACE) &&
	       address->low >= range->child.low && offset <= range->size &&
	       size <= range->size - offset;
}

/* Cells of an entry of `ranges`: child address, parent address, size. One at least, or entries would have no end. */
static int range_cells(const struct dt_tree *tree, const struct dt_node *bus, uint32_t cells[3],
		struct dt_why *why)
{
	uint32_t unused;
	int error = dt_cells(tree, bus, &cells[0], &cells[2], why);

	if (!error)
		error = dt_cells(tree, bus->parent, &cells[1], &unused, why);
	if (!error && cells[0] + cells[1] + cells[2] == 0)
		error = dt_fail(why, -DT_EINVAL, "%s: an entry of ranges has no cells",
				dt_path(bus));
	return error;
}

/* One level up, through the entry that covers the whole of it; the device is for the sentence. */
static int cross_bus(const struct dt_list *list, const struct dt_node *bus,
		const struct dt_prop *ranges, struct dt_address *address, uint64_t size,
		struct dt_why *why)
{
	const struct dt_tree *tree = list->tree;
	struct span rest = dt_prop_span(ranges);
	uint32_t cells[3], count = 0;
	struct range range;
	int error = range_cells(tree, bus, cells, why);

	if (error)
		return error;
	while (read_range(&rest, cells, &range)) {
		uint64_t offset = address->low - range.child.low;

		if (++count % DT_POLL_ENTRIES == 0)
			dt_poll(&tree->env);
		if (!range_covers(&range, address, size))
			continue;
		if (offset > UINT64_MAX - range.parent.low)
			return dt_fail(why, -DT_EINVAL,
					"%s: ranges in %s take 0x%lx over the end of memory",
					dt_path(list->node), dt_path(bus),
					(unsigned long)address->low);
		range.parent.low += offset;
		*address = range.parent;
		return 0;
	}
	return dt_fail(why, -DT_EINVAL,
			"%s: no entry of ranges in %s covers 0x%lx, size 0x%lx whole",
			dt_path(list->node), dt_path(bus), (unsigned long)address->low,
			(unsigned long)size);
}

static int fail_no_ranges(const struct dt_list *list, const struct dt_node *bus, struct dt_why *why)
{
	return dt_fail(why, -DT_ENXIO, "%s: %s has no ranges: not in the CPU's memory",
			dt_path(list->node), dt_path(bus));
}

/* From an address on `bus`, whose `ranges` are given unless it is the root, to the CPU's. */
static int translate(const struct dt_list *list, const struct dt_node *bus,
		const struct dt_prop *ranges, struct dt_address address, struct dt_window *window,
		struct dt_why *why)
{
	int error = 0;

	while (bus->parent && !error) {
		if (!ranges)
			return fail_no_ranges(list, bus, why);
		if (ranges->size)
			error = cross_bus(list, bus, ranges, &address, window->size, why);
		bus = bus->parent;
		ranges = bus->parent ? dt_prop(list->tree, bus, "ranges") : NULL;
	}
	window->base = address.low;
	if (!error && window->size && window->base + (window->size - 1) < window->base)
		error = dt_fail(why, -DT_EINVAL,
				"%s: 0x%lx, size 0x%lx: runs over the end of memory",
				dt_path(list->node), (unsigned long)window->base,
				(unsigned long)window->size);
	return error;
}

static bool is_pci(const struct dt_tree *tree, const struct dt_node *node)
{
	const char *type = dt_prop_string(tree, node, "device_type");

	return type && span_equal(dt_text(type), dt_text("pci"));
}

bool dt_is_pci_host(const struct dt_tree *tree, const struct dt_node *node)
{
	return is_pci(tree, node) && dt_prop(tree, node, "ranges") && node->parent &&
	       !is_pci(tree, node->parent);
}

struct dt_list dt_reg(const struct dt_tree *tree, const struct dt_node *node)
{
	return dt_list_of(tree, node, "reg");
}

int dt_reg_next(struct dt_list *list, struct dt_window *window, struct dt_why *why)
{
	const struct dt_node *bus = list->node->parent;
	const struct dt_prop *ranges = NULL;
	uint32_t address_cells, size_cells;
	struct dt_address address;
	int error;

	if (list->rest.left == 0 || !bus)
		return 0;
	if (bus->parent)
		ranges = dt_prop(list->tree, bus, "ranges");
	/* A chip select, the number of a port: cells of its own kind, so that nothing can be cut off. */
	if (bus->parent && !ranges) {
		list->rest.left = 0;
		return fail_no_ranges(list, bus, why);
	}
	error = dt_cells(list->tree, bus, &address_cells, &size_cells, why);
	if (error) {
		list->rest.left = 0;
		return error;
	}
	if (address_cells + size_cells == 0 ||
			!read_address(&list->rest, address_cells, &address) ||
			!span_cells(&list->rest, size_cells, &window->size))
		return dt_list_cut_off(list, "reg", why);
	window->index = list->index++;
	window->bus = address.low;
	window->space = address.space;
	if (size_cells == 0 || is_pci(list->tree, bus))
		return dt_fail(why, -DT_ENXIO, "%s: reg is not in the CPU's memory",
				dt_path(list->node));
	error = translate(list, bus, ranges, address, window, why);
	return error ? error : 1;
}

struct dt_list dt_ranges(const struct dt_tree *tree, const struct dt_node *node)
{
	return dt_list_of(tree, node, "ranges");
}

int dt_ranges_next(struct dt_list *list, struct dt_window *window, struct dt_why *why)
{
	const struct dt_node *bus = list->node->parent;
	struct range range;
	uint32_t cells[3];
	int error;

	if (list->rest.left == 0 || !bus)
		return 0;
	error = range_cells(list->tree, list->node, cells, why);
	if (error) {
		list->rest.left = 0;
		return error;
	}
	if (!read_range(&list->rest, cells, &range))
		return dt_list_cut_off(list, "ranges", why);
	*window = (struct dt_window){ .size = range.size,
		.bus = range.child.low,
		.space = range.child.space,
		.index = list->index++ };
	error = translate(list, bus, bus->parent ? dt_prop(list->tree, bus, "ranges") : NULL,
			range.parent, window, why);
	return error ? error : 1;
}

struct dt_list dt_placements(const struct dt_tree *tree, const struct dt_node *node)
{
	return dt_list_of(tree, node, "xen,reg");
}

int dt_placements_next(struct dt_list *list, struct dt_placement *place, struct dt_why *why)
{
	uint32_t address_cells, size_cells;
	struct dt_address physical, guest;
	int error;

	if (list->rest.left == 0 || !list->node->parent)
		return 0;
	error = dt_cells(list->tree, list->node->parent, &address_cells, &size_cells, why);
	if (error) {
		list->rest.left = 0;
		return error;
	}
	if (address_cells + size_cells == 0 ||
			!read_address(&list->rest, address_cells, &physical) ||
			!span_cells(&list->rest, size_cells, &place->size) ||
			!read_address(&list->rest, address_cells, &guest))
		return dt_list_cut_off(list, "xen,reg", why);
	place->physical = physical.low;
	place->guest = guest.low;
	place->index = list->index++;
	return 1;
}

const char *dt_xen_path(const struct dt_tree *tree, const struct dt_node *node)
{
	return dt_prop_string(tree, node, "xen,path");
}

bool dt_is_forced(const struct dt_tree *tree, const struct dt_node *node)
{
	return dt_prop(tree, node, "xen,force-assign-without-iommu");
}
