/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The way from a guest's `hvc #0xEA1` to the hypercall layer, which nobody includes: number in x16, arguments in
 * x0–x4, result in x0 (Xen's ABI on Arm).
 */
#pragma once

#include <stdint.h>

#define HYPERCALL_ARGS 5
#define HYPERCALL_TAG  0xEA1

/*
 * One hypercall of the current vCPU. Returns what goes to x0. If it returns HYPERCALL_AGAIN, the arch code
 * leaves PC on the hvc instruction and puts args[] back into x0–x4 (a family may have moved its progress
 * into them): the guest takes its interrupts and issues the call again.
 */
#define HYPERCALL_AGAIN INT64_C(-0x7fffffff)
int64_t hypercall_dispatch(uint64_t number, uint64_t args[HYPERCALL_ARGS]);
