/* SPDX-License-Identifier: Apache-2.0 */
/* Graft's own commands of sysctl: include/graft/sysctl.h. */
#pragma once

#include "hypercall/priv.h"
#include "include/graft/sysctl.h"

#define GRAFT_SYSCTL_FIRST 0x80

/*
 * The caller is privileged; op is a copy of its structure at `at`. 0, -EACCES (another version), -ENOSYS (no such
 * command), -EFAULT, -ERESTART: issue the call again.
 */
int graft_sysctl(gva_t at, struct graft_sysctl *op);
