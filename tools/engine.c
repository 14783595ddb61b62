/* SPDX-License-Identifier: Apache-2.0 */
/* Files into the engine, and its trees out of it. */
#include "tools/engine.h"

#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "tools/say.h"

static void *alloc_bytes(void *ctx, size_t size)
{
	(void)ctx;
	return malloc(size);
}

static void free_bytes(void *ctx, void *at, size_t size)
{
	(void)ctx;
	(void)size;
	free(at);
}

struct dt_env engine_env(void)
{
	/* Crafted names cost only the run of whoever crafted them: any number that varies will do. */
	return (struct dt_env){ .alloc = alloc_bytes,
		.free = free_bytes,
		.seed = (uint32_t)time(NULL) ^ (uint32_t)getpid() };
}

bool engine_build(struct dt_tree *tree, const char *name, struct bytes blob)
{
	struct dt_env env = engine_env();
	struct dt_why why = { 0 };

	if (dt_tree_build(tree, &env, blob.at, blob.size, &why) == 0)
		return true;
	say_error("%s: %s", name, why.text);
	return false;
}

bool engine_add(struct dt_tree *tree, const char *name, struct bytes blob, struct dt_overlay **out)
{
	struct dt_why why = { 0 };

	if (dt_overlay_add(tree, blob.at, blob.size, out, &why) == 0)
		return true;
	say_error("%s: %s", name, why.text);
	return false;
}

bool engine_load_tree(struct dt_tree *tree, const char *file)
{
	struct bytes blob;
	bool good;

	if (!file_read(file, &blob))
		return false;
	good = engine_build(tree, file, blob);
	free(blob.at);
	return good;
}

bool engine_apply(struct dt_tree *tree, const char *file, struct dt_overlay **out)
{
	struct bytes blob;
	bool good;

	if (!file_read(file, &blob))
		return false;
	good = engine_add(tree, file, blob, out);
	free(blob.at);
	return good;
}

bool engine_flatten(const struct dt_tree *tree, struct bytes *out)
{
	size_t room = dt_tree_flat_size(tree);

	out->at = malloc(room);
	/* The room was worked out for this very tree. */
	if (out->at && dt_tree_flatten(tree, out->at, room, &out->size) == 0)
		return true;
	say_error("not enough memory");
	free(out->at);
	return false;
}
