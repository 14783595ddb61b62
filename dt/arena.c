/* SPDX-License-Identifier: Apache-2.0 */
/* An arena of chunks: each piece lies in the newest chunk, the whole goes back at once. */
#include "dt/arena.h"

struct dt_chunk {
	struct dt_chunk *next;
	size_t size;
};

enum {
	CHUNK_LEAST = 32, /* when pieces come that nobody reserved */
};

void dt_arena_init(struct dt_arena *arena, const struct dt_env *env)
{
	*arena = (struct dt_arena){ .env = env };
}

static int add_chunk(struct dt_arena *arena, size_t size)
{
	size_t whole = sizeof(struct dt_chunk) + size;
	struct dt_chunk *chunk = arena->env->alloc(arena->env->ctx, whole);

	if (!chunk)
		return -DT_ENOMEM;
	*chunk = (struct dt_chunk){ .next = arena->chunks, .size = whole };
	arena->chunks = chunk;
	arena->at = (uint8_t *)(chunk + 1);
	arena->left = size;
	return 0;
}

int dt_arena_reserve(struct dt_arena *arena, size_t size)
{
	return size <= arena->left ? 0 : add_chunk(arena, size);
}

/* Unreserved pieces share chunks, each a quarter of those before, so that little is wasted and they stay few. */
static int add_loose(struct dt_arena *arena, size_t size)
{
	size_t share = dt_arena_round(arena->loose / 4);

	if (share < CHUNK_LEAST)
		share = CHUNK_LEAST;
	if (share < size)
		share = size;
	arena->loose += share;
	return add_chunk(arena, share);
}

void *dt_arena_alloc_slow(struct dt_arena *arena, size_t whole)
{
	void *at;

	dt_poll(arena->env);
	if (whole > arena->left && add_loose(arena, whole))
		return NULL;
	at = arena->at;
	arena->at += whole;
	arena->left -= whole;
	return at;
}

void dt_arena_drop(struct dt_arena *arena)
{
	const struct dt_env *env = arena->env;
	struct dt_chunk *chunk = arena->chunks, *next;

	for (; chunk; chunk = next) {
		next = chunk->next;
		env->free(env->ctx, chunk, chunk->size);
	}
	dt_arena_init(arena, env);
}
