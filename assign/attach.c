/* SPDX-License-Identifier: Apache-2.0 */
/* Plan and commit. What commit relies on is said where plan provides it. */
#include "assign/attach.h"

#include "assign/rules.h"
#include "assign/turn.h"
#include "core/domain.h"
#include "core/error.h"
#include "core/heap.h"
#include "core/irq.h"
#include "core/panic.h"
#include "dt/device.h"

struct attachment *attachments_first;
static struct attachment *attachments_last;

struct attachment *attachment_create(struct domain *d, struct dt_overlay *overlay)
{
	struct attachment *a = heap_alloc(sizeof(*a));

	if (a) {
		a->domain = d;
		a->overlay = overlay;
		a->tail = &a->first;
	}
	return a;
}

static uint64_t page_count_of(struct extent extent)
{
	return extent.last - extent.first + 1;
}

/* Where the domain sees a page of registers. */
static ipa_t ipa_in(const struct resource *resource, uint64_t page)
{
	return ipa_of_gfn(page + shift_of(resource));
}

/*
 * The page tables of every claim's own range are made and pinned while the claim lives. A part of it, which is
 * what is mapped or unmapped when claims of one owner overlap, begins and ends where a claim does (all are seen
 * with one shift): its tables are pinned too, so neither can fail.
 */
static int prepare_tables(struct domain *d, const struct resource *resource)
{
	struct extent pages = extent_of(resource);

	return p2m_prepare(d, ipa_in(resource, pages.first), PADDR(pages.first << PAGE_SHIFT),
			page_count_of(pages));
}

static void unprepare_tables(struct domain *d, const struct resource *resource)
{
	struct extent pages = extent_of(resource);

	p2m_unprepare(d, ipa_in(resource, pages.first), PADDR(pages.first << PAGE_SHIFT),
			page_count_of(pages));
}

static void count_claim(struct attachment *a, enum resource_kind kind)
{
	a->ranges += kind == RESOURCE_MMIO;
	a->interrupts += kind == RESOURCE_SPI;
	a->streams += kind == RESOURCE_STREAM;
}

const struct claim *attachment_find_planned(const struct attachment *a, uint64_t intid)
{
	const struct interval *at = NULL;

	for (; a && !at; a = a->more)
		at = interval_at(&a->planned, intid);
	return at ? container_of(at, struct claim, at) : NULL;
}

/* The boot tree's claims are in the ledger one by one, before the next is planned. */
static void note_planned(struct attachment *a, struct claim *claim)
{
	if (claim->resource.kind != RESOURCE_SPI || !a->overlay)
		return;
	claim->at.first = claim->at.last = claim->resource.base;
	interval_insert(&a->planned, &claim->at);
}

int attachment_add_case(struct attachment *a, struct rule_case *c, struct dt_why *why)
{
	const struct resource *resource = c->resource;
	int err = rules_check_resource(c, why);
	struct claim *claim;

	if (err)
		return err;
	claim = heap_alloc(sizeof(*claim));
	if (!claim)
		return dt_fail(why, -ENOMEM, "%s: not enough memory", dt_path(c->node));
	err = resource->kind == RESOURCE_MMIO ? prepare_tables(a->domain, resource) : 0;
	if (err) {
		heap_free(claim);
		return dt_fail(why, err, "%s: %s: no page tables for it", dt_path(c->node),
				resource_name(resource));
	}
	claim->resource = *resource;
	claim->owner = a->domain;
	claim->node = c->node;
	note_planned(a, claim);
	*a->tail = claim;
	a->tail = &claim->next;
	count_claim(a, resource->kind);
	return 0;
}

int attachment_add(struct attachment *a, const struct dt_tree *tree, const struct dt_node *node,
		const struct resource *resource, struct dt_why *why)
{
	struct resource seen = *resource;
	struct rule_case c = { .tree = tree, .domain = a->domain, .node = node, .resource = &seen };

	if (resource->kind == RESOURCE_SPI)
		c.planned = attachment_find_planned(a, resource->base);
	if (a->domain->config.direct_mapped)
		seen.guest = seen.base;
	return attachment_add_case(a, &c, why);
}

static int plan_device(struct attachment *a, const struct dt_node *node, struct report *report,
		struct dt_why *why)
{
	struct dt_tree *tree = a->overlay->tree;
	struct rule_case c = { .tree = tree, .domain = a->domain, .node = node };
	struct resource_walk walk = resource_walk(tree, node);
	struct resource resource;
	int rc = rules_check_node(&c, why);

	a->devices++;
	while (!rc && (rc = resource_walk_next(&walk, &resource, why)) > 0) {
		turn_poll();
		rc = attachment_add(a, tree, node, &resource, why);
		if (!rc && report->at)
			report_line(report, "give d%u %s of %s", a->domain->id,
					resource_name(&resource), dt_path(node));
	}
	return rc;
}

