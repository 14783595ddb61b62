/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The guest's blob is applied, as the guest will do it, to a tree with what every guest's has: then it is read by
 * the same functions as the host's. That tree is gone when the plan is made.
 */
#include "assign/guest.h"

#include "assign/overlays.h"
#include "assign/turn.h"
#include "core/domain.h"
#include "core/error.h"
#include "core/heap.h"
#include "dt/device.h"
#include "dt/fdt_write.h"
#include "lib/string.h"

/* A plan in the making. */
struct plan {
	struct domain *domain;
	struct report *report;
	struct dt_tree *host, guest;
	struct origin *origin;
	struct attachment *first; /* one for each overlay that has nodes in it */
};

/* What libxl gives every guest, as far as its devices' nodes refer to it (xen/arch-arm.h). */
static int write_guest(uint8_t *buffer, size_t room, size_t *size)
{
	static struct dtb_writer writer; /* the turn's */
	struct dtb_writer *w = &writer;

	dtb_write_init(w, buffer, room);
	dtb_begin_node(w, "");
	dtb_write_u32(w, "#address-cells", GUEST_ROOT_ADDRESS_CELLS);
	dtb_write_u32(w, "#size-cells", GUEST_ROOT_SIZE_CELLS);
	dtb_write_u32(w, "interrupt-parent", GUEST_PHANDLE_GIC);
	dtb_begin_node_at(w, "interrupt-controller", GUEST_GICV3_GICD_BASE);
	dtb_write_string(w, "compatible", "arm,gic-v3");
	dtb_write_u32(w, "#interrupt-cells", 3);
	dtb_write_u32(w, "#address-cells", 0);
	dtb_write_flag(w, "interrupt-controller");
	dtb_write_u32(w, "phandle", GUEST_PHANDLE_GIC);
	dtb_end_node(w);
	dtb_end_node(w);
	return dtb_finish(w, size);
}

static int build_guest(struct plan *p, struct dt_why *why)
{
	static uint8_t blob[512]; /* the turn's */
	size_t size;
	int err = write_guest(blob, sizeof(blob), &size);

	return err ? err : dt_tree_build(&p->guest, &p->host->env, blob, size, why);
}

/* Matching */

/* The overlay that made a device of the node: by bringing it, or by enabling it or a bus above. */
static struct dt_overlay *overlay_of(const struct dt_tree *tree, const struct dt_node *node)
{
	for (; node; node = node->parent) {
		const struct dt_prop *status = dt_prop(tree, node, "status");

		if (node->owner)
			return node->owner;
		if (status && status->owner)
			return status->owner;
	}
	return NULL;
}

/* The host's node with the guest's node's path. */
static const struct dt_node *find_at_same_path(const struct plan *p, const struct dt_node *node)
{
	const struct dt_node *above[DT_DEPTH_MAX] = { NULL }, *at = p->host->root;
	unsigned depth = 0;

	for (; node->parent; node = node->parent)
		above[depth++] = node;
	while (at && depth--) {
		const char *name = above[depth]->name;

		at = dt_child(p->host, at, span_of(name, strlen(name)));
	}
	return at && overlay_of(p->host, at) ? at : NULL;
}

/* How many nodes that overlays brought have the name; *found is one. */
static unsigned find_by_name(const struct plan *p, const char *name, const struct dt_node **found)
{
	const struct dt_overlay *overlay = p->host->first_overlay;
	unsigned count = 0;

	for (; overlay; overlay = overlay->next) {
		struct dt_overlay_walk walk = dt_overlay_walk(overlay);
		const struct dt_node *node;

		turn_poll();
		while ((node = dt_overlay_walk_next(&walk)) != NULL) {
			if (node->owner != overlay || strcmp(node->name, name) != 0)
				continue;
			*found = node;
			count++;
		}
	}
	return count;
}

/* A node without any passes unmatched: a fixed-clock, a container. */
static bool has_resources(const struct plan *p, const struct dt_node *node)
{
	struct resource_walk walk = resource_walk(&p->guest, node);
	struct resource resource;

	return dt_prop(&p->guest, node, "xen,reg") ||
	       resource_walk_next(&walk, &resource, NULL) != 0;
}

