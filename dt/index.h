/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A chained hash table whose links lie in the objects: adding and taking out cannot fail, since only
 * dt_index_prepare() allocates. Buckets grow in steps of two, so that the cost per object stays flat.
 */
#pragma once

#include "dt/dt_env.h"

struct dt_link {
	struct dt_link *next;
	uint32_t hash;
};

struct dt_index {
	struct dt_link **buckets;
	uint32_t bucket_count; /* 0, or a power of two */
	uint32_t count;
};

/* Buckets for `count` objects, got beforehand and handed over by dt_index_grow(). */
struct dt_buckets {
	struct dt_link **at;
	uint32_t count;
};

/* 0 or -DT_ENOMEM; `out` stays empty when the index has enough. */
int dt_index_prepare(const struct dt_index *index, const struct dt_env *env, uint32_t more,
	struct dt_buckets *out);
void dt_index_grow(struct dt_index *index, const struct dt_env *env, struct dt_buckets *buckets);
void dt_buckets_drop(struct dt_buckets *buckets, const struct dt_env *env);
void dt_index_drop(struct dt_index *index, const struct dt_env *env);

void dt_index_add(struct dt_index *index, struct dt_link *link);
void dt_index_remove(struct dt_index *index, struct dt_link *link);

static inline uint32_t dt_hash_name(uint32_t seed, const void *name, size_t size)
{
	const uint8_t *at = name;
	uint32_t hash = seed;

	while (size--)
		hash = (hash ^ *at++) * 0x01000193;
	return hash ^ hash >> 15;
}

/* A name's hash below an object. Doing it again with the same object takes it off. */
static inline uint32_t dt_hash_under(uint32_t hash, const void *object)
{
	uint64_t key = (uintptr_t)object >> 3;

	return hash ^ (uint32_t)(key * 0x9e3779b97f4a7c15 >> 32);
}

/* The first link that may have this hash; go on by ->next, comparing hash and object. */
static inline struct dt_link *dt_index_first(const struct dt_index *index, uint32_t hash)
{
	return index->bucket_count ? index->buckets[hash & (index->bucket_count - 1)] : NULL;
}
