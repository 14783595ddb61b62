/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Grant tables: a domain lets another map or copy single pages (xen/grant_table.h, version 1 layout;
 * version 2 only if a guest asks and may). Core operations take valid objects; the ABI is decoded in
 * hypercall/.
 */
#pragma once

#include "core/spinlock.h"
#include "core/types.h"
#include "core/xen_abi.h"

struct domain;
struct grant_active;
struct grant_mapping;

struct grant_table {
	struct spinlock lock;
	unsigned version;
	unsigned frame_count;		/* frames the guest sees */
	unsigned frame_max;
	void **frames;			/* shared entries, one Graft page each */
	struct grant_active **active;	/* one array per frame: pins and what they pin */
	struct grant_mapping **mappings; /* what this domain has mapped of others, by handle */
	unsigned mapping_frame_count;
	unsigned mapping_frame_max;
	uint32_t mapping_free;		/* head of the free list */
};

int grant_init_domain(struct domain *d);
/* Undoes every mapping d still has of others; bounded steps: 0, -ERESTART. */
int grant_relinquish(struct domain *d);
void grant_free_domain(struct domain *d);

/*
 * The frame with index idx of d's table, for XENMAPSPACE_grant_table and acquire_resource; the table grows
 * to reach it. 0, -EINVAL.
 */
int grant_frame(struct domain *d, unsigned idx, paddr_t *pa);

/* Puts an entry that lets `remote` map frame gfn of d: what the domain builder of Dom0less would need. */
void grant_dump(struct domain *d);
