/* SPDX-License-Identifier: Apache-2.0 */
/* Every allocation of every operation fails in turn: -ENOMEM, nothing leaks, the tree is unchanged. */
#include "tests/unit/dt_help.h"

/* Runs `act` with the n-th allocation failing, n = 1, 2, ... until it succeeds; returns how often it failed. */
static size_t fail_each(struct test_heap *heap, int (*act)(void *ctx), void *ctx)
{
	size_t n, held = heap->bytes, pieces = heap->pieces;
	int got;

	for (n = 1;; n++) {
		heap->calls = 0;
		heap->fail_at = n;
		got = act(ctx);
		heap->fail_at = 0;
		if (got == 0)
			return n - 1;
		assert_int_equal(got, -DT_ENOMEM);
		assert_int_equal(heap->bytes, held);
		assert_int_equal(heap->pieces, pieces);
	}
}

struct build {
	struct dt_tree tree;
	struct dt_env env;
	struct bytes blob;
};

static int build(void *ctx)
{
	struct build *build = ctx;

	return dt_tree_build(&build->tree, &build->env, build->blob.at, build->blob.size, NULL);
}

static void test_build(void **state)
{
	struct test_heap heap = { 0 };
	struct build ctx = { .env = heap_env(&heap), .blob = load_dts("base") };

	(void)state;
	assert_true(fail_each(&heap, build, &ctx) >= 3);
	dt_tree_drop(&ctx.tree);
	assert_int_equal(heap.pieces, 0);
	free(ctx.blob.at);
}

struct add {
	struct dt_tree *tree;
	struct bytes blob, before;
	struct dt_overlay *overlay;
};

static int add(void *ctx)
{
	struct add *add = ctx;
	struct dt_why why = { .text = "" };
	struct bytes now;
	int got = dt_overlay_add(add->tree, add->blob.at, add->blob.size, &add->overlay, &why);

	if (!got)
		return 0;
	assert_string_equal(why.text, "not enough memory");
	now = flat(add->tree);
	assert_int_equal(now.size, add->before.size);
	assert_memory_equal(now.at, add->before.at, now.size);
	free(now.at);
	return got;
}

/* Adds each on top of the others, then takes all away: reverting allocates nothing. */
static void test_add(void **state)
{
	static const char *const names[] = { "good/device", "good/status", "good/stacked",
		"good/own-target", "good/relabel" };
	struct test_heap heap = { 0 };
	struct dt_tree tree;
	struct bytes before;
	struct add ctx;

	(void)state;
	build_tree(&tree, &heap, "base");
	before = flat(&tree);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		ctx = (struct add){
			.tree = &tree, .blob = load_dts(names[i]), .before = flat(&tree)
		};
		assert_true(fail_each(&heap, add, &ctx) >= 5);
		free(ctx.blob.at);
		free(ctx.before.at);
	}
	heap.calls = 0;
	heap.fail_at = 1;
	while (tree.last_overlay)
		dt_overlay_revert(tree.last_overlay);
	assert_int_equal(heap.calls, 0);
	assert_same_bytes(&tree, before);
	dt_tree_drop(&tree);
	assert_int_equal(heap.pieces, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_build),
		cmocka_unit_test(test_add),
	};

	return cmocka_run_group_tests_name("dt_faults", tests, NULL, NULL);
}
