/* SPDX-License-Identifier: Apache-2.0 */
/* Which hypervisor it is shows in its answer to a command that only Graft has (xen/sysctl.h, docs/abi.md). */
#include "tools/hyper.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/xen_abi.h"
#include "tools/cmdline.h"
#include "tools/file.h"
#include "tools/say.h"
#include "tools/store.h"
#include "tools/transport.h"

XEN_ABI(sizeof(struct graft_sysctl) == sizeof(struct xen_sysctl));
XEN_ABI(offsetof(struct graft_sysctl, u) == offsetof(struct xen_sysctl, u));
XEN_ABI(sizeof(struct xen_sysctl_dt_overlay) == 16);
XEN_ABI(sizeof(struct xen_domctl_dt_overlay) == 16);

/* As much text of a dry run as Graft writes at most. */
#define PLAN_ROOM (64 * 1024)

static bool is_graft;

struct graft_sysctl *hyper_graft_new(void)
{
	return transport_memory(sizeof(struct graft_sysctl));
}

int hyper_graft(uint32_t cmd, struct graft_sysctl *op)
{
	op->cmd = cmd;
	op->interface_version = GRAFT_SYSCTL_VERSION;
	return transport_call(__HYPERVISOR_sysctl, op);
}

bool hyper_open(void)
{
	int error;

	if (!transport_open())
		return false;
	error = hyper_graft(GRAFT_SYSCTL_last_reason, hyper_graft_new());
	is_graft = error == 0;
	/* Xen looks at the version before it looks at the caller, and has another. */
	if (is_graft || error == -EACCES || error == -ENOSYS)
		return true;
	hyper_say("the hypervisor does not answer", error);
	return false;
}

bool hyper_open_graft(const char *what)
{
	return hyper_open() && hyper_must_be_graft(what);
}

bool hyper_is_graft(void)
{
	return is_graft;
}

bool hyper_must_be_graft(const char *what)
{
	if (!is_graft)
		say_error("the hypervisor is not Graft, or one of another version: Xen has no %s",
				what);
	return is_graft;
}

struct hyper_blob hyper_blob_of(const char *file, struct bytes bytes)
{
	struct hyper_blob blob = {
		.file = file, .at = transport_memory(bytes.size), .size = (uint32_t)bytes.size
	};

	memcpy(blob.at, bytes.at, bytes.size);
	return blob;
}

bool hyper_read_blob(const char *file, struct hyper_blob *out)
{
	struct bytes bytes;

	if (!file_read(file, &bytes))
		return false;
	*out = hyper_blob_of(file, bytes);
	free(bytes.at);
	return true;
}

int hyper_overlay_sysctl(uint8_t op, const struct hyper_blob *blob)
{
	struct xen_sysctl *call = transport_memory(sizeof(*call));

	call->cmd = XEN_SYSCTL_dt_overlay;
	call->interface_version = XEN_SYSCTL_INTERFACE_VERSION;
	call->u.dt_overlay.overlay_op = op;
	call->u.dt_overlay.overlay_fdt_size = blob->size;
	call->u.dt_overlay.overlay_fdt.q = (uintptr_t)blob->at;
	return transport_call(__HYPERVISOR_sysctl, call);
}

int hyper_overlay_domctl(uint8_t op, uint16_t domain, const struct hyper_blob *blob)
{
	struct xen_domctl *call = transport_memory(sizeof(*call));

	call->cmd = XEN_DOMCTL_dt_overlay;
	call->interface_version = XEN_DOMCTL_INTERFACE_VERSION;
	call->domain = domain;
	call->u.dt_overlay.overlay_op = op;
	call->u.dt_overlay.overlay_fdt_size = blob->size;
	call->u.dt_overlay.overlay_fdt.q = (uintptr_t)blob->at;
	return transport_call(__HYPERVISOR_domctl, call);
}

