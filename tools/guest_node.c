/* SPDX-License-Identifier: Apache-2.0 */
/* What becomes of each property of a node on its way into a guest: one rule each, the first that fits. */
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "core/xen_abi.h"
#include "tools/guest.h"
#include "tools/memory.h"
#include "tools/say.h"

static void tell(void (*say)(const char *, ...), const struct dt_node *node, const char *format,
		va_list list)
{
	char text[512];

	vsnprintf(text, sizeof(text), format, list);
	say("%s: %s", dt_path(node), text);
}

void guest_refuse(struct guest *guest, const struct dt_node *node, const char *format, ...)
{
	va_list list;

	guest->refused = true;
	va_start(list, format);
	tell(say_error, node, format, list);
	va_end(list);
}

void guest_warn(const struct dt_node *node, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	tell(say_warning, node, format, list);
	va_end(list);
}

static bool has_use(const struct guest_node *at, enum use_kind kind)
{
	for (size_t i = 0; i < at->uses.count; i++)
		if (at->uses.at[i].kind == kind)
			return true;
	return false;
}

bool guest_is_memory_bus(const struct guest *guest, const struct dt_node *node)
{
	uint32_t address, size;

	return dt_prop(&guest->tree, node, "ranges") && !dt_is_pci_host(&guest->tree, node) &&
	       dt_cells(&guest->tree, node, &address, &size, NULL) == 0 && address && size;
}

static bool is_top(const struct guest *guest, const struct guest_node *at)
{
	return !guest_has(guest, at->node->parent);
}

/* A rule does what it has to do with the property, or leaves it to the next by returning false. */
typedef bool (*rule)(struct guest *guest, const struct guest_node *at, const struct dt_prop *prop);

static bool is_one_of(const char *name, const char *const *names)
{
	for (; *names; names++)
		if (strcmp(name, *names) == 0)
			return true;
	return false;
}

/* Written by others, or of no meaning in a guest, which has neither IOMMU nor MSI frames. */
static bool leave_out(struct guest *guest, const struct guest_node *at, const struct dt_prop *prop)
{
	static const char *const names[] = { "iommus", "iommu-map", "iommu-map-mask", "msi-parent",
		"msi-map", "msi-map-mask", "assigned-clocks", "assigned-clock-rates",
		"assigned-clock-parents", "interrupts", "interrupts-extended", "xen,reg",
		"xen,path", "xen,force-assign-without-iommu", NULL };

	(void)guest;
	(void)at;
	return is_one_of(prop->name, names);
}

static bool keep_number(
		struct guest *guest, const struct guest_node *at, const struct dt_prop *prop)
{
	(void)guest;
	if (strcmp(prop->name, "phandle") != 0)
		return strcmp(prop->name, "linux,phandle") == 0;
	draft_set_u32(at->draft, "phandle", at->node->phandle);
	return true;
}

/* `reg` without a window: its cells are the host's bus's, and the guest's bus has others. */
static bool place_reg(struct guest *guest, const struct guest_node *at)
{
	if (has_use(at, USE_WINDOW))
		return true;
	if (!is_top(guest, at) && !guest_is_memory_bus(guest, at->node->parent))
		return false;
	guest_warn(at->node, "'reg' has no size: left out");
	return true;
}

static bool place_bus(const struct guest_node *at, const struct dt_prop *prop)
{
	static const char *const names[] = { "#address-cells", "#size-cells", "ranges",
		"dma-ranges", NULL };

	if (strcmp(prop->name, "dma-ranges") == 0 && prop->size)
		guest_warn(at->node, "'dma-ranges' holds for the host's memory: left out");
	return is_one_of(prop->name, names);
}

/* Addresses: guest_write_windows() writes what is in memory. */
static bool place(struct guest *guest, const struct guest_node *at, const struct dt_prop *prop)
{
	if (strcmp(prop->name, "reg") == 0)
		return place_reg(guest, at);
	if (dt_is_pci_host(&guest->tree, at->node))
		return strcmp(prop->name, "ranges") == 0 || strcmp(prop->name, "dma-ranges") == 0;
	return guest_is_memory_bus(guest, at->node) && place_bus(at, prop);
}

static bool lead_to_gic(
		struct guest *guest, const struct guest_node *at, const struct dt_prop *prop)
{
	if (strcmp(prop->name, "interrupt-parent") != 0)
		return false;
	if (prop->size == 4 && guest_has(guest, dt_node_of_phandle(&guest->tree,
								span_load_u32(prop->value))))
		guest_copy_prop(guest, at, prop);
	else
		draft_set_u32(at->draft, "interrupt-parent", GUEST_PHANDLE_GIC);
	return true;
}

/* Of a nexus that is no PCI bridge nothing is left to map: interrupts below it were followed through it. */
static bool drop_nexus(struct guest *guest, const struct guest_node *at, const struct dt_prop *prop)
{
	static const char *const names[] = { "interrupt-map", "interrupt-map-mask",
		"interrupt-map-pass-thru", NULL };
	const char *type = dt_prop_string(&guest->tree, at->node, "device_type");

	if (!dt_prop(&guest->tree, at->node, "interrupt-map") || (type && strcmp(type, "pci") == 0))
		return false;
	if (strcmp(prop->name, "#interrupt-cells") == 0)
		return !dt_prop(&guest->tree, at->node, "interrupt-controller");
	return is_one_of(prop->name, names);
}

static bool map_irqs(struct guest *guest, const struct guest_node *at, const struct dt_prop *prop)
{
	if (strcmp(prop->name, "interrupt-map") != 0 || !dt_is_pci_host(&guest->tree, at->node))
		return false;
	guest_write_irq_map(guest, at);
	return true;
}

