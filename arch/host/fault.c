/* SPDX-License-Identifier: Apache-2.0 */
/* The failing allocator of host tests, and AddressSanitizer's marks on memory that is free. */
#include "core/fault.h"

#include <sanitizer/asan_interface.h>

unsigned host_fail_at;

bool alloc_should_fail(void)
{
	return host_fail_at && --host_fail_at == 0;
}

void memory_hide(const void *virt, size_t size)
{
	ASAN_POISON_MEMORY_REGION(virt, size);
}

void memory_show(const void *virt, size_t size)
{
	ASAN_UNPOISON_MEMORY_REGION(virt, size);
}
