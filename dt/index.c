/* SPDX-License-Identifier: Apache-2.0 */
/* Chained hash tables. On average at most two objects share a bucket. */
#include "dt/index.h"

enum {
	BUCKETS_LEAST = 8,
	LOAD = 2,
	POLL_BUCKETS = 64,
};

static size_t bytes_of(uint32_t buckets)
{
	return buckets * sizeof(struct dt_link *);
}

int dt_index_prepare(const struct dt_index *index, const struct dt_env *env, uint32_t more,
	struct dt_buckets *out)
{
	uint32_t wanted = index->bucket_count ? index->bucket_count : BUCKETS_LEAST;
	struct dt_link **at;

	*out = (struct dt_buckets){ 0 };
	/* Nodes and properties are limited per blob, overlays per tree: the sum stays far below 2^31. */
	while (wanted * LOAD < index->count + more)
		wanted *= 2;
	if (wanted == index->bucket_count)
		return 0;
	at = env->alloc(env->ctx, bytes_of(wanted));
	if (!at)
		return -DT_ENOMEM;
	memset(at, 0, bytes_of(wanted));
	*out = (struct dt_buckets){ .at = at, .count = wanted };
	return 0;
}

static void push(struct dt_link **buckets, uint32_t count, struct dt_link *link)
{
	struct dt_link **head = &buckets[link->hash & (count - 1)];

	link->next = *head;
	*head = link;
}

static void rehash(
	const struct dt_index *index, const struct dt_env *env, struct dt_buckets *buckets)
{
	struct dt_link *link, *next;
	uint32_t i;

	for (i = 0; i < index->bucket_count; i++) {
		if (i % POLL_BUCKETS == 0)
			dt_poll(env);
		for (link = index->buckets[i]; link; link = next) {
			next = link->next;
			push(buckets->at, buckets->count, link);
		}
	}
}

void dt_index_grow(struct dt_index *index, const struct dt_env *env, struct dt_buckets *buckets)
{
	if (!buckets->at)
		return;
	rehash(index, env, buckets);
	if (index->buckets)
		env->free(env->ctx, index->buckets, bytes_of(index->bucket_count));
	index->buckets = buckets->at;
	index->bucket_count = buckets->count;
	*buckets = (struct dt_buckets){ 0 };
}

void dt_buckets_drop(struct dt_buckets *buckets, const struct dt_env *env)
{
	if (buckets->at)
		env->free(env->ctx, buckets->at, bytes_of(buckets->count));
	*buckets = (struct dt_buckets){ 0 };
}

void dt_index_drop(struct dt_index *index, const struct dt_env *env)
{
	if (index->buckets)
		env->free(env->ctx, index->buckets, bytes_of(index->bucket_count));
	*index = (struct dt_index){ 0 };
}

void dt_index_add(struct dt_index *index, struct dt_link *link)
{
	push(index->buckets, index->bucket_count, link);
	index->count++;
}

void dt_index_remove(struct dt_index *index, struct dt_link *link)
{
	struct dt_link **at = &index->buckets[link->hash & (index->bucket_count - 1)];

	while (*at != link)
		at = &(*at)->next;
	*at = link->next;
	index->count--;
}
