/* SPDX-License-Identifier: Apache-2.0 */
/* What nodes use: registers through buses, interrupts through maps, streams, placements. */
#include "tests/unit/dt_help.h"

static struct test_heap heap;
static struct dt_tree tree;
static struct dt_why why;

static int set_up(void **state)
{
	(void)state;
	build_tree(&tree, &heap, "base");
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	dt_tree_drop(&tree);
	return heap.pieces != 0;
}

static struct dt_node *at(const char *path)
{
	struct dt_node *node = dt_node_at(&tree, path);

	if (!node)
		fail_msg("no %s", path);
	return node;
}

static void expect_reg(const char *path, uint32_t index, uint64_t base, uint64_t size)
{
	struct dt_list list = dt_reg(&tree, at(path));
	struct dt_window window;
	int got;

	do
		got = dt_reg_next(&list, &window, &why);
	while (got && window.index < index);
	assert_int_equal(got, 1);
	assert_true(window.base == base && window.size == size && window.index == index);
}

static void expect_reg_error(const char *path, uint32_t index, int error, const char *words)
{
	struct dt_list list = dt_reg(&tree, at(path));
	struct dt_window window;
	int got = 0;

	for (uint32_t i = 0; i <= index; i++)
		got = dt_reg_next(&list, &window, &why);
	assert_int_equal(got, error);
	if (!strstr(why.text, words))
		fail_msg("'%s' lacks '%s'", why.text, words);
}

static void test_reg(void **state)
{
	(void)state;
	expect_reg("/memory@40000000", 1, 0x100000000, 0x200000000);
	expect_reg("/soc/serial@1000", 0, 0x50001000, 0x1000);
	expect_reg("/soc/spi@2000", 1, 0x180000000, 0x1000);
	expect_reg("/soc/bridge@100000/deep@200000100", 0, 0x50200100, 0x10);
	expect_reg("/soc/bridge@100000/deep@200000100", 1, 0x5010fff0, 0x10);
	expect_reg("/interrupt-controller@8000000/its@8080000", 0, 0x8080000, 0x20000);
	/* A bad entry does not hide the good one behind it. */
	expect_reg_error("/soc/bridge@100000/outside@100010000", 0, -DT_EINVAL,
			"outside@100010000: no entry of ranges in /soc/bridge@100000 covers 0x10000fff8");
	expect_reg("/soc/bridge@100000/outside@100010000", 1, 0x50100000, 0x10);
}

static void test_not_memory(void **state)
{
	(void)state;
	expect_reg_error("/cpus/cpu@1", 0, -DT_ENXIO, "/cpus/cpu@1");
	expect_reg_error("/soc/spi@2000/flash@0", 0, -DT_ENXIO, "flash@0");
	expect_reg_error("/pcie@10000000/device@800", 0, -DT_ENXIO, "device@800");
	expect_reg_error("/chosen", 0, 0, "");
}

static void test_ranges(void **state)
{
	struct dt_list list = dt_ranges(&tree, at("/pcie@10000000"));
	struct dt_window window;

	(void)state;
	assert_true(dt_is_pci_host(&tree, at("/pcie@10000000")));
	assert_false(dt_is_pci_host(&tree, at("/soc")));
	assert_int_equal(dt_ranges_next(&list, &window, &why), 1);
	assert_true(window.base == 0x3eff0000 && window.size == 0x10000);
	assert_int_equal(window.space, 0x1000000);
	assert_int_equal(dt_ranges_next(&list, &window, &why), 1);
	assert_true(window.base == 0x10000000 && window.size == 0x2eff0000);
	assert_int_equal(dt_ranges_next(&list, &window, &why), 1);
	assert_true(window.base == 0x8000000000 && window.size == 0x8000000000);
	assert_int_equal(dt_ranges_next(&list, &window, &why), 0);
}

