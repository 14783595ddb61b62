/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Dom0's device tree: the host's, without what Graft keeps, and with the nodes rewritten that tell a kernel
 * what machine it is on (Linux's binding arm/xen.txt; Devicetree Specification chapter 3).
 */
#include "arch/arm64/boot.h"
#include "arch/arm64/bootinfo.h"
#include "arch/arm64/dom0.h"
#include "arch/arm64/dom0_links.h"
#include "arch/arm64/guest.h"
#include "arch/arm64/host_tree.h"
#include "arch/arm64/timer_node.h"
#include "assign/boot.h"
#include "core/arch.h"
#include "dt/fdt_write.h"
#include "lib/string.h"
#include <arch/mm.h>

#define GROWTH KIB(64) /* what the rewritten nodes may add */

struct context {
	const struct dom0 *dom0;
	struct dtb_writer writer;
	uint32_t address_cells, size_cells; /* of the root */
};

static bool is_one_of(const char *name, const char *const *list)
{
	for (; *list; list++) {
		if (strcmp(name, *list) == 0)
			return true;
	}
	return false;
}

static void copy_prop(struct context *c, const struct dt_prop *prop)
{
	dtb_write_prop(&c->writer, prop->name, prop->value, prop->size);
}

static void copy_props_but(struct context *c, const struct dt_node *node, const char *const *but)
{
	const struct dt_prop *prop;

	dt_for_each_prop (prop, node) {
		if (!is_one_of(prop->name, but))
			copy_prop(c, prop);
	}
}

static void copy_props_only(struct context *c, const struct dt_node *node, const char *const *only)
{
	const struct dt_prop *prop;

	dt_for_each_prop (prop, node) {
		if (is_one_of(prop->name, only))
			copy_prop(c, prop);
	}
}

/* Address and size cells of the root, any number of pairs. */
static uint8_t *put_cells(uint8_t *to, uint64_t value, uint32_t cells)
{
	for (uint32_t i = cells; i-- > 0;) {
		span_store_u32(to + 4 * (cells - 1 - i), i < 2 ? (uint32_t)(value >> (32 * i)) : 0);
	}
	return to + 4 * cells;
}

static void write_reg(struct context *c, const struct page_range *ranges, size_t count)
{
	size_t entry = 4 * (c->address_cells + c->size_cells);
	uint8_t *to = dtb_write_space(&c->writer, "reg", count * entry);

	for (size_t i = 0; to && i < count; i++) {
		to = put_cells(to, ranges[i].base.v, c->address_cells);
		to = put_cells(to, ranges[i].size, c->size_cells);
	}
}

static void write_memory(struct context *c)
{
	dtb_begin_node_at(&c->writer, "memory", c->dom0->banks[0].base.v);
	dtb_write_string(&c->writer, "device_type", "memory");
	write_reg(c, c->dom0->banks, c->dom0->bank_count);
	dtb_end_node(&c->writer);
}

static void write_psci(struct context *c)
{
	static const char compatible[] = "arm,psci-1.0\0arm,psci-0.2";

	dtb_begin_node(&c->writer, "psci");
	dtb_write_prop(&c->writer, "compatible", compatible, sizeof(compatible));
	dtb_write_string(&c->writer, "method", "hvc");
	dtb_end_node(&c->writer);
}

#define IRQ_PPI       1
#define IRQ_LEVEL_LOW 8
#define PPI_BASE      16

/* Three or four: at most what a specifier may have (dt_gic_decode() refused others at boot). */
static uint32_t interrupt_cells(const struct context *c)
{
	uint32_t cells = 3;

	(void)dt_prop_u32(&host_tree, c->dom0->gic, "#interrupt-cells", &cells);
	return MAX(MIN(cells, 4U), 3U);
}

/* The first region is for the grant table; the others are free for foreign pages. */
static void write_hypervisor(struct context *c)
{
	static const char compatible[] = "xen,xen-4.20\0xen,xen";
	struct page_range ranges[1 + DOM0_REGIONS_MAX] = { c->dom0->grant_region };
	uint32_t interrupt[4] = { IRQ_PPI, GUEST_PPI_UPCALL - PPI_BASE, 0xf00 | IRQ_LEVEL_LOW, 0 };

	memcpy(&ranges[1], c->dom0->regions, sizeof(c->dom0->regions));
	dtb_begin_node(&c->writer, "hypervisor");
	dtb_write_prop(&c->writer, "compatible", compatible, sizeof(compatible));
	write_reg(c, ranges, 1 + c->dom0->region_count);
	dtb_write_u32(&c->writer, "interrupt-parent", c->dom0->gic->phandle);
	dtb_write_cells(&c->writer, "interrupts", interrupt, interrupt_cells(c));
	dtb_end_node(&c->writer);
}

/* The node of a CPU of the machine, by any affinity if mpidr is NULL; or NULL. */
static const struct dt_node *host_cpu(const struct dt_node *top, const uint64_t *mpidr)
{
	const struct dt_node *node;

	dt_for_each_child (node, top) {
		const char *type = dt_prop_string(&host_tree, node, "device_type");
		const struct dt_prop *reg = dt_prop(&host_tree, node, "reg");
		struct span span;
		uint64_t value;

		if (!type || strcmp(type, "cpu") != 0 || !reg)
			continue;
		span = dt_prop_span(reg);
		if (span_cells(&span, reg->size / 4, &value) && (!mpidr || value == *mpidr))
			return node;
	}
	return NULL;
}

/*
 * Of the CPU whose kind the vCPU keeps to (core/sched.h). phandles stay: other nodes may name a CPU in an
 * interrupt-affinity.
 */
static void write_cpu(struct context *c, const struct dt_node *top, unsigned index)
{
	static const char *const kept[] = { "compatible", "device_type", "phandle", "linux,phandle",
		NULL };
	static const char *const kept_again[] = { "compatible", "device_type", NULL };
	const struct dt_node *host = host_cpu(top, &cpus[index % cpu_count].mpidr);
	bool again = index >= cpu_count || !host;
	uint64_t affinity =
			domain_vcpu(c->dom0->domain, index)->arch.sysregs.vmpidr & GENMASK(23, 0);
	uint32_t address_cells = 1, size_cells;
	uint8_t *to;

	(void)dt_cells(&host_tree, top, &address_cells, &size_cells, NULL);
	dtb_begin_node_at(&c->writer, "cpu", affinity);
	host = host ? host : host_cpu(top, NULL);
	if (host)
		copy_props_only(c, host, again ? kept_again : kept);
	to = dtb_write_space(&c->writer, "reg", 4 * address_cells);
	if (to)
		put_cells(to, affinity, address_cells);
	dtb_write_string(&c->writer, "enable-method", "psci");
	dtb_end_node(&c->writer);
}

static void write_cpus(struct context *c, const struct dt_node *top)
{
	static const char *const none[] = { NULL };

	dtb_begin_node(&c->writer, "cpus");
	copy_props_but(c, top, none);
	for (unsigned i = 0; i < c->dom0->vcpus; i++)
		write_cpu(c, top, i);
	dtb_end_node(&c->writer);
}

/* As Xen: /chosen's own bootargs are Dom0's where the hypervisor's are xen,xen-bootargs. */
static const char *chosen_bootargs(const struct dt_node *chosen)
{
	const char *bootargs = dt_prop_string(&host_tree, chosen, "xen,dom0-bootargs");

	if (!bootargs && dt_prop(&host_tree, chosen, "xen,xen-bootargs"))
		bootargs = dt_prop_string(&host_tree, chosen, "bootargs");
	return bootargs;
}

static void write_bootargs(struct context *c)
{
	const char *bootargs = boot_info.modules[MODULE_KERNEL].bootargs;
	const struct dt_node *chosen = dt_node_at(&host_tree, "/chosen");

	if (!bootargs && chosen)
		bootargs = chosen_bootargs(chosen);
	dtb_write_string(&c->writer, "bootargs", bootargs ? bootargs : "");
}

/* Seeds for the kernel's randomness go on to it; what describes Graft's own boot does not. */
static void write_chosen(struct context *c, const struct dt_node *chosen)
{
	static const char *const only[] = { "rng-seed", "kaslr-seed", NULL };
	static const char *const without_uart[] = { "rng-seed", "kaslr-seed", "stdout-path", NULL };
	const struct page_range *initrd = &c->dom0->initrd;

	dtb_begin_node(&c->writer, "chosen");
	if (chosen)
		copy_props_only(c, chosen, c->dom0->uart ? only : without_uart);
	write_bootargs(c);
	if (initrd->size) {
		dtb_write_u64(&c->writer, "linux,initrd-start", initrd->base.v);
		dtb_write_u64(&c->writer, "linux,initrd-end", initrd->base.v + initrd->size);
	}
	dtb_end_node(&c->writer);
}

static uint8_t *put_range(uint8_t *to, const struct page_range *range, uint32_t address_cells,
		uint32_t size_cells)
{
	return put_cells(put_cells(to, range->base.v, address_cells), range->size, size_cells);
}

/* The emulated one: where the real one is, no maintenance, no ITS. */
static void write_gic(struct context *c, const struct dt_node *gic)
{
	static const char *const replaced[] = { "reg", "interrupts", "interrupt-parent",
		"redistributor-stride", "#redistributor-regions", "ranges", "msi-controller",
		NULL };
	unsigned regions = c->dom0->gicr_count;
	uint32_t address_cells = c->address_cells, size_cells = c->size_cells;
	size_t entry;
	uint8_t *to;

	(void)dt_cells(&host_tree, gic->parent, &address_cells, &size_cells, NULL);
	entry = 4 * (address_cells + size_cells);
	dtb_begin_node(&c->writer, gic->name);
	copy_props_but(c, gic, replaced);
	if (regions > 1)
		dtb_write_u32(&c->writer, "#redistributor-regions", regions);
	to = dtb_write_space(&c->writer, "reg", (1 + regions) * entry);
	if (to)
		to = put_range(to, &c->dom0->gicd, address_cells, size_cells);
	for (unsigned i = 0; to && i < regions; i++)
		to = put_range(to, &c->dom0->gicrs[i], address_cells, size_cells);
	dtb_end_node(&c->writer);
}

/*
 * PPIs of a guest's timers, whichever the host's are: the virtual GIC has them there for every guest. The names of
 * the host's entries may have another order.
 */
static void write_timer(struct context *c, const struct dt_node *timer)
{
	static const char *const replaced[] = { "interrupts", "interrupts-extended",
		"interrupt-names", "interrupt-parent", NULL };
	static const uint32_t ppis[] = { GUEST_PPI_STIMER, GUEST_PPI_PTIMER, GUEST_PPI_VTIMER,
		GUEST_PPI_HTIMER };
	uint32_t interrupts[ARRAY_SIZE(ppis) * DT_CELLS_MAX] = { 0 };
	uint32_t cells = interrupt_cells(c);

	for (size_t i = 0; i < ARRAY_SIZE(ppis); i++) {
		interrupts[i * cells] = IRQ_PPI;
		interrupts[i * cells + 1] = ppis[i] - PPI_BASE;
		interrupts[i * cells + 2] = 0xf00 | IRQ_LEVEL_LOW;
	}
	dtb_begin_node(&c->writer, timer->name);
	copy_props_but(c, timer, replaced);
	dtb_write_u32(&c->writer, "interrupt-parent", c->dom0->gic->phandle);
	dtb_write_cells(&c->writer, "interrupts", interrupts, ARRAY_SIZE(ppis) * cells);
	dtb_end_node(&c->writer);
}

/* Nodes that are not copied: written anew here, or (write == NULL) at the end or not at all. */
static const struct special {
	const char *path;
	void (*write)(struct context *c, const struct dt_node *node);
} specials[] = {
	{ "/chosen", write_chosen },
	{ "/cpus", write_cpus },
	{ "/psci", NULL },
	{ "/hypervisor", NULL },
};

/* The machine's firmware, wherever its node is: not a guest's to call. */
static bool is_psci(const struct dt_node *node)
{
	return dt_is_compatible(&host_tree, node, "arm,psci") ||
	       dt_is_compatible(&host_tree, node, "arm,psci-0.2") ||
	       dt_is_compatible(&host_tree, node, "arm,psci-1.0");
}

static bool write_special(struct context *c, const struct dt_node *node)
{
	const char *type = dt_prop_string(&host_tree, node, "device_type");

	for (size_t i = 0; i < ARRAY_SIZE(specials); i++) {
		if (dt_node_at(&host_tree, specials[i].path) != node)
			continue;
		if (specials[i].write)
			specials[i].write(c, node);
		return true;
	}
	if (node == c->dom0->gic) {
		write_gic(c, node);
		return true;
	}
	if (timer_node_is(&host_tree, node)) {
		write_timer(c, node);
		return true;
	}
	return dom0_is_kept(c->dom0, node) || is_psci(node) ||
	       (type && strcmp(type, "memory") == 0);
}

/* What is marked for guests Dom0 sees, so that its toolstack can name it, but does not drive. */
static void write_props(struct context *c, const struct dt_node *node)
{
	bool for_guests = assign_is_for_guests(&host_tree, node);
	const struct dt_prop *prop;

	dt_for_each_prop (prop, node) {
		if (for_guests && strcmp(prop->name, "status") == 0)
			continue;
		if (!dom0_links_write(c->dom0, &c->writer, node, prop))
			copy_prop(c, prop);
	}
	if (for_guests)
		dtb_write_string(&c->writer, "status", "disabled");
}

static void write_new_nodes(struct context *c)
{
	if (!dt_node_at(&host_tree, "/chosen"))
		write_chosen(c, NULL);
	write_memory(c);
	write_psci(c);
	write_hypervisor(c);
}

/* Ends the node, and those above it whose last child it was. Returns the next one; NULL at the end. */
static const struct dt_node *close_nodes(struct context *c, const struct dt_node *node)
{
	while (node->parent && !node->next) {
		node = node->parent;
		if (!node->parent)
			write_new_nodes(c);
		dtb_end_node(&c->writer);
	}
	return node->next;
}

static void write_nodes(struct context *c)
{
	const struct dt_node *node = host_tree.root;

	while (node) {
		if (node->parent && write_special(c, node)) {
			node = close_nodes(c, node);
			continue;
		}
		dtb_begin_node(&c->writer, node->name);
		write_props(c, node);
		if (node->first_child) {
			node = node->first_child;
			continue;
		}
		dtb_end_node(&c->writer);
		node = close_nodes(c, node);
	}
}

size_t dom0_tree_size(void)
{
	return dt_tree_flat_size(&host_tree) + GROWTH;
}

void dom0_write_tree(const struct dom0 *dom0, size_t max)
{
	static struct context context;
	void *to = phys_to_virt(PADDR(dom0->dtb));
	size_t total;
	int err;

	context.dom0 = dom0;
	if (dt_cells(&host_tree, host_tree.root, &context.address_cells, &context.size_cells, NULL))
		boot_refuse("the device tree's root has no usable #address-cells and #size-cells");
	dtb_write_init(&context.writer, to, max);
	write_nodes(&context);
	err = dtb_finish(&context.writer, &total);
	if (err)
		boot_refuse("Dom0's device tree cannot be written: error %d", err);
	arch_cache_clean(to, total);
}
