/* SPDX-License-Identifier: Apache-2.0 */
/* What overlays do to the tree, one behaviour each; every test ends with the tree as it began. */
#include "tests/unit/dt_help.h"

#include "dt/fdt_write.h"

static struct test_heap heap;
static struct dt_tree tree;
static struct bytes base;

static int set_up(void **state)
{
	(void)state;
	heap = (struct test_heap){ 0 };
	build_tree(&tree, &heap, "base");
	base = flat(&tree);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	assert_null(tree.first_overlay);
	assert_same_bytes(&tree, base);
	dt_tree_drop(&tree);
	assert_int_equal(heap.pieces, 0);
	return 0;
}

static struct dt_node *at(const char *path)
{
	return dt_node_at(&tree, path);
}

/* Cell `index` of a property. */
static uint32_t cell(const char *path, const char *name, uint32_t index)
{
	const struct dt_prop *prop = dt_prop(&tree, at(path), name);
	struct span part;

	assert_non_null(prop);
	assert_true(span_part(dt_prop_span(prop), index * 4, 4, &part));
	return span_load_u32(part.at);
}

static void revert(struct dt_overlay *overlay)
{
	assert_int_equal(dt_overlay_may_revert(overlay, NULL), 0);
	dt_overlay_revert(overlay);
}

static void test_new_nodes(void **state)
{
	struct dt_overlay *overlay = add_overlay(&tree, "good/device");
	struct dt_node *device = at("/soc/device@6000");

	(void)state;
	assert_non_null(device);
	assert_int_equal(overlay->id, 1);
	assert_int_equal(overlay->node_count, 2);
	assert_ptr_equal(device->owner, overlay);
	assert_ptr_equal(dt_node_of_label(&tree, "dev0"), device);
	assert_string_equal(dt_path(dt_node_of_label(&tree, "port0")), "/soc/device@6000/port");
	assert_int_equal(cell("/soc/device@6000", "interrupt-parent", 0),
			at("/interrupt-controller@8000000")->phandle);
	assert_int_equal(cell("/soc/device@6000", "partner", 0),
			at("/soc/device@6000/port")->phandle);
	assert_int_equal(cell("/soc/device@6000", "partner", 1), at("serial0")->phandle);
	assert_int_equal(cell("/soc/device@6000/port", "remote", 0), device->phandle);
	assert_int_equal(cell("/soc/device@6000", "phandle", 0), device->phandle);
	assert_ptr_equal(dt_node_of_phandle(&tree, device->phandle), device);
	revert(overlay);
	assert_null(at("/soc/device@6000"));
	assert_null(dt_node_of_label(&tree, "dev0"));
}

static void test_changed_values(void **state)
{
	struct dt_overlay *overlay = add_overlay(&tree, "good/status");

	(void)state;
	assert_true(dt_is_enabled(&tree, at("/soc/spi@2000")));
	assert_int_equal(cell("/soc/spi@2000", "spi-max-frequency", 0), 50000000);
	assert_string_equal(dt_prop_string(&tree, at("/soc/spi@2000/flash@0"), "label"), "boot");
	assert_non_null(at("/soc/spi@2000/flash@0/partition"));
	assert_int_equal(overlay->node_count, 1);
	revert(overlay);
	assert_false(dt_is_enabled(&tree, at("/soc/spi@2000")));
}

static void test_stacking(void **state)
{
	struct dt_overlay *below = add_overlay(&tree, "good/device");
	struct dt_overlay *above = add_overlay(&tree, "good/stacked");
	struct dt_why why = { .text = "" };

	(void)state;
	assert_string_equal(dt_prop_string(&tree, at("/soc/device@6000"), "compatible"),
			"vendor,device-2");
	assert_int_equal(cell("/soc/device@6000/extra", "back", 0),
			at("/soc/device@6000/port")->phandle);
	assert_int_equal(dt_overlay_may_revert(below, &why), -DT_EBUSY);
	assert_string_equal(why.text, "overlay 1: overlay 2 builds on it");
	revert(above);
	assert_string_equal(dt_prop_string(&tree, at("/soc/device@6000"), "compatible"),
			"vendor,device");
	revert(below);
}

/* Overlays that have nothing to do with each other go in any order. */
static void test_any_order(void **state)
{
	struct dt_overlay *one = add_overlay(&tree, "good/device");
	struct dt_overlay *two = add_overlay(&tree, "good/status");
	struct dt_overlay *three = add_overlay(&tree, "good/own-target");

	(void)state;
	revert(one);
	revert(three);
	assert_non_null(at("/soc/spi@2000/flash@0/partition"));
	assert_ptr_equal(tree.first_overlay, two);
	assert_ptr_equal(tree.last_overlay, two);
	revert(two);
}

static void test_own_target(void **state)
{
	struct dt_overlay *overlay = add_overlay(&tree, "good/own-target");

	(void)state;
	assert_non_null(dt_prop(&tree, at("/soc/own"), "one"));
	assert_non_null(at("/soc/own/two"));
	assert_int_equal(overlay->node_count, 2);
	revert(overlay);
}

/* A phandle that is there stays, and references follow it; a node without one gets one and loses it again. */
static void test_phandles_of_old_nodes(void **state)
{
	uint32_t serial = at("serial0")->phandle;
	struct dt_overlay *overlay;

	(void)state;
	assert_int_equal(at("/soc/spi@2000/flash@0")->phandle, 0);
	overlay = add_overlay(&tree, "good/relabel");
	assert_int_equal(at("serial0")->phandle, serial);
	assert_int_equal(cell("/user", "uses", 0), serial);
	assert_int_equal(cell("/user", "uses", 1), at("/soc/spi@2000/flash@0")->phandle);
	assert_int_not_equal(cell("/user", "uses", 1), 0);
	assert_ptr_equal(dt_node_of_phandle(&tree, cell("/user", "uses", 1)),
			at("/soc/spi@2000/flash@0"));
	assert_ptr_equal(dt_node_of_label(&tree, "nor"), at("/soc/spi@2000/flash@0"));
	revert(overlay);
	assert_int_equal(at("/soc/spi@2000/flash@0")->phandle, 0);
}

/* Who relies on a phandle that an overlay gave to an older node builds on that overlay. */
static void test_borrowed_phandle(void **state)
{
	struct dt_overlay *one = add_overlay(&tree, "good/relabel");
	struct dt_overlay *two = add_overlay(&tree, "good/relabel-again");

	(void)state;
	assert_int_equal(cell("/soc/again-user", "uses", 0), at("/soc/spi@2000/flash@0")->phandle);
	assert_int_equal(dt_overlay_may_revert(one, NULL), -DT_EBUSY);
	revert(two);
	revert(one);
}

/* Two overlays with phandle numbers of their own, and the same blob twice. */
static void test_no_shared_phandles(void **state)
{
	struct dt_overlay *one = add_overlay(&tree, "good/device");
	struct dt_overlay *two = add_overlay(&tree, "good/own-target");
	struct bytes blob = load_dts("good/device");

	(void)state;
	assert_int_not_equal(at("/soc/own")->phandle, at("/soc/device@6000")->phandle);
	assert_int_not_equal(at("/soc/own")->phandle, at("/soc/device@6000/port")->phandle);
	assert_refused(&tree, &heap, blob, -DT_EEXIST, "already, as number 1");
	assert_ptr_equal(dt_overlay_find(&tree, blob.at, blob.size), one);
	assert_null(dt_overlay_find(&tree, blob.at, blob.size - 1));
	blob.at[blob.size - 1] ^= 1;
	assert_null(dt_overlay_find(&tree, blob.at, blob.size));
	assert_ptr_equal(dt_overlay_of_id(&tree, 2), two);
	assert_null(dt_overlay_of_id(&tree, 3));
	free(blob.at);
	revert(two);
	revert(one);
}

/* Numbers run out and start again: what is in use is passed over. */
static void test_phandle_wrap(void **state)
{
	struct dt_overlay *one, *two;

	(void)state;
	tree.phandle_last = 0xfffffffd;
	one = add_overlay(&tree, "good/device");
	assert_int_equal(at("/soc/device@6000")->phandle, 0xfffffffe);
	assert_null(dt_node_of_phandle(&tree, 0xffffffff));
	assert_ptr_equal(dt_node_of_phandle(&tree, at("/soc/device@6000/port")->phandle),
			at("/soc/device@6000/port"));
	tree.phandle_last = 0xfffffffd;
	two = add_overlay(&tree, "good/own-target");
	assert_ptr_equal(dt_node_of_phandle(&tree, 0xfffffffe), at("/soc/device@6000"));
	assert_int_not_equal(at("/soc/own")->phandle, 0xfffffffe);
	assert_ptr_equal(dt_node_of_phandle(&tree, at("/soc/own")->phandle), at("/soc/own"));
	revert(two);
	revert(one);
}

static uint32_t cell_of(const char *path, const char *name, uint32_t index)
{
	const struct dt_prop *prop = dt_prop(&tree, at(path), name);

	assert_non_null(prop);
	assert_true(prop->size >= (index + 1) * 4);
	return span_load_u32(prop->value + (size_t)index * 4);
}

/* References to the overlay's own nodes get their numbers, whatever those are in the overlay. */
static void test_own_numbers(void **state)
{
	struct dt_overlay *overlay = add_overlay(&tree, "good/numbers");
	uint32_t high = at("/soc/high")->phandle, low = at("/soc/low")->phandle;

	(void)state;
	assert_int_not_equal(high, low);
	assert_int_equal(cell_of("/soc/links", "both", 0), high);
	assert_int_equal(cell_of("/soc/links", "both", 1), low);
	assert_int_equal(cell_of("/soc/links", "high", 0), high);
	assert_int_equal(cell_of("/soc/links", "low", 0), low);
	assert_int_equal(cell_of("/soc/high", "phandle", 0), high);
	revert(overlay);
}

/* A tree without labels gets __symbols__ from the first overlay that has some. */
static void test_no_symbols(void **state)
{
	static uint8_t buffer[1024];
	struct dt_env env = heap_env(&heap);
	struct dtb_writer w;
	struct dt_overlay *overlay;
	struct dt_tree bare;
	size_t total;

	(void)state;
	dtb_write_init(&w, buffer, sizeof(buffer));
	dtb_begin_node(&w, "");
	dtb_begin_node(&w, "soc");
	dtb_end_node(&w);
	dtb_begin_node(&w, "aliases");
	dtb_write_string(&w, "bus", "/soc");
	dtb_end_node(&w);
	dtb_end_node(&w);
	assert_int_equal(dtb_finish(&w, &total), 0);
	assert_int_equal(dt_tree_build(&bare, &env, buffer, total, NULL), 0);
	overlay = add_overlay(&bare, "good/own-target");
	assert_string_equal(dt_path(dt_node_of_label(&bare, "own")), "/soc/own");
	revert(overlay);
	assert_null(dt_node_at(&bare, "/__symbols__"));
	dt_tree_drop(&bare);
}

/* The tree goes with overlays still in it. */
static void test_drop_all(void **state)
{
	struct test_heap other = { 0 };
	struct dt_tree copy;

	(void)state;
	build_tree(&copy, &other, "base");
	add_overlay(&copy, "good/device");
	add_overlay(&copy, "good/stacked");
	dt_tree_drop(&copy);
	assert_int_equal(other.pieces, 0);
}

/* Row 5 and 16 of what others get wrong: again and again, and nothing is lost. */
static void test_again(void **state)
{
	struct bytes blob = load_dts("good/stacked");
	size_t held = 0;

	(void)state;
	for (uint32_t i = 0; i < 100; i++) {
		assert_refused(&tree, &heap, blob, -DT_ENOENT,
				"label 'dev0' is not in the tree: was the base built with dtc -@ ?");
		revert(add_overlay(&tree, "good/device"));
		if (i == 0)
			held = heap.bytes;
		assert_int_equal(heap.bytes, held);
	}
	free(blob.at);
}

static void note_fault(void *ctx, int error, const char *text)
{
	char *all = ctx;

	assert_true(error < 0);
	strcat(all, text);
	strcat(all, "|");
}

/* With a collector every fault is found, not only the first, and what follows from one is not told again. */
static void test_all_faults(void **state)
{
	char all[2048] = "";
	struct dt_why why = { .each = note_fault, .ctx = all };
	struct bytes blob = load_dts("good/faults");
	struct dt_overlay *overlay;

	(void)state;
	assert_int_equal(dt_overlay_add(&tree, blob.at, blob.size, &overlay, &why), -DT_ENOENT);
	assert_string_equal(all,
			"fragment@0: label 'nobody' is not in the tree: was the base built with dtc -@ ?|"
			"fragment@1: label 'somebody' is not in the tree: was the base built with dtc -@ ?|"
			"fragment@2: target-path '/nowhere' is not in the tree|"
			"/soc: property 'compatible' comes from two fragments|"
			"/soc/twice: comes from two fragments|");
	free(blob.at);
}

static void test_too_many(void **state)
{
	struct bytes blob = load_dts("good/device");

	(void)state;
	tree.overlay_count = DT_LOADED_MAX;
	assert_refused(&tree, &heap, blob, -DT_E2BIG, "4096 overlays");
	tree.overlay_count = 0;
	free(blob.at);
	assert_int_equal(dt_overlay_begin(&tree, DT_BLOB_MAX + 1, &(struct dt_overlay *){ NULL },
					 NULL),
			-DT_E2BIG);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_new_nodes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_changed_values, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_stacking, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_any_order, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_own_target, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_phandles_of_old_nodes, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_borrowed_phandle, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_no_shared_phandles, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_phandle_wrap, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_own_numbers, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_no_symbols, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_drop_all, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_again, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_all_faults, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_too_many, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("dt_overlay", tests, NULL, NULL);
}
