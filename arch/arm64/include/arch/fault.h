/* SPDX-License-Identifier: Apache-2.0 */
/* No allocation fails on purpose on a real machine, and no sanitizer watches memory. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

static inline bool alloc_should_fail(void)
{
	return false;
}

static inline void memory_hide(const void *virt, size_t size)
{
	(void)virt;
	(void)size;
}

static inline void memory_show(const void *virt, size_t size)
{
	(void)virt;
	(void)size;
}