static int match_by_path(const struct plan *p, const struct dt_node *node,
		const struct dt_node **found, struct dt_why *why)
{
	const char *path = dt_xen_path(&p->guest, node);

	if (!path)
		return dt_fail(why, -EINVAL, "%s: xen,path is not a path", dt_path(node));
	*found = dt_node_at(p->host, path);
	if (*found && overlay_of(p->host, *found))
		return 0;
	return dt_fail(why, -ENOENT, "%s: xen,path: no overlay in the tree brought %s",
			dt_path(node), path);
}

/* 0: *found is the host's node, or NULL when it needs none. */
static int match(const struct plan *p, const struct dt_node *node, const struct dt_node **found,
		struct dt_why *why)
{
	unsigned count;

	if (dt_prop(&p->guest, node, "xen,path"))
		return match_by_path(p, node, found, why);
	*found = find_at_same_path(p, node);
	if (*found)
		return 0;
	count = find_by_name(p, node->name, found);
	if (count == 1)
		return 0;
	*found = NULL;
	if (!has_resources(p, node))
		return 0;
	if (count)
		return dt_fail(why, -EINVAL,
				"%s: overlays brought %u nodes of that name: xen,path must say which",
				dt_path(node), count);
	return dt_fail(why, -ENOENT, "%s: no overlay in the tree brought it", dt_path(node));
}

/* Resources */

/* The attachment of the overlay's; NULL: no memory. */
static struct attachment *part_of(struct plan *p, struct dt_overlay *overlay)
{
	struct attachment *a = p->first;

	while (a && a->overlay != overlay)
		a = a->more;
	if (a)
		return a;
	a = attachment_create(p->domain, overlay);
	if (a) {
		a->origin = p->origin;
		a->origin->refs++;
		a->more = p->first;
		p->first = a;
	}
	return a;
}

static bool holds(const struct attachment *a, const struct dt_node *node)
{
	const struct claim *claim = a->first;

	while (claim && claim->node != node)
		claim = claim->next;
	return claim || !a->origin;
}

static int check_held(const struct plan *p, const struct dt_node *node, struct dt_why *why)
{
	const struct attachment *a = attachments_of(overlay_of(p->host, node));

	for (; a && !holds(a, node); a = a->beside)
		turn_poll();
	if (!a)
		return 0;
	if (a->domain == p->domain)
		return dt_fail(why, -EEXIST, "%s is attached to d%u already", dt_path(node),
				a->domain->id);
	return dt_fail(why, -EBUSY, "%s is attached to d%u", dt_path(node), a->domain->id);
}

static bool meet(struct extent a, struct extent b)
{
	return a.first <= b.last && b.first <= a.last;
}

static struct extent extent_in_guest(const struct resource *resource)
{
	struct extent pages = extent_of(resource);
	uint64_t shift = shift_of(resource);

	return (struct extent){ pages.first + shift, pages.last + shift };
}

/* What is planned so far is in no table yet: pages of the two must be the same on both sides, or on none. */
static int check_planned(const struct plan *p, const struct rule_case *c, struct dt_why *why)
{
	const struct resource *new = c->resource;

	for (const struct attachment *a = p->first; a; a = a->more) {
		for (const struct claim *claim = a->first; claim; claim = claim->next) {
			const struct resource *old = &claim->resource;

			if (old->kind != RESOURCE_MMIO || shift_of(old) == shift_of(new))
				continue;
			if (meet(extent_in_guest(old), extent_in_guest(new)))
				return dt_fail(why, -EBUSY,
						"%s: %s: at 0x%llx d%u is to have %s of %s",
						dt_path(c->node), resource_name(new),
						(unsigned long long)new->guest, p->domain->id,
						resource_name(old), dt_path(claim->node));
			if (meet(extent_of(old), extent_of(new)))
				return dt_fail(why, -EINVAL,
						"%s: %s: d%u is to have them with %s, at another address",
						dt_path(c->node), resource_name(new), p->domain->id,
						dt_path(claim->node));
		}
		turn_poll();
	}
	return 0;
}

