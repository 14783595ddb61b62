/* SPDX-License-Identifier: Apache-2.0 */
/* The commands of sysctl: each gets a copy of the caller's structure, its version and its right checked. */
#pragma once

#include "hypercall/priv.h"

/*
 * 0, -errno, -ERESTART: issue the call again. The table in sysctl.c says whether the structure goes back to the
 * caller.
 */
int sysctl_readconsole(struct xen_sysctl *op);
int sysctl_debug_keys(struct xen_sysctl *op);
int sysctl_getdomaininfolist(struct xen_sysctl *op);
int sysctl_physinfo(struct xen_sysctl *op);
int sysctl_numainfo(struct xen_sysctl *op);
int sysctl_cputopoinfo(struct xen_sysctl *op);
int sysctl_getcpuinfo(struct xen_sysctl *op);
int sysctl_availheap(struct xen_sysctl *op);
int sysctl_sched_id(struct xen_sysctl *op);
int sysctl_scheduler_op(struct xen_sysctl *op);
int sysctl_cpupool_op(struct xen_sysctl *op);
int sysctl_dt_overlay(struct xen_sysctl *op);
