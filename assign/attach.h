/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A domain's hold on devices: planned in full, committed without any way to fail, taken back in two acts.
 *
 *	plan ──▶ commit ──▶ stop ──▶ free
 *	  └──────── free ────────┘
 *
 * plan checks every rule and prepares page tables and ledger entries; nothing of it can be seen. commit maps,
 * routes and enters the claims. stop leaves the ledger, unmaps (TLBs of every CPU invalidated) and unroutes;
 * afterwards no access of the domain's reaches the devices. Guarded by the turn (assign/turn.h).
 */
#pragma once

#include "assign/ledger.h"
#include "assign/report.h"
#include "assign/rules.h"
#include "dt/overlay.h"

/* The bytes of a guest's blob, by which what it brought is known again. */
struct origin {
	unsigned refs; /* attachments */
	size_t size;
	uint8_t bytes[];
};

struct attachment {
	struct attachment *next, *prev;
	struct attachment *beside; /* the next one of the same overlay, once committed */
	struct attachment *more; /* planned together with this one */
	struct domain *domain;
	struct dt_overlay *overlay; /* NULL: the boot tree's */
	struct origin *origin; /* NULL: the overlay's own blob, so it is the whole overlay */
	struct claim *first, **tail;
	struct interval_set
			planned; /* SPIs of the claims until commit, when the ledger takes them over */
	unsigned devices, ranges, interrupts, streams;
	unsigned disabled; /* nodes that were left out */
	bool committed;
};

/*
 * The devices of a live overlay, for d, which is direct-mapped. Says what is left out. 0, or what rules.h or
 * memory refuses.
 */
int attach_plan(struct domain *d, struct dt_overlay *overlay, struct report *report,
		struct attachment **out, struct dt_why *why);
/* All that were planned together. */
void attach_commit(struct attachment *a);
void attach_stop(struct attachment *a);
/* A plan that is given up goes with all that were planned together. */
void attach_free(struct attachment *a);

/* What is attached of a live overlay, the oldest first, linked by ->beside; NULL: nothing. */
struct attachment *attachments_of(const struct dt_overlay *overlay);

/*
 * For whoever plans otherwise (assign/boot.c, assign/guest.c): an empty one, and one claim more of a resource of
 * node. A direct-mapped domain sees it where it is. Or of the resource of a case, which then is all set.
 */
struct attachment *attachment_create(struct domain *d, struct dt_overlay *overlay);
int attachment_add(struct attachment *a, const struct dt_tree *tree, const struct dt_node *node,
		const struct resource *resource, struct dt_why *why);
int attachment_add_case(struct attachment *a, struct rule_case *c, struct dt_why *why);
/* A claim on the SPI in the plan of this one and of all linked behind it by ->more; NULL: none. */
const struct claim *attachment_find_planned(const struct attachment *a, uint64_t intid);
/* Commit of the claims from this one on; and stop of all. */
void attachment_commit_from(struct attachment *a, struct claim *claim);
void attachment_stop_claims(struct attachment *a);

/* One claim of d's comes into force, or goes; its tables stay prepared. */
void attachment_commit_claim(struct domain *d, struct claim *claim);
void attachment_stop_claim(struct domain *d, struct claim *claim);

/* All attachments, to walk through: the oldest first. */
extern struct attachment *attachments_first;
