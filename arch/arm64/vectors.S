/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Exception vectors of EL2 and the way in and out of a guest (Arm ARM D1.3).
 *
 * While a guest runs, SP_EL2 points at its struct vcpu, whose first member takes the registers: no register
 * is needed to find the place. Graft itself runs with all interrupts masked, so nothing but a fault of
 * its own, or an SError that it lets in, is ever taken from EL2; a fault ends on the emergency stack, since it may be a
 * full stack.
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
.endm

/* On Graft's stack, where a backtrace ends. x0: struct vcpu. */
.macro	leave_guest
	mov	x0, sp
	ldr	x3, [sp, #REGS_STACK]
	mov	sp, x3
	mov	x29, xzr
.endm

/*
 * The guest's accesses are complete and their SErrors pending (DSB; ESB where there is FEAT_RAS: HINT #16), then
 * PSTATE.A is open until they are taken. x3: ESR_EL2 of one, 0: none came. serror_vector writes x3, x4.
 */
.macro	take_serror
	mov	x3, xzr
	dsb	sy
	isb
	msr	daifclr, #4
	hint	#16
	isb
	msr	daifset, #4
.endm

/*
 * Branch history and branch targets that a guest trained are cleared before the first branch that they could predict, so
 * within the vector (Arm, "Spectre-BHB"; Arm DEN0028, 7). x0 to x3, which firmware may change, are saved by now.
 */
.macro	clear_by_nothing
.endm

.macro	clear_by_loop
	mrs	x0, tpidr_el2
	ldr	w0, [x0, #CPU_BRANCH_LOOPS]
1:	b	2f
2:	subs	x0, x0, #1
	b.ne	1b
	dsb	nsh
	isb
.endm

.macro	clear_by_clrbhb
	hint	#22
	isb
.endm

.macro	clear_by_firmware
	mrs	x0, tpidr_el2
	ldr	w0, [x0, #CPU_WORKAROUND]
	smc	#0
.endm

.macro	guest_vector how, kind
	.balign	128
	save_guest
	clear_by_\how
	b	exit_\kind
.endm

/*
 * SError from EL2. PSTATE.A is only open in take_serror, so it was taken there; FAR_EL2, HPFAR_EL2 and ESR_EL2 are the
 * SError's now. The rest of the window runs with PSTATE.A set: another one waits for the next window, or the ESB takes
 * it into DISR_EL1, which nobody reads. It is the same vCPU's, and VSE is one bit.
 */
.macro	serror_vector
	.balign	128
	mrs	x3, esr_el2
	mrs	x4, spsr_el2
	orr	x4, x4, #(1 << 8)
	msr	spsr_el2, x4
	eret
	dsb	nsh
	isb
.endm

/* The guest's TPIDR registers are lost here: nothing returns from this. */
.macro	fatal_vector kind
	.balign	128
	msr	tpidr_el0, x0
	msr	tpidrro_el0, x1
	mov	x1, #\kind
	b	fatal_entry
.endm

/* .org refuses to go back: no vector is longer than 128 bytes. */
.macro	vector_table name, how
	.balign	2048
	.globl \name
\name:
	fatal_vector 0			/* current EL with SP_EL0: never used */
	fatal_vector 1
	fatal_vector 2
	fatal_vector 3
	fatal_vector 4			/* current EL with SP_ELx */
	fatal_vector 5
	fatal_vector 6
	serror_vector
	guest_vector \how, sync		/* lower EL, AArch64 */
	guest_vector \how, irq
	guest_vector \how, irq
	guest_vector \how, serror
	fatal_vector 12			/* lower EL, AArch32: HCR_EL2.RW is always set */
	fatal_vector 13
	fatal_vector 14
	fatal_vector 15
	.org	\name + 2048
.endm

/* One table for each enum harden; each CPU starts with the first. */
	vector_table vectors, nothing
	vector_table vectors_loop, loop
	vector_table vectors_clrbhb, clrbhb
	vector_table vectors_firmware, firmware

exit_sync:
	leave_guest
	mrs	x1, esr_el2
	take_serror
	cbnz	x3, exit_serror_late
	bl	trap_sync
	b	guest_enter
exit_irq:
	leave_guest
	mov	x1, xzr			/* ESR_EL2 is of an older exception */
	take_serror
	cbnz	x3, exit_serror_late
	bl	trap_irq
	b	guest_enter
exit_serror:
	leave_guest
	mrs	x1, esr_el2
	take_serror			/* of the guest's other accesses: VSE is one bit, so they are one */
	bl	trap_serror
	b	guest_enter
exit_serror_late:
	mov	x2, x3
	bl	trap_serror_late
	b	guest_enter

/* uint64_t serror_window(void) */
	.globl serror_window
serror_window:
	take_serror
	mov	x0, x3
	ret

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
