/* SPDX-License-Identifier: Apache-2.0 */
/* For the engine's tests: an allocator that counts and can fail, files, trees as bytes. */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "dt/overlay.h"
#include "dt/resource.h"

/* Where the build puts what dtc makes of tests/dts. */
#define DTS_DIR "build/host/dts/"

struct test_heap {
	size_t bytes, pieces; /* held now */
	size_t peak;
	size_t calls;  /* allocations asked for */
	size_t fail_at;  /* the call that fails; 0: none */
};

struct bytes {
	uint8_t *at;
	size_t size;
};

static inline void *heap_alloc(void *ctx, size_t size)
{
	struct test_heap *heap = ctx;

	if (++heap->calls == heap->fail_at)
		return NULL;
	heap->bytes += size;
	heap->pieces++;
	if (heap->bytes > heap->peak)
		heap->peak = heap->bytes;
	/* What was not written is not zero by luck. */
	return memset(malloc(size ? size : 1), 0xa5, size);
}

static inline void heap_free(void *ctx, void *at, size_t size)
{
	struct test_heap *heap = ctx;

	assert_true(heap->bytes >= size && heap->pieces > 0);
	heap->bytes -= size;
	heap->pieces--;
	memset(at, 0x5a, size);
	free(at);
}

static inline struct dt_env heap_env(struct test_heap *heap)
{
	return (struct dt_env){
		.alloc = heap_alloc, .free = heap_free, .ctx = heap, .seed = 0x1234
	};
}

static inline struct bytes load_file(const char *path)
{
	FILE *file = fopen(path, "rb");
	struct bytes bytes = { .at = malloc(DT_BLOB_MAX + 16) };

	if (!file)
		fail_msg("%s is missing", path);
	bytes.size = fread(bytes.at, 1, DT_BLOB_MAX + 16, file);
	fclose(file);
	/* Exactly as long as the content, so that reading past the end is seen. */
	bytes.at = realloc(bytes.at, bytes.size ? bytes.size : 1);
	return bytes;
}

static inline struct bytes load_dts(const char *name)
{
	char path[1024];

	snprintf(path, sizeof(path), DTS_DIR "%s.dtb", name);
	return load_file(path);
}

static inline struct bytes flat(const struct dt_tree *tree)
{
	size_t room = dt_tree_flat_size(tree);
	struct bytes bytes = { .at = malloc(room) };

	assert_int_equal(dt_tree_flatten(tree, bytes.at, room, &bytes.size), 0);
	return bytes;
}

/* Frees `before`. */
static inline void assert_same_bytes(const struct dt_tree *tree, struct bytes before)
{
	struct bytes now = flat(tree);

	assert_int_equal(now.size, before.size);
	assert_memory_equal(now.at, before.at, now.size);
	free(now.at);
	free(before.at);
}

static inline void build_tree(struct dt_tree *tree, struct test_heap *heap, const char *name)
{
	struct bytes blob = load_dts(name);
	struct dt_env env = heap_env(heap);
	struct dt_why why = { .text = "" };

	if (dt_tree_build(tree, &env, blob.at, blob.size, &why))
		fail_msg("%s: %s", name, why.text);
	free(blob.at);
}

static inline struct dt_overlay *add_overlay(struct dt_tree *tree, const char *name)
{
	struct bytes blob = load_dts(name);
	struct dt_overlay *overlay = NULL;
	struct dt_why why = { .text = "" };

	if (dt_overlay_add(tree, blob.at, blob.size, &overlay, &why))
		fail_msg("%s: %s", name, why.text);
	free(blob.at);
	return overlay;
}

/* Tried and refused: the tree and the heap are as before, and the sentence holds `words`. */
static inline void assert_refused(struct dt_tree *tree, struct test_heap *heap, struct bytes blob,
		int error, const char *words)
{
	struct bytes before = flat(tree);
	size_t held = heap->bytes, pieces = heap->pieces;
	struct dt_overlay *overlay = NULL;
	struct dt_why why = { .text = "" };
	int got = dt_overlay_add(tree, blob.at, blob.size, &overlay, &why);

	if (got != error || !strstr(why.text, words))
		fail_msg("got %d '%s', expected %d '%s'", got, why.text, error, words);
	assert_int_equal(heap->bytes, held);
	assert_int_equal(heap->pieces, pieces);
	assert_same_bytes(tree, before);
}
