/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A machine to attach devices on that is not there: the hypervisor's own code (assign/) on a tree from a file,
 * with Dom0, which has what is enabled in it, and a guest that has nothing yet. Nothing is given: all runs dry.
 */
#pragma once

#include "assign/report.h"
#include "dt/overlay.h"

/*
 * Before all else, with the tree before any overlay. The tree stays as long as the program. The guest has all
 * SPIs, 40 bits of addresses and leave for devices behind an IOMMU.
 */
void machine_start(struct dt_tree *tree);

/* What attaching the overlay of these bytes, which is in the tree, to Dom0 would answer: 0 or -errno. */
int machine_try_dom0(const void *blob, size_t size, struct dt_why *why);

/*
 * The same of the overlay's devices and a guest, as far as the host's nodes tell: whose their resources are, and
 * what they are behind. *forced: one of them must say xen,force-assign-without-iommu, or the guest's node.
 */
int machine_try_guest(struct dt_overlay *overlay, bool *forced, struct dt_why *why);

/* The same of a guest and a blob made for it, with the lines that the hypervisor writes about it. */
int machine_try_blob(const void *blob, size_t size, struct report *report, struct dt_why *why);
