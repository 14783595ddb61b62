/* SPDX-License-Identifier: Apache-2.0 */
/* Who holds what of the boot tree's devices by number, and what the hardware domain has lent for it. */
#include "assign/passthrough.h"

#include "assign/attach.h"
#include "assign/boot.h"
#include "assign/described.h"
#include "assign/overlays.h"
#include "assign/resource.h"
#include "assign/turn.h"
#include "core/arch.h"
#include "core/domain.h"
#include "core/error.h"
#include "core/heap.h"
#include "core/irq.h"
#include "core/panic.h"
#include "core/printk.h"

#define PAGES_AT_ONCE                                                                              \
	512U /* mapped and unmapped without a look at interrupts: no larger block comes to be */
#define FRAME_END BIT(52 - PAGE_SHIFT)

struct holding {
	struct holding *next;
	struct claim claim;
	uint64_t gfn; /* registers: where the domain sees the first page, once reach is not 0 */
	uint64_t reach; /* so many pages from there on may be mapped */
	bool routed; /* an interrupt: it arrives */
};

static struct holding *holdings;
static unsigned lent_count; /* of the hardware domain's claims */

/* What is wanted, and what the checks find out about it. */
struct wish {
	struct domain *domain;
	struct resource resource;
	struct extent extent;
	const struct dt_node *node; /* one that has it */
};

static struct wish wish_for(struct domain *d, enum resource_kind kind, uint64_t base, uint64_t size)
{
	struct wish w = { .domain = d, .resource = { .kind = kind, .base = base, .size = size } };

	w.extent = extent_of(&w.resource);
	return w;
}

static bool touches(const struct claim *claim, enum resource_kind kind, struct extent extent)
{
	struct extent its = extent_of(&claim->resource);

	return claim->resource.kind == kind && its.first <= extent.last && extent.first <= its.last;
}

static struct holding *find_in(
		const struct domain *d, enum resource_kind kind, struct extent extent)
{
	struct holding *h = holdings;

	while (h && (h->claim.owner != d || !touches(&h->claim, kind, extent)))
		h = h->next;
	return h;
}

const struct claim *passthrough_find(
		const struct domain *d, enum resource_kind kind, struct extent extent)
{
	struct holding *h = find_in(d, kind, extent);

	return h ? &h->claim : NULL;
}

const struct claim *passthrough_find_lent(enum resource_kind kind, struct extent extent)
{
	const struct claim *claim = lent_count ? assign_boot_claims() : NULL;

	while (claim && !(claim->lent && touches(claim, kind, extent)))
		claim = claim->next;
	return claim;
}

static struct holding *find(const struct wish *w)
{
	return find_in(w->domain, w->resource.kind, w->extent);
}

static bool is_exactly(const struct holding *h, const struct wish *w)
{
	struct extent its = extent_of(&h->claim.resource);

	return its.first == w->extent.first && its.last == w->extent.last;
}

/* Checks */

static int check_domain(const struct wish *w, struct dt_why *why)
{
	const struct domain *d = w->domain;

	if (d == hardware_domain)
		return dt_fail(why, -EINVAL, "d%u has its devices from the device tree", d->id);
	if (d->dying != DOMAIN_ALIVE)
		return dt_fail(why, -EINVAL, "d%u is being destroyed", d->id);
	return 0;
}

static int check_owner(const struct wish *w, struct dt_why *why)
{
	const struct claim *other = ledger_find_other(w->resource.kind, w->extent, hardware_domain);

	if (!other)
		return 0;
	if (!other->node)
		return dt_fail(why, -EBUSY, "%s: that is memory", resource_name(&w->resource));
	return dt_fail(why, -EBUSY, "%s: owned by %s (%s)", resource_name(&w->resource),
			owner_name(other->owner), dt_path(other->node));
}

static int check_overlays(const struct wish *w, struct dt_why *why)
{
	for (const struct attachment *a = attachments_first; a; a = a->next) {
		for (const struct claim *claim = a->first; claim; claim = claim->next) {
			if (touches(claim, w->resource.kind, w->extent))
				return dt_fail(why, -EBUSY, "%s: %s came to d%u with an overlay",
						resource_name(&w->resource), dt_path(claim->node),
						a->domain->id);
		}
	}
	return 0;
}

