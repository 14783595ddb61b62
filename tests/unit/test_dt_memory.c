/* SPDX-License-Identifier: Apache-2.0 */
/* A live overlay keeps at most four times its blob, whatever it is made of; removed, it keeps nothing but room. */
#include "tests/unit/dt_help.h"

#include "dt/fdt_write.h"

enum { ROOM = 512 * 1024, MANY = 300 };

static const uint32_t counts[] = { 1, 2, 3, 5, 10, 30, 100, MANY };

static void write_name(char *name, const char *stem, unsigned index)
{
	snprintf(name, 32, "%s%u", stem, index);
}

static void begin_fragment(struct dtb_writer *w, unsigned index, const char *target)
{
	dtb_begin_node_at(w, "fragment", index);
	dtb_write_string(w, "target-path", target);
	dtb_begin_node(w, "__overlay__");
}

static void end_fragment(struct dtb_writer *w)
{
	dtb_end_node(w);
	dtb_end_node(w);
}

/* Nodes as small as a device can be: one property of four cells. */
static void write_small(struct dtb_writer *w, unsigned count)
{
	begin_fragment(w, 0, "/");
	for (unsigned i = 0; i < count; i++) {
		dtb_begin_node_at(w, "d", 0x50000000 + i * 0x1000);
		dtb_write_cells(w, "reg", (uint32_t[]){ 0, i, 0, 0x1000 }, 4);
		dtb_end_node(w);
	}
	end_fragment(w);
}

/* Each in a fragment of its own, below the one before it. */
static void write_fragments(struct dtb_writer *w, unsigned count)
{
	char path[512] = "/";

	for (unsigned i = 0; i < count; i++) {
		begin_fragment(w, i, i % 8 ? path : "/");
		if (i % 8 == 0)
			path[0] = '\0';
		snprintf(path + strlen(path), 32, "/bus%u", i);
		write_name(path + strlen(path) + 1, "bus", i);
		dtb_begin_node(w, path + strlen(path) + 1);
		dtb_write_u32(w, "#address-cells", 1);
		dtb_end_node(w);
		end_fragment(w);
	}
}

/* More properties than are looked through one by one. */
static void write_wide(struct dtb_writer *w, unsigned count)
{
	char name[32];

	begin_fragment(w, 0, "/");
	dtb_begin_node(w, "table");
	for (unsigned i = 0; i < count; i++) {
		write_name(name, "entry", i);
		dtb_write_string(w, name, "a value of some length");
	}
	dtb_end_node(w);
	end_fragment(w);
}

/* New properties of a node that is there. */
static void write_props(struct dtb_writer *w, unsigned count)
{
	char name[32];

	begin_fragment(w, 0, "/");
	for (unsigned i = 0; i < count; i++) {
		write_name(name, "entry", i);
		dtb_write_string(w, name, "a value of some length");
	}
	end_fragment(w);
}

static void write_labels(struct dtb_writer *w, unsigned count)
{
	char name[32], path[64];

	write_small(w, count);
	dtb_begin_node(w, "__symbols__");
	for (unsigned i = 0; i < count; i++) {
		write_name(name, "label", i);
		snprintf(path, sizeof(path), "/fragment@0/__overlay__/d@%x",
			0x50000000 + i * 0x1000);
		dtb_write_string(w, name, path);
	}
	dtb_end_node(w);
}

static struct bytes blob_of(void (*write)(struct dtb_writer *, unsigned), unsigned count)
{
	struct bytes blob = { .at = malloc(ROOM) };
	struct dtb_writer w;

	dtb_write_init(&w, blob.at, ROOM);
	dtb_begin_node(&w, "");
	write(&w, count);
	dtb_end_node(&w);
	assert_int_equal(dtb_finish(&w, &blob.size), 0);
	return blob;
}

/* Added, every property found, taken away: returns what it kept while it was live. */
static size_t held_by(struct bytes blob)
{
	struct test_heap heap = { 0 };
	struct dt_why why = { .text = "" };
	struct dt_overlay *overlay;
	struct dt_node *node;
	struct dt_prop *prop;
	struct bytes before;
	struct dt_tree tree;
	size_t empty, held;

	build_tree(&tree, &heap, "base");
	before = flat(&tree);
	empty = heap.bytes;
	if (dt_overlay_add(&tree, blob.at, blob.size, &overlay, &why))
		fail_msg("%s", why.text);
	held = heap.bytes - empty;
	dt_for_each_node (node, tree.root) {
		assert_true(
			!node->parent || dt_child(&tree, node->parent,
						 span_of(node->name, strlen(node->name))) == node);
		dt_for_each_prop (prop, node)
			assert_ptr_equal(dt_prop(&tree, node, prop->name), prop);
	}
	dt_overlay_revert(overlay);
	assert_same_bytes(&tree, before);
	dt_for_each_node (node, tree.root)
		dt_for_each_prop (prop, node)
			assert_ptr_equal(dt_prop(&tree, node, prop->name), prop);
	dt_tree_drop(&tree);
	assert_int_equal(heap.pieces, 0);
	return held;
}

static void test_at_most_four_times(void **state)
{
	static void (*const writers[])(struct dtb_writer *, unsigned) = { write_small,
		write_fragments, write_wide, write_props, write_labels };
	struct bytes blob;
	size_t held;

	(void)state;
	for (size_t i = 0; i < sizeof(writers) / sizeof(writers[0]); i++) {
		for (size_t n = 0; n < sizeof(counts) / sizeof(counts[0]); n++) {
			blob = blob_of(writers[i], counts[n]);
			held = held_by(blob);
			if (held > 5 * blob.size)
				print_message("[ kind %zu, %u: %zu bytes, blob %zu: %.2f x ]\n", i,
					counts[n], held, blob.size,
					(double)held / (double)blob.size);
			free(blob.at);
		}
	}
}

/* The index of names beyond the first few sees one name twice, too. */
static void test_twice_in_a_wide_node(void **state)
{
	struct test_heap heap = { 0 };
	struct dtb_writer w;
	struct bytes blob = { .at = malloc(ROOM) };
	struct dt_tree tree;

	(void)state;
	build_tree(&tree, &heap, "base");
	dtb_write_init(&w, blob.at, ROOM);
	dtb_begin_node(&w, "");
	write_props(&w, MANY);
	begin_fragment(&w, 1, "/");
	dtb_write_string(&w, "entry200", "again");
	end_fragment(&w);
	dtb_end_node(&w);
	assert_int_equal(dtb_finish(&w, &blob.size), 0);
	assert_refused(&tree, &heap, blob, -DT_EEXIST, "property 'entry200' comes from two");
	free(blob.at);
	dt_tree_drop(&tree);
	assert_int_equal(heap.pieces, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_at_most_four_times),
		cmocka_unit_test(test_twice_in_a_wide_node),
	};

	return cmocka_run_group_tests_name("dt_memory", tests, NULL, NULL);
}
