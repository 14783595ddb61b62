/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Every overlay in a folder on every base beside it, by the engine and by libfdt: both refuse, or both
 * give the same tree; and the revert gives the base back byte for byte. Then stacks of them.
 *
 *	oracle [--every N] FOLDER...
 *
 * Bases get one node more, with a phandle so high that no other number in these files comes near: what an
 * overlay adds is numbered after it on both sides, so that its references are known from mere numbers.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <libfdt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/corpus/oracle.h"
#include "tests/corpus/purpose.h"

enum {
	FILES_MOST = 4096,
	STACK_EVERY = 4, /* bases: libfdt takes its time over high stacks */
};

struct folder {
	struct blob bases[FILES_MOST], overlays[FILES_MOST];
	size_t base_count, overlay_count;
};

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

static const struct dt_env env = { .alloc = alloc_bytes, .free = free_bytes, .seed = 0x1234 };

static bool load(const char *path, struct blob *blob)
{
	FILE *file = fopen(path, "rb");

	if (!file)
		return false;
	*blob = (struct blob){ .path = need(strdup(path)), .at = need(malloc(DT_BLOB_MAX)) };
	blob->size = fread(blob->at, 1, DT_BLOB_MAX, file);
	fclose(file);
	blob->at = need(realloc(blob->at, blob->size ? blob->size : 1));
	return blob->size && fdt_check_full(blob->at, blob->size) == 0;
}

/* Does it say by path where every fragment goes, so that it needs no symbols? */
static bool goes_by_path(const void *blob)
{
	int fragment;

	fdt_for_each_subnode(fragment, blob,
			0) if (fdt_subnode_offset(blob, fragment, "__overlay__") >= 0 &&
			       !fdt_getprop(blob, fragment, "target-path", NULL)) return false;
	return true;
}

/* No number in the blob may look like a phandle of ours. */
static void check_unmarked(const struct blob *blob)
{
	for (size_t i = 0; i + 4 <= blob->size; i += 4)
		if (fdt32_ld((const fdt32_t *)(const void *)(blob->at + i)) >> 16 == MARK >> 16) {
			fprintf(stderr, "%s: has a number like 0x%x\n", blob->path, MARK);
			exit(2);
		}
}

static void mark(struct blob *base)
{
	size_t size = base->size + 256;
	uint8_t *room = need(malloc(size));
	int node;

	if (fdt_open_into(base->at, room, (int)size) ||
			(node = fdt_add_subnode(room, 0, "graft-mark")) < 0 ||
			fdt_setprop_u32(room, node, "phandle", MARK) || fdt_pack(room)) {
		fprintf(stderr, "%s: cannot be marked\n", base->path);
		exit(2);
	}
	free(base->at);
	base->at = room;
	base->size = fdt_totalsize(room);
}

static void add_base(struct folder *folder, const char *path)
{
	struct blob *base = &folder->bases[folder->base_count];

	if (folder->base_count == FILES_MOST || !load(path, base))
		return;
	base->has_symbols = fdt_path_offset(base->at, "/__symbols__") >= 0;
	folder->base_count++;
}

static void add_overlay(struct folder *folder, const char *path)
{
	struct blob *overlay = &folder->overlays[folder->overlay_count];

	if (folder->overlay_count == FILES_MOST || !load(path, overlay))
		return;
	overlay->by_path = goes_by_path(overlay->at);
	check_unmarked(overlay);
	folder->overlay_count++;
}

static void judge(const struct blob *base, const struct blob *overlay, const void *ours,
		const void *theirs, const struct dt_why *why)
{
	char text[512];

	if (!ours && !theirs) {
		tally.refused++;
	} else if (!ours && purpose_of(why->text)) {
		tally.on_purpose++;
	} else if (!ours) {
		report("only libfdt applies it", base, overlay, why->text);
	} else if (!theirs) {
		report("only the engine applies it", base, overlay, "libfdt refuses");
	} else if (same_result(ours, theirs, text, sizeof(text))) {
		tally.applied++;
	} else if (purpose_of(text)) {
		tally.on_purpose++;
	} else {
		report("different trees", base, overlay, text);
	}
}

