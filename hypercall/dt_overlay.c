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

XEN_ABI(sizeof(struct xen_sysctl_dt_overlay) == 16);
XEN_ABI(offsetof(struct xen_sysctl_dt_overlay, overlay_fdt_size) == 8);
XEN_ABI(offsetof(struct xen_sysctl_dt_overlay, overlay_op) == 12);
XEN_ABI(sizeof(struct xen_domctl_dt_overlay) == 16);
XEN_ABI(offsetof(struct xen_domctl_dt_overlay, overlay_fdt_size) == 8);
XEN_ABI(offsetof(struct xen_domctl_dt_overlay, overlay_op) == 12);
static_assert(GRAFT_REASON_MAX == sizeof((struct dt_why){ .each = NULL }.text), "graft/sysctl.h");

/* Text of a dry run that Graft keeps until it is told. */
#define DRY_RUN_TEXT_MAX KIB(64)

/* The domains that may ask are few: the hardware domain, rarely another. The oldest reason makes room. */
#define CALLERS_MAX 4

static struct spinlock reasons_lock = SPINLOCK_INIT; /* of the fields to the next blank line */
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
	struct caller *caller;

	spin_lock(&reasons_lock);
	caller = caller_of(id);
	if (!caller) {
		caller = &callers[caller_next++ % CALLERS_MAX];
		caller_count = MIN(caller_next, CALLERS_MAX);
	}
	caller->id = id;
	caller->error = error;
	dt_format(caller->reason, sizeof(caller->reason), "%s", reason);
	spin_unlock(&reasons_lock);
}

int overlay_last_error(domain_id_t id, char reason[GRAFT_REASON_MAX])
{
	const struct caller *caller;
	int error = 0;

	reason[0] = '\0';
	spin_lock(&reasons_lock);
	caller = caller_of(id);
	if (caller && caller->error) {
		error = caller->error;
		memcpy(reason, caller->reason, sizeof(caller->reason));
	}
	spin_unlock(&reasons_lock);
	return error;
}

static int refuse(int error, const char *reason)
{
	keep_reason(caller_domain()->id, error, reason);
	return fail(error, "overlay: refused: %s", reason);
}

/* The one that is on: a fiber's, so it outlives the hypercall that began it. */
static struct call {
	struct overlay_request request;
	struct dt_overlay *adding;
	void *blob; /* the others know the overlay by its bytes */
	void *copy; /* where the blob goes: into `adding`, or `blob` */
	struct report report;
	struct dt_why why;
	int err;
} call;

static int run_known(struct call *c)
{
	const struct overlay_request *r = &c->request;

	switch (r->op) {
	case OVERLAY_REMOVE:
		return r->dry_run ? overlays_plan_remove(c->blob, r->size, &c->report, &c->why)
		                  : overlays_remove(c->blob, r->size, &c->why);
	case OVERLAY_ATTACH:
		return r->dry_run ? overlays_plan_attach(r->domain, c->blob, r->size, &c->report,
						    &c->why)
		                  : overlays_attach(r->domain, c->blob, r->size, &c->why);
	case OVERLAY_DETACH:
		return r->dry_run ? overlays_plan_detach(r->domain, c->blob, r->size, &c->report,
						    &c->why)
		                  : overlays_detach(r->domain, c->blob, r->size, &c->why);
	case OVERLAY_ADD:
	case OVERLAY_OPS:
		break;
	}
	return -EOPNOTSUPP;
}

/* Page by page, since it may be long. */
static int copy_blob(struct call *c)
{
	uint32_t size = c->request.size, part;

	for (uint32_t at = 0; at < size; at += part) {
		part = MIN(size - at, (uint32_t)PAGE_SIZE);
		turn_poll();
		if (turn_is_left() ||
				guest_read((char *)c->copy + at, GVA(c->request.blob.v + at), part))
			return dt_fail(&c->why, -EFAULT, "the blob is not in the caller's memory");
	}
	return 0;
}

static void run_op(struct call *c)
{
	if (c->request.op != OVERLAY_ADD)
		c->err = run_known(c);
	else if (c->request.dry_run)
		c->err = overlays_plan_add(c->adding, &c->report, &c->why);
	else
		c->err = overlays_add(c->adding, &c->why);
	c->adding = NULL; /* it is the tree's, or gone */
}

/* On the fiber. */
static void run(void *arg)
{
	struct call *c = arg;

	c->err = copy_blob(c);
	if (!c->err)
		run_op(c);
}

/* For the blob: in the overlay that it is to be, or beside. */
static int make_room(struct call *c)
{
	uint32_t size = c->request.size;
	int err;

	if (size == 0)
		return dt_fail(&c->why, -EINVAL, "the blob is empty");
	if (c->request.op == OVERLAY_ADD || size > DT_BLOB_MAX) {
		err = overlays_begin(size, &c->adding, &c->why);
		c->copy = err ? NULL : c->adding->blob;
		return err;
	}
	c->blob = c->copy = heap_alloc_unset(size);
	return c->blob ? 0 : dt_fail(&c->why, -ENOMEM, "not enough memory");
}

