/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is where in a domain's address space, as its owner and the toolstack ask for it (xen/memory.h):
 * memory comes and goes, Graft's pages and other domains' appear. One guest frame at a time, or one
 * extent of 2^order; d and every other domain held by the caller.
 *
 * Memory that something else is mapped over, or that is unmapped, goes back to the allocator, but for a
 * direct-mapped domain's: devices may reach it past any map, so it stays the domain's, to be populated again.
 */
#pragma once

#include "core/types.h"

struct domain;

/* An extent is cleared in one go, interrupts masked: this bounds it. 2 MiB. */
#define MEMORY_ORDER_MAX 9

/*
 * New memory below 2^address_bits (0: anywhere). In a direct-mapped domain the memory that was there at
 * first comes back. 0, -ENOMEM (none, over max_pages, no tables, or d is dying), -EINVAL (outside the
 * address space; direct-mapped and not its own memory).
 */
int memory_populate(struct domain *d, uint64_t gfn, unsigned order, unsigned address_bits);

/* Takes memory away. 0, -EINVAL (nothing was done: not all of it is memory), -ENOMEM (tables). */
int memory_decrease(struct domain *d, uint64_t gfn, unsigned order);

/* The page of struct shared_info; index is 0. 0, -EINVAL, -ENOMEM. */
int memory_map_shared_info(struct domain *d, uint64_t index, uint64_t gfn);

/* Frame `index` of d's own grant table, which grows to reach it. 0, -ERESTART (call again), -EINVAL, -ENOMEM. */
int memory_map_grant_frame(struct domain *d, uint64_t index, uint64_t gfn);

/* Frame `index` of from's grant table, held until d unmaps it. As above. */
int memory_map_foreign_grant_frame(
		struct domain *d, uint64_t gfn, struct domain *from, uint64_t index);

/* Memory of from, held until d unmaps it. 0, -EINVAL (not from's memory, or from is d), -ENOMEM. */
int memory_map_foreign(struct domain *d, uint64_t gfn, struct domain *from, uint64_t from_gfn);

/* Unmaps one page of any kind but devices' and granted ones. 0, -ENOENT, -ENOMEM (tables). */
int memory_remove(struct domain *d, uint64_t gfn);
