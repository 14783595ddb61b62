/* SPDX-License-Identifier: Apache-2.0 */
/* Operations of the tests of assign/ on blobs. Included by assign_env.h alone. */
#pragma once

#include "tests/unit/assign_env.h"

static inline int add(struct blob blob)
{
	struct dt_overlay *overlay;
	int err = overlays_begin(blob.size, &overlay, &why);

	if (err)
		return err;
	memcpy(overlay->blob, blob.at, blob.size);
	return overlays_add(overlay, &why);
}

static inline int removes(struct blob blob)
{
	return overlays_remove(blob.at, blob.size, &why);
}

static inline int attach(struct domain *d, struct blob blob)
{
	return overlays_attach(d, blob.at, blob.size, &why);
}

static inline int detach(struct domain *d, struct blob blob)
{
	return overlays_detach(d, blob.at, blob.size, &why);
}

#define assert_why(words)                                                                          \
	do {                                                                                       \
		if (!strstr(why.text, words))                                                      \
			fail_msg("'%s' does not say '%s'", why.text, words);                       \
	} while (0)

/* Says why, and changes nothing. */
static inline void refuse(struct domain *d, struct blob blob, int error, const char *words)
{
	unsigned generation = tree.generation;
	size_t heap = heap_bytes_used();
	uint64_t pages = page_count_free();

	assert_int_equal(attach(d, blob), error);
	assert_why(words);
	assert_int_equal(heap_bytes_used(), heap);
	assert_int_equal(page_count_free(), pages);
	assert_int_equal(tree.generation, generation);
}
