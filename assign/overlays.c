/* SPDX-License-Identifier: Apache-2.0 */
/* From blobs to overlays and attachments; the state of each. */
#include "assign/overlays.h"

#include "assign/resource.h"
#include "assign/turn.h"
#include "core/domain.h"
#include "core/error.h"
#include "core/printk.h"

static struct dt_tree *tree;

struct dt_tree *overlays_tree(void)
{
	return tree;
}

struct attachment *overlays_attachment(const struct dt_overlay *overlay)
{
	return overlay->user;
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

static int may_remove(const struct dt_overlay *overlay, struct dt_why *why)
{
	const struct attachment *a = overlays_attachment(overlay);
	int err = dt_overlay_may_revert(overlay, why);

	if (!err && a && a->domain != hardware_domain)
		err = dt_fail(why, -EBUSY, "overlay %u: d%u holds its devices", overlay->id,
			a->domain->id);
	return err;
}

static void detach(struct dt_overlay *overlay)
{
	struct attachment *a = overlays_attachment(overlay);

	attach_stop(a);
	overlay->user = NULL;
	log_debug("overlay %u: detached from d%u", overlay->id, a->domain->id);
	attach_free(a);
}

int overlays_remove(const void *blob, size_t size, struct dt_why *why)
{
	struct dt_overlay *overlay = find(blob, size, why);
	int err = overlay ? may_remove(overlay, why) : -ENOENT;

	if (err)
		return err;
	if (overlay->user)
		detach(overlay);
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
		detach(a->overlay);
		err = -ERESTART;
	}
	turn_give();
	return err;
}

/* Attach */

static int may_attach(const struct domain *d, const struct dt_overlay *overlay, struct dt_why *why)
{
	const struct attachment *a = overlays_attachment(overlay);

	if (d->dying != DOMAIN_ALIVE)
		return dt_fail(why, -EINVAL, "d%u is being destroyed", d->id);
	if (a && a->domain == d)
		return dt_fail(
			why, -EEXIST, "overlay %u is attached to d%u already", overlay->id, d->id);
	if (a)
		return dt_fail(
			why, -EBUSY, "overlay %u is attached to d%u", overlay->id, a->domain->id);
	if (!d->config.direct_mapped)
		return dt_fail(why, -EINVAL,
			"d%u is not direct-mapped: its devices must be placed by xen,reg", d->id);
	return 0;
}

int overlays_attach(struct domain *d, const void *blob, size_t size, struct dt_why *why)
{
	struct dt_overlay *overlay = find(blob, size, why);
	struct report to_log = { .at = NULL };
	struct attachment *a;
	int err = overlay ? may_attach(d, overlay, why) : -ENOENT;

	if (!err)
		err = attach_plan(d, overlay, &to_log, &a, why);
	if (err)
		return err;
	attach_commit(a);
	overlay->user = a;
	log_debug("overlay %u: attached to d%u: %u devices, %u ranges, %u interrupts", overlay->id,
		d->id, a->devices, a->ranges, a->interrupts);
	return 0;
}

static int may_detach(const struct domain *d, const struct dt_overlay *overlay, struct dt_why *why)
{
	const struct attachment *a = overlays_attachment(overlay);

	if (a && a->domain == d)
		return 0;
	return dt_fail(why, -ENOENT, "overlay %u is not attached to d%u", overlay->id, d->id);
}

int overlays_detach(struct domain *d, const void *blob, size_t size, struct dt_why *why)
{
	struct dt_overlay *overlay = find(blob, size, why);
	int err = overlay ? may_detach(d, overlay, why) : -ENOENT;

	if (!err)
		detach(overlay);
	return err;
}

/* Dry runs */

static void report_changes(
	const struct dt_overlay *overlay, const char *add, const char *set, struct report *report)
{
	const struct dt_change *change = overlay->first_change;

	for (; change; change = change->next) {
		if (change->kind == DT_ADD_NODE)
			report_line(report, "%s node %s", add, dt_path(change->node));
		else
			report_line(report, "%s property %s of %s",
				change->kind == DT_ADD_PROP ? add : set, change->prop->name,
				dt_path(change->node));
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
	if (overlay->user)
		report_taking(overlay->user, report);
	report_changes(overlay, "remove", "restore", report);
	return 0;
}

int overlays_plan_attach(
	struct domain *d, const void *blob, size_t size, struct report *report, struct dt_why *why)
{
	struct dt_overlay *overlay = find(blob, size, why);
	struct attachment *a;
	int err = overlay ? may_attach(d, overlay, why) : -ENOENT;

	if (!err)
		err = attach_plan(d, overlay, report, &a, why);
	if (!err)
		attach_free(a);
	return err;
}

int overlays_plan_detach(
	struct domain *d, const void *blob, size_t size, struct report *report, struct dt_why *why)
{
	const struct dt_overlay *overlay = find(blob, size, why);
	int err = overlay ? may_detach(d, overlay, why) : -ENOENT;

	if (!err)
		report_taking(overlay->user, report);
	return err;
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
