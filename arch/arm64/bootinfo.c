/* SPDX-License-Identifier: Apache-2.0 */
/* Reads RAM, boot modules and command line from the host's blob. */
#include "arch/arm64/bootinfo.h"

#include "arch/arm64/boot.h"
#include "arch/arm64/layout.h"
#include "arch/arm64/mm.h"
#include "core/printk.h"
#include "lib/string.h"

struct boot_info boot_info;

static struct page_range to_pages_inside(uint64_t base, uint64_t size)
{
	uint64_t start = ALIGN_UP(base, PAGE_SIZE);
	uint64_t end = ALIGN_DOWN(base + size, PAGE_SIZE);

	return (struct page_range){ PADDR(start), end > start ? end - start : 0 };
}

static struct page_range to_pages_around(uint64_t base, uint64_t size)
{
	uint64_t start = ALIGN_DOWN(base, PAGE_SIZE);

	return (struct page_range){ PADDR(start), ALIGN_UP(base + size, PAGE_SIZE) - start };
}

/* Insertion keeps the few ranges sorted by address. */
static void add_range(struct page_range *ranges, size_t *count, size_t max, struct page_range range)
{
	size_t i = *count;

	if (!range.size)
		return;
	if (*count == max)
		boot_refuse("more than %zu memory ranges in the device tree", max);
	while (i > 0 && ranges[i - 1].base.v > range.base.v) {
		ranges[i] = ranges[i - 1];
		i--;
	}
	ranges[i] = range;
	(*count)++;
}

/* Nothing ends so high that rounding to pages would begin again at 0. */
static bool is_addressable(uint64_t base, uint64_t size)
{
	return size <= UINT64_MAX - PAGE_SIZE && base <= UINT64_MAX - PAGE_SIZE - size;
}

static void require_addressable(uint64_t base, uint64_t size)
{
	if (!is_addressable(base, size))
		boot_refuse("the device tree has memory at %#llx that ends beyond all addresses",
				(unsigned long long)base);
}

static void read_memory_node(const struct dtb_node *node)
{
	uint64_t base, size;

	for (uint32_t i = 0; dtb_reg(node, i, &base, &size); i++) {
		require_addressable(base, size);
		add_range(boot_info.ram, &boot_info.ram_count, BOOT_RANGES_MAX,
				to_pages_inside(base, size));
	}
}

/* What overlaps or touches becomes one: no page may be there twice. */
static void join_memory(void)
{
	struct page_range *last = boot_info.ram;

	for (size_t i = 1; i < boot_info.ram_count; i++) {
		const struct page_range *next = &boot_info.ram[i];
		uint64_t end = next->base.v + next->size;

		if (next->base.v > last->base.v + last->size)
			*++last = *next;
		else if (end > last->base.v + last->size)
			last->size = end - last->base.v;
	}
	if (boot_info.ram_count)
		boot_info.ram_count = (size_t)(last - boot_info.ram) + 1;
}

static void read_memory(void)
{
	struct dtb_node node = dtb_root(&boot_info.dtb);

	while (dtb_find_string(&node, "device_type", "memory")) {
		if (dtb_is_enabled(&node))
			read_memory_node(&node);
		if (!dtb_next(&node))
			break;
	}
	join_memory();
	if (!boot_info.ram_count)
		boot_refuse("the device tree has no memory: a node with device_type \"memory\" and reg is needed");
}

static void reserve(uint64_t base, uint64_t size)
{
	require_addressable(base, size);
	add_range(boot_info.reserved, &boot_info.reserved_count, BOOT_RANGES_MAX,
			to_pages_around(base, size));
}

static void read_reserved(void)
{
	struct dtb_node node, child;
	uint64_t base, size;

	for (uint32_t i = 0; dtb_reserve(&boot_info.dtb, i, &base, &size); i++)
		reserve(base, size);
	if (!dtb_find(&boot_info.dtb, "/reserved-memory", &node) || !dtb_first_child(&node, &child))
		return;
	do {
		for (uint32_t i = 0; dtb_reg(&child, i, &base, &size); i++)
			reserve(base, size);
	} while (dtb_next_sibling(&child));
}

/* As Xen's boot protocol for Arm names them, today and before Xen 4.5. */
static const struct module_name {
	const char *compatible;
	enum boot_module_kind kind;
} module_names[] = {
	{ "multiboot,kernel", MODULE_KERNEL },
	{ "xen,linux-zimage", MODULE_KERNEL },
	{ "multiboot,ramdisk", MODULE_RAMDISK },
	{ "xen,linux-initrd", MODULE_RAMDISK },
	{ "xen,xsm-policy", MODULE_KINDS }, /* MODULE_KINDS: nothing to Graft */
	{ "multiboot,device-tree", MODULE_KINDS },
};

/* The number that holds for children of the node: /chosen often says nothing, and the root's is meant. */
static uint32_t module_cells(const struct dtb_node *parent, const char *name)
{
	struct dtb_node at = *parent, above;
	uint32_t cells = 0;

	while (!dtb_prop_u32(&at, name, &cells) && dtb_parent(&at, &above))
		at = above;
	return cells;
}