/* A driver in the hardware domain works with the device: it has an interrupt of it enabled. 0: none. */
static uint32_t used_interrupt(const struct dt_node *node)
{
	struct resource_walk walk = resource_walk(overlays_tree(), node);
	struct resource resource;
	int rc;

	while ((rc = resource_walk_next(&walk, &resource, NULL)) != 0) {
		uint32_t intid = (uint32_t)resource.base;

		if (rc > 0 && resource.kind == RESOURCE_SPI && resource.shared &&
				irq_owner(intid) == hardware_domain &&
				irq_is_enabled(hardware_domain, intid))
			return intid;
	}
	return 0;
}

static int check_unused(struct wish *w, struct dt_why *why)
{
	for (const struct claim *claim = assign_boot_claims(); claim; claim = claim->next) {
		uint32_t intid;

		if (claim->lent || !touches(claim, w->resource.kind, w->extent))
			continue;
		intid = used_interrupt(claim->node);
		if (intid)
			return dt_fail(why, -EBUSY,
					"%s: d%u drives %s (its interrupt %u is enabled): unbind the driver, or mark the node xen,passthrough",
					resource_name(&w->resource), hardware_domain->id,
					dt_path(claim->node), intid);
		w->node = claim->node;
		w->resource.edge = claim->resource.edge;
	}
	return 0;
}

/* What nobody owns must at least be known: elsewhere may be what only firmware may touch. */
static int check_described(struct wish *w, struct dt_why *why)
{
	struct extent rest = w->extent, gap;

	while (ledger_next_gap(w->resource.kind, &rest, &gap)) {
		while (gap.first <= gap.last) {
			const struct claim *has = described_find(w->resource.kind, gap.first);

			if (!has)
				return dt_fail(why, -EPERM,
						"%s: no node of the boot tree has all of it",
						resource_name(&w->resource));
			if (!w->node)
				w->resource.edge = has->resource.edge;
			w->node = has->node;
			gap.first = extent_of(&has->resource).last + 1;
		}
	}
	return 0;
}

static int check(struct wish *w, struct dt_why *why)
{
	int err;

	if ((err = check_domain(w, why)) || (err = check_owner(w, why)) ||
			(err = check_overlays(w, why)) || (err = check_unused(w, why)))
		return err;
	return check_described(w, why);
}

/* Giving and taking */

static void lend(const struct wish *w)
{
	for (struct claim *claim = assign_boot_claims(); claim; claim = claim->next) {
		if (claim->lent || !touches(claim, w->resource.kind, w->extent))
			continue;
		attachment_stop_claim(hardware_domain, claim);
		claim->lent = true;
		lent_count++;
		log_info("d%u loses %s of %s to d%u", hardware_domain->id,
				resource_name(&claim->resource), dt_path(claim->node),
				w->domain->id);
	}
}

/* Its tables stayed prepared, and an interrupt that was its can be again: this cannot fail. */
static void give_back(enum resource_kind kind, struct extent extent)
{
	for (struct claim *claim = assign_boot_claims(); claim; claim = claim->next) {
		if (!claim->lent || !touches(claim, kind, extent) ||
				ledger_find_other(
						kind, extent_of(&claim->resource), hardware_domain))
			continue;
		claim->lent = false;
		lent_count--;
		attachment_commit_claim(hardware_domain, claim);
		log_info("d%u has %s of %s again", hardware_domain->id,
				resource_name(&claim->resource), dt_path(claim->node));
	}
}

static int refuse_interrupt(const struct wish *w, int err, struct dt_why *why)
{
	return dt_fail(why, err, "%s: d%u cannot have such an interrupt",
			resource_name(&w->resource), w->domain->id);
}

