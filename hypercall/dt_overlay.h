/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the sysctl and the domctl for overlays, and Graft's own commands, have in common: the blob comes in once,
 * one operation is on at a time, and a refusal's reason is kept for whoever asks.
 */
#pragma once

#include "hypercall/priv.h"
#include "include/graft/sysctl.h"

enum overlay_op {
	OVERLAY_ADD,
	OVERLAY_REMOVE,
	OVERLAY_ATTACH,
	OVERLAY_DETACH,
	OVERLAY_OPS,
};

struct overlay_request {
	enum overlay_op op;
	struct domain *domain; /* attach, detach; held by the caller */
	gva_t blob;
	uint32_t size;
	bool dry_run;
	gva_t text; /* of a dry run: where its lines go, and how much fits */
	uint32_t room;
};

/*
 * Does it, logs and keeps the reason of a refusal. 0, -ERESTART (issue the call again: it paused, or another is
 * at it), -EFAULT, or as design section 2 has it. A dry run answers 0 with the operation's answer in *result and
 * the whole text's length in *length.
 */
int overlay_request(const struct overlay_request *request, int *result, uint32_t *length);

/* Of the last request of that domain: its error, and the reason in words; 0 when it succeeded. */
int overlay_last_error(domain_id_t id, char reason[GRAFT_REASON_MAX]);
