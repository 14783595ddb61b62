/* SPDX-License-Identifier: Apache-2.0 */
/* A live overlay keeps at most four times its blob, of whatever kind it is; removed, it keeps nothing but room. */
#include "tests/unit/dt_help.h"

#include "tests/unit/dt_kinds.h"

enum { MANY = 300 };

static const uint32_t counts[] = { 1, 2, 3, 5, 10, 30, 100, MANY };

/* Every node and property is found where it is linked. */
static void assert_all_found(const struct dt_tree *tree)
{
	struct dt_node *node;
	struct dt_prop *prop;

	dt_for_each_node (node, tree->root) {
		assert_true(!node->parent ||
				dt_child(tree, node->parent,
						span_of(node->name, strlen(node->name))) == node);
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
	kind_write *write, *under;
	size_t live, peak; /* at most so many times the blob */
};

/* What a blob says in less than a quarter of a node's or a property's own size cannot be kept in four times as much. */
static const struct kind kinds[] = {
	{ "devices", kind_devices, NULL, 4, 4 },
	{ "small devices", kind_small, NULL, 4, 7 },
	{ "fragments", kind_fragments, NULL, 4, 7 },
	{ "a wide node", kind_wide, NULL, 4, 7 },
	{ "new properties", kind_props, NULL, 4, 7 },
	{ "labels", kind_labels, NULL, 4, 7 },
	{ "devices with label and reference", kind_linked, NULL, 4, 7 },
	{ "values", kind_values, kind_small, 4, 7 },
	{ "values by fragments", kind_value_fragments, kind_small, 4, 7 },
	{ "status by fragments", kind_status_fragments, kind_small, 4, 7 },
	{ "bare nodes", kind_bare, NULL, 7, NO_LIMIT },
	{ "bare properties", kind_flags, NULL, 6, NO_LIMIT },
};

static void assert_cost(const struct kind *kind, unsigned count)
{
	struct bytes blob = kind_blob(kind->write, count), under = { 0 };
	struct cost cost;

	if (kind->under)
		under = kind_blob(kind->under, count);
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
	struct bytes blob = { .at = malloc(KIND_ROOM) };
	struct dt_tree tree;

	(void)state;
	build_tree(&tree, &heap, "base");
	dtb_write_init(&w, blob.at, KIND_ROOM);
	dtb_begin_node(&w, "");
	kind_props(&w, MANY);
	kind_begin_fragment(&w, 1, "/");
	dtb_write_string(&w, "entry200", "again");
	kind_end_fragment(&w);
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