/* On a bus whose addresses and sizes have no cells, each entry of `ranges` would be nothing, without end. */
static void test_ranges_of_nothing(void **state)
{
	struct test_heap other = { 0 };
	struct dt_tree nothing;
	struct dt_window window;
	struct dt_list list;

	(void)state;
	build_tree(&nothing, &other, "no-cells");
	list = dt_reg(&nothing, dt_node_at(&nothing, "/bus/bridge/device"));
	assert_int_equal(dt_reg_next(&list, &window, &why), -DT_EINVAL);
	assert_string_equal(why.text, "/bus: an entry of ranges has no cells");
	list = dt_ranges(&nothing, dt_node_at(&nothing, "/bus"));
	assert_int_equal(dt_ranges_next(&list, &window, &why), -DT_EINVAL);
	assert_int_equal(dt_ranges_next(&list, &window, &why), 0);
	dt_tree_drop(&nothing);
	assert_int_equal(other.pieces, 0);
}

static void expect_irq(const char *path, uint32_t entry, const char *controller, uint32_t first,
		uint32_t second)
{
	struct dt_list list = dt_irqs(&tree, at(path));
	struct dt_irq irq;

	for (uint32_t i = 0; i <= entry; i++)
		if (dt_irqs_next(&list, &irq, &why) != 1)
			fail_msg("%s: %s", path, why.text);
	assert_string_equal(dt_path(irq.controller), controller);
	assert_int_equal(irq.cells[0], first);
	assert_int_equal(irq.cells[1], second);
}

static void test_irqs(void **state)
{
	const char *gic = "/interrupt-controller@8000000";

	(void)state;
	expect_irq("/soc/serial@1000", 0, gic, 0, 1);
	expect_irq("/iommu@9050000", 1, gic, 0, 75);
	expect_irq("/soc/spi@2000", 0, gic, 0, 2);
	/* The hole is passed over. */
	expect_irq("/soc/spi@2000", 1, "/soc/gpio@3000", 5, 2);
	/* reg 0x4800 & 0xf000 chooses the entry, the specifier the line. */
	expect_irq("/soc/user@4800", 0, gic, 0, 40);
	expect_irq("/soc/user@4800", 1, gic, 0, 41);
	/* Device 1 (0x800), pin 1. */
	expect_irq("/pcie@10000000/device@800", 0, gic, 0, 4);
}

static void test_irq_without_entry(void **state)
{
	struct dt_list list = dt_irqs(&tree, at("/soc/user@4800"));
	struct dt_irq irq;

	(void)state;
	assert_int_equal(dt_irqs_next(&list, &irq, &why), 1);
	assert_int_equal(dt_irqs_next(&list, &irq, &why), 1);
	assert_int_equal(dt_irqs_next(&list, &irq, &why), -DT_EINVAL);
	assert_string_equal(why.text,
			"/soc/user@4800: no entry of interrupt-map in /soc/mux is for it");
	assert_int_equal(dt_irqs_next(&list, &irq, &why), 0);
}

static void test_irq_map(void **state)
{
	struct dt_list list = dt_irq_map(&tree, at("/pcie@10000000"));
	const uint32_t expected[] = { 3, 4, 4 };
	struct dt_gic_irq gic;
	struct dt_irq irq;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(dt_irq_map_next(&list, &irq, &why), 1);
		assert_int_equal(dt_gic_decode(&tree, &irq, &gic, &why), 0);
		assert_int_equal(gic.intid, 32 + expected[i]);
		assert_true(gic.spi && !gic.edge);
	}
	assert_int_equal(dt_irq_map_next(&list, &irq, &why), 0);
}

