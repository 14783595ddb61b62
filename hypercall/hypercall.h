/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Xen's hypercall ABI: `hvc #0xEA1`, number in x16, arguments in x0–x4, result in x0. A family's function
 * copies its argument in once, checks it, resolves ids to objects and calls core; it never lets a guest
 * address further in.
 */
#pragma once

#include "core/guest_call.h"
#include "core/types.h"
#include "hypercall/list.h"

/* For traces; NULL when there is no such number. */
const char *hypercall_name(uint64_t number);

#define HYPERCALL_DECLARE(number, name, argc) int64_t do_##name(uint64_t args[HYPERCALL_ARGS]);
HYPERCALL_LIST(HYPERCALL_DECLARE)
#undef HYPERCALL_DECLARE
