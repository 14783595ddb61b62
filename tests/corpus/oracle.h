/* SPDX-License-Identifier: Apache-2.0 */
/* What singles and stacks of overlays share: both ways of applying, comparing, counting. */
#pragma once

#include "dt/overlay.h"

/* The phandle of a base's node of ours; what overlays add is numbered after it. */
#define MARK 0xe1d00000

struct blob {
	char *path;
	uint8_t *at;
	size_t size;
	bool has_symbols, by_path;
};

struct tally {
	unsigned long every, pairs, skipped, applied, refused, on_purpose, failed;
	unsigned long stacks, stacked;
};

extern struct tally tally;

/* Ends the program when it is NULL. */
void *need(void *memory);

void report(const char *what, const struct blob *base, const struct blob *overlay,
		const char *text);

/* libfdt's result, or NULL when it refuses. */
void *apply_theirs(const void *base, const struct blob *overlay);

struct blob flatten(const struct dt_tree *tree);
bool same_result(const void *ours, const void *theirs, char *text, size_t size);
void check_reverted(const struct dt_tree *tree, const struct blob *before, const struct blob *base,
		const struct blob *overlay);

/* stack.c: all overlays that go onto the base, on top of each other, and off again in another order. */
void try_stack(struct dt_tree *tree, const struct blob *before, const struct blob *base,
		const struct blob *overlays, size_t count);
