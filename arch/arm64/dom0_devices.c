/* SPDX-License-Identifier: Apache-2.0 */
/* The machine's devices to Dom0: registers mapped at their own addresses, SPIs routed. */
#include "arch/arm64/bootinfo.h"
#include "arch/arm64/dom0.h"
#include "arch/arm64/gic.h"
#include "arch/arm64/host_tree.h"
#include "arch/arm64/irq.h"
#include "core/p2m.h"
#include "core/panic.h"
#include "core/printk.h"
#include "lib/string.h"

#define KEPT_MAX 64

/* Pages of the devices that Graft keeps: nobody else gets them, whatever else is said to be there. */
static struct page_range kept[KEPT_MAX];
static size_t kept_count;

static bool matches_any(const struct dt_node *node, const char *const *compatible)
{
	for (; *compatible; compatible++) {
		if (dt_is_compatible(&host_tree, node, *compatible))
			return true;
	}
	return false;
}

/* "arm,cortex-a53-pmu", "arm,armv8-pmuv3", "apm,potenza-pmu": the processor's own counters. */
static bool is_cpu_pmu(const struct dt_node *node)
{
	const struct dt_prop *compatible = dt_prop(&host_tree, node, "compatible");
	struct span list;
	const char *name;
	size_t length;

	if (!compatible || dt_prop(&host_tree, node, "reg"))
		return false;
	list = dt_prop_span(compatible);
	while (span_string(&list, &name, &length)) {
		if (strstr(name, "-pmu"))
			return true;
	}
	return false;
}

bool dom0_is_kept(const struct dom0 *dom0, const struct dt_node *node)
{
	static const char *const compatible[] = { "arm,smmu-v3", "arm,mmu-500", "arm,mmu-401",
		"arm,smmu-v2", "arm,smmu-v1", "arm,gic-v3-its", "arm,armv7-timer-mem", "xen,xen",
		"xen,multiboot-module", "multiboot,module", NULL };

	return node == dom0->uart || matches_any(node, compatible) || is_cpu_pmu(node) ||
	       (node->parent && node->parent == dom0->gic);
}

static struct page_range pages_of(const struct dt_window *window)
{
	uint64_t start = ALIGN_DOWN(window->base, PAGE_SIZE);
	uint64_t end = ALIGN_UP(window->base + window->size, PAGE_SIZE);

	return (struct page_range){ PADDR(start), end - start };
}

static bool overlap(struct page_range a, struct page_range b)
{
	return a.base.v < b.base.v + b.size && b.base.v < a.base.v + a.size;
}

static void keep_windows(const struct dt_node *node)
{
	struct dt_list list = dt_reg(&host_tree, node);
	struct dt_window window;

	while (dt_reg_next(&list, &window, NULL) > 0) {
		if (kept_count == KEPT_MAX)
			panic("more than %u register windows of devices that Graft keeps",
				KEPT_MAX);
		kept[kept_count++] = pages_of(&window);
	}
}

static const struct page_range *overlapping(
	const struct page_range *ranges, size_t count, struct page_range range)
{
	for (size_t i = 0; i < count; i++) {
		if (overlap(ranges[i], range))
			return &ranges[i];
	}
	return NULL;
}

static void map_window(
	struct dom0 *dom0, const struct dt_node *node, const struct dt_window *window)
{
	struct page_range range = pages_of(window);

	if (!window->size)
		return;
	if (overlapping(boot_info.ram, boot_info.ram_count, range)) {
		log_warn("%s: %#llx is RAM, not a device: Dom0 does not get it", dt_path(node),
			(unsigned long long)window->base);
		return;
	}
	if (overlapping(kept, kept_count, range)) {
		log_warn(
			"%s: %#llx lies in a page of a device that Graft keeps: Dom0 does not get it",
			dt_path(node), (unsigned long long)window->base);
		return;
	}
	if (p2m_map(dom0->domain, IPA(range.base.v), range.base, range.size >> PAGE_SHIFT,
		    P2M_MMIO))
		log_warn("%s: %#llx cannot be mapped for Dom0", dt_path(node),
			(unsigned long long)window->base);
}

static void map_registers(struct dom0 *dom0, const struct dt_node *node)
{
	struct dt_list list = dt_reg(&host_tree, node);
	struct dt_window window;

	while (dt_reg_next(&list, &window, NULL) > 0)
		map_window(dom0, node, &window);
	if (!dt_is_pci_host(&host_tree, node))
		return;
	list = dt_ranges(&host_tree, node);
	while (dt_ranges_next(&list, &window, NULL) > 0)
		map_window(dom0, node, &window);
}

