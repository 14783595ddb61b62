/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the sysctl and the domctl for overlays, and Graft's own commands, have in common: the blob comes in once,
 * one operation is on at a time, and a refusal's reason is kept for whoever asks.
 */
#pragma once

#include "dt/why.h"
#include "hypercall/priv.h"

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
	struct report *plan; /* not NULL: a dry run, which is told here */
};

/*
 * Copies the blob, does it, logs and keeps the reason of a refusal (a dry run's is only told). 0, -EFAULT,
 * -ERESTART (another is at it: issue the call again), or as design section 2 has it. *why: the reason.
 */
int overlay_request(const struct overlay_request *request, struct dt_why *why);

/* Of the last request of that domain: its error, and the reason in words; 0 when it succeeded. */
int overlay_last_error(domain_id_t id, const char **reason);
