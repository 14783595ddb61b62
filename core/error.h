/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Errors are negative errno values with the numbers of Xen's ABI (xen/errno.h: they are Linux's). A
 * refusal that a user can see is born together with its reason: `return fail(-EINVAL, "reg: %s", path)`.
 */
#pragma once

#include "core/xen_abi.h"

/* The plain names; core/error.c holds each against the ABI. ERESTART is Graft's own: no guest sees it. */
#define EPERM        1
#define ENOENT       2
#define ESRCH        3
#define EIO          5
#define ENXIO        6
#define E2BIG        7
#define EAGAIN       11
#define ENOMEM       12
#define EACCES       13
#define EFAULT       14
#define EBUSY        16
#define EEXIST       17
#define EXDEV        18
#define ENODEV       19
#define EINVAL       22
#define ENOSPC       28
#define EROFS        30
#define ERANGE       34
#define ENAMETOOLONG 36
#define ENOSYS       38
#define ENODATA      61
#define EOVERFLOW    75
#define ERESTART     85
#define EOPNOTSUPP   95
#define EADDRINUSE   98
#define ENOBUFS      105
#define EISCONN      106
#define ENOTCONN     107
#define ETIMEDOUT    110

/*
 * Logs the reason and returns err, so that one statement does both. What an unprivileged guest causes is
 * rate-limited and held to guest_loglvl=; what the toolstack or Graft itself causes is always logged.
 */
int fail(int err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
