/* SPDX-License-Identifier: Apache-2.0 */
/* The seams through which tests make allocations fail and catch uses of free memory; nothing at EL2. */
#pragma once

#include <stdbool.h>
/*
 * bool alloc_should_fail(void): asked once by each allocation.
 * void memory_hide(const void *virt, size_t size): until memory_show() an access is a bug.
 */
#include <arch/fault.h>
