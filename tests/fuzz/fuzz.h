/* SPDX-License-Identifier: Apache-2.0 */
/* Shared by the fuzz targets: an allocator with exact sizes, and what must hold of any tree. */
#pragma once

#include <string.h>

#include "dt/overlay.h"
#include "dt/resource.h"
#include "tests/must.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t pieces;

static inline void *fuzz_alloc(void *ctx, size_t size)
{
	(void)ctx;
	pieces++;
	return malloc(size ? size : 1);
}

static inline void fuzz_free(void *ctx, void *at, size_t size)
{
	(void)ctx;
	(void)size;
	pieces--;
	free(at);
}

static const struct dt_env fuzz_env = { .alloc = fuzz_alloc, .free = fuzz_free, .seed = 1 };

/* The tree as bytes, which any reader must accept; the caller frees them. */
static inline struct span fuzz_flat(const struct dt_tree *tree)
{
	size_t room = dt_tree_flat_size(tree), size = 0;
	uint8_t *blob = malloc(room);
	struct dtb dtb;
	int error;

	must(dt_tree_flatten(tree, blob, room, &size) == 0, "flattening fits");
	error = dtb_check(&dtb, blob, size, NULL);
	/* Stacked overlays can make a tree larger than one blob may be. */
	must(error == 0 || error == -DT_E2BIG, "what was written can be read");
	return span_of(blob, size);
}

static inline void fuzz_same(const struct dt_tree *tree, struct span before)
{
	struct span now = fuzz_flat(tree);

	must(span_equal(now, before), "the tree is as before, byte for byte");
	free((void *)(uintptr_t)now.at);
}
