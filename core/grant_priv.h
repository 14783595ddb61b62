/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside the grant tables. A domain's grant lock guards its entries as granter and its handles as mapper.
 * No two grant locks are ever held together, so domains that grant to each other cannot deadlock. Order:
 * grant lock, then p2m lock, then heap and page locks. No reference that may be the last is put under it.
 */
#pragma once

#include "core/grant.h"

#define GRANT_ENTRIES_PER_FRAME (unsigned)(PAGE_SIZE / sizeof(struct grant_entry_v1))

/* Why an entry is pinned. Bounded by handles and CPUs, so the counts cannot overflow. */
struct grant_active {
	struct page *page; /* held while any pin is */
	uint64_t gfn;  /* as the entry said when it was first pinned */
	unsigned read_pins;
	unsigned write_pins;
	domain_id_t grantee;
	bool writable;  /* the granter itself may write the frame */
};

/* One access to an entry, taken from grant_pin() to grant_unpin(). */
struct grant_pin {
	struct domain *granter;
	grant_ref_t ref;
	domain_id_t grantee;
	bool write;
	unsigned count;  /* pins taken at once: one for each part of a mapping */
};

/*
 * Checks the entry, marks it in use in the granter's table and holds its frame, valid as long as the
 * pin. Status: bad_gntref, general_error, bad_page.
 */
int grant_pin(const struct grant_pin *pin, struct page **page);
/* Gives back `count` pins of it; the entry's marks go with the last one that needs them. */
void grant_unpin(const struct grant_pin *pin, unsigned count);

/* Caller holds the lock; NULL beyond the table, and in a frame that has gone. */
struct grant_entry_v1 *grant_entry(struct grant_table *table, grant_ref_t ref);
struct grant_active *grant_active(struct grant_table *table, grant_ref_t ref);

/* An entry comes into use, or is not any more: its frame goes if the table does. Under the lock. */
void grant_entry_used(struct grant_table *table, grant_ref_t ref);
void grant_entry_unused(struct grant_table *table, grant_ref_t ref);

/* The maptrack: 0, -EINVAL, -ENOMEM. */
int grant_maptrack_init(struct domain *d);
/* Frees up to `count` of its frames, of which no handle is in use: true when none is left. */
bool grant_maptrack_release(struct grant_table *table, unsigned count);
void grant_maptrack_free(struct grant_table *table);
