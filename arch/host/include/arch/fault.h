/* SPDX-License-Identifier: Apache-2.0 */
/* The failing allocator: `host_fail_at = n` makes the n-th allocation from now on fail, once; 0: none. */
#pragma once

#include <stdbool.h>

extern unsigned host_fail_at;
bool alloc_should_fail(void);
