/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Attaching by a blob made for the guest (design section 2, "attach"): its nodes are matched one by one to nodes
 * that overlays in the tree brought, and say where the domain is to see registers (xen,reg: docs/misc/arm/
 * passthrough.txt of Xen's documentation).
 */
#pragma once

#include "assign/attach.h"

/*
 * For d, which is not direct-mapped: one attachment for each overlay that the blob has nodes of, linked by
 * ->more. -ENOENT: a node with resources that no overlay in the tree brought; -EEXIST: d has one already;
 * -EBUSY: another domain has; -EINVAL, -EPERM, -EXDEV, -ENOMEM: see assign/rules.c and dt/overlay.h.
 */
int guest_plan(struct domain *d, const void *blob, size_t size, struct report *report,
		struct attachment **out, struct dt_why *why);
