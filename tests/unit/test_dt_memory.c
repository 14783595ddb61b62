/* SPDX-License-Identifier: Apache-2.0 */
/* A live overlay keeps at most four times its blob, of whatever kind it is; removed, it keeps nothing but room. */
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

/* Devices as boards have them: about 200 bytes, one reference to a label of the base. */
static void write_devices(struct dtb_writer *w, unsigned count)
{
	static char places[MANY * 80];
	size_t size = 0;

	begin_fragment(w, 0, "/");
	for (unsigned i = 0; i < count; i++) {
		dtb_begin_node_at(w, "device", 0x50000000 + i * 0x1000);
		dtb_write_string(w, "compatible", "vendor,some-long-device-name");
		dtb_write_u32(w, "interrupt-parent", 0xffffffff);
		dtb_write_cells(w, "interrupts", (uint32_t[]){ 0, i, 4 }, 3);
		dtb_write_cells(w, "reg", (uint32_t[]){ 0, i, 0, 0x1000 }, 4);
		dtb_end_node(w);
		size += 1 + (size_t)sprintf(places + size,
				    "/fragment@0/__overlay__/device@%x:interrupt-parent:0",
				    0x50000000 + i * 0x1000);
	}
	end_fragment(w);
	dtb_begin_node(w, "__fixups__");
	dtb_write_prop(w, "gic", places, size);
	dtb_end_node(w);
}

/* Nodes with nothing in them, and nodes with nothing but names. */
static void write_bare(struct dtb_writer *w, unsigned count)
{
	begin_fragment(w, 0, "/");
	for (unsigned i = 0; i < count; i++) {
		dtb_begin_node_at(w, "n", i);
		dtb_end_node(w);
	}
	end_fragment(w);
}

static void write_flags(struct dtb_writer *w, unsigned count)
{
	begin_fragment(w, 0, "/");
	for (unsigned i = 0; i < count; i++) {
		dtb_begin_node_at(w, "n", i);
		dtb_write_flag(w, "ranges");
		dtb_write_flag(w, "dma-coherent");
		dtb_write_flag(w, "wakeup-source");
		dtb_end_node(w);
	}
	end_fragment(w);
}

/* Values of the nodes of write_small(): all in one fragment, or each in one of its own. */
static void write_values(struct dtb_writer *w, unsigned count)
{
	begin_fragment(w, 0, "/");
	for (unsigned i = 0; i < count; i++) {
		dtb_begin_node_at(w, "d", 0x50000000 + i * 0x1000);
		dtb_write_cells(w, "reg", (uint32_t[]){ 0, i, 0, 0x2000 }, 4);
		dtb_end_node(w);
	}
	end_fragment(w);
}

static void write_value_fragments(struct dtb_writer *w, unsigned count)
{
	char path[32];

	for (unsigned i = 0; i < count; i++) {
		snprintf(path, sizeof(path), "/d@%x", 0x50000000 + i * 0x1000);
		begin_fragment(w, i, path);
		dtb_write_cells(w, "reg", (uint32_t[]){ 0, i, 0, 0x2000 }, 4);
		end_fragment(w);
	}
}

static void write_status_fragments(struct dtb_writer *w, unsigned count)
{
	char path[32];

	for (unsigned i = 0; i < count; i++) {
		snprintf(path, sizeof(path), "/d@%x", 0x50000000 + i * 0x1000);
		begin_fragment(w, i, path);
		dtb_write_string(w, "status", "okay");
		end_fragment(w);
	}
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

/* Every node and property is found where it is linked. */
static void assert_all_found(const struct dt_tree *tree)
{
	struct dt_node *node;
	struct dt_prop *prop;

	dt_for_each_node (node, tree->root) {
		assert_true(!node->parent ||
			    dt_child(tree, node->parent, span_of(node->name, strlen(node->name))) ==
				    node);
		dt_for_each_prop (prop, node)
			assert_ptr_equal(dt_prop(tree, node, prop->name), prop);
	}
}

static struct dt_overlay *add_bytes(struct dt_tree *tree, struct bytes blob)
{
	struct dt_why why = { .text = "" };
	struct dt_overlay *overlay;

	if (dt_overlay_add(tree, blob.at, blob.size, &overlay, &why))
		fail_msg("%s", why.text);
	return overlay;
}

struct cost {
	size_t live, peak; /* bytes: while it is live, and at most while it was added */
};

/* Added upon `under`, if that is something, everything found, taken away. */
static struct cost cost_of(struct bytes blob, struct bytes under)
{
	struct test_heap heap = { 0 };
	struct dt_overlay *overlay;
	struct bytes before;
	struct dt_tree tree;
	struct cost cost;
	size_t empty;

	build_tree(&tree, &heap, "base");
	if (under.size)
		add_bytes(&tree, under);
	before = flat(&tree);
	empty = heap.peak = heap.bytes;
	overlay = add_bytes(&tree, blob);
	cost = (struct cost){ .live = heap.bytes - empty, .peak = heap.peak - empty };
	assert_all_found(&tree);
	dt_overlay_revert(overlay);
	assert_same_bytes(&tree, before);
	assert_all_found(&tree);
	dt_tree_drop(&tree);
	assert_int_equal(heap.pieces, 0);
	return cost;
}

enum { NO_LIMIT = 100 };

struct kind {
	const char *name;
	void (*write)(struct dtb_writer *, unsigned);
	void (*under)(struct dtb_writer *, unsigned);
	size_t live, peak; /* at most so many times the blob */
};

/* What a blob says in less than a quarter of a node's or a property's own size cannot be kept in four times as much. */
static const struct kind kinds[] = {
	{ "devices", write_devices, NULL, 4, 4 },
	{ "small devices", write_small, NULL, 4, 7 },
	{ "fragments", write_fragments, NULL, 4, 7 },
	{ "a wide node", write_wide, NULL, 4, 7 },
	{ "new properties", write_props, NULL, 4, 7 },
	{ "labels", write_labels, NULL, 4, 7 },
	{ "values", write_values, write_small, 4, 7 },
	{ "values by fragments", write_value_fragments, write_small, 4, 7 },
	{ "status by fragments", write_status_fragments, write_small, 4, 7 },
	{ "bare nodes", write_bare, NULL, 7, NO_LIMIT },
	{ "bare properties", write_flags, NULL, 6, NO_LIMIT },
};

static void assert_cost(const struct kind *kind, unsigned count)
{
	struct bytes blob = blob_of(kind->write, count), under = { 0 };
	struct cost cost;

	if (kind->under)
		under = blob_of(kind->under, count);
	cost = cost_of(blob, under);
	if (cost.live > kind->live * blob.size || cost.peak > kind->peak * blob.size)
		fail_msg("%s, %u: %zu bytes live and %zu at most, of a blob of %zu", kind->name,
			count, cost.live, cost.peak, blob.size);
	free(blob.at);
	free(under.at);
}

static void test_at_most_four_times(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		for (size_t n = 0; n < sizeof(counts) / sizeof(counts[0]); n++)
			assert_cost(&kinds[i], counts[n]);
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
