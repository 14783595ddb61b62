/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A direct-mapped domain tells its devices physical addresses, so what it maps is also found by the frame. If
 * its DMA is translated, a frame also appears at its own physical address in the p2m, as long as any of the
 * mappings lasts and as writable as the most permissive of them.
 */
#pragma once

#include "core/grant_priv.h"
#include "core/p2m.h"

#define GRANT_NO_HANDLE UINT32_MAX

struct grant_mapping {
	struct domain *granter; /* held while parts != 0 */
	struct page *page; /* held by the pin */
	ipa_t host;
	grant_ref_t ref;
	grant_handle_t handle; /* its own */
	uint32_t next;  /* in the free list, or among those with the same hash of their frame */
	unsigned parts;  /* 0: not (yet, any more) a mapping */
	bool write;
	bool busy;  /* being made or undone by one CPU: hands off */
};

#define GRANT_MAPPINGS_PER_FRAME (unsigned)(PAGE_SIZE / sizeof(struct grant_mapping))

/* Caller holds the lock, or owns the handle: mappings never move. NULL beyond the last. */
struct grant_mapping *grant_mapping(struct grant_table *table, grant_handle_t handle);

/* Takes away the entry there if it is a grant's and of this frame; others are left alone. */
void grant_unmap_page(struct domain *d, ipa_t ipa, paddr_t pa);

/* 0, -ENOMEM. */
int grant_identity_init(struct grant_table *table);

/* For a busy mapping of d with its frame pinned. Status: no_device_space, bad_page; nothing was changed. */
int grant_identity_link(struct domain *d, struct grant_mapping *m);
void grant_identity_unlink(struct domain *d, struct grant_mapping *m);
/* The frame at that address, held, if d is direct-mapped and has it mapped by a grant; else NULL. */
struct page *grant_identity_get(struct domain *d, paddr_t pa);
/* After an entry of m's frame was taken away: it may have been the one at the frame's own address. */
void grant_identity_refresh(struct domain *d, struct grant_mapping *m);
