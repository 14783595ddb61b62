/* SPDX-License-Identifier: Apache-2.0 */
/* One set of claims per kind of resource. */
#include "assign/ledger.h"

#include "core/domain.h"
#include "core/panic.h"
#include "dt/why.h"

static struct interval_set sets[RESOURCE_KINDS];

static const struct claim *claim_of(const struct interval *at)
{
	return at ? container_of(at, struct claim, at) : NULL;
}

struct extent extent_of(const struct resource *resource)
{
	uint64_t base = resource->base, last = base + (resource->size - 1);

	switch (resource->kind) {
	case RESOURCE_MMIO:
		return (struct extent){ base >> PAGE_SHIFT, last >> PAGE_SHIFT };
	case RESOURCE_STREAM:
		base |= (uint64_t)resource->iommu << 32;
		return (struct extent){ base, base + (resource->size - 1) };
	case RESOURCE_SPI:
	case RESOURCE_KINDS:
		break;
	}
	return (struct extent){ base, base };
}

const struct claim *ledger_find(enum resource_kind kind, uint64_t number)
{
	return claim_of(interval_at(&sets[kind], number));
}

/*
 * The next claim in the extent; *extent is then what is behind it. Claims on one number have one owner and one
 * shift, so of several only the one that reaches farthest is given.
 */
static const struct claim *next_claim(enum resource_kind kind, struct extent *extent)
{
	const struct interval *at;

	if (extent->first > extent->last)
		return NULL;
	at = interval_at(&sets[kind], extent->first);
	if (!at)
		at = interval_after(&sets[kind], extent->first);
	if (!at || at->first > extent->last)
		return NULL;
	if (at->last < extent->last)
		extent->first = at->last + 1;
	else
		*extent = (struct extent){ 1, 0 };
	return claim_of(at);
}

const struct claim *ledger_find_other(
		enum resource_kind kind, struct extent extent, const struct domain *d)
{
	const struct claim *claim;

	do
		claim = next_claim(kind, &extent);
	while (claim && claim->owner == d);
	return claim;
}

const struct claim *ledger_find_moved(struct extent pages, uint64_t shift)
{
	const struct claim *claim;

	do
		claim = next_claim(RESOURCE_MMIO, &pages);
	while (claim && shift_of(&claim->resource) == shift);
	return claim;
}

bool ledger_next_gap(enum resource_kind kind, struct extent *extent, struct extent *gap)
{
	const struct interval *at;

	while (extent->first <= extent->last) {
		at = interval_at(&sets[kind], extent->first);
		if (!at) {
			at = interval_after(&sets[kind], extent->first);
			gap->first = extent->first;
			gap->last = at && at->first <= extent->last ? at->first - 1 : extent->last;
			extent->first = gap->last + 1;
			return true;
		}
		if (at->last >= extent->last)
			break;
		extent->first = at->last + 1;
	}
	extent->first = extent->last + 1;
	return false;
}

void ledger_enter(struct claim *claim)
{
	struct extent extent = extent_of(&claim->resource);

	claim->at.first = extent.first;
	claim->at.last = extent.last;
	interval_insert(&sets[claim->resource.kind], &claim->at);
}

void ledger_leave(struct claim *claim)
{
	interval_remove(&sets[claim->resource.kind], &claim->at);
}

struct owner_name owner_name_of(const struct domain *d)
{
	struct owner_name name = { "Graft" };

	if (d)
		dt_format(name.text, sizeof(name.text), "d%u", d->id);
	return name;
}
