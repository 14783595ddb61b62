/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Exception vectors of EL2 and the way in and out of a guest (Arm ARM D1.3).
 *
 * While a guest runs, SP_EL2 points at its struct vcpu, whose first member takes the registers: no register
 * is needed to find the place. Graft itself runs with all interrupts masked, so nothing but a fault of
 * its own is ever taken from EL2; that ends on the emergency stack, since the fault may be a full stack.
 */
#include "arch/arm64/offsets.h"

	.text

.macro	save_guest
	stp	x0, x1, [sp, #REGS_X(0)]
	stp	x2, x3, [sp, #REGS_X(2)]
	stp	x4, x5, [sp, #REGS_X(4)]
	stp	x6, x7, [sp, #REGS_X(6)]
	stp	x8, x9, [sp, #REGS_X(8)]
	stp	x10, x11, [sp, #REGS_X(10)]
	stp	x12, x13, [sp, #REGS_X(12)]
	stp	x14, x15, [sp, #REGS_X(14)]
	stp	x16, x17, [sp, #REGS_X(16)]
	stp	x18, x19, [sp, #REGS_X(18)]
	stp	x20, x21, [sp, #REGS_X(20)]
	stp	x22, x23, [sp, #REGS_X(22)]
	stp	x24, x25, [sp, #REGS_X(24)]
	stp	x26, x27, [sp, #REGS_X(26)]
	stp	x28, x29, [sp, #REGS_X(28)]
	mrs	x1, elr_el2
	mrs	x2, spsr_el2
	stp	x30, x1, [sp, #REGS_X(30)]
	str	x2, [sp, #REGS_PSTATE]
	mov	x0, sp
	ldr	x3, [sp, #REGS_STACK]
	mov	sp, x3
	/* A backtrace of Graft ends here. */
	mov	x29, xzr
.endm

.macro	guest_vector handler
	.balign	128
	save_guest
	bl	\handler
	b	guest_enter
.endm

/* The guest's TPIDR registers are lost here: nothing returns from this. */
.macro	fatal_vector kind
	.balign	128
	msr	tpidr_el0, x0
	msr	tpidrro_el0, x1
	mov	x1, #\kind
	b	fatal_entry
.endm

	.balign	2048
	.globl vectors
vectors:
	fatal_vector 0			/* current EL with SP_EL0: never used */
	fatal_vector 1
	fatal_vector 2
	fatal_vector 3
	fatal_vector 4			/* current EL with SP_ELx */
	fatal_vector 5
	fatal_vector 6
	fatal_vector 7
	guest_vector trap_sync		/* lower EL, AArch64 */
	guest_vector trap_irq
	guest_vector trap_irq
	guest_vector trap_serror
	fatal_vector 12			/* lower EL, AArch32: HCR_EL2.RW is always set */
	fatal_vector 13
	fatal_vector 14
	fatal_vector 15

fatal_entry:
	mrs	x0, tpidr_el2
	cbz	x0, 1f			/* before the first CPU has its stacks */
	ldr	x0, [x0, #CPU_EMERGENCY_STACK]
	cbnz	x0, 2f
1:	mov	x0, sp
2:	msr	tpidr_el1, x0
	mov	x0, sp
	msr	sp_el0, x0
	mrs	x0, tpidr_el1
	mov	sp, x0
	sub	sp, sp, #FATAL_SIZE
	stp	x2, x3, [sp, #REGS_X(2)]
	stp	x4, x5, [sp, #REGS_X(4)]
	stp	x6, x7, [sp, #REGS_X(6)]
	stp	x8, x9, [sp, #REGS_X(8)]
	stp	x10, x11, [sp, #REGS_X(10)]
	stp	x12, x13, [sp, #REGS_X(12)]
	stp	x14, x15, [sp, #REGS_X(14)]
	stp	x16, x17, [sp, #REGS_X(16)]
	stp	x18, x19, [sp, #REGS_X(18)]
	stp	x20, x21, [sp, #REGS_X(20)]
	stp	x22, x23, [sp, #REGS_X(22)]
	stp	x24, x25, [sp, #REGS_X(24)]
	stp	x26, x27, [sp, #REGS_X(26)]
	stp	x28, x29, [sp, #REGS_X(28)]
	str	x30, [sp, #REGS_X(30)]
	mrs	x2, tpidr_el0
	mrs	x3, tpidrro_el0
	stp	x2, x3, [sp, #REGS_X(0)]
	mrs	x2, sp_el0
	mrs	x3, elr_el2
	stp	x2, x3, [sp, #FATAL_SP]
	mrs	x2, spsr_el2
	str	x2, [sp, #FATAL_PSTATE]
	mov	x0, sp
	bl	fatal_exception

/* Where every way into a guest ends; also the first one of a CPU. */
	.globl guest_enter
guest_enter:
	bl	guest_prepare		/* x0: the struct vcpu to enter */
	mov	sp, x0
	ldr	x1, [sp, #REGS_PC]
	ldr	x2, [sp, #REGS_PSTATE]
	msr	elr_el2, x1
	msr	spsr_el2, x2
	ldp	x2, x3, [sp, #REGS_X(2)]
	ldp	x4, x5, [sp, #REGS_X(4)]
	ldp	x6, x7, [sp, #REGS_X(6)]
	ldp	x8, x9, [sp, #REGS_X(8)]
	ldp	x10, x11, [sp, #REGS_X(10)]
	ldp	x12, x13, [sp, #REGS_X(12)]
	ldp	x14, x15, [sp, #REGS_X(14)]
	ldp	x16, x17, [sp, #REGS_X(16)]
	ldp	x18, x19, [sp, #REGS_X(18)]
	ldp	x20, x21, [sp, #REGS_X(20)]
	ldp	x22, x23, [sp, #REGS_X(22)]
	ldp	x24, x25, [sp, #REGS_X(24)]
	ldp	x26, x27, [sp, #REGS_X(26)]
	ldp	x28, x29, [sp, #REGS_X(28)]
	ldr	x30, [sp, #REGS_X(30)]
	ldp	x0, x1, [sp, #REGS_X(0)]
	eret
	dsb	nsh			/* no speculation past eret */
	isb