static void report_gift(
		const struct plan *p, const struct dt_node *node, const struct resource *resource)
{
	if (!p->report->at)
		return;
	if (resource->kind == RESOURCE_MMIO)
		report_line(p->report, "give d%u %s of %s, at 0x%llx", p->domain->id,
				resource_name(resource), dt_path(node),
				(unsigned long long)resource->guest);
	else
		report_line(p->report, "give d%u %s of %s", p->domain->id, resource_name(resource),
				dt_path(node));
}

static int give(struct plan *p, struct attachment *a, const struct rule_case *device,
		const struct resource *resource, struct dt_why *why)
{
	struct rule_case c = *device;
	int err;

	c.resource = resource;
	if (resource->kind == RESOURCE_SPI)
		c.planned = attachment_find_planned(p->first, resource->base);
	err = resource->kind == RESOURCE_MMIO ? check_planned(p, &c, why) : 0;
	if (!err)
		err = attachment_add_case(a, &c, why);
	if (!err)
		report_gift(p, c.node, resource);
	return err;
}

static int place(struct plan *p, struct attachment *a, const struct rule_case *device,
		const struct dt_placement *placement, struct dt_why *why)
{
	struct resource resource = { .kind = RESOURCE_MMIO,
		.base = placement->physical,
		.size = placement->size,
		.guest = placement->guest };

	if (resource.size == 0 ||
			resource.size - 1 > UINT64_MAX - MAX(resource.base, resource.guest))
		return dt_fail(why, -EINVAL,
				"%s: xen,reg: entry %u has no size, or too large a one",
				dt_path(device->guest), placement->index);
	return give(p, a, device, &resource, why);
}

static int place_all(struct plan *p, struct attachment *a, const struct rule_case *device,
		struct dt_why *why)
{
	struct dt_list list = dt_placements(&p->guest, device->guest);
	struct dt_placement placement;
	int rc;

	while ((rc = dt_placements_next(&list, &placement, why)) > 0) {
		rc = place(p, a, device, &placement, why);
		if (rc)
			break;
	}
	return rc;
}

/* To where what a placement puts at the address reaches; the address itself: nothing is there. */
static uint64_t placed_until(const struct plan *p, const struct dt_node *node, uint64_t address)
{
	struct dt_list list = dt_placements(&p->guest, node);
	struct dt_placement placement;

	turn_poll();
	while (dt_placements_next(&list, &placement, NULL) > 0) {
		if (address - placement.guest < placement.size)
			return placement.guest + placement.size;
	}
	return address;
}

static bool is_all_placed(
		const struct plan *p, const struct dt_node *node, const struct dt_window *window)
{
	uint64_t done = 0, until;

	while (done < window->size) {
		until = placed_until(p, node, window->base + done);
		if (until == window->base + done)
			return false;
		done = until - window->base;
	}
	return true;
}

/* Its driver goes by `reg`. That is the guest's affair, so it is no refusal; but hardly meant. */
static void report_unplaced(const struct plan *p, const struct dt_node *node)
{
	struct dt_list list = dt_reg(&p->guest, node);
	struct dt_window window;
	int rc;

	while ((rc = dt_reg_next(&list, &window, NULL)) != 0) {
		if (rc > 0 && !is_all_placed(p, node, &window))
			report_line(p->report,
					"%s: reg says 0x%llx (0x%llx bytes), but xen,reg does not place all of it there: the guest's driver will miss it",
					dt_path(node), (unsigned long long)window.base,
					(unsigned long long)window.size);
	}
}

/* Interrupts go to the guest's controller, or to one that the blob itself brings. */
static int check_irq_parent(const struct plan *p, const struct dt_node *node, struct dt_why *why)
{
	uint32_t phandle;

	if (!dt_prop(&p->guest, node, "interrupts") ||
			!dt_irq_parent_phandle(&p->guest, node, &phandle) ||
			dt_node_of_phandle(&p->guest, phandle))
		return 0;
	return dt_fail(why, -EINVAL,
			"%s: interrupt-parent is 0x%x, but the guest's interrupt controller is 0x%x",
			dt_path(node), phandle, GUEST_PHANDLE_GIC);
}

