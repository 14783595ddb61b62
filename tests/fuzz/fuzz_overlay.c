/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as an overlay: applied to a base that has what Debian's overlays ask for most, and on top of
 * another overlay; reverted; the base must be the same byte for byte, whatever happened.
 */
#include "tests/fuzz/fuzz.h"

/* Made by `make fuzz` from tests/dts. */
#define DTS_DIR "build/host/dts/"

static uint8_t base[65536], below[65536];
static size_t base_size, below_size;

static size_t load(const char *path, uint8_t *to, size_t room)
{
	FILE *file = fopen(path, "rb");
	size_t size;

	must(file != NULL, path);
	size = fread(to, 1, room, file);
	fclose(file);
	return size;
}

static void read_nodes(const struct dt_overlay *overlay)
{
	struct dt_overlay_walk walk = dt_overlay_walk(overlay);
	const struct dt_node *node;
	uint32_t count = 0;

	while ((node = dt_overlay_walk_next(&walk))) {
		must(node->owner == overlay, "it brought the node");
		must(dt_child(overlay->tree, node->parent,
				     span_of(node->name, strlen(node->name))) == node,
				"every new node is found by name");
		if (node->phandle)
			must(dt_node_of_phandle(overlay->tree, node->phandle) == node,
					"every new phandle is found");
		count++;
	}
	must(count == overlay->node_count, "new nodes counted");
}

static void try_add(struct dt_tree *tree, const uint8_t *data, size_t size)
{
	struct span before = fuzz_flat(tree);
	struct dt_why why = { .text = "" };
	struct dt_overlay *overlay;
	struct span now;

	if (dt_overlay_add(tree, data, size, &overlay, &why)) {
		must(why.text[0] != '\0', "a refusal says why");
	} else {
		now = fuzz_flat(tree);
		free((void *)(uintptr_t)now.at);
		read_nodes(overlay);
		must(dt_overlay_find(tree, data, size) == overlay, "found by its bytes");
		must(dt_overlay_may_revert(overlay, &why) == 0, "nothing builds on the last one");
		dt_overlay_revert(overlay);
	}
	fuzz_same(tree, before);
	free((void *)(uintptr_t)before.at);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct dt_overlay *lower;
	struct dt_tree tree;

	if (!base_size) {
		base_size = load(DTS_DIR "base.dtb", base, sizeof(base));
		below_size = load(DTS_DIR "good/device.dtb", below, sizeof(below));
	}
	must(dt_tree_build(&tree, &fuzz_env, base, base_size, NULL) == 0, "the base is good");
	try_add(&tree, data, size);
	must(dt_overlay_add(&tree, below, below_size, &lower, NULL) == 0,
			"the overlay below is good");
	try_add(&tree, data, size);
	dt_tree_drop(&tree);
	must(pieces == 0, "nothing leaks");
	return 0;
}
