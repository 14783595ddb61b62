/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Static passthrough, as users of Xen know it (xl's iomem= and irqs=): pages of registers and SPIs that nodes of the
 * boot tree have, given to a domain by number. What the hardware domain has of them it loses, device by device and
 * whole, and gets back when the domain has given up all of it: nothing ever has two owners. What was nobody's (a
 * node that is disabled, or marked xen,passthrough) is nobody's again. What is in use is refused.
 *
 * Refusals: -EINVAL, no such thing, or d is dying or is the hardware domain; -EBUSY, in use, or owned by Graft or
 * another; -EPERM, no node of the boot tree has it, or d was not given it; -ENOMEM. Guarded by the turn (turn.h).
 */
#pragma once

#include "assign/ledger.h"
#include "dt/why.h"

/* By assign_init(). */
void passthrough_init(void);

/* A claim in the extent that d has by number; NULL: none. */
const struct claim *passthrough_find(
		const struct domain *d, enum resource_kind kind, struct extent extent);

/*
 * A claim in the extent that the hardware domain has lent, as a whole since another has a part of it; NULL: none.
 * It comes back, so nobody can have the rest.
 */
const struct claim *passthrough_find_lent(enum resource_kind kind, struct extent extent);

/* What it is given already is given again by doing nothing. */
int passthrough_give_registers(
		struct domain *d, uint64_t frame, uint64_t count, struct dt_why *why);
/* route: its interrupts arrive, under the same number; -EEXIST: they do already. */
int passthrough_give_interrupt(struct domain *d, uint32_t intid, bool route, struct dt_why *why);

/* Exactly what was given, or what never was. Also -ERESTART: call again. */
int passthrough_take_registers(
		struct domain *d, uint64_t frame, uint64_t count, struct dt_why *why);
int passthrough_take_interrupt(struct domain *d, uint32_t intid, struct dt_why *why);

/*
 * Registers that it was given in one piece, to be seen from gfn on; in several calls, if they keep their distances.
 * -E2BIG: more than 2 MiB at once.
 */
int passthrough_map(
		struct domain *d, uint64_t gfn, uint64_t frame, uint64_t count, struct dt_why *why);
int passthrough_unmap(
		struct domain *d, uint64_t gfn, uint64_t frame, uint64_t count, struct dt_why *why);
