/* SPDX-License-Identifier: Apache-2.0 */
/* Stage 1 (Arm ARM D8.3): 39 bits, an identity map in blocks of 1 GiB; devices in the first. */
#include "tests/guest/checks/checks.h"

#define BLOCK_DEVICE UINT64_C(0x401) /* valid, AF, Attr0 */
#define BLOCK_MEMORY UINT64_C(0x705) /* valid, AF, inner shareable, Attr1 */
#define MAIR         UINT64_C(0xff00) /* Attr0: Device-nGnRnE, Attr1: write-back */
#define TCR                                                                                        \
	(UINT64_C(25) | UINT64_C(1) << 8 | UINT64_C(1) << 10 | UINT64_C(3) << 12 | BIT(23) |       \
			UINT64_C(2) << 32)
#define SCTLR UINT64_C(0x30d01805) /* RES1; MMU and caches on */

static uint64_t level1[512] __attribute__((aligned(4096)));

void mmu_init(void)
{
	for (uint64_t gib = 0; gib < ARRAY_SIZE(level1); gib++)
		level1[gib] = gib << 30 | (gib ? BLOCK_MEMORY : BLOCK_DEVICE);
	__asm__ volatile("dsb sy" ::: "memory");
}

void mmu_on(void)
{
	sysreg_write(mair_el1, MAIR);
	sysreg_write(tcr_el1, TCR);
	sysreg_write(ttbr0_el1, (uintptr_t)level1);
	__asm__ volatile("tlbi vmalle1\n\tic iallu\n\tdsb nsh\n\tisb" ::: "memory");
	sysreg_write(sctlr_el1, SCTLR);
}
