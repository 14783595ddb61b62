/* SPDX-License-Identifier: Apache-2.0 */
/* XEN_SYSCTL_dt_overlay and XEN_DOMCTL_dt_overlay (xen/sysctl.h, xen/domctl.h; design section 2). */
#include "hypercall/dt_overlay.h"

#include "assign/overlays.h"
#include "assign/turn.h"
#include "core/heap.h"
#include "core/printk.h"
#include "hypercall/domctl.h"
#include "hypercall/sysctl.h"
#include "include/graft/sysctl.h"
#include "lib/string.h"

static_assert(sizeof(struct xen_sysctl_dt_overlay) == 16, "xen/sysctl.h");
static_assert(offsetof(struct xen_sysctl_dt_overlay, overlay_fdt_size) == 8, "xen/sysctl.h");
static_assert(offsetof(struct xen_sysctl_dt_overlay, overlay_op) == 12, "xen/sysctl.h");
static_assert(sizeof(struct xen_domctl_dt_overlay) == 16, "xen/domctl.h");
static_assert(offsetof(struct xen_domctl_dt_overlay, overlay_fdt_size) == 8, "xen/domctl.h");
static_assert(offsetof(struct xen_domctl_dt_overlay, overlay_op) == 12, "xen/domctl.h");
static_assert(GRAFT_REASON_MAX == sizeof(((struct dt_why *)NULL)->text), "graft/sysctl.h");

/* The domains that may ask are few: the hardware domain, rarely another. The oldest reason makes room. */
#define CALLERS_MAX 4

static struct caller {
	domain_id_t id;
	int error;
	char reason[GRAFT_REASON_MAX];
} callers[CALLERS_MAX];
static unsigned caller_count, caller_next;

static struct caller *caller_of(domain_id_t id)
{
	for (unsigned i = 0; i < caller_count; i++) {
		if (callers[i].id == id)
			return &callers[i];
	}
	return NULL;
}

static void keep_reason(domain_id_t id, int error, const char *reason)
{
	struct caller *caller = caller_of(id);

	if (!caller) {
		caller = &callers[caller_next++ % CALLERS_MAX];
		caller_count = MIN(caller_next, CALLERS_MAX);
	}
	caller->id = id;
	caller->error = error;
	memcpy(caller->reason, reason, sizeof(caller->reason));
}

int overlay_last_error(domain_id_t id, const char **reason)
{
	const struct caller *caller = caller_of(id);

	*reason = caller ? caller->reason : "";
	return caller ? caller->error : 0;
}

static int add(const struct overlay_request *r, struct dt_why *why)
{
	struct dt_overlay *overlay;
	int err = overlays_begin(r->size, &overlay, why);

	if (err)
		return err;
	if (guest_read(overlay->blob, r->blob, r->size)) {
		dt_overlay_drop(overlay);
		return dt_fail(why, -EFAULT, "the blob is not in the caller's memory");
	}
	return r->plan ? overlays_plan_add(overlay, r->plan, why) : overlays_add(overlay, why);
}

/* With a copy of the blob, by which the overlay is known. */
static int do_known(const struct overlay_request *r, const void *blob, struct dt_why *why)
{
	switch (r->op) {
	case OVERLAY_REMOVE:
		return r->plan ? overlays_plan_remove(blob, r->size, r->plan, why)
		               : overlays_remove(blob, r->size, why);
	case OVERLAY_ATTACH:
		return r->plan ? overlays_plan_attach(r->domain, blob, r->size, r->plan, why)
		               : overlays_attach(r->domain, blob, r->size, why);
	case OVERLAY_DETACH:
		return r->plan ? overlays_plan_detach(r->domain, blob, r->size, r->plan, why)
		               : overlays_detach(r->domain, blob, r->size, why);
	case OVERLAY_ADD:
	case OVERLAY_OPS:
		break;
	}
	return -EOPNOTSUPP;
}

static int on_known(const struct overlay_request *r, struct dt_why *why)
{
	void *blob;
	int err;

	if (r->size == 0)
		return dt_fail(why, -EINVAL, "the blob is empty");
	if (r->size > DT_BLOB_MAX)
		return dt_fail(why, -E2BIG, "overlay: %u bytes, over the limit of %u", r->size, DT_BLOB_MAX);
	blob = heap_alloc(r->size);
	if (!blob)
		return dt_fail(why, -ENOMEM, "not enough memory");
	err = guest_read(blob, r->blob, r->size)
	              ? dt_fail(why, -EFAULT, "the blob is not in the caller's memory")
	              : do_known(r, blob, why);
	heap_free(blob);
	return err;
}

int overlay_request(const struct overlay_request *r, struct dt_why *why)
{
	static const char *const names[OVERLAY_OPS] = { "add", "remove", "attach", "detach" };
	int err;

	if (!turn_take())
		return -ERESTART;
	err = r->op == OVERLAY_ADD ? add(r, why) : on_known(r, why);
	if (err && !r->plan)
		log_warn("overlay %s: refused: %s", names[r->op], why->text);
	if (!r->plan)
		keep_reason(caller_domain()->id, err, why->text);
	turn_give();
	return err;
}

static bool pads_are_zero(const uint8_t pad[3])
{
	return (pad[0] | pad[1] | pad[2]) == 0;
}

int sysctl_dt_overlay(struct xen_sysctl *op)
{
	struct xen_sysctl_dt_overlay *u = &op->u.dt_overlay;
	struct dt_why why = { .each = NULL };
	struct overlay_request request = {
		.op = u->overlay_op == XEN_SYSCTL_DT_OVERLAY_ADD ? OVERLAY_ADD : OVERLAY_REMOVE,
		.blob = HANDLE_GVA(u->overlay_fdt),
		.size = u->overlay_fdt_size,
	};

	if (!pads_are_zero(u->pad))
		return fail(-EINVAL, "dt_overlay: padding is not zero");
	if (u->overlay_op != XEN_SYSCTL_DT_OVERLAY_ADD && u->overlay_op != XEN_SYSCTL_DT_OVERLAY_REMOVE)
		return -EOPNOTSUPP;
	return overlay_request(&request, &why);
}

int domctl_dt_overlay(struct domain *d, struct xen_domctl *op)
{
	struct xen_domctl_dt_overlay *u = &op->u.dt_overlay;
	struct dt_why why = { .each = NULL };
	struct overlay_request request = {
		.op = u->overlay_op == XEN_DOMCTL_DT_OVERLAY_ATTACH ? OVERLAY_ATTACH : OVERLAY_DETACH,
		.domain = d,
		.blob = HANDLE_GVA(u->overlay_fdt),
		.size = u->overlay_fdt_size,
	};

	if (!pads_are_zero(u->pad))
		return fail(-EINVAL, "dt_overlay: padding is not zero");
	if (u->overlay_op != XEN_DOMCTL_DT_OVERLAY_ATTACH &&
		u->overlay_op != GRAFT_DOMCTL_DT_OVERLAY_DETACH)
		return -EOPNOTSUPP;
	return overlay_request(&request, &why);
}
