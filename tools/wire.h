/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Messages to xenstored and its answers, on its socket (xen/io/xs_wire.h, docs/misc/xenstore.txt of Xen's
 * documentation). None waits longer than WIRE_PATIENCE, whatever xenstored does; nothing is watched.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tools/file.h"

/* Milliseconds for one answer, which takes microseconds: only a xenstored that is stopped needs more. */
#define WIRE_PATIENCE 10000

/* Connect. 0 or errno; ETIMEDOUT: it takes no connection. */
int wire_open(const char *path);

/*
 * One message, of a type XS_... . 0 with the answer, the caller's, a NUL behind it; or an errno. What XenStore
 * refuses is its own (ENOENT, EACCES, ENOSPC, ...); then wire_fault() is 0 still.
 */
int wire_ask(uint32_t type, const void *payload, size_t size, struct bytes *answer);

/* Why no message goes any more, an errno: ETIMEDOUT when xenstored is silent, others when it is gone. */
int wire_fault(void);
