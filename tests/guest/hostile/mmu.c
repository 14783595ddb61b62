/* SPDX-License-Identifier: Apache-2.0 */
/* Stage 1 (Arm ARM D8.3): 39 bits, an identity map in blocks of 1 GiB, and a window of pages that never rest. */
#include "tests/guest/hostile/hostile.h"

#define PTE_VALID   BIT(0)
#define PTE_TABLE   BIT(1)
#define PTE_ATTR(n) ((uint64_t)(n) << 2) /* 0: Device-nGnRnE, 1: write-back, 2: non-cacheable */
#define PTE_USER    BIT(6)
#define PTE_RO      BIT(7)
#define PTE_INNER   (UINT64_C(3) << 8)
#define PTE_AF      BIT(10)

#define MAIR UINT64_C(0x44ff00)
#define TCR                                                                                        \
	(UINT64_C(25) | UINT64_C(1) << 8 | UINT64_C(1) << 10 | UINT64_C(3) << 12 | BIT(23) |       \
			UINT64_C(2) << 32)
/* MMU, caches, stack alignment; RES1; EL0 may wait, zero and clean caches, and use CP15's barriers. */
#define SCTLR       UINT64_C(0x34d5d82d)
#define BLOCK_SHIFT 21

static uint64_t level1[512] __attribute__((aligned(4096)));
static uint64_t level2[512] __attribute__((aligned(4096)));
static volatile uint64_t level3[512] __attribute__((aligned(4096)));
/* Of the GiB and of the 2 MiB where the image is. */
static uint64_t image2[512] __attribute__((aligned(4096)));
static uint64_t image3[512] __attribute__((aligned(4096)));

static uint64_t block(uint64_t gib, unsigned attr)
{
	return gib << 30 | PTE_VALID | PTE_AF | PTE_INNER | PTE_ATTR(attr);
}

/* Memory to play with, devices, nothing; all kinds of attributes; and now and then no descriptor at all. */
static uint64_t random_pte(struct me *m)
{
	uint64_t pte = PTE_VALID | PTE_TABLE | PTE_INNER | PTE_ATTR(random_below(m, 3));

	if (one_in(m, 8))
		return one_in(m, 2) ? 0 : random64(m);
	if (!one_in(m, 16))
		pte |= PTE_AF;
	if (one_in(m, 6))
		pte |= PTE_RO;
	return pte | (random_gfn(m) << PAGE_SHIFT & (BIT(48) - 1));
}

/* Under the feet of whoever uses the window: without break before make, and often without invalidation. */
void mmu_shuffle(struct me *m, unsigned changes)
{
	while (changes--) {
		uint64_t n = random_below(m, 512);

		level3[n] = random_pte(m);
		if (one_in(m, 2))
			__asm__ volatile("dsb ishst\n\ttlbi vaae1is, %0\n\tdsb ish\n\tisb" ::"r"(
					(WINDOW >> PAGE_SHIFT) + n)
					: "memory");
	}
}

/* Its code is read-only, to the hypervisor's stores on its behalf too. */
static void protect_image(void)
{
	uint64_t base = (uintptr_t)_start, gib = base >> 30;
	uint64_t first = base & ~(BIT(BLOCK_SHIFT) - 1);

	for (uint64_t i = 0; i < 512; i++) {
		uint64_t page = first + i * PAGE_SIZE;

		image2[i] = block(gib, 1) + (i << BLOCK_SHIFT);
		image3[i] = (page | PTE_VALID | PTE_TABLE | PTE_AF | PTE_INNER | PTE_ATTR(1)) |
		            (page >= (uintptr_t)_text && page < (uintptr_t)_text_end ? PTE_RO : 0);
	}
	image2[first >> BLOCK_SHIFT & 511] = (uintptr_t)image3 | PTE_VALID | PTE_TABLE;
	level1[gib] = (uintptr_t)image2 | PTE_VALID | PTE_TABLE;
}

void mmu_init(void)
{
	for (uint64_t gib = 0; gib < 512; gib++)
		level1[gib] = block(gib, gib == 0 ? 0 : 1);
	for (uint64_t gib = 0; gib < 2; gib++)
		level1[(ALIAS_USER >> 30) + gib] = block(gib, gib == 0 ? 0 : 1) | PTE_USER;
	protect_image();
	level1[ALIAS_DEVICES >> 30] = block(0, 1);
	level1[ALIAS_RAM >> 30] = block(1, 0);
	level1[WINDOW >> 30] = (uintptr_t)level2 | PTE_VALID | PTE_TABLE;
	level2[0] = (uintptr_t)level3 | PTE_VALID | PTE_TABLE;
	/* What was written with caches off must not lie stale in them, nor what follows. */
	__asm__ volatile("dsb sy" ::: "memory");
}

void mmu_on(void)
{
	__asm__ volatile("msr mair_el1, %0\n\tmsr tcr_el1, %1\n\tmsr ttbr0_el1, %2\n\tisb\n\t"
			 "tlbi vmalle1\n\tic iallu\n\tdsb nsh\n\tisb\n\t"
			 "msr sctlr_el1, %3\n\tisb" ::"r"(MAIR),
			"r"(TCR), "r"(level1), "r"(SCTLR)
			: "memory");
}
