/* SPDX-License-Identifier: Apache-2.0 */
/* Hash tables with linear probing; what is taken out leaves no mark, those behind it move up. */
#include "dt/index.h"

enum {
	SPARE = 8,
	POLL_SLOTS = 128,
};

static size_t bytes_of(uint32_t slots)
{
	return slots * sizeof(struct dt_slot);
}

/* Nodes and properties are limited per blob, overlays per tree: sums stay far below 2^30. */
static bool has_room(uint32_t slots, uint32_t count)
{
	return count + (count + 1) / 2 <= slots;
}

/*
 * What is wanted; when it grows, a few more, so that small overlays on top find room, and a quarter more than
 * before at least, so that many small steps stay cheap.
 */
static uint32_t slots_for(const struct dt_index *index, uint32_t count)
{
	uint32_t slots, least = index->slot_count + index->slot_count / 4;

	if (index->slot_count)
		count += SPARE;
	slots = count + (count + 1) / 2;
	return slots < least ? least : slots;
}

int dt_index_prepare(const struct dt_index *index, const struct dt_env *env, uint32_t more,
		struct dt_buckets *out)
{
	uint32_t slots;

	*out = (struct dt_buckets){ 0 };
	if (more == 0 || has_room(index->slot_count, index->count + more))
		return 0;
	slots = slots_for(index, index->count + more);
	out->slots = env->alloc(env->ctx, bytes_of(slots));
	if (!out->slots)
		return -DT_ENOMEM;
	memset(out->slots, 0, bytes_of(slots));
	out->count = slots;
	return 0;
}

static void put(struct dt_slot *slots, uint32_t count, struct dt_slot entry)
{
	uint32_t at = dt_index_home(count, entry.hash);

	while (slots[at].hash)
		if (++at == count)
			at = 0;
	slots[at] = entry;
}

void dt_index_grow(struct dt_index *index, const struct dt_env *env, struct dt_buckets *buckets)
{
	uint32_t count = index->count, i;

	if (!buckets->slots)
		return;
	for (i = 0; i < index->slot_count; i++) {
		if (i % POLL_SLOTS == 0)
			dt_poll(env);
		if (index->slots[i].hash)
			put(buckets->slots, buckets->count, index->slots[i]);
	}
	dt_index_drop(index, env);
	*index = (struct dt_index){
		.slots = buckets->slots, .slot_count = buckets->count, .count = count
	};
	*buckets = (struct dt_buckets){ 0 };
}

void dt_buckets_drop(struct dt_buckets *buckets, const struct dt_env *env)
{
	if (buckets->slots)
		env->free(env->ctx, buckets->slots, bytes_of(buckets->count));
	*buckets = (struct dt_buckets){ 0 };
}

void dt_index_drop(struct dt_index *index, const struct dt_env *env)
{
	if (index->slots)
		env->free(env->ctx, index->slots, bytes_of(index->slot_count));
	*index = (struct dt_index){ 0 };
}

void dt_index_add(struct dt_index *index, uint32_t hash, void *object)
{
	uint64_t address = (uintptr_t)object;

	put(index->slots, index->slot_count,
			(struct dt_slot){ .hash = dt_index_mark(hash),
					.low = (uint32_t)address,
					.high = (uint32_t)(address >> 32) });
	index->count++;
}

int dt_index_insert(struct dt_index *index, const struct dt_env *env, uint32_t hash, void *object)
{
	struct dt_buckets room = { 0 };

	if (!has_room(index->slot_count, index->count + 1) &&
			dt_index_prepare(index, env, index->count + 1, &room))
		return -DT_ENOMEM;
	dt_index_grow(index, env, &room);
	dt_index_add(index, hash, object);
	return 0;
}

static uint32_t distance(uint32_t from, uint32_t to, uint32_t slots)
{
	return to >= from ? to - from : to + slots - from;
}

/* Those behind the gap that could have stood in it move up, so that searches still end at free slots. */
static void close_gap(struct dt_index *index, uint32_t gap)
{
	struct dt_slot *slots = index->slots;
	uint32_t count = index->slot_count, at = gap, home;

	for (;;) {
		if (++at == count)
			at = 0;
		if (!slots[at].hash)
			break;
		home = dt_index_home(count, slots[at].hash);
		if (distance(home, at, count) < distance(gap, at, count))
			continue;
		slots[gap] = slots[at];
		gap = at;
	}
	slots[gap].hash = 0;
}

void dt_index_remove(struct dt_index *index, uint32_t hash, const void *object)
{
	uint32_t mark = dt_index_mark(hash), at = dt_index_home(index->slot_count, mark);

	while (index->slots[at].hash != mark || dt_slot_object(&index->slots[at]) != object)
		if (++at == index->slot_count)
			at = 0;
	close_gap(index, at);
	index->count--;
}

/* Four bytes at a time: names are many and short. */
uint32_t dt_hash_name(uint32_t seed, const void *name, size_t size)
{
	const uint8_t *at = name;
	uint32_t hash = seed ^ (uint32_t)size, rest = 0;

	for (; size >= 4; size -= 4, at += 4) {
		hash = (hash ^ span_load_u32(at)) * 0x9e3779b1;
		hash ^= hash >> 15;
	}
	for (; size; size--)
		rest = rest << 8 | *at++;
	hash = (hash ^ rest) * 0x85ebca77;
	return hash ^ hash >> 13;
}
