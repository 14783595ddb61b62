/* SPDX-License-Identifier: Apache-2.0 */
/* Listing overlays, dry runs, reasons, the live tree and its devices' owners (docs/abi.md). One table. */
#include "hypercall/graft_sysctl.h"

#include "assign/overlays.h"
#include "assign/turn.h"
#include "core/heap.h"
#include "hypercall/dt_overlay.h"
#include "lib/string.h"
#include <arch/nospec.h>

XEN_ABI(sizeof(struct graft_sysctl) == sizeof(struct xen_sysctl));
XEN_ABI(offsetof(struct graft_sysctl, u) == offsetof(struct xen_sysctl, u));
static_assert(sizeof(struct graft_overlay) == 104, "graft/sysctl.h");
static_assert(offsetof(struct graft_overlay, digest) == 16, "graft/sysctl.h");
static_assert(offsetof(struct graft_overlay, name) == 40, "graft/sysctl.h");
static_assert(sizeof(struct graft_sysctl_overlay_plan) == 40, "graft/sysctl.h");
static_assert(sizeof(struct graft_sysctl_last_reason) == 16, "graft/sysctl.h");
static_assert(sizeof(struct graft_sysctl_tree) == 16, "graft/sysctl.h");
static_assert(sizeof(struct graft_sysctl_device) == 32, "graft/sysctl.h");
XEN_ABI(GRAFT_OWNER_GRAFT == DOMID_XEN && GRAFT_OWNER_NOBODY == DOMID_INVALID);

static void fill_overlay(const struct dt_overlay *overlay, struct graft_overlay *out)
{
	const struct attachment *a = attachments_of(overlay);
	struct dt_change first = dt_change_first(overlay);

	*out = (struct graft_overlay){
		.id = overlay->id,
		.state = a ? GRAFT_OVERLAY_ATTACHED : GRAFT_OVERLAY_ADDED,
		.nodes = overlay->node_count,
		.blob_size = overlay->blob_size,
		.digest = overlay->digest,
		.dependents = overlay->dependents,
		.holder = a ? a->domain->id : GRAFT_OWNER_NOBODY,
	};
	for (; a; a = a->beside) {
		out->ranges += a->ranges;
		out->interrupts += a->interrupts;
		out->attachments++;
	}
	if (first.node)
		dt_node_path(first.node, out->name, sizeof(out->name));
}

static int overlay_list(struct graft_sysctl *op)
{
	struct graft_sysctl_overlay_list *u = &op->u.overlay_list;
	const struct dt_overlay *overlay = overlays_tree()->first_overlay;
	uint32_t room = u->count;

	u->total = overlays_tree()->overlay_count;
	for (u->count = 0; overlay && u->count < room; overlay = overlay->next) {
		gva_t to = GVA(u->buffer + (uint64_t)u->count * sizeof(struct graft_overlay));
		struct graft_overlay out;

		fill_overlay(overlay, &out);
		if (guest_write(to, &out, sizeof(out)))
			return -EFAULT;
		u->count++;
	}
	return 0;
}

static int last_reason(struct graft_sysctl *op)
{
	struct graft_sysctl_last_reason *u = &op->u.last_reason;
	char reason[GRAFT_REASON_MAX];
	size_t length, room = u->size;

	u->error = overlay_last_error(caller_domain()->id, reason);
	length = strlen(reason);
	u->size = (uint32_t)length;
	if (room == 0)
		return 0;
	if (length >= room)
		return -ENOBUFS;
	return guest_write(GVA(u->text), reason, length + 1) ? -EFAULT : 0;
}

static int tree(struct graft_sysctl *op)
{
	struct graft_sysctl_tree *u = &op->u.tree;
	const struct dt_tree *live = overlays_tree();
	size_t room = u->size, total = dt_tree_flat_size(live);
	void *blob;
	int err;

	u->generation = live->generation;
	u->size = (uint32_t)total;
	if (room < total)
		return -ENOBUFS;
	blob = heap_alloc(total);
	if (!blob)
		return -ENOMEM;
	err = dt_tree_flatten(live, blob, total, &total);
	u->size = (uint32_t)total;
	if (!err && guest_write(GVA(u->buffer), blob, total))
		err = -EFAULT;
	heap_free(blob);
	return err;
}

