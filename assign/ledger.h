/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The ledger: whose each page of registers, each SPI and each DMA stream is (design: ownership). A claim says
 * that a node uses a range for an owner; several claims may lie on one page or SPI as long as they have one
 * owner, who loses it with the last of them. What has no claim is nobody's.
 *
 * A claim's memory is the claimer's, so entering it cannot fail. Guarded by the turn (assign/turn.h).
 */
#pragma once

#include "assign/interval.h"
#include "core/types.h"

struct domain;
struct dt_node;

enum resource_kind {
	RESOURCE_MMIO,  /* base, size: bytes */
	RESOURCE_SPI,  /* base: INTID */
	RESOURCE_STREAM, /* base, size: stream ids at the IOMMU with that phandle */
	RESOURCE_KINDS,
};

/* What a node uses. */
struct resource {
	enum resource_kind kind;
	bool edge; /* of an SPI */
	bool impossible; /* of an SPI: its trigger (dt/resource.h) */
	bool shared; /* of an interrupt: an SPI, not private to each CPU */
	uint32_t iommu; /* of a stream: the phandle */
	uint64_t base, size;
	uint64_t guest; /* of registers: where the domain sees base */
};

struct claim {
	struct interval at; /* pages, INTIDs, or streams under their IOMMU */
	struct claim *next; /* of the same claimer */
	struct resource resource;
	struct domain *owner;     /* NULL: Graft */
	const struct dt_node *node; /* who uses it; NULL: it is RAM */
	bool lent; /* not in the ledger: another domain has it for a while (assign/passthrough.h) */
};

/* The numbers that a resource covers in the ledger: whole pages of 4 KiB for registers. */
struct extent {
	uint64_t first, last;
};
struct extent extent_of(const struct resource *resource);

/* How many pages higher than they are the domain sees registers; modulo 2^64. */
static inline uint64_t shift_of(const struct resource *resource)
{
	return (resource->guest >> PAGE_SHIFT) - (resource->base >> PAGE_SHIFT);
}

/* resource, owner and node are set. The range has no owner yet, or this one. */
void ledger_enter(struct claim *claim);
void ledger_leave(struct claim *claim);

/* A claim in the range whose owner is another than d (NULL: Graft); NULL when there is none. */
const struct claim *ledger_find_other(
		enum resource_kind kind, struct extent extent, const struct domain *d);
/* A claim in the pages that has another shift: its owner sees them at two places. Or NULL. All have one owner. */
const struct claim *ledger_find_moved(struct extent pages, uint64_t shift);
/* Any claim on the number; NULL: it is nobody's. */
const struct claim *ledger_find(enum resource_kind kind, uint64_t number);

/*
 * The first part of the extent that no claim covers; what is behind it stays in *extent. False when there is
 * none.
 */
bool ledger_next_gap(enum resource_kind kind, struct extent *extent, struct extent *gap);

/* For messages: "Graft", or "d0". */
struct owner_name {
	char text[8];
};
struct owner_name owner_name_of(const struct domain *d);
#define owner_name(d) (owner_name_of(d).text)
