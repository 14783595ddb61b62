/* SPDX-License-Identifier: Apache-2.0 */
/* Devices to give away: the boot tree has one of each kind, overlays bring more; in the end all are back. */
#include "tests/fuzz/hyper.h"

#include <arch/guest.h>
#include <arch/irq.h>

#include "assign/boot.h"
#include "assign/overlays.h"
#include "assign/turn.h"
#include "dt/fdt_write.h"

#define BLOB_ROOM   2048U
#define GIC_PHANDLE 1U
#define GICD        UINT64_C(0x8000000)
#define SPI_GRAFT   33U

static struct dt_tree tree;
static struct span flat_at_start;
static uint8_t blobs[DEVICES_BLOBS][BLOB_ROOM];

struct devices_blob devices_blobs[DEVICES_BLOBS];

/* Its place n: a page of registers and an SPI. mark: a property without a value; NULL: none. */
struct device {
	const char *name;
	unsigned n;
	const char *mark;
	bool disabled;
};

static void write_reg(struct dtb_writer *w, uint64_t base, uint64_t size)
{
	uint32_t cells[] = { (uint32_t)(base >> 32), (uint32_t)base, (uint32_t)(size >> 32),
		(uint32_t)size };

	dtb_write_cells(w, "reg", cells, 4);
}

static uint64_t place_of(unsigned n)
{
	return DEVICES_WINDOW + n * PAGE_SIZE;
}

static void write_device(struct dtb_writer *w, const struct device *dev)
{
	uint32_t irq[] = { 0, DEVICES_SPI - 32 + dev->n, 4 };

	dtb_begin_node(w, dev->name);
	write_reg(w, place_of(dev->n), PAGE_SIZE);
	dtb_write_cells(w, "interrupts", irq, 3);
	if (dev->mark)
		dtb_write_flag(w, dev->mark);
	if (dev->disabled)
		dtb_write_string(w, "status", "disabled");
	dtb_end_node(w);
}

static void write_controller(struct dtb_writer *w)
{
	dtb_write_u32(w, "#address-cells", 2);
	dtb_write_u32(w, "#size-cells", 2);
	dtb_write_u32(w, "interrupt-parent", GIC_PHANDLE);
	dtb_begin_node(w, "intc@8000000");
	dtb_write_string(w, "compatible", "arm,gic-v3");
	dtb_write_u32(w, "#interrupt-cells", 3);
	dtb_write_flag(w, "interrupt-controller");
	dtb_write_u32(w, "phandle", GIC_PHANDLE);
	write_reg(w, GICD, 0x10000);
	dtb_end_node(w);
}

static void poll_turn(void *ctx)
{
	(void)ctx;
	turn_poll();
}

static void make_tree(void)
{
	static const struct dt_env env = {
		.alloc = fuzz_alloc, .free = fuzz_free, .poll = poll_turn, .seed = 1
	};
	static const struct device devices[] = { { .name = "serial@a000000", .n = 0 },
		{ .name = "off@a001000", .n = 1, .disabled = true },
		{ .name = "spare@a002000", .n = 2, .mark = "xen,passthrough" } };
	struct dtb_writer w;
	uint8_t blob[BLOB_ROOM];
	size_t size;

	dtb_write_init(&w, blob, sizeof(blob));
	dtb_begin_node(&w, "");
	write_controller(&w);
	for (size_t i = 0; i < ARRAY_SIZE(devices); i++)
		write_device(&w, &devices[i]);
	dtb_end_node(&w);
	must(dtb_finish(&w, &size) == 0, "a blob of the machine");
	must(dt_tree_build(&tree, &env, blob, size, NULL) == 0, "a tree of the machine");
	must(dt_tree_add_labels(&tree) == 0, "with room for labels");
}

static void overlay_begin(struct dtb_writer *w, uint8_t *at)
{
	dtb_write_init(w, at, BLOB_ROOM);
	dtb_begin_node(w, "");
	dtb_begin_node(w, "fragment@0");
	dtb_write_string(w, "target-path", "/");
	dtb_begin_node(w, "__overlay__");
}

