/* SPDX-License-Identifier: Apache-2.0 */
/* Data cache maintenance by address (Arm ARM B2.7, DC CIVAC). */
#include "core/arch.h"
#include <arch/barrier.h>
#include <arch/sysreg.h>

#define CTR_DMINLINE GENMASK(19, 16) /* log2 of words in the smallest line */

void arch_cache_clean(const void *virt, size_t size)
{
	uint64_t line = UINT64_C(4) << FIELD_GET(CTR_DMINLINE, sysreg_read(ctr_el0));
	uint64_t end = (uint64_t)virt + size;

	for (uint64_t at = ALIGN_DOWN((uint64_t)virt, line); at < end; at += line)
		__asm__ volatile("dc civac, %0" ::"r"(at) : "memory");
	dsb_sy();
}