static bool module_reg(const struct dtb_node *parent, const struct dtb_node *node,
		struct boot_module *module)
{
	struct span reg;

	return dtb_prop(node, "reg", &reg) &&
	       span_cells(&reg, module_cells(parent, "#address-cells"), &module->base.v) &&
	       span_cells(&reg, module_cells(parent, "#size-cells"), &module->size) && module->size;
}

static bool is_in_memory(const struct boot_module *module)
{
	uint64_t base = module->base.v;

	for (size_t i = 0; i < boot_info.ram_count; i++) {
		const struct page_range *ram = &boot_info.ram[i];

		if (base >= ram->base.v && is_addressable(base, module->size) &&
				base + module->size <= ram->base.v + ram->size)
			return true;
	}
	return false;
}

static void read_module(const struct dtb_node *parent, const struct dtb_node *node,
		struct boot_module *module)
{
	module->bootargs = NULL;
	if (!module_reg(parent, node, module))
		boot_refuse("/chosen/%s: a boot module needs reg = <address size>", dtb_name(node));
	if (!is_in_memory(module))
		boot_refuse("/chosen/%s: the boot module at %#llx is not in memory: load it there",
				dtb_name(node), (unsigned long long)module->base.v);
	(void)dtb_prop_string(node, "bootargs", &module->bootargs);
}

static bool is_module(const struct dtb_node *node)
{
	return dtb_is_compatible(node, "multiboot,module") ||
	       dtb_is_compatible(node, "xen,multiboot-module");
}

/* Of modules without a type the first is the kernel and the second the ramdisk. MODULE_KINDS: none for Dom0. */
static enum boot_module_kind kind_of(const struct dtb_node *node, unsigned *untyped)
{
	for (size_t i = 0; i < ARRAY_SIZE(module_names); i++) {
		if (dtb_is_compatible(node, module_names[i].compatible))
			return module_names[i].kind;
	}
	if (!is_module(node) || *untyped == MODULE_KINDS)
		return MODULE_KINDS;
	return (enum boot_module_kind)(*untyped)++;
}

/* The modules among the children: of each kind the first counts. */
static void read_modules(const struct dtb_node *parent, unsigned *untyped)
{
	struct dtb_node node;

	if (!dtb_first_child(parent, &node))
		return;
	do {
		enum boot_module_kind kind = kind_of(&node, untyped);

		if (kind < MODULE_KINDS && !boot_info.modules[kind].size)
			read_module(parent, &node, &boot_info.modules[kind]);
	} while (dtb_next_sibling(&node));
}

static_assert(MODULE_KERNEL == 0 && MODULE_RAMDISK == 1, "the order of modules without a type");

/* Modules of Dom0 are in /chosen or in a node there; those of another domain are in a node of its own. */
static void read_chosen(const struct dtb_node *chosen)
{
	unsigned untyped = 0;
	struct dtb_node node;

	read_modules(chosen, &untyped);
	if (!dtb_first_child(chosen, &node))
		return;
	do {
		if (!is_module(&node) && !dtb_is_compatible(&node, "xen,domain"))
			read_modules(&node, &untyped);
	} while (dtb_next_sibling(&node));
}

/* A copy: the blob goes back to the allocator once Dom0 is built. Longer ones are cut off, as Xen does. */
static void copy_command_line(const char *text)
{
	static char copy[1024];
	size_t length = strnlen(text, sizeof(copy) - 1);

	memcpy(copy, text, length);
	copy[length] = '\0';
	boot_info.command_line = copy;
}

void bootinfo_open(const void *dtb, paddr_t dtb_pa)
{
	struct dt_why why = { .each = NULL };
	struct dtb_node chosen;
	const char *text;

	if (dtb_check(&boot_info.dtb, dtb, LAYOUT_DTB_MAX, &why))
		boot_refuse("the device tree in x0 is not usable: %s", why.text);
	boot_info.dtb_range = to_pages_around(dtb_pa.v, boot_info.dtb.bytes.left);
	boot_info.command_line = "";
	if (!dtb_find(&boot_info.dtb, "/chosen", &chosen))
		return;
	if (dtb_prop_string(&chosen, "xen,xen-bootargs", &text) ||
			dtb_prop_string(&chosen, "bootargs", &text))
		copy_command_line(text);
}

void bootinfo_read(void)
{
	struct dtb_node chosen;

	read_memory();
	read_reserved();
	if (dtb_find(&boot_info.dtb, "/chosen", &chosen))
		read_chosen(&chosen);
}

size_t bootinfo_taken(struct page_range *out, size_t max)
{
	struct page_range image = mm_image_range();
	size_t count = 0;

	add_range(out, &count, max, to_pages_around(image.base.v, image.size));
	add_range(out, &count, max, boot_info.dtb_range);
	for (unsigned kind = 0; kind < MODULE_KINDS; kind++)
		add_range(out, &count, max,
				to_pages_around(boot_info.modules[kind].base.v,
						boot_info.modules[kind].size));
	for (size_t i = 0; i < boot_info.reserved_count; i++)
		add_range(out, &count, max, boot_info.reserved[i]);
	return count;
}
