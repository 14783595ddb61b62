/* SPDX-License-Identifier: Apache-2.0 */
/* No allocation fails on purpose on a real machine. */
#pragma once

#include <stdbool.h>

static inline bool alloc_should_fail(void)
{
	return false;
}