static void try_pair(struct dt_tree *tree, const struct blob *before, const struct blob *base,
		const struct blob *overlay)
{
	struct dt_overlay *live = NULL;
	struct dt_why why = { 0 };
	struct blob ours = { 0 };
	void *theirs = apply_theirs(base->at, overlay);

	tree->phandle_last = MARK;
	if (dt_overlay_add(tree, overlay->at, overlay->size, &live, &why) == 0)
		ours = flatten(tree);
	judge(base, overlay, ours.at, theirs, &why);
	if (live)
		dt_overlay_revert(live);
	check_reverted(tree, before, base, overlay);
	free(ours.at);
	free(theirs);
}

static void try_base(struct folder *folder, struct blob *base)
{
	static unsigned long stacks;
	struct dt_why why = { 0 };
	struct dt_tree tree;
	struct blob before;

	check_unmarked(base);
	mark(base);
	if (dt_tree_build(&tree, &env, base->at, base->size, &why)) {
		report("base refused", base, base, why.text);
		return;
	}
	before = flatten(&tree);
	for (size_t i = 0; i < folder->overlay_count; i++) {
		struct blob *overlay = &folder->overlays[i];

		if (!base->has_symbols && !overlay->by_path)
			continue;
		if (tally.pairs++ % tally.every == 0)
			try_pair(&tree, &before, base, overlay);
		else
			tally.skipped++;
	}
	if (folder->overlay_count && stacks++ % (tally.every * STACK_EVERY) == 0)
		try_stack(&tree, &before, base, folder->overlays, folder->overlay_count);
	free(before.at);
	dt_tree_drop(&tree);
}

static bool ends_with(const char *text, const char *end)
{
	size_t length = strlen(text), tail = strlen(end);

	return length >= tail && strcmp(text + length - tail, end) == 0;
}

static void free_blobs(struct blob *blobs, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		free(blobs[i].path);
		free(blobs[i].at);
	}
}

static void try_folder(const char *path)
{
	struct folder *folder = need(calloc(1, sizeof(*folder)));
	struct dirent **entries = NULL;
	int count = scandir(path, &entries, NULL, alphasort);
	char *file;

	for (int i = 0; i < count; i++) {
		if (asprintf(&file, "%s/%s", path, entries[i]->d_name) < 0)
			abort();
		if (ends_with(file, ".dtb"))
			add_base(folder, file);
		else if (ends_with(file, ".dtbo"))
			add_overlay(folder, file);
		free(file);
		free(entries[i]);
	}
	free(entries);
	for (size_t i = 0; i < folder->base_count && folder->overlay_count; i++)
		try_base(folder, &folder->bases[i]);
	free_blobs(folder->bases, folder->base_count);
	free_blobs(folder->overlays, folder->overlay_count);
	free(folder);
}

int main(int argc, char **argv)
{
	int first = 1;

	if (argc > 2 && strcmp(argv[1], "--every") == 0) {
		tally.every = strtoul(argv[2], NULL, 10);
		first = 3;
	}
	if (first == argc || tally.every == 0) {
		fprintf(stderr, "usage: oracle [--every N] FOLDER...\n");
		return 2;
	}
	for (int i = first; i < argc; i++)
		try_folder(argv[i]);
	purpose_print();
	printf("oracle: %lu pairs of %lu: %lu the same tree, %lu refused by both, %lu different on purpose, "
	       "%lu failed\n",
			tally.pairs - tally.skipped, tally.pairs, tally.applied, tally.refused,
			tally.on_purpose, tally.failed);
	printf("oracle: %lu stacks of %lu overlays\n", tally.stacks, tally.stacked);
	return tally.failed || !tally.applied;
}
