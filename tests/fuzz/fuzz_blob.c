/* SPDX-License-Identifier: Apache-2.0 */
/* Any bytes as a flattened tree: checked, walked in place, built, written again. */
#include "tests/fuzz/fuzz.h"

static void walk(const struct dtb *dtb)
{
	struct dtb_node node = dtb_root(dtb), other;
	struct dtb_cursor cursor = dtb_cursor(dtb);
	uint32_t nodes = 1, props = 0;
	uint64_t base, size;
	struct span value;
	enum dtb_event event;

	while ((event = dtb_step(&cursor)) != DTB_DONE) {
		must(event != DTB_BAD && event != DTB_LONG, "a checked blob has no bad token");
		props += event == DTB_PROP;
	}
	must(props == dtb->prop_count, "properties counted");
	do {
		(void)dtb_reg(&node, 0, &base, &size);
		(void)dtb_prop(&node, "compatible", &value);
		(void)dtb_is_enabled(&node);
		must(dtb_parent(&node, &other) == (node.depth > 0),
				"all but the root have a parent");
	} while (nodes < 64 && dtb_next(&node) && ++nodes);
	(void)dtb_find(dtb, "/a/b", &other);
	for (uint32_t i = 0; dtb_reserve(dtb, i, &base, &size); i++)
		must(i < DT_RESERVES_MAX, "reserve entries are limited");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dt_why why = { .text = "" };
	struct dt_tree tree, again;
	struct dtb dtb;
	struct span flat;

	(void)dtb_peek_size(data, size);
	if (dtb_check(&dtb, data, size, &why)) {
		must(why.text[0] != '\0', "a refusal says why");
		return 0;
	}
	walk(&dtb);
	if (dt_tree_build(&tree, &fuzz_env, data, size, &why) == 0) {
		flat = fuzz_flat(&tree);
		if (flat.left <= DT_BLOB_MAX) {
			must(dt_tree_build(&again, &fuzz_env, flat.at, flat.left, &why) == 0,
					why.text);
			fuzz_same(&again, flat);
			dt_tree_drop(&again);
		}
		dt_tree_drop(&tree);
		free((void *)(uintptr_t)flat.at);
	}
	must(pieces == 0, "nothing leaks");
	return 0;
}
