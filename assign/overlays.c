/* SPDX-License-Identifier: Apache-2.0 */
/* From blobs to overlays and attachments; the state of each. */
#include "assign/overlays.h"

#include "assign/guest.h"
#include "assign/resource.h"
#include "assign/turn.h"
#include "core/domain.h"
#include "core/error.h"
#include "core/printk.h"
#include "lib/string.h"

static struct dt_tree *tree;

struct dt_tree *overlays_tree(void)
{
	return tree;
}

static struct dt_overlay *find(const void *blob, size_t size, struct dt_why *why)
{
	struct dt_overlay *overlay = dt_overlay_find(tree, blob, size);

	if (!overlay)
		dt_fail(why, -ENOENT, "an overlay of these %zu bytes is not in the tree", size);
	return overlay;
}

/* Add */

int overlays_begin(size_t size, struct dt_overlay **out, struct dt_why *why)
{
	return dt_overlay_begin(tree, size, out, why);
}

int overlays_add(struct dt_overlay *overlay, struct dt_why *why)
{
	int err = dt_overlay_prepare(overlay, why);

	if (err) {
		dt_overlay_drop(overlay);
		return err;
	}
	dt_overlay_commit(overlay);
	log_debug("overlay %u: added, %u nodes", overlay->id, overlay->node_count);
	return 0;
}

/* Remove */

static const struct dt_prop *changed_by(
		const struct dt_overlay *overlay, const struct dt_node *node)
{
	const struct dt_prop *prop = node->first_prop;

	while (prop && prop->owner != overlay)
		prop = prop->next;
	return prop;
}

/* A device that others hold stays as it was described when they got it. */
static int refuse_changed(const struct dt_overlay *overlay, struct dt_why *why)
{
	for (const struct attachment *a = attachments_first; a; a = a->next) {
		const struct claim *claim = a->domain == hardware_domain ? NULL : a->first;

		for (; claim; claim = claim->next) {
			const struct dt_prop *prop = changed_by(overlay, claim->node);

			if (prop)
				return dt_fail(why, -EBUSY,
						"overlay %u: d%u holds %s, whose %s it brought",
						overlay->id, a->domain->id, dt_path(claim->node),
						prop->name);
			turn_poll();
		}
	}
	return 0;
}

static int may_remove(const struct dt_overlay *overlay, struct dt_why *why)
{
	const struct attachment *a = attachments_of(overlay);
	int err = dt_overlay_may_revert(overlay, why);

	while (a && a->domain == hardware_domain)
		a = a->beside;
	if (!err && a)
		err = dt_fail(why, -EBUSY, "overlay %u: d%u holds devices of it", overlay->id,
				a->domain->id);
	return err ? err : refuse_changed(overlay, why);
}

static void detach(struct attachment *a)
{
	attach_stop(a);
	log_debug("overlay %u: detached from d%u", a->overlay->id, a->domain->id);
	attach_free(a);
}

int overlays_remove(const void *blob, size_t size, struct dt_why *why)
{
	struct dt_overlay *overlay = find(blob, size, why);
	int err = overlay ? may_remove(overlay, why) : -ENOENT;

	if (err)
		return err;
	while (attachments_of(overlay))
		detach(attachments_of(overlay));
	log_debug("overlay %u: removed", overlay->id);
	dt_overlay_revert(overlay);
	return 0;
}

/* A domain is destroyed: one overlay at a time, so that interrupts are not held up. */
static int take_all_from(struct domain *d)
{
	struct attachment *a = attachments_first;
	int err = 0;

	if (!turn_take())
		return -ERESTART;
	while (a && a->domain != d)
		a = a->next;
	if (a) {
		detach(a);
		err = -ERESTART;
	}
	turn_give();
	return err;
}

/* Attach */

/* All of it, to a domain that sees devices where they are. */
static int plan_whole(struct domain *d, struct dt_overlay *overlay, struct report *report,
		struct attachment **out, struct dt_why *why)
{
	const struct attachment *a = attachments_of(overlay);

	while (a && a->domain != d && a->beside)
		a = a->beside;
	if (a && a->domain == d)
		return dt_fail(why, -EEXIST, "overlay %u is attached to d%u already", overlay->id,
				d->id);
	if (a)
		return dt_fail(why, -EBUSY, "overlay %u is attached to d%u", overlay->id,
				a->domain->id);
	return attach_plan(d, overlay, report, out, why);
}

static bool is_from(const struct attachment *a, const void *blob, size_t size)
{
	return a->origin && a->origin->size == size && memcmp(a->origin->bytes, blob, size) == 0;
}

static int plan_placed(struct domain *d, const void *blob, size_t size, struct report *report,
		struct attachment **out, struct dt_why *why)
{
	const struct attachment *a = attachments_first;

	while (a && (a->domain != d || !is_from(a, blob, size)))
		a = a->next;
	if (a)
		return dt_fail(why, -EEXIST, "these %zu bytes are attached to d%u already", size,
				d->id);
	return guest_plan(d, blob, size, report, out, why);
}

static int plan(struct domain *d, const void *blob, size_t size, struct report *report,
		struct attachment **out, struct dt_why *why)
{
	struct dt_overlay *overlay;

	if (d->dying != DOMAIN_ALIVE)
		return dt_fail(why, -EINVAL, "d%u is being destroyed", d->id);
	if (!d->config.direct_mapped)
		return plan_placed(d, blob, size, report, out, why);
	overlay = find(blob, size, why);
	return overlay ? plan_whole(d, overlay, report, out, why) : -ENOENT;
}