static int make_report(struct call *c)
{
	if (!c->request.dry_run)
		return 0;
	c->report.room = MIN(c->request.room, DRY_RUN_TEXT_MAX);
	c->report.at = heap_alloc(MAX(c->report.room, 1U));
	return c->report.at ? 0 : dt_fail(&c->why, -ENOMEM, "not enough memory");
}

static int open_call(struct call *c, const struct overlay_request *r)
{
	int err;

	*c = (struct call){ .request = *r };
	if (r->domain)
		domain_hold(r->domain);
	err = make_report(c);
	return err ? err : make_room(c);
}

static void close_call(void *arg)
{
	struct call *c = arg;

	if (c->adding)
		dt_overlay_drop(c->adding);
	heap_free(c->blob);
	heap_free(c->report.at);
	if (c->request.domain)
		domain_put(c->request.domain);
}

/* A dry run's refusal is part of what it tells. */
static int tell_dry_run(struct call *c, int *result, uint32_t *length)
{
	struct report *report = &c->report;

	if (c->err == -EFAULT || !report->at)
		return c->err;
	if (c->err)
		report_line(report, "refused: %s", c->why.text);
	*result = c->err;
	*length = (uint32_t)report->length;
	return guest_write(c->request.text, report->at, MIN(report->length, report->room)) ? -EFAULT
	                                                                                   : 0;
}

static int tell(struct call *c, int *result, uint32_t *length)
{
	static const char *const names[OVERLAY_OPS] = { "add", "remove", "attach", "detach" };

	if (c->request.dry_run)
		return tell_dry_run(c, result, length);
	if (c->err)
		log_warn("overlay %s: refused: %s", names[c->request.op], c->why.text);
	keep_reason(caller_domain()->id, c->err, c->why.text);
	return c->err;
}

static bool is_same(const struct overlay_request *a, const struct overlay_request *b)
{
	return a->op == b->op && a->domain == b->domain && a->blob.v == b->blob.v &&
	       a->size == b->size && a->dry_run == b->dry_run && a->text.v == b->text.v &&
	       a->room == b->room;
}

/* The turn with a call open in it, to go on with. */
static bool enter(const struct overlay_request *r)
{
	enum turn turn = turn_enter();

	if (turn == TURN_PAUSED && is_same(&call.request, r))
		return true;
	/* The same context with another request: the caller has left the one that paused. */
	if (turn == TURN_PAUSED)
		turn = turn_end() ? turn_enter() : TURN_OTHERS;
	if (turn != TURN_NEW)
		return false;
	call.err = open_call(&call, r);
	turn_start(run, close_call, &call);
	return true;
}

int overlay_request(const struct overlay_request *r, int *result, uint32_t *length)
{
	int rc;

	if (!enter(r))
		return -ERESTART;
	/* What could not be opened is not run, only told. */
	if (!call.err && !turn_continue())
		return -ERESTART;
	rc = tell(&call, result, length);
	close_call(&call);
	turn_give();
	return rc;
}

static bool pads_are_zero(const uint8_t pad[3])
{
	return (pad[0] | pad[1] | pad[2]) == 0;
}

int sysctl_dt_overlay(struct xen_sysctl *op)
{
	struct xen_sysctl_dt_overlay *u = &op->u.dt_overlay;
	struct overlay_request request = {
		.op = u->overlay_op == XEN_SYSCTL_DT_OVERLAY_ADD ? OVERLAY_ADD : OVERLAY_REMOVE,
		.blob = HANDLE_GVA(u->overlay_fdt),
		.size = u->overlay_fdt_size,
	};

	if (!pads_are_zero(u->pad))
		return refuse(-EINVAL, "padding of the request is not zero");
	if (u->overlay_op != XEN_SYSCTL_DT_OVERLAY_ADD &&
			u->overlay_op != XEN_SYSCTL_DT_OVERLAY_REMOVE)
		return refuse(-EOPNOTSUPP, "there is no such operation on overlays");
	return overlay_request(&request, NULL, NULL);
}

int domctl_dt_overlay(struct domain *d, struct xen_domctl *op)
{
	struct xen_domctl_dt_overlay *u = &op->u.dt_overlay;
	struct overlay_request request = {
		.op = u->overlay_op == XEN_DOMCTL_DT_OVERLAY_ATTACH ? OVERLAY_ATTACH
		                                                    : OVERLAY_DETACH,
		.domain = d,
		.blob = HANDLE_GVA(u->overlay_fdt),
		.size = u->overlay_fdt_size,
	};

	if (!pads_are_zero(u->pad))
		return refuse(-EINVAL, "padding of the request is not zero");
	if (u->overlay_op != XEN_DOMCTL_DT_OVERLAY_ATTACH &&
			u->overlay_op != GRAFT_DOMCTL_DT_OVERLAY_DETACH)
		return refuse(-EOPNOTSUPP, "there is no such operation on overlays");
	return overlay_request(&request, NULL, NULL);
}
