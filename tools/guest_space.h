/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where devices go in a guest: pages that nothing else has in the layout that libxl gives every DomU
 * (xen/arch-arm.h). Pages that two windows share stay shared.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct block {
	uint64_t base, size; /* physical, whole pages */
	uint64_t guest;
	bool placed;
};

struct place {
	uint64_t base, size; /* guest addresses */
};

struct space {
	struct block *blocks; /* sorted by base, apart from each other, once they are placed */
	size_t count, room;
	struct place *kept; /* what the guest has already */
	size_t kept_count, kept_room;
};

void space_keep(struct space *space, uint64_t base, uint64_t size);
void space_add(struct space *space, uint64_t base, uint64_t size);

/*
 * Place every block, from `*at` upwards when it is given. A block for which there is no room stays
 * without a place; false, with an error said, when `*at` itself will not do.
 */
bool space_place(struct space *space, const uint64_t *at);

/* Where a window went; false when there was no room for it. */
bool space_find(const struct space *space, uint64_t base, uint64_t *guest);
