/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Errors are negative errno values with the numbers of Xen's ABI (xen/errno.h: they are Linux's). A
 * refusal that a user can see is born together with its reason: `return fail(-EINVAL, "reg: %s", path)`.
 */
#pragma once

#include "core/xen_abi.h"

/* Logs the reason (level: guest-caused) and returns err, so that one statement does both. */
int fail(int err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