static int give(struct wish *w, struct holding **out, struct dt_why *why)
{
	int err = check(w, why);
	struct holding *h;

	if (err)
		return err;
	h = heap_alloc(sizeof(*h));
	if (!h)
		return dt_fail(why, -ENOMEM, "not enough memory");
	lend(w);
	if (w->resource.kind == RESOURCE_SPI)
		err = irq_may_route(w->domain, (uint32_t)w->resource.base);
	if (err) {
		give_back(w->resource.kind, w->extent);
		heap_free(h);
		return refuse_interrupt(w, err, why);
	}
	h->claim.resource = w->resource;
	h->claim.owner = w->domain;
	h->claim.node = w->node;
	ledger_enter(&h->claim);
	h->next = holdings;
	holdings = h;
	*out = h;
	return 0;
}

/* Where the last part of what is mapped begins, which is of one block at most. */
static uint64_t last_part(const struct holding *h)
{
	uint64_t last = h->gfn + h->reach - 1;

	return MAX(ALIGN_DOWN(last, (uint64_t)PAGES_AT_ONCE), h->gfn);
}

/* A part of what is mapped, from the end: true if there was any. No block of it lies across where it begins. */
static bool unmap_some(struct holding *h)
{
	uint64_t from = last_part(h);
	uint64_t base = h->claim.resource.base + ((from - h->gfn) << PAGE_SHIFT);

	if (!h->reach)
		return false;
	p2m_unmap_registers(
			h->claim.owner, ipa_of_gfn(from), PADDR(base), h->gfn + h->reach - from);
	h->reach = from - h->gfn;
	return true;
}

/* -ERESTART while there is more to do. */
static int drop(struct holding *h)
{
	struct resource resource = h->claim.resource;
	struct holding **link = &holdings;

	if (unmap_some(h))
		return -ERESTART;
	if (h->routed)
		irq_unroute(h->claim.owner, (uint32_t)resource.base);
	ledger_leave(&h->claim);
	while (*link != h)
		link = &(*link)->next;
	*link = h->next;
	heap_free(h);
	give_back(resource.kind, extent_of(&resource));
	return 0;
}

static int take(const struct wish *w, struct dt_why *why)
{
	struct holding *h = find(w);

	if (!h)
		return 0;
	if (!is_exactly(h, w))
		return dt_fail(why, -EINVAL, "%s: d%u was given %s", resource_name(&w->resource),
				w->domain->id, resource_name(&h->claim.resource));
	return drop(h);
}

/* A domain is destroyed. */
static int take_all_from(struct domain *d)
{
	struct holding *h = holdings;
	int err = 0;

	if (!turn_take())
		return -ERESTART;
	while (h && h->claim.owner != d)
		h = h->next;
	if (h) {
		(void)drop(h);
		err = -ERESTART;
	}
	turn_give();
	return err;
}

void passthrough_init(void)
{
	domain_on_kill(take_all_from);
}

/* Interrupts */

int passthrough_give_interrupt(struct domain *d, uint32_t intid, bool route, struct dt_why *why)
{
	struct wish w = wish_for(d, RESOURCE_SPI, intid, 1);
	struct holding *h = find(&w);
	bool permitted = h != NULL;
	int err = permitted ? 0 : give(&w, &h, why);

	if (err || !route)
		return err;
	if (h->routed)
		return dt_fail(why, -EEXIST, "d%u has %s already", d->id,
				resource_name(&w.resource));
	/* Since the permission d may have been given an emulated UART with this number. */
	err = permitted ? irq_may_route(d, intid) : 0;
	if (err)
		return refuse_interrupt(&w, err, why);
	irq_route(d, intid, h->claim.resource.edge);
	h->routed = true;
	return 0;
}

int passthrough_take_interrupt(struct domain *d, uint32_t intid, struct dt_why *why)
{
	struct wish w = wish_for(d, RESOURCE_SPI, intid, 1);

	return take(&w, why);
}

/* Registers */

static bool is_range(uint64_t first, uint64_t count)
{
	return count && first < FRAME_END && count <= FRAME_END - first;
}