/* Those that the guest's node names, which are the host's node's. */
static int route_all(struct plan *p, struct attachment *a, const struct rule_case *device,
		struct dt_why *why)
{
	struct resource_walk walk = resource_walk(&p->guest, device->guest);
	struct resource resource;
	int rc = check_irq_parent(p, device->guest, why);

	while (!rc && (rc = resource_walk_next(&walk, &resource, why)) > 0)
		rc = resource.kind == RESOURCE_SPI ? give(p, a, device, &resource, why) : 0;
	return rc;
}

/* Nodes */

static bool is_enabled(const struct dt_tree *tree, const struct dt_node *node)
{
	return dt_is_enabled(tree, node) && dt_device_is_enabled_above(tree, node);
}

static int plan_device(struct plan *p, const struct dt_node *node, const struct dt_node *host,
		struct dt_why *why)
{
	const struct rule_case device = { .tree = p->host,
		.domain = p->domain,
		.node = host,
		.guest_tree = &p->guest,
		.guest = node };
	struct attachment *a = part_of(p, overlay_of(p->host, host));
	int err;

	if (!a)
		return dt_fail(why, -ENOMEM, "not enough memory");
	if (!is_enabled(&p->guest, node) || !is_enabled(p->host, host)) {
		a->disabled++;
		report_line(p->report, "%s: disabled, so it is not attached", dt_path(host));
		return 0;
	}
	a->devices++;
	err = check_held(p, host, why);
	if (!err)
		err = rules_check_node(&device, why);
	if (!err)
		err = place_all(p, a, &device, why);
	if (!err)
		err = rules_check_places(&device, why);
	if (!err)
		err = route_all(p, a, &device, why);
	if (!err)
		report_unplaced(p, node);
	return err;
}

static int plan_nodes(struct plan *p, const struct dt_overlay *overlay, struct dt_why *why)
{
	struct dt_overlay_walk walk = dt_overlay_walk(overlay);
	const struct dt_node *node, *host = NULL;
	int err = 0;

	while (!err && (node = dt_overlay_walk_next(&walk)) != NULL) {
		turn_poll();
		if (dt_device_is_about_the_tree(node))
			continue;
		err = match(p, node, &host, why);
		if (!err && host)
			err = plan_device(p, node, host, why);
	}
	if (!err && !p->first)
		err = dt_fail(why, -ENOENT, "no overlay in the tree brought a node of it");
	return err;
}

static int plan_in_tree(struct plan *p, struct dt_why *why)
{
	struct dt_why reason = { .each = NULL };
	struct dt_overlay *overlay;
	int err = build_guest(p, why);

	if (err)
		return err;
	err = dt_overlay_add(&p->guest, p->origin->bytes, p->origin->size, &overlay, &reason);
	if (err)
		dt_fail(why, err, "as a guest's overlay: %s", reason.text);
	else
		err = plan_nodes(p, overlay, why);
	dt_tree_drop(&p->guest);
	return err;
}

static struct origin *copy_of(const void *blob, size_t size)
{
	struct origin *origin = heap_alloc(sizeof(*origin) + size);

	if (origin) {
		origin->refs = 1;
		origin->size = size;
		memcpy(origin->bytes, blob, size);
	}
	return origin;
}

int guest_plan(struct domain *d, const void *blob, size_t size, struct report *report,
		struct attachment **out, struct dt_why *why)
{
	struct plan p = { .domain = d, .report = report, .host = overlays_tree() };
	int err;

	p.origin = copy_of(blob, size);
	if (!p.origin)
		return dt_fail(why, -ENOMEM, "not enough memory");
	err = plan_in_tree(&p, why);
	if (--p.origin->refs == 0)
		heap_free(p.origin);
	if (err)
		attach_free(p.first);
	else
		*out = p.first;
	return err;
}
