/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From the boot loader's jump to the first C function at its linked address. Image header: Linux's
 * Documentation/arch/arm64/booting.rst. Until the MMU is on, all addresses are physical and PC-relative.
 */
#include "arch/arm64/layout.h"

#define SCTLR_EL2_RES1	 0x30c50830
#define SCTLR_EL2_M	 (1 << 0)
#define SCTLR_EL2_C	 (1 << 2)
#define SCTLR_EL2_SA	 (1 << 3)
#define SCTLR_EL2_I	 (1 << 12)
#define SCTLR_EL2_WXN	 (1 << 19)

#define HCR_EL2_RW	 0x80000000
#define HCR_EL2_E2H_SHIFT 34

/* Attributes by index: 0 Normal write-back, 1 Device-nGnRE, 2 Normal non-cacheable (mm.h). */
#define MAIR_EL2_VALUE	 0x4404ff

/* RES1 bits 31 and 23, 4 KiB granule, inner shareable write-back walks, 48-bit addresses. */
#define TCR_EL2_VALUE	 0x80803510

	.section .head.text, "ax"
	.globl image_start_code
image_start_code:
	b	boot_entry
	.long	0
	.quad	0			/* text offset */
	.quad	image_end - image_start_code
	.quad	0xa			/* little endian, 4 KiB pages, anywhere in memory */
	.quad	0, 0, 0
	.ascii	"ARM\x64"
	.long	0

/* E2H is RES1 without FEAT_E2H0 (Arm ARM D19.2.48), unknown after reset with it. */
.macro	clear_e2h reg, stuck
	mov	\reg, #HCR_EL2_RW
	msr	hcr_el2, \reg
	isb
	mrs	\reg, hcr_el2
	tbnz	\reg, #HCR_EL2_E2H_SHIFT, \stuck
.endm

/* Loads the address that a symbol has where the code runs now. */
.macro	adr_here reg, sym
	adrp	\reg, \sym
	add	\reg, \reg, :lo12:\sym
.endm

/* Clean and invalidate [x0, x1) to the point of coherency. Clobbers x2, x3. */
cache_clean_range:
	mrs	x2, ctr_el0
	ubfx	x2, x2, #16, #4
	mov	x3, #4
	lsl	x2, x3, x2
	sub	x3, x2, #1
	bic	x0, x0, x3
1:	dc	civac, x0
	add	x0, x0, x2
	cmp	x0, x1
	b.lo	1b
	dsb	sy
	ret

boot_entry:
	mov	x20, x0			/* device tree */
	mrs	x21, CurrentEL
	msr	daifset, #0xf
	msr	spsel, #1		/* the way into a guest and out is by SP_EL2 */
	cmp	x21, #(2 << 2)
	b.ne	boot_wrong_el
	clear_e2h x0, boot_e2h

	/* Nothing of .bss may linger in a cache as what it was before. */
	adr_here x0, image_bss_start
	adr_here x1, image_end
	bl	cache_clean_range
	adr_here x0, image_bss_start
	adr_here x1, image_end
2:	stp	xzr, xzr, [x0], #16
	cmp	x0, x1
	b.lo	2b

	adr_here x0, boot_stack_top
	mov	sp, x0
	adr_here x0, image_start
	mov	x1, x20
	bl	boot_map
	/* The tables were written with the caches off: drop what speculation may have fetched meanwhile. */
	adr_here x0, image_bss_start
	adr_here x1, image_end
	bl	cache_clean_range

	bl	cpu_setup
	adr_here x0, image_start	/* physical, while it can still be had */
	mov	x19, x0
	bl	mmu_on			/* returns at linked addresses */
	ldr	x1, =boot_stack_top
	mov	sp, x1
	mov	x29, xzr
	mov	x0, x20
	mov	x1, x19
	ldr	x2, =boot_main
	br	x2

/* boot_complain finds a PL011 by itself and names x21, EL1 or EL3, or (0) an E2H that stays set; the MMU is off. */
boot_e2h:
	mov	x21, xzr
boot_wrong_el:
	adr_here x0, boot_stack_top
	mov	sp, x0
	mov	x0, x20
	lsr	x1, x21, #2
	bl	boot_complain
3:	wfi
	b	3b

/* PSCI starts the other CPUs here; x0: their struct cpu at its linked address. */
	.globl boot_secondary
boot_secondary:
	mov	x20, x0
	msr	daifset, #0xf
	msr	spsel, #1
	clear_e2h x0, secondary_e2h
	bl	cpu_setup
	bl	mmu_on
	msr	tpidr_el2, x20
	ldr	x1, [x20, #8]		/* struct cpu: stack_top, asserted in offsets.c */
	mov	sp, x1
	mov	x29, xzr
	ldr	x2, =boot_secondary_main
	mov	x0, x20
	br	x2

/* The CPU that boots looks here while it waits; nothing else may share the lines. */
secondary_e2h:
	adr_here x0, boot_e2h_stuck
	mrs	x1, mpidr_el1
	mrs	x2, midr_el1
	stp	x1, x2, [x0]
	dsb	sy
5:	wfi
	b	5b

/* EL2 registers that the MMU needs, and a clean slate; HCR_EL2.E2H is clear. Clobbers x0, x1. */
cpu_setup:
	mov	x0, #MAIR_EL2_VALUE & 0xffff
	movk	x0, #MAIR_EL2_VALUE >> 16, lsl #16
	msr	mair_el2, x0
	ldr	x0, =TCR_EL2_VALUE
	mrs	x1, id_aa64mmfr0_el1
	and	x1, x1, #0xf		/* PARange, 48 bits at the most: 52 would need another granule */
	cmp	x1, #5
	b.ls	4f
	mov	x1, #5
4:	bfi	x0, x1, #16, #3
	msr	tcr_el2, x0
	adr_here x0, boot_l0
	msr	ttbr0_el2, x0
	tlbi	alle2
	dsb	nsh
	isb
	ret

/* Turns the MMU on and returns to the caller's linked address. Clobbers x0-x3. */
mmu_on:
	ldr	x0, =(SCTLR_EL2_RES1 | SCTLR_EL2_M | SCTLR_EL2_C | SCTLR_EL2_SA | SCTLR_EL2_I | SCTLR_EL2_WXN)
	adr_here x1, image_start
	ldr	x2, =LAYOUT_IMAGE_BASE
	sub	x2, x2, x1
	add	x30, x30, x2		/* what it will be called */
	ic	iallu
	dsb	nsh
	isb
	msr	sctlr_el2, x0
	isb
	ret

/* Leaves the boot stack for this CPU's own: x0 stack, x1 function. */
	.globl boot_switch_stack
boot_switch_stack:
	mov	sp, x0
	mov	x29, xzr
	br	x1

	.section .bss.boot_e2h_stuck, "aw", %nobits
	.balign 2048			/* the largest cache line that CTR_EL0.CWG can tell */
	.globl boot_e2h_stuck
boot_e2h_stuck:
	.space	2048

	.section .bss.boot_stack, "aw", %nobits
	.balign 16
	.space	8192
	.globl boot_stack_top
boot_stack_top:
