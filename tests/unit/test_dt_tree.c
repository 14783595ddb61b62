/* SPDX-License-Identifier: Apache-2.0 */
/* Flattened trees read and written, and the live tree: lookups, flattening, limits. */
#include "tests/unit/dt_help.h"

#include "dt/fdt_write.h"

static void test_span(void **state)
{
	const uint8_t bytes[] = { 0x12, 0x34, 0x56, 0x78, 'a', 'b', 0, 'c' };
	struct span span = span_of(bytes, sizeof(bytes)), part;
	const char *text;
	uint32_t cell;
	uint64_t wide;
	size_t length;

	(void)state;
	assert_true(span_part(span, 8, 0, &part));
	assert_false(span_part(span, 9, 0, &part));
	assert_false(span_part(span, 1, SIZE_MAX, &part));
	assert_true(span_u32(&span, &cell));
	assert_int_equal(cell, 0x12345678);
	assert_false(span_u64(&span, &wide));
	assert_true(span_string(&span, &text, &length));
	assert_string_equal(text, "ab");
	assert_int_equal(length, 2);
	assert_false(span_string(&span, &text, NULL));
	assert_int_equal(span.left, 1);
	assert_false(span_cells(&span, 1, &wide));
	assert_true(span_cells(&span, 0, &wide));
	assert_int_equal(wide, 0);
}

/* A number reads the same wherever it lies. */
static void test_unaligned_numbers(void **state)
{
	uint8_t bytes[12] = { 0 };
	size_t offset;

	(void)state;
	for (offset = 0; offset < 8; offset++) {
		span_store_u32(bytes + offset, 0x89abcdef);
		assert_int_equal(span_load_u32(bytes + offset), 0x89abcdef);
	}
}

static void test_walk_blob(void **state)
{
	struct bytes blob = load_dts("base");
	struct dtb dtb;
	struct dtb_node node, parent;
	uint64_t base, size;
	const char *text;
	uint32_t count = 1;

	(void)state;
	assert_int_equal(dtb_peek_size(blob.at, blob.size), blob.size);
	assert_int_equal(dtb_check(&dtb, blob.at, blob.size, NULL), 0);
	for (node = dtb_root(&dtb); dtb_next(&node); count++)
		assert_true(node.depth >= 1 && node.depth < 5);
	assert_int_equal(count, dtb.node_count);

	assert_true(dtb_reserve(&dtb, 0, &base, &size));
	assert_true(base == 0x40000000 && size == 0x10000);
	assert_false(dtb_reserve(&dtb, 1, &base, &size));

	assert_true(dtb_find(&dtb, "/soc/serial@1000", &node));
	assert_int_equal(node.depth, 2);
	assert_true(dtb_parent(&node, &parent));
	assert_string_equal(dtb_name(&parent), "soc");
	assert_true(dtb_next_sibling(&node));
	assert_string_equal(dtb_name(&node), "spi@2000");
	assert_false(dtb_is_enabled(&node));
	assert_false(dtb_find(&dtb, "/soc/serial", &node));
	assert_false(dtb_find(&dtb, "soc", &node));

	node = dtb_root(&dtb);
	assert_true(dtb_find_string(&node, "device_type", "memory"));
	assert_true(dtb_reg(&node, 1, &base, &size));
	assert_true(base == 0x100000000 && size == 0x200000000);
	assert_false(dtb_reg(&node, 2, &base, &size));
	node = dtb_root(&dtb);
	assert_true(dtb_find_compatible(&node, "arm,primecell"));
	assert_string_equal(dtb_name(&node), "serial@1000");
	assert_true(dtb_find(&dtb, "/chosen", &node));
	assert_true(dtb_prop_string(&node, "bootargs", &text));
	assert_string_equal(text, "quiet");
	free(blob.at);
}

static void test_lookups(void **state)
{
	struct test_heap heap = { 0 };
	struct dt_tree tree;
	struct dt_node *spi, *node;
	uint32_t value;

	(void)state;
	build_tree(&tree, &heap, "base");
	spi = dt_node_at(&tree, "/soc/spi@2000");
	assert_non_null(spi);
	assert_ptr_equal(dt_node_at(&tree, "bus/spi@2000"), spi);
	assert_ptr_equal(dt_node_at(&tree, "//soc//spi@2000/"), spi);
	assert_ptr_equal(dt_node_of_label(&tree, "spi0"), spi);
	assert_ptr_equal(dt_node_of_phandle(&tree, dt_node_at(&tree, "serial0")->phandle),
			dt_node_at(&tree, "/soc/serial@1000"));
	assert_ptr_equal(dt_node_at(&tree, "/"), tree.root);
	assert_null(dt_node_at(&tree, ""));
	assert_null(dt_node_at(&tree, "circle"));
	assert_null(dt_node_at(&tree, "/soc/spi"));
	assert_null(dt_node_of_phandle(&tree, 0));
	assert_null(dt_node_of_phandle(&tree, 0xfffffffe));
	assert_null(dt_node_of_label(&tree, "nobody"));
	assert_string_equal(dt_path(spi), "/soc/spi@2000");
	assert_string_equal(dt_path(tree.root), "/");
	assert_string_equal(dt_node_path(spi, (char[6]){ 0 }, 6), "@2000");
	assert_true(dt_prop_u32(&tree, spi, "#size-cells", &value));
	assert_int_equal(value, 0);
	assert_false(dt_prop_u32(&tree, spi, "reg", &value));
	assert_string_equal(dt_prop_string(&tree, spi, "status"), "disabled");
	assert_null(dt_prop_string(&tree, dt_node_at(&tree, "serial0"), "compatible"));
	assert_false(dt_is_enabled(&tree, spi));
	node = dt_find_compatible(&tree, NULL, "simple-bus");
	assert_string_equal(node->name, "soc");
	node = dt_find_compatible(&tree, node, "simple-bus");
	assert_string_equal(node->name, "bridge@100000");
	assert_null(dt_find_compatible(&tree, node, "simple-bus"));
	dt_tree_drop(&tree);
	assert_int_equal(heap.pieces, 0);
}

/* Flat, built again and flat again: the same bytes; one byte less is refused. */
static void test_flatten(void **state)
{
	struct test_heap heap = { 0 };
	struct dt_env env = heap_env(&heap);
	struct dt_tree tree, again;
	struct bytes blob;
	size_t size, total;

	(void)state;
	build_tree(&tree, &heap, "base");
	blob = flat(&tree);
	assert_int_equal(dt_tree_build(&again, &env, blob.at, blob.size, NULL), 0);
	assert_true(dtb_reserve(&again.base, 0, &(uint64_t){ 0 }, &(uint64_t){ 0 }));
	for (size = 0; size < blob.size; size++)
		assert_int_equal(dt_tree_flatten(&tree, blob.at, size, &total), -DT_ENOSPC);
	assert_int_equal(dt_tree_flatten(&tree, blob.at, blob.size, &total), 0);
	assert_same_bytes(&again, blob);
	dt_tree_drop(&tree);
	dt_tree_drop(&again);
	assert_int_equal(heap.pieces, 0);
}

static void test_writer_order(void **state)
{
	uint8_t buffer[512];
	struct dtb_writer w;
	size_t total;

	(void)state;
	dtb_write_init(&w, buffer, sizeof(buffer));
	assert_int_equal(dtb_finish(&w, &total), -DT_EINVAL);

	dtb_write_init(&w, buffer, sizeof(buffer));
	dtb_begin_node(&w, "");
	assert_int_equal(dtb_finish(&w, &total), -DT_EINVAL);

	dtb_write_init(&w, buffer, sizeof(buffer));
	dtb_begin_node(&w, "");
	dtb_begin_node(&w, "a");
	dtb_end_node(&w);
	dtb_write_flag(&w, "late");
	dtb_end_node(&w);
	assert_int_equal(dtb_finish(&w, &total), -DT_EINVAL);

	dtb_write_init(&w, buffer, sizeof(buffer));
	dtb_begin_node(&w, "");
	dtb_end_node(&w);
	dtb_begin_node(&w, "second");
	dtb_end_node(&w);
	assert_int_equal(dtb_finish(&w, &total), -DT_EINVAL);
}

/* More names than the writer's table holds: still right, and names that are in the table are shared. */
static void test_writer_names(void **state)
{
	static uint8_t buffer[65536];
	struct dtb_writer w;
	struct dtb dtb;
	struct dtb_node node;
	char name[32];
	uint32_t i, value;
	size_t total;

	(void)state;
	dtb_write_init(&w, buffer, sizeof(buffer));
	dtb_write_reserve(&w, 1, 2);
	dtb_begin_node(&w, "");
	for (i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "property-%u", i);
		dtb_write_u32(&w, name, i);
	}
	dtb_begin_node_at(&w, "memory", 0x40000000);
	dtb_write_u64(&w, "property-1", 0x123456789abcdef0);
	dtb_end_node(&w);
	dtb_end_node(&w);
	assert_int_equal(dtb_finish(&w, &total), 0);
	assert_int_equal(dtb_check(&dtb, buffer, total, NULL), 0);
	node = dtb_root(&dtb);
	for (i = 0; i < 1000; i++) {
		snprintf(name, sizeof(name), "property-%u", i);
		assert_true(dtb_prop_u32(&node, name, &value));
		assert_int_equal(value, i);
	}
	assert_true(dtb_find(&dtb, "/memory@40000000", &node));
	/* 1000 names of 10 + digits + 1 bytes and not one more. */
	assert_int_equal(dtb.strings.left, 10 * 11 + 90 * 12 + 900 * 13);
}

/* Every prefix of a good blob is refused, whatever its header says. */
static void test_cut_anywhere(void **state)
{
	struct bytes blob = load_dts("base");
	struct dtb dtb;
	uint8_t *cut;
	size_t size;

	(void)state;
	for (size = 0; size < blob.size; size++) {
		cut = malloc(size ? size : 1);
		memcpy(cut, blob.at, size);
		assert_int_equal(dtb_check(&dtb, cut, size, NULL), -DT_EINVAL);
		if (size >= 8) {
			span_store_u32(cut + 4, (uint32_t)size);
			assert_int_equal(dtb_check(&dtb, cut, size, NULL), -DT_EINVAL);
		}
		free(cut);
	}
	free(blob.at);
}

/* Version 16 has no size of the structure block; what lies behind its END is not read. */
static void test_version_16(void **state)
{
	struct bytes blob = load_dts("base"), same;
	struct test_heap heap = { 0 };
	struct dt_env env = heap_env(&heap);
	struct dt_tree tree;

	(void)state;
	build_tree(&tree, &heap, "base");
	same = flat(&tree);
	dt_tree_drop(&tree);
	span_store_u32(blob.at + 20, 16);
	span_store_u32(blob.at + 36, 0xffffffff);
	assert_int_equal(dt_tree_build(&tree, &env, blob.at, blob.size, NULL), 0);
	assert_same_bytes(&tree, same);
	dt_tree_drop(&tree);
	free(blob.at);
}

/* A blob that nests, or has as many nodes, properties or long names as the limits let it, and one more. */
static int try_tree(uint32_t depth, uint32_t nodes, uint32_t props, uint32_t name)
{
	static uint8_t buffer[4 * 1024 * 1024];
	static char text[1024];
	struct dtb_writer w;
	struct dtb dtb;
	size_t total;
	uint32_t i;
	int error;

	dtb_write_init(&w, buffer, sizeof(buffer));
	dtb_begin_node(&w, "");
	memset(text, 'p', name);
	text[name] = '\0';
	for (i = 0; i < props; i++)
		dtb_write_flag(&w, "x");
	if (name)
		dtb_write_flag(&w, text);
	for (i = 1; i < depth; i++)
		dtb_begin_node(&w, "d");
	for (i = 1; i < depth; i++)
		dtb_end_node(&w);
	for (i = 0; i < nodes; i++) {
		dtb_begin_node(&w, "n");
		dtb_end_node(&w);
	}
	dtb_end_node(&w);
	error = dtb_finish(&w, &total);
	return error ? error : dtb_check(&dtb, buffer, total, NULL);
}

static int try_node_name(uint32_t length)
{
	static uint8_t buffer[16 * 1024];
	static char name[8 * 1024];
	struct dtb_writer w;
	struct dtb dtb;
	size_t total;

	memset(name, 'n', length);
	name[length] = '\0';
	dtb_write_init(&w, buffer, sizeof(buffer));
	dtb_begin_node(&w, "");
	dtb_begin_node(&w, name);
	dtb_end_node(&w);
	dtb_end_node(&w);
	assert_int_equal(dtb_finish(&w, &total), 0);
	return dtb_check(&dtb, buffer, total, NULL);
}

static void test_limits(void **state)
{
	(void)state;
	assert_int_equal(try_node_name(255), 0);
	assert_int_equal(try_node_name(256), -DT_E2BIG);
	assert_int_equal(try_node_name(1023), -DT_E2BIG);
	assert_int_equal(try_node_name(1024), -DT_E2BIG);
	assert_int_equal(try_node_name(5000), -DT_E2BIG);
	assert_int_equal(try_tree(64, 0, 0, 0), 0);
	assert_int_equal(try_tree(65, 0, 0, 0), -DT_E2BIG);
	assert_int_equal(try_tree(1, 65535, 0, 0), 0);
	assert_int_equal(try_tree(1, 65536, 0, 0), -DT_E2BIG);
	assert_int_equal(try_tree(1, 0, 80000, 0), 0);
	assert_int_equal(try_tree(1, 0, 131072, 0), -DT_E2BIG);
	assert_int_equal(try_tree(1, 0, 0, 255), 0);
	assert_int_equal(try_tree(1, 0, 0, 256), -DT_E2BIG);
}

static void test_words(void **state)
{
	struct dt_why why = { .text = "" };
	char tiny[4];

	(void)state;
	assert_int_equal(dt_fail(&why, -DT_EINVAL, "%s=%u 0x%x %.*s%c%d %zu %lx %%", "a", 7u, 255u,
					 2, "bcd", '!', -5, (size_t)9, 0x123456789abcul),
			-DT_EINVAL);
	assert_string_equal(why.text, "a=7 0xff bc!-5 9 123456789abc %");
	dt_fail(&why, -DT_EINVAL, "%s", "\033[31mred\n");
	assert_string_equal(why.text, "?[31mred?");
	assert_int_equal(dt_format(tiny, sizeof(tiny), "%s", "abcdef"), 3);
	assert_string_equal(tiny, "abc");
	assert_int_equal(dt_fail(NULL, -DT_ENOENT, "%u", 1u), -DT_ENOENT);
}

/* A list may have a megabyte, and is looked at without a pause: its first DT_COMPATIBLE_MAX bytes alone count. */
static void test_long_compatible(void **state)
{
	static char list[DT_COMPATIBLE_MAX + 8], blob[2 * DT_COMPATIBLE_MAX];
	static struct test_heap heap;
	struct dt_env env = heap_env(&heap);
	struct dtb_writer w;
	struct dt_tree tree;
	size_t size;

	(void)state;
	memset(list, 'x', sizeof(list));
	memcpy(list + DT_COMPATIBLE_MAX - 6, "\0last", 6);
	memcpy(list + DT_COMPATIBLE_MAX, "beyond", 7);
	list[sizeof(list) - 1] = '\0';
	dtb_write_init(&w, blob, sizeof(blob));
	dtb_begin_node(&w, "");
	dtb_write_prop(&w, "compatible", list, sizeof(list));
	dtb_end_node(&w);
	assert_int_equal(dtb_finish(&w, &size), 0);
	assert_int_equal(dt_tree_build(&tree, &env, blob, size, NULL), 0);
	assert_true(dt_is_compatible(&tree, tree.root, "last"));
	assert_false(dt_is_compatible(&tree, tree.root, "beyond"));
	dt_tree_drop(&tree);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_span),
		cmocka_unit_test(test_long_compatible),
		cmocka_unit_test(test_unaligned_numbers),
		cmocka_unit_test(test_walk_blob),
		cmocka_unit_test(test_lookups),
		cmocka_unit_test(test_flatten),
		cmocka_unit_test(test_writer_order),
		cmocka_unit_test(test_writer_names),
		cmocka_unit_test(test_cut_anywhere),
		cmocka_unit_test(test_version_16),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_words),
	};

	return cmocka_run_group_tests_name("dt_tree", tests, NULL, NULL);
}
