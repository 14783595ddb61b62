/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Xen's hypercall ABI: `hvc #0xEA1`, number in x16, arguments in x0–x4, result in x0. A family's function
 * copies its argument in once, checks it, resolves ids to objects and calls core; it never lets a guest
 * address further in.
 */
#pragma once

#include "core/types.h"
#include "hypercall/list.h"

#define HYPERCALL_ARGS 5
#define HYPERCALL_TAG  0xEA1

struct vcpu;

/*
 * One hypercall of the current vCPU. Returns what goes to x0. If it returns HYPERCALL_AGAIN, the arch code
 * leaves PC on the hvc instruction and puts args[] back into x0–x4 (a family may have moved its progress
 * into them): the guest takes its interrupts and issues the call again.
 */
#define HYPERCALL_AGAIN INT64_C(-0x7fffffff)
int64_t hypercall_dispatch(uint64_t number, uint64_t args[HYPERCALL_ARGS]);

/* For traces; NULL when there is no such number. */
const char *hypercall_name(uint64_t number);

#define HYPERCALL_DECLARE(number, name, argc) int64_t do_##name(uint64_t args[HYPERCALL_ARGS]);
HYPERCALL_LIST(HYPERCALL_DECLARE)
#undef HYPERCALL_DECLARE
