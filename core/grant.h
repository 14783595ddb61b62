/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Grant tables, version 1 (xen/grant_table.h): a domain lets another map or copy single pages. Core
 * operations take valid domains; the ABI is decoded in hypercall/. Where a function says "status", it
 * returns GNTST_okay or a GNTST_* refusal, which the ABI hands to the guest entry by entry.
 *
 * Who holds what: an active entry (somebody maps or copies) holds one reference of the granter's frame;
 * each P2M_GRANT entry of a mapper holds one more; a mapping holds the granting domain itself.
 */
#pragma once

#include "core/spinlock.h"
#include "core/types.h"
#include "core/xen_abi.h"

struct domain;
struct grant_active;
struct grant_mapping;
struct page;

/* What Arm guests may have: version 2 is not offered (XEN_SYSCTL_PHYSCAP_gnttab_v1 alone). */
#define GRANT_VERSION_MAX             1
#define GRANT_FRAMES_DEFAULT          64
#define GRANT_FRAMES_LIMIT            4096
#define GRANT_MAPTRACK_FRAMES_DEFAULT 1024
#define GRANT_MAPTRACK_FRAMES_LIMIT   65536

struct grant_table {
	struct spinlock lock;
	unsigned version;  /* 0: the domain has no grant table */
	unsigned frame_count;  /* frames the guest sees */
	unsigned used_count;  /* entries in use */
	bool dying;    /* frames go, and none comes */
	unsigned release_next; /* first frame that grant_relinquish_table() has not looked at */
	unsigned frame_max;
	void **frames;   /* shared entries, one Graft page each; NULL: it has gone */
	struct grant_active **active; /* one array per frame: pins and what they pin */
	uint16_t *frame_used;  /* entries in use of each frame */
	uint64_t *frame_gfns;  /* where the guest has its frames, for GNTTABOP_setup_table */

	struct grant_mapping **mappings; /* what this domain has mapped of others, by handle */
	unsigned mapping_frame_count;
	unsigned mapping_frame_max;
	unsigned mapping_count;  /* handles in use */
	uint32_t mapping_free;  /* head of the free list */
	uint32_t relinquish_next; /* first handle that grant_relinquish() has not looked at */
	uint32_t *identity;  /* a direct-mapped domain's mappings hashed by frame; else NULL */
};

/*
 * True: DMA of direct-mapped domains is translated by their stage 2 (an IOMMU), so what they map by grants must
 * be found there at its physical address, and nothing else may be put at addresses of RAM that is not
 * theirs. Set before the first such domain is made; without it their DMA reaches all RAM as it is.
 */
void grant_set_dma_translated(bool translated);

/* By d->config. 0, -EINVAL (a limit or version that is not offered), -ENOMEM. */
int grant_init_domain(struct domain *d);
/* Undoes every mapping d still has of others; none of d's vCPUs runs. Bounded steps: 0, -ERESTART. */
int grant_relinquish(struct domain *d);
/*
 * Frees the table of a domain without a p2m and without mappings of others, in bounded steps: 0, -ERESTART. A frame
 * with entries that others have in use goes with the last of these.
 */
int grant_relinquish_table(struct domain *d);
/* What is left of the table. Nobody maps anything of d any more: mappings hold the domain. */
void grant_free_domain(struct domain *d);

/*
 * The frame with index idx of d's table, held, for XENMAPSPACE_grant_table and acquire_resource; the table grows
 * to reach it, in bounded steps. 0, -ERESTART (call again), -EINVAL (no such frame, or d is dying), -ENOMEM.
 */
int grant_frame(struct domain *d, unsigned idx, struct page **page);
/* The guest has its frame idx there from now on (XENMAPSPACE_grant_table); for setup_table's answer. */
void grant_place_frame(struct domain *d, unsigned idx, uint64_t gfn);
/* Where it is; UINT64_MAX: nowhere, or no such frame. */
uint64_t grant_frame_gfn(struct domain *d, unsigned idx);

/* GNTTABOP_setup_table: at least `count` frames. 0, -ERESTART (call again), -EINVAL (over the limit), -ENOMEM. */
int grant_setup(struct domain *d, unsigned count);
void grant_query_size(struct domain *d, unsigned *count, unsigned *max);
/* 0, -ENOSYS (version 2), -EINVAL (no such version). */
int grant_set_version(struct domain *d, unsigned version);
/* Status: bad_gntref, eagain (one is in use). */
int grant_swap(struct domain *d, grant_ref_t a, grant_ref_t b);

/* What of a mapping is meant. Host and device may be undone one after the other. */
#define GRANT_HOST   BIT(0) /* for the domain's CPUs, at `host` */
#define GRANT_DEVICE BIT(1) /* for its devices */

struct grant_map {
	struct domain *granter;
	grant_ref_t ref;
	bool write;
	unsigned parts; /* GRANT_HOST, GRANT_DEVICE or both */
	ipa_t host;
	/* out */
	grant_handle_t handle;
	uint64_t device_addr; /* by which the domain's devices reach the frame */
};

/*
 * Maps a granted frame into d. In a direct-mapped domain whose DMA is translated the frame also appears at
 * its own physical address. Status: bad_gntref, general_error (not granted, or not so),
 * bad_page (not the granter's RAM), bad_virt_addr (host lies outside or in the way), no_space (handles,
 * tables), no_device_space (devices cannot be made to reach it).
 */
int grant_map(struct domain *d, struct grant_map *map);

/*
 * Undoes the parts given by a non-zero host and device address, which must be the mapping's. When it
 * returns no CPU can reach the frame any more. Status: bad_handle, bad_virt_addr, bad_dev_addr,
 * general_error (nothing was changed).
 */
int grant_unmap(struct domain *d, grant_handle_t handle, ipa_t host, uint64_t device_addr);

/* One end of a copy: granted by `domain`, or a frame of the calling domain. */
struct grant_copy_end {
	struct domain *domain; /* the granter; NULL: gfn is meant */
	grant_ref_t ref;
	uint64_t gfn;
	unsigned offset;
};

struct grant_copy {
	struct grant_copy_end source, dest;
	unsigned size; /* bytes */
};

/* Copies within one frame each. Status: bad_copy_arg (crosses a page), bad_gntref, general_error, bad_page. */
int grant_copy(struct domain *d, const struct grant_copy *copy);

/*
 * GNTTABOP_cache_flush: clean and invalidate of a part of one page that d has or has mapped, by the
 * address that its devices use. 0, -EINVAL (crosses the page), -EPERM (not its memory).
 */
int grant_cache_flush(struct domain *d, uint64_t device_addr, unsigned offset, unsigned size);

/* Prints limits and some of the entries in use on the hypervisor log (core/keys.h); takes the lock for each. */
void grant_dump(struct domain *d);
