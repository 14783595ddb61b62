/* SPDX-License-Identifier: Apache-2.0 */
/* Cache maintenance: data by address, instructions as a whole (Arm ARM B2.7, DC CIVAC, IC IALLUIS). */
#include "arch/arm64/cache.h"

#include "core/arch.h"
#include "lib/string.h"
#include <arch/barrier.h>
#include <arch/sysreg.h>

#define CTR_DMINLINE GENMASK(19, 16) /* log2 of words in the smallest line */

#define DCZID_DZP BIT(4) /* DC ZVA is prohibited */
#define DCZID_BS  GENMASK(3, 0) /* log2 of words in a block */

/*
 * A domain's memory may be gigabytes, of which each line is cleared and cleaned: four at a time, or the loop would
 * be most of the work.
 */
#define AT_ONCE 4

static inline uint64_t clear_block(uint64_t at, uint64_t block)
{
	__asm__ volatile("dc zva, %0" ::"r"(at) : "memory");
	return at + block;
}

static inline uint64_t clean_line(uint64_t at, uint64_t line)
{
	__asm__ volatile("dc civac, %0" ::"r"(at) : "memory");
	return at + line;
}

static inline void range_each(
		uint64_t at, uint64_t end, uint64_t step, uint64_t (*act)(uint64_t, uint64_t))
{
	uint64_t rest = (end - at) % (AT_ONCE * step);

	while (at < end - rest) {
		at = act(at, step);
		at = act(at, step);
		at = act(at, step);
		at = act(at, step);
	}
	while (at < end)
		at = act(at, step);
}

/* A block at a time without reading it first. */
void arch_memory_clear(void *virt, size_t size)
{
	uint64_t dczid = sysreg_read(dczid_el0);
	uint64_t block = UINT64_C(4) << FIELD_GET(DCZID_BS, dczid);
	uint64_t end = (uint64_t)virt + size;

	if ((dczid & DCZID_DZP) || !IS_ALIGNED((uint64_t)virt | size, block)) {
		memset(virt, 0, size);
		return;
	}
	range_each((uint64_t)virt, end, block, clear_block);
}

/* Bytes; of all CPUs that are up: a line of this CPU's may be two of another's. */
static uint64_t smallest_line = UINT64_MAX;

void cache_init_cpu(void)
{
	uint64_t line = UINT64_C(4) << FIELD_GET(CTR_DMINLINE, sysreg_read(ctr_el0));

	smallest_line = MIN(smallest_line, line);
}

void arch_cache_clean(const void *virt, size_t size)
{
	uint64_t line = smallest_line;
	uint64_t end = (uint64_t)virt + size;

	range_each(ALIGN_DOWN((uint64_t)virt, line), end, line, clean_line);
	dsb_sy();
}

void arch_icache_invalidate(void)
{
	__asm__ volatile("ic ialluis" ::: "memory");
	dsb_ish();
	isb();
}