static int device(struct graft_sysctl *op)
{
	struct graft_sysctl_device *u = &op->u.device;
	char path[DT_PATH_MAX + 1];
	const struct dt_node *node;
	struct device_owner owner;

	if (u->path_size > DT_PATH_MAX)
		return -ENAMETOOLONG;
	if (guest_read(path, GVA(u->path), u->path_size))
		return -EFAULT;
	node = dt_node_of_path(overlays_tree(), span_of(path, u->path_size));
	if (!node)
		return -ENOENT;
	owner = overlays_owner_of(node);
	u->overlay = node->owner ? node->owner->id : 0;
	u->ranges = owner.ranges;
	u->interrupts = owner.interrupts;
	u->streams = owner.streams;
	u->owner = GRAFT_OWNER_NOBODY;
	if (owner.claim)
		u->owner = owner.claim->owner ? owner.claim->owner->id : GRAFT_OWNER_GRAFT;
	u->shared = owner.shared;
	u->enabled = dt_is_enabled(overlays_tree(), node);
	return 0;
}

/* The other commands read the tree and the ledger as they are at one moment. */
static int with_turn(struct graft_sysctl *op, int (*run)(struct graft_sysctl *op))
{
	int err;

	if (!turn_take())
		return -ERESTART;
	err = run(op);
	turn_give();
	return err;
}

static int plan_for(struct graft_sysctl_overlay_plan *u, struct domain *d)
{
	static const enum overlay_op ops[] = {
		[GRAFT_PLAN_ADD] = OVERLAY_ADD,
		[GRAFT_PLAN_REMOVE] = OVERLAY_REMOVE,
		[GRAFT_PLAN_ATTACH] = OVERLAY_ATTACH,
		[GRAFT_PLAN_DETACH] = OVERLAY_DETACH,
	};
	struct overlay_request request = { .op = ops[index_nospec(u->op, ARRAY_SIZE(ops))],
		.domain = d,
		.blob = GVA(u->blob),
		.size = u->blob_size,
		.dry_run = true,
		.text = GVA(u->text),
		.room = u->text_size };

	return overlay_request(&request, &u->result, &u->text_size);
}

static int overlay_plan(struct graft_sysctl *op)
{
	struct graft_sysctl_overlay_plan *u = &op->u.overlay_plan;
	struct domain *d;
	int err;

	if (u->pad || u->pad2 || u->op < GRAFT_PLAN_ADD || u->op > GRAFT_PLAN_DETACH)
		return -EINVAL;
	if (u->op == GRAFT_PLAN_ADD || u->op == GRAFT_PLAN_REMOVE)
		return plan_for(u, NULL);
	d = domain_get(u->domain);
	if (!d)
		return -ESRCH;
	err = plan_for(u, d);
	domain_put(d);
	return err;
}

static int do_overlay_list(struct graft_sysctl *op)
{
	return with_turn(op, overlay_list);
}

static int do_tree(struct graft_sysctl *op)
{
	return with_turn(op, tree);
}

static int do_device(struct graft_sysctl *op)
{
	return with_turn(op, device);
}

static int (*const table[])(struct graft_sysctl *op) = {
	[GRAFT_SYSCTL_overlay_list - GRAFT_SYSCTL_FIRST] = do_overlay_list,
	[GRAFT_SYSCTL_overlay_plan - GRAFT_SYSCTL_FIRST] = overlay_plan,
	[GRAFT_SYSCTL_last_reason - GRAFT_SYSCTL_FIRST] = last_reason,
	[GRAFT_SYSCTL_tree - GRAFT_SYSCTL_FIRST] = do_tree,
	[GRAFT_SYSCTL_device - GRAFT_SYSCTL_FIRST] = do_device,
};

/* A buffer too small goes back with the size that would do. */
int graft_sysctl(gva_t at, struct graft_sysctl *op)
{
	int rc;

	if (op->interface_version != GRAFT_SYSCTL_VERSION)
		return -EACCES;
	if (op->cmd - GRAFT_SYSCTL_FIRST >= ARRAY_SIZE(table))
		return -ENOSYS;
	rc = table[index_nospec(op->cmd - GRAFT_SYSCTL_FIRST, ARRAY_SIZE(table))](op);
	if ((rc == 0 || rc == -ENOBUFS) && guest_write(at, op, sizeof(*op)))
		return -EFAULT;
	return rc;
}
