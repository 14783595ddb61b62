/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What adding and reverting an overlay cost does not grow faster than the overlay. Cost is counted in basic blocks of
 * dt/: the build has every one of them call the counter below. Only where things lie in hash tables is left to chance.
 */
#include "tests/unit/dt_kinds.h"

static unsigned long blocks;

void __sanitizer_cov_trace_pc(void);
void __sanitizer_cov_trace_pc(void)
{
	blocks++;
}

struct cost {
	double add, revert; /* blocks, of each thing */
};

static struct dt_overlay *add(struct dt_tree *tree, kind_write *write, unsigned count)
{
	struct bytes blob = kind_blob(write, count);
	struct dt_why why = { .text = "" };
	struct dt_overlay *overlay;

	blocks = 0;
	if (dt_overlay_add(tree, blob.at, blob.size, &overlay, &why))
		fail_msg("%u: %s", count, why.text);
	free(blob.at);
	return overlay;
}

static struct cost cost_of(kind_write *write, kind_write *under, unsigned count)
{
	struct test_heap heap = { 0 };
	struct dt_overlay *overlay;
	struct dt_tree tree;
	struct cost cost;

	build_tree(&tree, &heap, "base");
	if (under)
		add(&tree, under, count);
	overlay = add(&tree, write, count);
	cost.add = (double)blocks / count;
	blocks = 0;
	dt_overlay_revert(overlay);
	cost.revert = (double)blocks / count;
	dt_tree_drop(&tree);
	return cost;
}

static const struct kind {
	const char *name;
	kind_write *write, *under;
	unsigned most;
} kinds[] = {
	{ "small devices", kind_small, NULL, 10000 },
	{ "small devices, ten in each fragment", kind_tens, NULL, 10000 },
	{ "nodes with nothing in them", kind_bare, NULL, 10000 },
	{ "devices", kind_devices, NULL, 4000 },
	{ "labels", kind_labels, NULL, 8000 },
	{ "devices with label and reference", kind_linked, NULL, 4000 },
	{ "fragments", kind_fragments, NULL, 5000 },
	{ "properties of a new node", kind_wide, NULL, 10000 },
	{ "properties of a node that is there", kind_props, NULL, 10000 },
	{ "values", kind_values, kind_small, 10000 },
	{ "values by fragments", kind_value_fragments, kind_small, 5000 },
};

/* Measured are at most 1.07 and 1.6: tables are now fuller, now emptier, which is felt most where things are taken out. */
#define ADD_MOST    1.2
#define REVERT_MOST 3

static void assert_flat(const struct kind *kind, struct cost few, unsigned count)
{
	struct cost many = cost_of(kind->write, kind->under, count);

	print_message("%s: each of 100: %.0f blocks to add, %.0f to revert; each of %u: %.0f and %.0f\n",
			kind->name, few.add, few.revert, count, many.add, many.revert);
	assert_true(many.add <= few.add * ADD_MOST);
	assert_true(many.revert <= few.revert * REVERT_MOST);
}

static void test_flat(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		struct cost few = cost_of(kinds[i].write, kinds[i].under, 100);

		assert_true(few.add > 1 && few.revert > 1);
		for (unsigned count = 1000; count < kinds[i].most; count *= 3)
			assert_flat(&kinds[i], few, count);
		assert_flat(&kinds[i], few, kinds[i].most);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_flat),
	};

	return cmocka_run_group_tests_name("dt_cost", tests, NULL, NULL);
}