int overlays_attach(struct domain *d, const void *blob, size_t size, struct dt_why *why)
{
	struct report to_log = { .at = NULL };
	struct attachment *a;
	int err = plan(d, blob, size, &to_log, &a, why);

	if (err)
		return err;
	for (const struct attachment *part = a; part; part = part->more)
		log_debug("overlay %u: attached to d%u: %u devices, %u ranges, %u interrupts",
				part->overlay->id, d->id, part->devices, part->ranges,
				part->interrupts);
	attach_commit(a);
	return 0;
}

/* What detach takes back next, from this one on: what came of these bytes, or of the overlay that they are. */
static struct attachment *find_meant(struct attachment *a, const struct domain *d,
		const struct dt_overlay *overlay, const void *blob, size_t size)
{
	while (a && (a->domain != d || (!(overlay && a->overlay == overlay) &&
						       !is_from(a, blob, size))))
		a = a->next;
	return a;
}

static int refuse_detach(const struct domain *d, const struct dt_overlay *overlay, size_t size,
		struct dt_why *why)
{
	if (overlay)
		return dt_fail(why, -ENOENT, "overlay %u is not attached to d%u", overlay->id,
				d->id);
	return dt_fail(why, -ENOENT,
			"neither an overlay of these %zu bytes is in the tree nor were they attached to d%u",
			size, d->id);
}

int overlays_detach(struct domain *d, const void *blob, size_t size, struct dt_why *why)
{
	const struct dt_overlay *overlay = dt_overlay_find(tree, blob, size);
	struct attachment *a = find_meant(attachments_first, d, overlay, blob, size), *next;

	if (!a)
		return refuse_detach(d, overlay, size, why);
	for (; a; a = next) {
		next = find_meant(a->next, d, overlay, blob, size);
		detach(a);
	}
	return 0;
}

/* Dry runs */

static void report_changes(const struct dt_overlay *overlay, const char *add, const char *set,
		struct report *report)
{
	struct dt_change change;

	dt_for_each_change(change, overlay)
	{
		if (change.kind == DT_ADD_NODE)
			report_line(report, "%s node %s", add, dt_path(change.node));
		else
			report_line(report, "%s property %s of %s",
					change.kind == DT_ADD_PROP ? add : set, change.prop->name,
					dt_path(change.node));
		turn_poll();
	}
}

int overlays_plan_add(struct dt_overlay *overlay, struct report *report, struct dt_why *why)
{
	int err = dt_overlay_prepare(overlay, why);

	if (!err)
		report_changes(overlay, "add", "change", report);
	dt_overlay_drop(overlay);
	return err;
}

static void report_taking(const struct attachment *a, struct report *report)
{
	for (const struct claim *claim = a->first; claim; claim = claim->next) {
		report_line(report, "take from d%u %s of %s", a->domain->id,
				resource_name(&claim->resource), dt_path(claim->node));
		turn_poll();
	}
}

int overlays_plan_remove(const void *blob, size_t size, struct report *report, struct dt_why *why)
{
	const struct dt_overlay *overlay = find(blob, size, why);
	int err = overlay ? may_remove(overlay, why) : -ENOENT;

	if (err)
		return err;
	for (const struct attachment *a = attachments_of(overlay); a; a = a->beside)
		report_taking(a, report);
	report_changes(overlay, "remove", "restore", report);
	return 0;
}

int overlays_plan_attach(struct domain *d, const void *blob, size_t size, struct report *report,
		struct dt_why *why)
{
	struct attachment *a;
	int err = plan(d, blob, size, report, &a, why);

	if (!err)
		attach_free(a);
	return err;
}

int overlays_plan_detach(struct domain *d, const void *blob, size_t size, struct report *report,
		struct dt_why *why)
{
	const struct dt_overlay *overlay = dt_overlay_find(tree, blob, size);
	const struct attachment *a = find_meant(attachments_first, d, overlay, blob, size);

	if (!a)
		return refuse_detach(d, overlay, size, why);
	for (; a; a = find_meant(a->next, d, overlay, blob, size))
		report_taking(a, report);
	return 0;
}

/* Owners */

static void add_resource(struct device_owner *owner, const struct resource *resource)
{
	const struct claim *claim = ledger_find(resource->kind, extent_of(resource).first);
	bool first = owner->ranges + owner->interrupts + owner->streams == 0;

	owner->ranges += resource->kind == RESOURCE_MMIO;
	owner->interrupts += resource->kind == RESOURCE_SPI;
	owner->streams += resource->kind == RESOURCE_STREAM;
	if (!first && (!claim != !owner->claim || (claim && claim->owner != owner->claim->owner)))
		owner->shared = true;
	if (!owner->claim)
		owner->claim = claim;
}

struct device_owner overlays_owner_of(const struct dt_node *node)
{
	struct resource_walk walk = resource_walk(tree, node);
	struct device_owner owner = { .claim = NULL };
	struct resource resource;
	int rc;

	while ((rc = resource_walk_next(&walk, &resource, NULL)) != 0) {
		if (rc > 0 && !(resource.kind == RESOURCE_SPI && !resource.shared))
			add_resource(&owner, &resource);
	}
	return owner;
}

void overlays_init(struct dt_tree *live)
{
	tree = live;
	domain_on_kill(take_all_from);
}