static void route(struct dom0 *dom0, const struct dt_node *node, const struct dt_irq *raw)
{
	struct dt_gic_irq irq;

	/* Behind a GPIO or another controller that is itself a device: its own interrupt is what counts. */
	if (raw->controller != dom0->gic || dt_gic_decode(&host_tree, raw, &irq, NULL) || !irq.spi)
		return;
	if (irq_owner(irq.intid) == dom0->domain)
		return;
	if (irq_route(dom0->domain, irq.intid, irq.edge))
		log_warn("%s: interrupt %u cannot be routed to Dom0", dt_path(node), irq.intid);
}

static void route_interrupts(struct dom0 *dom0, const struct dt_node *node)
{
	struct dt_list list = dt_irqs(&host_tree, node);
	struct dt_irq raw;

	while (dt_irqs_next(&list, &raw, NULL) > 0)
		route(dom0, node, &raw);
	if (!dt_is_pci_host(&host_tree, node))
		return;
	list = dt_irq_map(&host_tree, node);
	while (dt_irq_map_next(&list, &raw, NULL) > 0)
		route(dom0, node, &raw);
}

/* Memory and CPUs have a reg too, but it names no device. */
static bool is_device(const struct dt_node *node)
{
	const char *type = dt_prop_string(&host_tree, node, "device_type");

	return !type || (strcmp(type, "memory") != 0 && strcmp(type, "cpu") != 0);
}

/* The next node in document order that is not below this one. */
static const struct dt_node *skip_subtree(const struct dt_node *node)
{
	while (node && !node->next)
		node = node->parent;
	return node ? node->next : NULL;
}

/* Firmware's and devices' own memory inside RAM: Dom0's drivers are who uses it. */
static void map_reserved_memory(struct dom0 *dom0)
{
	const struct dt_node *top = dt_node_at(&host_tree, "/reserved-memory"), *node;
	struct dt_window window;

	if (!top)
		return;
	dt_for_each_child (node, top) {
		struct dt_list list = dt_reg(&host_tree, node);

		while (dt_reg_next(&list, &window, NULL) > 0) {
			struct page_range range = pages_of(&window);

			if (p2m_map(dom0->domain, IPA(range.base.v), range.base,
				    range.size >> PAGE_SHIFT, P2M_RAM))
				log_warn("%s: cannot be mapped for Dom0", dt_path(node));
		}
	}
}

static void keep_all(const struct dom0 *dom0)
{
	const struct dt_node *node;

	dt_for_each_node (node, host_tree.root) {
		if (node == dom0->gic || dom0_is_kept(dom0, node))
			keep_windows(node);
	}
}

static bool is_outside_devices(const struct dt_node *node)
{
	static const char *const paths[] = { "reserved-memory", "chosen", "cpus", "aliases",
		"__symbols__" };

	if (!node->parent || node->parent->parent)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(paths); i++) {
		if (strcmp(node->name, paths[i]) == 0)
			return true;
	}
	return false;
}

void dom0_assign_devices(struct dom0 *dom0)
{
	const struct dt_node *node = host_tree.root;

	keep_all(dom0);
	while (node) {
		if (node == dom0->gic || dom0_is_kept(dom0, node) || is_outside_devices(node) ||
			!dt_is_enabled(&host_tree, node)) {
			node = skip_subtree(node);
			continue;
		}
		if (is_device(node)) {
			map_registers(dom0, node);
			route_interrupts(dom0, node);
		}
		node = dt_node_next(node, host_tree.root);
	}
	map_reserved_memory(dom0);
}

void dom0_find_gic(struct dom0 *dom0)
{
	struct dt_window window;
	struct dt_list list;

	dom0->gic = dt_find_compatible(&host_tree, NULL, "arm,gic-v3");
	list = dt_reg(&host_tree, dom0->gic);
	if (dt_reg_next(&list, &window, NULL) <= 0)
		panic("%s: no distributor in reg", dt_path(dom0->gic));
	dom0->gicd = (struct page_range){ PADDR(window.base), window.size };
	if (dt_reg_next(&list, &window, NULL) <= 0)
		panic("%s: no redistributors in reg", dt_path(dom0->gic));
	dom0->gicr = (struct page_range){ PADDR(window.base), window.size };
}
