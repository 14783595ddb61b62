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

/* In the guest it hangs on the root, so it must be a device of its own. */
static bool can_stand_alone(const struct dt_tree *tree, const struct dt_node *node)
{
	const struct dt_node *parent = node->parent;
	struct dt_list reg = dt_reg(tree, node);
	struct dt_window window;

	if (parent->parent && !dt_prop(tree, parent, "ranges"))
		return false;
	return reg.rest.left == 0 || dt_reg_next(&reg, &window, NULL) > 0;
}

bool guest_has(const struct guest *guest, const struct dt_node *node)
{
	if (!node || node->owner != guest->overlay)
		return false;
	while (node->parent->owner == guest->overlay)
		node = node->parent;
	return can_stand_alone(&guest->tree, node);
}

static bool has_use(const struct guest_node *at, enum use_kind kind)
{
	for (size_t i = 0; i < at->uses.count; i++)
		if (at->uses.at[i].kind == kind)
			return true;
	return false;
}

/* A bus whose children have memory addresses, and no bridge to a bus of another kind. */
static bool is_memory_bus(const struct guest *guest, const struct dt_node *node)
{
	return dt_prop(&guest->tree, node, "ranges") && !dt_is_pci_host(&guest->tree, node);
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

/* Addresses: guest_write_windows() writes what is in memory. */
static bool place(struct guest *guest, const struct guest_node *at, const struct dt_prop *prop)
{
	static const char *const names[] = { "#address-cells", "#size-cells", "ranges",
		"dma-ranges", NULL };

	if (strcmp(prop->name, "reg") == 0)
		return has_use(at, USE_WINDOW);
	if (dt_is_pci_host(&guest->tree, at->node))
		return strcmp(prop->name, "ranges") == 0 || strcmp(prop->name, "dma-ranges") == 0;
	return is_memory_bus(guest, at->node) && is_one_of(prop->name, names);
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

/* Properties that begin with a phandle, for overlays that name phandles by number. */
static bool is_number_out(const struct guest *guest, const struct dt_prop *prop)
{
	static const char *const names[] = { "resets", "power-domains", "dmas", "phys", "mboxes",
		"interconnects", "nvmem-cells", "memory-region", "pinctrl-0", "pinctrl-1", NULL };

	return is_one_of(prop->name, names) && prop->size >= 4 &&
	       !guest_has(guest, dt_node_of_phandle(&guest->tree, span_load_u32(prop->value)));
}

static bool cut_off(struct guest *guest, const struct guest_node *at, const struct dt_prop *prop)
{
	if (!guest_reaches_out(guest, at, prop) && !is_number_out(guest, prop))
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

	if (guest->live)
		now = dt_node_at(guest->live, dt_node_path(at->node, path, sizeof(path)));
	if (now)
		status = dt_prop(guest->live, now, "status");
	if (status)
		draft_set(at->draft, "status", status->value, status->size);
}

static void write_bus(struct guest *guest, const struct guest_node *at)
{
	if (!is_memory_bus(guest, at->node))
		return;
	draft_set_u32(at->draft, "#address-cells", 2);
	draft_set_u32(at->draft, "#size-cells", 2);
	draft_set(at->draft, "ranges", NULL, 0);
}

/* How Graft finds the host's node, and what the user was told to be careful with. */
static void write_assignment(struct guest *guest, const struct guest_node *at)
{
	bool is_top = !guest_has(guest, at->node->parent);
	char path[DT_PATH_MAX + 1];

	if (at->uses.count || is_top)
		draft_set_string(at->draft, "xen,path", dt_node_path(at->node, path, sizeof(path)));
	if (!has_use(at, USE_WINDOW))
		return;
	if (dt_is_compatible(&guest->tree, at->node, "arm,primecell"))
		guest_warn(at->node,
				"Linux makes no device of an arm,primecell that an overlay brings");
	/* What the host's buses said for it, nobody says in the guest. */
	if (is_top && dt_is_dma_coherent(&guest->tree, at->node))
		draft_set(at->draft, "dma-coherent", NULL, 0);
	if (has_use(at, USE_STREAM))
		return;
	if (guest->forced || dt_is_forced(&guest->tree, at->node))
		draft_set(at->draft, "xen,force-assign-without-iommu", NULL, 0);
	else
		guest_warn(at->node,
				"is behind no IOMMU: Graft will refuse to attach it to a domain that "
				"is not direct-mapped (--force-without-iommu)");
}

void guest_write_node(struct guest *guest, const struct dt_node *node, const struct dt_node *twin,
		struct draft_node *parent)
{
	struct guest_node at = { .node = node, .twin = twin };
	const struct dt_node *child, *other;

	if (draft_find(parent, node->name)) {
		guest_refuse(guest, node, "another node of that name goes to the same place");
		return;
	}
	at.draft = draft_child(parent, node->name);
	uses_read(&at.uses, &guest->tree, node, NULL);
	write_props(guest, &at);
	follow_status(guest, &at);
	write_bus(guest, &at);
	guest_write_windows(guest, &at);
	guest_write_irqs(guest, &at);
	write_assignment(guest, &at);
	other = twin->first_child;
	dt_for_each_child (child, node) {
		guest_write_node(guest, child, other, at.draft);
		other = other->next;
	}
	free(at.uses.at);
}