static int plan_devices(struct attachment *a, struct report *report, struct dt_why *why)
{
	struct dt_device_walk walk = dt_device_walk(a->overlay, false);
	const struct dt_node *node;
	bool enabled;
	int err = 0;

	while (!err && (node = dt_device_walk_next(&walk, &enabled)) != NULL) {
		turn_poll();
		if (enabled) {
			err = plan_device(a, node, report, why);
			continue;
		}
		a->disabled++;
		report_line(report, "%s: disabled, so it is not attached", dt_path(node));
	}
	return err;
}

int attach_plan(struct domain *d, struct dt_overlay *overlay, struct report *report,
		struct attachment **out, struct dt_why *why)
{
	struct attachment *a = attachment_create(d, overlay);
	int err;

	if (!a)
		return dt_fail(why, -ENOMEM, "not enough memory");
	err = plan_devices(a, report, why);
	if (err) {
		attach_free(a);
		return err;
	}
	*out = a;
	return 0;
}

/* Only what no other claim of the domain covers is new to it. */
static void map_claim(struct domain *d, const struct resource *resource)
{
	struct extent rest = extent_of(resource), gap;

	while (ledger_next_gap(RESOURCE_MMIO, &rest, &gap))
		p2m_map_prepared(d, ipa_in(resource, gap.first), PADDR(gap.first << PAGE_SHIFT),
				page_count_of(gap), P2M_MMIO);
}

void attachment_commit_claim(struct domain *d, struct claim *claim)
{
	const struct resource *resource = &claim->resource;

	if (resource->kind == RESOURCE_MMIO)
		map_claim(d, resource);
	else if (resource->kind == RESOURCE_SPI && !ledger_find(RESOURCE_SPI, resource->base))
		irq_route(d, (uint32_t)resource->base, resource->edge);
	ledger_enter(claim);
}

void attachment_commit_from(struct attachment *a, struct claim *claim)
{
	for (; claim; claim = claim->next) {
		attachment_commit_claim(a->domain, claim);
		turn_poll();
	}
}

struct attachment *attachments_of(const struct dt_overlay *overlay)
{
	return overlay->user;
}

static void publish(struct attachment *a)
{
	struct attachment *last = a->overlay->user;

	a->committed = true;
	a->prev = attachments_last;
	*(attachments_last ? &attachments_last->next : &attachments_first) = a;
	attachments_last = a;
	while (last && last->beside)
		last = last->beside;
	if (last)
		last->beside = a;
	else
		a->overlay->user = a;
}

static void unpublish(struct attachment *a)
{
	struct attachment *before = a->overlay->user;

	a->committed = false;
	*(a->prev ? &a->prev->next : &attachments_first) = a->next;
	*(a->next ? &a->next->prev : &attachments_last) = a->prev;
	if (before == a) {
		a->overlay->user = a->beside;
		return;
	}
	while (before->beside != a)
		before = before->beside;
	before->beside = a->beside;
}

void attach_commit(struct attachment *a)
{
	struct attachment *more;

	for (; a; a = more) {
		more = a->more;
		a->more = NULL;
		attachment_commit_from(a, a->first);
		publish(a);
	}
}

static void unmap_claim(struct domain *d, const struct resource *resource)
{
	struct extent rest = extent_of(resource), gap;

	while (ledger_next_gap(RESOURCE_MMIO, &rest, &gap)) {
		int err = p2m_unmap(d, ipa_in(resource, gap.first), page_count_of(gap));

		ASSERT(!err); /* prepare_tables() */
	}
}

void attachment_stop_claim(struct domain *d, struct claim *claim)
{
	const struct resource *resource = &claim->resource;

	ledger_leave(claim);
	if (resource->kind == RESOURCE_MMIO)
		unmap_claim(d, resource);
	else if (resource->kind == RESOURCE_SPI && !ledger_find(RESOURCE_SPI, resource->base))
		irq_unroute(d, (uint32_t)resource->base);
}

static void stop_claims(struct attachment *a, bool interrupts)
{
	for (struct claim *claim = a->first; claim; claim = claim->next) {
		if ((claim->resource.kind == RESOURCE_SPI) == interrupts)
			attachment_stop_claim(a->domain, claim);
		turn_poll();
	}
}

/* No interrupt's handler begins any more when the registers that it would read go. */
void attachment_stop_claims(struct attachment *a)
{
	stop_claims(a, true);
	stop_claims(a, false);
}

void attach_stop(struct attachment *a)
{
	attachment_stop_claims(a);
	unpublish(a);
}

static void free_one(struct attachment *a)
{
	struct claim *claim, *next;

	ASSERT(!a->committed);
	for (claim = a->first; claim; claim = next) {
		next = claim->next;
		if (claim->resource.kind == RESOURCE_MMIO)
			unprepare_tables(a->domain, &claim->resource);
		heap_free(claim);
		turn_poll();
	}
	if (a->origin && --a->origin->refs == 0)
		heap_free(a->origin);
	heap_free(a);
}

void attach_free(struct attachment *a)
{
	struct attachment *more;

	for (; a; a = more) {
		more = a->more;
		free_one(a);
	}
}