int hyper_overlay_plan(
		uint32_t op, uint16_t domain, const struct hyper_blob *blob, struct hyper_plan *out)
{
	struct graft_sysctl *call = hyper_graft_new();
	struct graft_sysctl_overlay_plan *plan = &call->u.overlay_plan;
	char *text = transport_memory(PLAN_ROOM + 1); /* a NUL behind all that fits */
	int error;

	*plan = (struct graft_sysctl_overlay_plan){ .blob = (uintptr_t)blob->at,
		.blob_size = blob->size,
		.op = op,
		.text = (uintptr_t)text,
		.text_size = PLAN_ROOM,
		.domain = domain };
	error = hyper_graft(GRAFT_SYSCTL_overlay_plan, call);
	out->text = text;
	out->size = plan->text_size < PLAN_ROOM ? plan->text_size : PLAN_ROOM;
	out->left_out = plan->text_size - out->size;
	out->refused = plan->result != 0;
	return error;
}

/* The reason of the operation just refused, or NULL: it never came so far, or another hypervisor tells none. */
static const char *fetch_reason(int error)
{
	struct graft_sysctl *op;
	char *text;

	if (!is_graft)
		return NULL;
	op = hyper_graft_new();
	text = transport_memory(GRAFT_REASON_MAX);
	op->u.last_reason.text = (uintptr_t)text;
	op->u.last_reason.size = GRAFT_REASON_MAX;
	if (hyper_graft(GRAFT_SYSCTL_last_reason, op) || op->u.last_reason.error != error)
		return NULL;
	return text[0] ? text : NULL;
}

static const char *explain(int error)
{
	if (error == -ESRCH)
		return "there is no such domain";
	if (error == -EPERM)
		return "only a privileged domain may do this";
	if (error == -EOPNOTSUPP && !is_graft)
		return "this Xen cannot: overlays are left out of it, the domain is not direct-mapped, or Xen has no "
		       "such operation (it has no detach)";
	return strerror(-error);
}

int hyper_say(const char *what, int error)
{
	say_error("%s: %s", what, explain(error));
	return REFUSED;
}

int hyper_finish(const char *verb, const struct hyper_blob *blob, int error)
{
	const char *reason;

	if (error == 0)
		return DONE;
	reason = fetch_reason(error);
	say_error("%s %s: %s", verb, blob->file, reason ? reason : explain(error));
	if (!is_graft)
		say_warning("Xen tells no reasons to programs; `xl dmesg` may");
	return REFUSED;
}

int hyper_read_domain(const char *text, uint16_t *out)
{
	uint64_t value;

	if (cmdline_number(text, &value) && value < DOMID_FIRST_RESERVED) {
		*out = (uint16_t)value;
		return DONE;
	}
	if (!text[0] || cmdline_number(text, &value)) {
		say_error("'%s': not a domain's number or name (`xl list` shows them)", text);
		return BAD_USAGE;
	}
	if (!store_open())
		return REFUSED;
	if (store_find_domain(text, out))
		return DONE;
	if (!store_is_broken())
		say_error("%s: there is no domain of this name (`xl list` shows them)", text);
	return REFUSED;
}

const char *hyper_owner_name(uint16_t owner)
{
	static char name[16];

	if (owner == 0)
		return "Dom0";
	if (owner == GRAFT_OWNER_GRAFT)
		return "Graft";
	if (owner == GRAFT_OWNER_NOBODY)
		return "nobody";
	snprintf(name, sizeof(name), "domain %u", owner);
	return name;
}

/* One more than there are could be added meanwhile; then it is asked again. */
const struct graft_overlay *hyper_list_overlays(uint32_t *count)
{
	struct graft_sysctl *op = hyper_graft_new();
	struct graft_overlay *records = NULL;
	uint32_t room = 0;
	int error;

	for (;;) {
		op->u.overlay_list.count = room;
		op->u.overlay_list.buffer = (uintptr_t)records;
		error = hyper_graft(GRAFT_SYSCTL_overlay_list, op);
		*count = op->u.overlay_list.count;
		if (error)
			return hyper_say("list of overlays", error), NULL;
		if (records && op->u.overlay_list.total <= room)
			return records;
		room = op->u.overlay_list.total + 1;
		records = transport_memory(room * sizeof(*records));
	}
}
