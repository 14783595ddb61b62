/* SPDX-License-Identifier: Apache-2.0 */
/* Cache maintenance: data by address, instructions as a whole (Arm ARM B2.7, DC CIVAC, IC IALLUIS). */
#include "core/arch.h"
#include "lib/string.h"
#include <arch/barrier.h>
#include <arch/sysreg.h>

#define CTR_DMINLINE GENMASK(19, 16) /* log2 of words in the smallest line */

#define DCZID_DZP BIT(4) /* DC ZVA is prohibited */
#define DCZID_BS  GENMASK(3, 0) /* log2 of words in a block */

/* A block at a time without reading it first: a domain's memory may be gigabytes. */
void arch_memory_clear(void *virt, size_t size)
{
	uint64_t dczid = sysreg_read(dczid_el0);
	uint64_t block = UINT64_C(4) << FIELD_GET(DCZID_BS, dczid);
	uint64_t end = (uint64_t)virt + size;

	if ((dczid & DCZID_DZP) || !IS_ALIGNED((uint64_t)virt | size, block)) {
		memset(virt, 0, size);
		return;
	}
	for (uint64_t at = (uint64_t)virt; at < end; at += block)
		__asm__ volatile("dc zva, %0" ::"r"(at) : "memory");
}

void arch_cache_clean(const void *virt, size_t size)
{
	uint64_t line = UINT64_C(4) << FIELD_GET(CTR_DMINLINE, sysreg_read(ctr_el0));
	uint64_t end = (uint64_t)virt + size;

	for (uint64_t at = ALIGN_DOWN((uint64_t)virt, line); at < end; at += line)
		__asm__ volatile("dc civac, %0" ::"r"(at) : "memory");
	dsb_sy();
}

void arch_icache_invalidate(void)
{
	__asm__ volatile("ic ialluis" ::: "memory");
	dsb_ish();
	isb();
}