static int wish_for_registers(struct wish *w, struct domain *d, uint64_t frame, uint64_t count,
		struct dt_why *why)
{
	if (!is_range(frame, count))
		return dt_fail(why, -EINVAL, "no %llu pages of registers from 0x%llx on exist",
				(unsigned long long)count, (unsigned long long)frame);
	*w = wish_for(d, RESOURCE_MMIO, frame << PAGE_SHIFT, count << PAGE_SHIFT);
	return 0;
}

int passthrough_give_registers(struct domain *d, uint64_t frame, uint64_t count, struct dt_why *why)
{
	struct holding *h;
	struct wish w;
	int err = wish_for_registers(&w, d, frame, count, why);

	if (err)
		return err;
	h = find(&w);
	return h && is_exactly(h, &w) ? 0 : give(&w, &h, why);
}

int passthrough_take_registers(struct domain *d, uint64_t frame, uint64_t count, struct dt_why *why)
{
	struct wish w;
	int err = wish_for_registers(&w, d, frame, count, why);

	return err ? err : take(&w, why);
}

/* The holding that has all of it, and where its first page is to be seen so that these are seen at gfn. */
static int find_for_map(
		const struct wish *w, uint64_t *gfn, struct holding **out, struct dt_why *why)
{
	struct holding *h = find(w);
	struct extent its = { 0, 0 };
	uint64_t count = w->extent.last - w->extent.first + 1;

	if (h)
		its = extent_of(&h->claim.resource);
	if (!h || w->extent.first < its.first || w->extent.last > its.last)
		return dt_fail(why, -EPERM, "%s: d%u was not given all of it",
				resource_name(&w->resource), w->domain->id);
	if (!is_range(*gfn, count) || *gfn < w->extent.first - its.first)
		return dt_fail(why, -EINVAL, "d%u has no address 0x%llx", w->domain->id,
				(unsigned long long)*gfn);
	*gfn -= w->extent.first - its.first;
	*out = h;
	if (h->reach && h->gfn != *gfn)
		return dt_fail(why, -EBUSY, "%s: d%u sees it elsewhere",
				resource_name(&w->resource), w->domain->id);
	return 0;
}

static int check_free(const struct wish *w, uint64_t gfn, uint64_t count, struct dt_why *why)
{
	if (!p2m_range_used(w->domain, ipa_of_gfn(gfn), count) &&
			!arch_domain_emulates(w->domain, ipa_of_gfn(gfn), count << PAGE_SHIFT))
		return 0;
	return dt_fail(why, -EBUSY, "%s: d%u has something else at 0x%llx",
			resource_name(&w->resource), w->domain->id,
			(unsigned long long)gfn << PAGE_SHIFT);
}

int passthrough_map(
		struct domain *d, uint64_t gfn, uint64_t frame, uint64_t count, struct dt_why *why)
{
	uint64_t first = gfn;
	struct holding *h;
	struct wish w;
	int err = wish_for_registers(&w, d, frame, count, why);

	if (!err && count > PAGES_AT_ONCE)
		return -E2BIG; /* callers know what to do */
	if (err || (err = check_domain(&w, why)) || (err = find_for_map(&w, &first, &h, why)) ||
			(err = check_free(&w, gfn, count, why)))
		return err;
	err = p2m_map(d, ipa_of_gfn(gfn), PADDR(frame << PAGE_SHIFT), count, P2M_MMIO);
	if (err)
		return dt_fail(why, err, "%s: cannot be mapped for d%u", resource_name(&w.resource),
				d->id);
	h->gfn = first;
	h->claim.resource.guest = first << PAGE_SHIFT;
	h->reach = MAX(h->reach, gfn + count - first);
	return 0;
}

int passthrough_unmap(
		struct domain *d, uint64_t gfn, uint64_t frame, uint64_t count, struct dt_why *why)
{
	struct holding *h = NULL;
	struct wish w;
	int err = wish_for_registers(&w, d, frame, count, why);

	if (!err && count > PAGES_AT_ONCE)
		return -E2BIG;
	if (err || (err = find_for_map(&w, &(uint64_t){ gfn }, &h, why)))
		return err;
	return h->reach ? p2m_unmap(d, ipa_of_gfn(gfn), count) : 0;
}
