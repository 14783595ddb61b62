/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An open hash table of pointers beside their hashes: a search goes from slot to slot until a hash is equal, and
 * reads no object before. Adding and taking out cannot fail, since room is made beforehand.
 */
#pragma once

#include "dt/span.h"

/* Twelve bytes, so that a slot lies in one cache line and none are lost to alignment. */
struct dt_slot {
	uint32_t hash; /* 0: free */
	uint32_t low, high; /* halves of the object's address */
};

struct dt_index {
	struct dt_slot *slots;
	uint32_t slot_count;
	uint32_t count; /* at most two thirds of the slots */
};

/* An empty table with room, got beforehand and handed over by dt_index_grow(). */
struct dt_buckets {
	struct dt_slot *slots;
	uint32_t count;
};

/* Room for `more` objects: 0 or -DT_ENOMEM; `out` stays empty when the index has enough. */
int dt_index_prepare(const struct dt_index *index, const struct dt_env *env, uint32_t more,
		struct dt_buckets *out);
void dt_index_grow(struct dt_index *index, const struct dt_env *env, struct dt_buckets *buckets);
void dt_buckets_drop(struct dt_buckets *buckets, const struct dt_env *env);
void dt_index_drop(struct dt_index *index, const struct dt_env *env);

/* There is room. */
void dt_index_add(struct dt_index *index, uint32_t hash, void *object);
/* Makes room when there is none: 0 or -DT_ENOMEM. */
int dt_index_insert(struct dt_index *index, const struct dt_env *env, uint32_t hash, void *object);
/* It is there, under this hash. */
void dt_index_remove(struct dt_index *index, uint32_t hash, const void *object);

/* Goes through the objects that may have a hash. */
struct dt_probe {
	const struct dt_index *index;
	uint32_t hash, slot;
};

static inline uint32_t dt_index_mark(uint32_t hash)
{
	return hash ? hash : 1;
}

static inline uint32_t dt_index_home(uint32_t slot_count, uint32_t mark)
{
	return (uint32_t)((uint64_t)mark * slot_count >> 32);
}

static inline void *dt_slot_object(const struct dt_slot *slot)
{
	return (void *)(uintptr_t)((uint64_t)slot->high << 32 | slot->low);
}

static inline struct dt_probe dt_index_probe(const struct dt_index *index, uint32_t hash)
{
	uint32_t mark = dt_index_mark(hash);

	return (struct dt_probe){
		.index = index, .hash = mark, .slot = dt_index_home(index->slot_count, mark)
	};
}

/* The next object of that hash, or NULL. There is always a free slot to end at. */
static inline void *dt_probe_next(struct dt_probe *probe)
{
	const struct dt_index *index = probe->index;
	const struct dt_slot *slot;

	if (index->slot_count == 0)
		return NULL;
	do {
		slot = &index->slots[probe->slot];
		if (++probe->slot == index->slot_count)
			probe->slot = 0;
	} while (slot->hash != probe->hash && slot->hash);
	return slot->hash ? dt_slot_object(slot) : NULL;
}

/* There is room, and dt_probe_next() has just returned NULL: the slot at which it ended is taken. */
static inline void dt_index_add_at(
		struct dt_index *index, const struct dt_probe *probe, const void *object)
{
	uint32_t at = probe->slot ? probe->slot - 1 : index->slot_count - 1;
	uint64_t address = (uintptr_t)object;

	index->slots[at] = (struct dt_slot){
		.hash = probe->hash, .low = (uint32_t)address, .high = (uint32_t)(address >> 32)
	};
	index->count++;
}

uint32_t dt_hash_name(uint32_t seed, const void *name, size_t size);

/* The bits of a name's hash that dt_hash_under() keeps. */
#define DT_HASH_KEPT 255U

/* A name's hash below an object. Doing it again with the same object takes it off. */
static inline uint32_t dt_hash_under(uint32_t hash, const void *object)
{
	uint64_t key = (uintptr_t)object >> 3;

	return hash ^ ((uint32_t)(key * 0x9e3779b97f4a7c15 >> 32) & ~DT_HASH_KEPT);
}