static void overlay_end(struct dtb_writer *w, unsigned n)
{
	size_t size;

	for (unsigned i = 0; i < 3; i++)
		dtb_end_node(w);
	must(dtb_finish(w, &size) == 0, "a blob of an overlay");
	devices_blobs[n].at = host_guest_map(blobs[n], size);
	devices_blobs[n].size = (uint32_t)size;
}

/* What a guest that is not direct-mapped is given of the first overlay. */
static void write_guest_blob(struct dtb_writer *w)
{
	uint64_t from = place_of(3), to = UINT64_C(0x10000000);
	uint32_t irq[] = { 0, DEVICES_SPI - 32 + 3, 4 };
	uint32_t reg[] = { 0, (uint32_t)from, 0, PAGE_SIZE, 0, (uint32_t)to };

	dtb_begin_node(w, "uart@10000000");
	dtb_write_string(w, "xen,path", "/uart@a003000");
	write_reg(w, to, PAGE_SIZE);
	dtb_write_cells(w, "xen,reg", reg, 6);
	dtb_write_cells(w, "interrupts", irq, 3);
	dtb_write_flag(w, "xen,force-assign-without-iommu");
	dtb_end_node(w);
}

static void make_blobs(void)
{
	static const struct device added[] = {
		{ .name = "uart@a003000", .n = 3, .mark = "xen,force-assign-without-iommu" },
		{ .name = "disk@a004000", .n = 4, .mark = "xen,force-assign-without-iommu" }
	};
	struct dtb_writer w;

	for (unsigned i = 0; i < 2; i++) {
		overlay_begin(&w, blobs[i]);
		write_device(&w, &added[i]);
		overlay_end(&w, i);
	}
	overlay_begin(&w, blobs[2]);
	write_guest_blob(&w);
	overlay_end(&w, 2);
}

static bool is_kept(const struct dt_tree *t, const struct dt_node *node)
{
	return dt_is_compatible(t, node, "arm,gic-v3");
}

/* Hooks stay once they are registered. */
void devices_start(struct domain *dom0)
{
	static bool is_registered;

	make_tree();
	make_blobs();
	host_irq_of_graft = SPI_GRAFT;
	if (!is_registered)
		assign_init(&tree, is_kept);
	is_registered = true;
	assign_boot_devices(dom0);
	flat_at_start = fuzz_flat(&tree);
}

/* The last one first; no guest has any of them. */
static void remove_overlays(void)
{
	while (tree.overlay_count) {
		uint32_t size = tree.last_overlay->blob_size;
		uint8_t *blob = malloc(size);
		struct dt_why why = { .text = "" };

		memcpy(blob, tree.last_overlay->blob, size);
		must(overlays_remove(blob, size, &why) == 0, "overlays go");
		free(blob);
	}
}

static void expect_nobody(void)
{
	for (enum resource_kind kind = 0; kind < RESOURCE_KINDS; kind++) {
		struct extent rest = { 0, UINT64_MAX - 1 }, gap;

		must(ledger_next_gap(kind, &rest, &gap) && gap.first == 0 &&
						gap.last == UINT64_MAX - 1,
				"nothing has an owner");
	}
	for (unsigned i = 0; i < HOST_IRQS; i++)
		must(!host_routes[i].owner, "no interrupt has a route");
}

static void expect_as_at_start(const struct domain *dom0)
{
	for (unsigned n = 0; n < 5; n++) {
		const struct claim *page = ledger_find(RESOURCE_MMIO, place_of(n) >> PAGE_SHIFT);
		const struct domain *owner = n == 0 ? dom0 : NULL;

		must(page ? page->owner == owner : !owner, "registers are whose they were");
		must(irq_owner(DEVICES_SPI + n) == owner, "interrupts are whose they were");
	}
}

void devices_end(void)
{
	struct domain *dom0 = domain_get(0);

	remove_overlays();
	must(attachments_first == NULL, "nothing is attached");
	fuzz_same(&tree, flat_at_start);
	free((void *)(uintptr_t)flat_at_start.at);
	expect_as_at_start(dom0);
	assign_drop();
	expect_nobody();
	dt_tree_drop(&tree);
	must(pieces == 0, "all of the trees is free");
	domain_put(dom0);
}