static bool fix_clocks(struct guest *guest, const struct guest_node *at, const struct dt_prop *prop)
{
	if (strcmp(prop->name, "clocks") != 0)
		return false;
	guest_write_clocks(guest, at);
	return true;
}

static bool cut_off(struct guest *guest, const struct guest_node *at, const struct dt_prop *prop)
{
	if (!guest_reaches_out(guest, at, prop))
		return false;
	guest_warn(at->node, "'%s' names what the guest does not have: left out", prop->name);
	return true;
}

static bool copy(struct guest *guest, const struct guest_node *at, const struct dt_prop *prop)
{
	guest_copy_prop(guest, at, prop);
	return true;
}

static const rule rules[] = {
	leave_out,
	keep_number,
	place,
	lead_to_gic,
	drop_nexus,
	map_irqs,
	fix_clocks,
	cut_off,
	copy,
};

static void write_props(struct guest *guest, const struct guest_node *at)
{
	const struct dt_prop *prop;
	size_t i;

	dt_for_each_prop (prop, at->node)
		for (i = 0; !rules[i](guest, at, prop); i++)
			;
}

/* Another overlay may have enabled the device, or the other way round; Graft attaches by what holds now. */
static void follow_status(struct guest *guest, const struct guest_node *at)
{
	char path[DT_PATH_MAX + 1];
	const struct dt_node *now = NULL;
	const struct dt_prop *status = NULL;

	if (guest->order->live)
		now = dt_node_at(guest->order->live, dt_node_path(at->node, path, sizeof(path)));
	if (now)
		status = dt_prop(guest->order->live, now, "status");
	if (status)
		draft_set(at->draft, "status", status->value, status->size);
}

static void write_bus(struct guest *guest, const struct guest_node *at)
{
	if (!guest_is_memory_bus(guest, at->node))
		return;
	draft_set_u32(at->draft, "#address-cells", 2);
	draft_set_u32(at->draft, "#size-cells", 2);
	draft_set(at->draft, "ranges", NULL, 0);
}

static bool has_registers_below(const struct guest *guest, const struct dt_node *top)
{
	const struct dt_node *node;
	struct dt_window window;

	dt_for_each_node (node, top) {
		struct dt_list reg = dt_reg(&guest->tree, node);

		if (guest_has(guest, node) && dt_reg_next(&reg, &window, NULL) > 0)
			return true;
	}
	return false;
}

/* dma-coherent of a host's bus holds for all below it; the guest has no such bus (Devicetree Specification 2.3.10). */
static void inherit_coherence(const struct guest *guest, const struct guest_node *at)
{
	if (is_top(guest, at) && dt_is_dma_coherent(&guest->tree, at->node) &&
			has_registers_below(guest, at->node))
		draft_set(at->draft, "dma-coherent", NULL, 0);
}

/* How Graft finds the host's node, and what the user was told to be careful with. */
static void write_assignment(struct guest *guest, const struct guest_node *at)
{
	char path[DT_PATH_MAX + 1];

	if (at->uses.count || is_top(guest, at))
		draft_set_string(at->draft, "xen,path", dt_node_path(at->node, path, sizeof(path)));
	if (!has_use(at, USE_WINDOW))
		return;
	if (dt_is_compatible(&guest->tree, at->node, "arm,primecell"))
		guest_warn(at->node,
				"Linux makes no device of an arm,primecell that an overlay brings");
	if (has_use(at, USE_STREAM)) {
		guest_warn(at->node,
				"is behind an IOMMU, which Graft does not drive: it will refuse to attach it to a domain that "
				"is not direct-mapped");
		return;
	}
	if (guest->order->forced || dt_is_forced(&guest->tree, at->node))
		draft_set(at->draft, "xen,force-assign-without-iommu", NULL, 0);
	else
		guest_warn(at->node,
				"is behind no IOMMU: Graft will refuse to attach it to a domain that "
				"is not direct-mapped (--force-without-iommu)");
}

/* A name that the overlay, another overlay or the guest's root uses already would make two nodes one. */
static const char *free_name(const struct guest *guest, const struct dt_node *node,
		const struct draft_node *parent)
{
	const struct dt_node *bus = node->parent;
	const char *name = node->name, *above;
	size_t count = 0, length;

	while (draft_find(parent, name) ||
			(parent == guest->content && draft_find(guest->taken, name))) {
		above = bus && bus->parent ? bus->name : "overlay";
		length = strcspn(above, "@");
		name = count ? memory_print("%.*s%zu-%s", (int)length, above, count, node->name)
		             : memory_print("%.*s-%s", (int)length, above, node->name);
		count++;
	}
	return name;
}

static void write_children(struct guest *guest, const struct guest_node *at)
{
	const struct dt_node *child, *twin = at->twin->first_child;

	dt_for_each_child (child, at->node) {
		if (guest_has(guest, child))
			guest_write_node(guest, child, twin, at->draft);
		twin = twin->next;
	}
}

void guest_write_node(struct guest *guest, const struct dt_node *node, const struct dt_node *twin,
		struct draft_node *parent)
{
	struct guest_node at = { .node = node, .twin = twin };
	const char *name = free_name(guest, node, parent);

	if (strcmp(name, node->name) != 0)
		guest_warn(node, "the guest has a node of that name: it is named %s there", name);
	at.draft = draft_child(parent, name);
	uses_read(&at.uses, &guest->tree, node, NULL);
	write_props(guest, &at);
	follow_status(guest, &at);
	write_bus(guest, &at);
	guest_write_windows(guest, &at);
	guest_write_irqs(guest, &at);
	inherit_coherence(guest, &at);
	write_assignment(guest, &at);
	write_children(guest, &at);
	free(at.uses.at);
}
