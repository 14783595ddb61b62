/* SPDX-License-Identifier: Apache-2.0 */
/* Memory that is given back all at once: what one tree or one overlay owns. Aligned to 8. */
#pragma once

#include "dt/dt_env.h"

struct dt_chunk;

struct dt_arena {
	const struct dt_env *env;
	struct dt_chunk *chunks; /* newest first */
	uint8_t *at;
	size_t left;
	size_t loose;   /* bytes of the chunks that nobody reserved */
	uint32_t count; /* of allocations and other steps: every so often the environment is polled */
};

void dt_arena_init(struct dt_arena *arena, const struct dt_env *env);
/* Make sure that `size` more bytes come from one chunk of exactly that size. 0 or -DT_ENOMEM. */
int dt_arena_reserve(struct dt_arena *arena, size_t size);
void dt_arena_drop(struct dt_arena *arena);

/* What `size` bytes take out of a reservation. */
static inline size_t dt_arena_round(size_t size)
{
	return (size + 7) & ~(size_t)7;
}

enum {
	DT_ARENA_POLL = 32
}; /* allocations between two polls: all long work on an overlay allocates as it goes */

/* The rest of dt_arena_alloc(): `whole` is what comes out of a reservation. */
void *dt_arena_alloc_slow(struct dt_arena *arena, size_t whole);

/* NULL when the allocator refuses. Not cleared. */
static inline void *dt_arena_alloc(struct dt_arena *arena, size_t size)
{
	size_t whole = dt_arena_round(size);
	void *at = arena->at;

	if (whole > arena->left || ++arena->count % DT_ARENA_POLL == 0)
		return dt_arena_alloc_slow(arena, whole);
	arena->at += whole;
	arena->left -= whole;
	return at;
}
