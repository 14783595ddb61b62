/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The failing allocator: `host_fail_at = n` makes the n-th allocation from now on fail, once; 0: none.
 * And AddressSanitizer's view of what the allocators hold free.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

extern unsigned host_fail_at;
bool alloc_should_fail(void);

void memory_hide(const void *virt, size_t size);
void memory_show(const void *virt, size_t size);
