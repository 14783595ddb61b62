/* SPDX-License-Identifier: Apache-2.0 */
/*
 * All that the device tree engine asks of the world: four memory functions, an allocator given as
 * data, a trap for its own broken invariants, error numbers, and the stated limits. It builds the
 * same at EL2, in host tests, in fuzzers and in graftctl.
 */
#pragma once

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

void *memcpy(void *restrict to, const void *restrict from, size_t size);
void *memmove(void *to, const void *from, size_t size);
void *memset(void *at, int byte, size_t size);
int memcmp(const void *a, const void *b, size_t size);
size_t strlen(const char *text);

/* The engine returns 0 or one of these negated. The numbers are errno's, on every system we build for. */
enum dt_error {
	DT_ENOENT = 2, /* target, label, node or property not there */
	DT_ENXIO = 6, /* a register that the CPU cannot reach: a bus above has no `ranges` */
	DT_E2BIG = 7, /* over a stated limit */
	DT_ENOMEM = 12, /* the allocator refused */
	DT_EBUSY = 16, /* another overlay builds on it */
	DT_EEXIST = 17, /* the same thing twice */
	DT_EINVAL = 22, /* malformed */
	DT_ENOSPC = 28, /* the caller's buffer is too small */
};

/* Stated limits: what is over one is refused with -DT_E2BIG. */
enum dt_limit {
	DT_BLOB_MAX = 1024 * 1024, /* bytes of one flattened tree */
	DT_DEPTH_MAX = 64, /* nodes from the root to the deepest, both counted */
	DT_NAME_MAX = 255, /* characters of a node or property name */
	DT_PATH_MAX = 2047, /* characters of a path */
	DT_NODES_MAX = 65536, /* nodes of one flattened tree */
	DT_PROPS_MAX = 131072, /* properties of one flattened tree */
	DT_RESERVES_MAX = 64, /* entries of the memory reserve map */
	DT_LOADED_MAX = 4096, /* overlays in one tree at a time */
};

/*
 * The allocator. `alloc` returns `size` bytes aligned to 16, not cleared, or NULL. `free` gets the size
 * that was asked for. `seed` should be unpredictable: it keeps crafted names from sharing hash chains.
 */
struct dt_env {
	void *(*alloc)(void *ctx, size_t size);
	void (*free)(void *ctx, void *at, size_t size);
	/*
	 * Not NULL: called in all long work on overlays, never more than some hundred steps apart. The tree may be
	 * half changed then: nobody else reads it before the call that polls has returned.
	 */
	void (*poll)(void *ctx);
	void *ctx;
	uint32_t seed;
};

static inline void dt_poll(const struct dt_env *env)
{
	if (env && env->poll)
		env->poll(env->ctx);
}

static inline void dt_assert(bool holds)
{
	if (!holds)
		__builtin_trap();
}
