/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Surroundings of the tests of assign/, included once by each: a small machine with real stage-2 tables and
 * faked interrupt routes, and overlays made of a few devices each.
 */
#pragma once

#include "tests/unit/mem_env.h"

#include <arch/irq.h>

#include "assign/boot.h"
#include "assign/overlays.h"
#include "assign/turn.h"
#include "core/printk.h"
#include "dt/fdt_write.h"

#define RAM_SIZE    MIB(32)
#define GICD        UINT64_C(0x8000000)
#define WINDOW      UINT64_C(0xa000000) /* where devices are */
#define GIC_PHANDLE 1U
#define SPI_OF_UART 33 /* Graft's own */
#define SPI_BOOT    34 /* of Dom0's serial@a001000 */

struct domain *hardware_domain = &env_domains[0];
static struct dt_tree tree;
static uint64_t env_ram_size = RAM_SIZE;
static bool env_has_spare; /* the machine has a device that is marked for guests */
static uint64_t free_pages_at_start;
static struct dt_why why;

#define dom0 (&env_domains[0])
#define dom1 (&env_domains[1]) /* direct-mapped */
#define dom2 (&env_domains[2]) /* not direct-mapped */
#define dom3 (&env_domains[3]) /* nor this one */

#include "tests/unit/assign_fakes.h"
#include "tests/unit/assign_blobs.h"

static struct blob base_blob(void)
{
	static const struct device serial = {
		.name = "serial@a001000", .base = WINDOW + 0x1000, .size = 0x1000, .spi = SPI_BOOT
	};
	static const struct device uart = {
		.name = "uart@9000000", .base = 0x9000000, .size = 0x1000, .spi = SPI_OF_UART
	};
	static const struct device slot = { .name = "slot@a003000",
		.base = WINDOW + 0x3000,
		.size = 0x200,
		.spi = 40,
		.edge = true };
	static const struct device off = { .name = "off@a004000",
		.base = WINDOW + 0x4000,
		.size = 0x1000,
		.spi = 41,
		.disabled = true };
	static const struct device bus = {
		.name = "bus@20000000", .base = 0x20000000, .size = MIB(4), .spi = 0
	};
	static const struct device spare = { .name = "spare@a005000",
		.base = WINDOW + 0x5000,
		.size = 0x1000,
		.spi = 42,
		.edge = true,
		.for_guests = true };
	struct dtb_writer *w = blob_begin();

	dtb_write_u32(w, "#address-cells", 2);
	dtb_write_u32(w, "#size-cells", 2);
	dtb_write_u32(w, "interrupt-parent", GIC_PHANDLE);
	dtb_begin_node(w, "intc@8000000");
	dtb_write_string(w, "compatible", "arm,gic-v3");
	dtb_write_u32(w, "#interrupt-cells", 3);
	dtb_write_u32(w, "#address-cells", 0);
	dtb_write_flag(w, "interrupt-controller");
	dtb_write_u32(w, "phandle", GIC_PHANDLE);
	write_reg(w, GICD, 0x10000);
	dtb_end_node(w);
	dtb_begin_node(w, "iommu@9050000");
	dtb_write_string(w, "compatible", "arm,smmu-v3");
	dtb_write_u32(w, "#iommu-cells", 1);
	dtb_write_u32(w, "phandle", 2);
	write_reg(w, 0x9050000, 0x20000);
	dtb_end_node(w);
	write_device(w, &uart);
	write_device(w, &serial);
	write_device(w, &slot);
	write_device(w, &off);
	write_device(w, &bus);
	if (env_has_spare)
		write_device(w, &spare);
	write_idle_devices(w);
	dtb_end_node(w);
	return blob_done();
}

static void *env_tree_alloc(void *ctx, size_t size)
{
	(void)ctx;
	return heap_alloc_unset(size);
}

static void env_tree_free(void *ctx, void *at, size_t size)
{
	(void)ctx;
	(void)size;
	heap_free(at);
}

static bool env_is_kept(const struct dt_tree *t, const struct dt_node *node)
{
	return strcmp(node->name, "uart@9000000") == 0 || dt_is_compatible(t, node, "arm,gic-v3") ||
	       dt_is_compatible(t, node, "arm,smmu-v3");
}

/* What d sees at the physical address: device registers at the same one. */
static inline bool sees(struct domain *d, uint64_t address)
{
	struct p2m_entry entry = p2m_lookup(d, IPA(address & PAGE_MASK));

	return entry.type == P2M_MMIO && entry.pa.v == (address & PAGE_MASK);
}

/* What d sees at a guest address: these registers. */
static inline bool sees_at(struct domain *d, uint64_t guest, uint64_t physical)
{
	struct p2m_entry entry = p2m_lookup(d, IPA(guest));

	return entry.type == P2M_MMIO && entry.pa.v == physical;
}

static size_t env_heap_at_start;

static void env_tree_poll(void *ctx)
{
	(void)ctx;
	turn_poll();
}

static int env_set_up(void **state)
{
	static const struct dt_env env = {
		.alloc = env_tree_alloc, .free = env_tree_free, .poll = env_tree_poll, .seed = 7
	};
	struct blob base;

	(void)state;
	p2m_setup(PADDR(GIB(512)));
	env_init(env_ram_size, 1024);
	memset(host_routes, 0, sizeof(host_routes));
	host_irq_of_graft = SPI_OF_UART;
	kill_hook_count = 0;
	free_pages_at_start = page_count_free();
	for (unsigned i = 0; i < ENV_DOMAINS; i++) {
		assert_int_equal(p2m_init(&env_domains[i]), 0);
		assert_int_equal(p2m_set_pool(&env_domains[i], 100000), 0);
	}
	dom0->config.direct_mapped = dom1->config.direct_mapped = true;
	dom2->config.spis = dom3->config.spis = 256;
	base = base_blob();
	assert_int_equal(dt_tree_build(&tree, &env, base.at, base.size, &why), 0);
	free(base.at);
	assert_int_equal(dt_tree_add_labels(&tree), 0);
	assign_init(&tree, env_is_kept);
	assign_keep_memory((struct page_range){ PADDR(HOST_RAM_BASE), env_ram_size });
	assign_boot_devices(dom0);
	env_heap_at_start = heap_bytes_used();
	return 0;
}

/* All came back; then the machine ends. */
static int env_tear_down(void **state)
{
	(void)state;
	assert_null(attachments_first);
	assert_int_equal(tree.overlay_count, 0);
	assert_int_equal(heap_bytes_used(), env_heap_at_start);
	assign_drop();
	for (unsigned i = 0; i < HOST_IRQS; i++)
		assert_null(host_routes[i].owner);
	assert_false(sees(dom0, WINDOW + 0x1000));
	dt_tree_drop(&tree);
	for (unsigned i = 0; i < ENV_DOMAINS; i++) {
		while (p2m_teardown(&env_domains[i]) == -ERESTART)
			;
		env_domains[i].dying = DOMAIN_ALIVE;
	}
	env_free(free_pages_at_start);
	return 0;
}

#include "tests/unit/assign_ops.h"
