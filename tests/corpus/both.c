/* SPDX-License-Identifier: Apache-2.0 */
/* Applying by both, comparing, counting. */
#define _GNU_SOURCE
#include "tests/corpus/oracle.h"

#include <libfdt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/corpus/model.h"

struct tally tally = { .every = 1 };

void *need(void *memory)
{
	if (!memory)
		abort();
	return memory;
}

void report(const char *what, const struct blob *base, const struct blob *overlay, const char *text)
{
	tally.failed++;
	printf("FAILED %s on %s: %s: %s\n", overlay->path, base->path, what, text);
}

/* libfdt damages what it is given. */
void *apply_theirs(const void *base, const struct blob *overlay)
{
	size_t size = fdt_totalsize(base) + overlay->size * 4 + 4096;
	uint8_t *result = need(malloc(size)), *copy = need(malloc(overlay->size));
	int error;

	memcpy(copy, overlay->at, overlay->size);
	error = fdt_open_into(base, result, (int)size);
	if (!error)
		error = fdt_overlay_apply(result, copy);
	free(copy);
	if (!error)
		return result;
	free(result);
	return NULL;
}

struct blob flatten(const struct dt_tree *tree)
{
	size_t room = dt_tree_flat_size(tree);
	struct blob blob = { .at = need(malloc(room)) };

	if (dt_tree_flatten(tree, blob.at, room, &blob.size))
		abort();
	return blob;
}

bool same_result(const void *ours, const void *theirs, char *text, size_t size)
{
	struct model *a = model_read(ours, MARK), *b = model_read(theirs, MARK);
	bool same = false;

	snprintf(text, size, "libfdt cannot read the result");
	if (a && b)
		same = model_equal(a, b, text, size);
	if (a)
		model_free(a);
	if (b)
		model_free(b);
	return same;
}

void check_reverted(const struct dt_tree *tree, const struct blob *before, const struct blob *base,
		const struct blob *overlay)
{
	struct blob after = flatten(tree);

	if (after.size != before->size || memcmp(after.at, before->at, after.size) != 0)
		report("revert", base, overlay, "the base is not as it was");
	free(after.at);
}