static void test_gic_decode(void **state)
{
	struct dt_irq irq = { .controller = at("/interrupt-controller@8000000"), .cell_count = 3 };
	struct dt_gic_irq gic;

	(void)state;
	irq.cells[1] = 987;
	irq.cells[2] = 1;
	assert_int_equal(dt_gic_decode(&tree, &irq, &gic, &why), 0);
	assert_true(gic.intid == 1019 && gic.spi && gic.edge);
	irq.cells[1] = 988;
	assert_int_equal(dt_gic_decode(&tree, &irq, &gic, &why), -DT_EINVAL);
	irq.cells[0] = 1;
	irq.cells[1] = 15;
	assert_int_equal(dt_gic_decode(&tree, &irq, &gic, &why), 0);
	assert_true(gic.intid == 31 && !gic.spi);
	irq.cells[0] = 4;
	irq.device = at("/soc/serial@1000");
	assert_int_equal(dt_gic_decode(&tree, &irq, &gic, &why), -DT_EINVAL);
	assert_string_equal(
			why.text, "/soc/serial@1000: interrupt <4 15 ...>: not a GIC's specifier");
	irq.controller = at("/soc/gpio@3000");
	assert_int_equal(dt_gic_decode(&tree, &irq, &gic, &why), -DT_ENXIO);
}

/* The GIC binding's triggers of an SPI; any goes for a PPI, which is the CPU's. */
static void test_gic_triggers(void **state)
{
	struct dt_irq irq = { .controller = at("/interrupt-controller@8000000"), .cell_count = 3 };
	struct dt_gic_irq gic;

	(void)state;
	for (irq.cells[2] = 0; irq.cells[2] < 16; irq.cells[2]++) {
		uint32_t flags = irq.cells[2];

		irq.cells[0] = 0;
		assert_int_equal(dt_gic_decode(&tree, &irq, &gic, &why), 0);
		assert_int_equal(gic.impossible, flags != 0 && flags != 1 && flags != 4);
		irq.cells[0] = 1;
		assert_int_equal(dt_gic_decode(&tree, &irq, &gic, &why), 0);
		assert_false(gic.impossible);
	}
}

/* Chip selects and ports: no cells are needed where nothing is in memory. */
static void test_no_cells_below_device(void **state)
{
	struct test_heap other = { 0 };
	struct dt_tree below;
	struct dt_window window;
	struct dt_list list;

	(void)state;
	build_tree(&below, &other, "below-device");
	list = dt_reg(&below, dt_node_at(&below, "/spi@1000/dac@0"));
	assert_int_equal(dt_reg_next(&list, &window, &why), -DT_ENXIO);
	assert_string_equal(why.text,
			"/spi@1000/dac@0: /spi@1000 has no ranges: not in the CPU's memory");
	assert_int_equal(dt_reg_next(&list, &window, &why), 0);
	list = dt_reg(&below, dt_node_at(&below, "/spi@1000/odd@1"));
	assert_int_equal(dt_reg_next(&list, &window, &why), -DT_ENXIO);
	assert_int_equal(dt_reg_next(&list, &window, &why), 0);
	list = dt_reg(&below, dt_node_at(&below, "/bus/part@0"));
	assert_int_equal(dt_reg_next(&list, &window, &why), -DT_EINVAL);
	dt_tree_drop(&below);
	assert_int_equal(other.pieces, 0);
}

static void test_streams(void **state)
{
	struct dt_list list = dt_iommus(&tree, at("/soc/spi@2000"));
	struct dt_stream stream;

	(void)state;
	assert_int_equal(dt_iommus_next(&list, &stream, &why), 1);
	assert_int_equal(dt_iommus_next(&list, &stream, &why), 1);
	assert_ptr_equal(stream.iommu, at("/iommu@9050000"));
	assert_true(stream.cells[0] == 0x11 && stream.count == 1 && stream.cell_count == 1);
	assert_int_equal(dt_iommus_next(&list, &stream, &why), 0);

	list = dt_iommu_map(&tree, at("/pcie@10000000"));
	assert_int_equal(dt_iommu_map_next(&list, &stream, &why), 1);
	assert_int_equal(dt_iommu_map_next(&list, &stream, &why), 1);
	assert_true(stream.first_rid == 8 && stream.cells[0] == 8 && stream.count == 0xfff8);
	assert_int_equal(dt_iommu_map_next(&list, &stream, &why), 0);
}

static void test_coherence(void **state)
{
	(void)state;
	assert_true(dt_is_dma_coherent(&tree, at("/pcie@10000000/device@800")));
	assert_false(dt_is_dma_coherent(&tree, at("/soc/bridge@100000/deep@200000100")));
	assert_false(dt_is_dma_coherent(&tree, at("/soc/serial@1000")));
}

/* A guest's blob, built as a tree of its own. */
static void test_placements(void **state)
{
	struct test_heap other = { 0 };
	struct dt_tree guest;
	struct dt_placement place;
	struct dt_list list;
	struct dt_node *node;
	uint32_t phandle;

	(void)state;
	build_tree(&guest, &other, "good/guest");
	node = dt_node_at(&guest, "/fragment@0/__overlay__/passthrough/device@6000");
	list = dt_placements(&guest, node);
	assert_int_equal(dt_placements_next(&list, &place, &why), 1);
	assert_true(place.physical == 0x50006000 && place.size == 0x1000);
	assert_true(place.guest == 0x10000000);
	assert_int_equal(dt_placements_next(&list, &place, &why), 0);
	assert_string_equal(dt_xen_path(&guest, node), "/soc/device@6000");
	assert_true(dt_is_forced(&guest, node));
	assert_true(dt_irq_parent_phandle(&guest, node, &phandle));
	assert_int_equal(phandle, 0xfde8);
	dt_tree_drop(&guest);
}

/* Before commit a prepared overlay's nodes read as they will be. */
static void test_prepared(void **state)
{
	struct bytes blob = load_dts("good/device");
	struct dt_overlay_walk walk;
	struct dt_overlay *overlay;
	struct dt_window window;
	struct dt_stream stream;
	struct dt_list list;
	struct dt_node *node;
	struct dt_irq irq;

	(void)state;
	assert_int_equal(dt_overlay_begin(&tree, blob.size, &overlay, &why), 0);
	memcpy(overlay->blob, blob.at, blob.size);
	assert_int_equal(dt_overlay_prepare(overlay, &why), 0);
	walk = dt_overlay_walk(overlay);
	node = dt_overlay_walk_next(&walk);
	assert_string_equal(dt_path(node), "/soc/device@6000");
	assert_null(dt_node_at(&tree, "/soc/device@6000"));
	list = dt_reg(&tree, node);
	assert_int_equal(dt_reg_next(&list, &window, &why), 1);
	assert_true(window.base == 0x50006000);
	list = dt_irqs(&tree, node);
	assert_int_equal(dt_irqs_next(&list, &irq, &why), 1);
	assert_int_equal(irq.cells[1], 20);
	list = dt_iommus(&tree, node);
	assert_int_equal(dt_iommus_next(&list, &stream, &why), 1);
	assert_int_equal(stream.cells[0], 0x20);
	assert_string_equal(dt_overlay_walk_next(&walk)->name, "port");
	assert_null(dt_overlay_walk_next(&walk));
	dt_overlay_drop(overlay);
	free(blob.at);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_reg),
		cmocka_unit_test(test_not_memory),
		cmocka_unit_test(test_ranges),
		cmocka_unit_test(test_ranges_of_nothing),
		cmocka_unit_test(test_irqs),
		cmocka_unit_test(test_irq_without_entry),
		cmocka_unit_test(test_irq_map),
		cmocka_unit_test(test_gic_decode),
		cmocka_unit_test(test_gic_triggers),
		cmocka_unit_test(test_no_cells_below_device),
		cmocka_unit_test(test_streams),
		cmocka_unit_test(test_coherence),
		cmocka_unit_test(test_placements),
		cmocka_unit_test(test_prepared),
	};

	return cmocka_run_group_tests_name("dt_resource", tests, set_up, tear_down);
}
