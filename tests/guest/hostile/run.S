/* SPDX-License-Identifier: Apache-2.0 */
/* The door to instructions made at run time, and the way back. */

	.text
/*
 * void run_raw(void *code, uint64_t regs[30], void *stack, uint64_t *saved_sp, uint64_t spsr): x0 to x28 are
 * loaded, the code runs on SP_EL0 and returns to x30; what faults is stepped over. What runs away, and what EL0
 * does to get out, ends at run_lost.
 */
	.globl run_raw
run_raw:
	sub	sp, sp, #96
	stp	x19, x20, [sp]
	stp	x21, x22, [sp, #16]
	stp	x23, x24, [sp, #32]
	stp	x25, x26, [sp, #48]
	stp	x27, x28, [sp, #64]
	stp	x29, x30, [sp, #80]
	mov	x9, sp
	str	x9, [x3]
	msr	elr_el1, x0
	msr	spsr_el1, x4
	adr	x30, run_lost
	mov	x29, x1
	msr	sp_el0, x2
	ldp	x0, x1, [x29]
	ldp	x2, x3, [x29, #16]
	ldp	x4, x5, [x29, #32]
	ldp	x6, x7, [x29, #48]
	ldp	x8, x9, [x29, #64]
	ldp	x10, x11, [x29, #80]
	ldp	x12, x13, [x29, #96]
	ldp	x14, x15, [x29, #112]
	ldp	x16, x17, [x29, #128]
	ldp	x18, x19, [x29, #144]
	ldp	x20, x21, [x29, #160]
	ldp	x22, x23, [x29, #176]
	ldp	x24, x25, [x29, #192]
	ldp	x26, x27, [x29, #208]
	ldr	x28, [x29, #224]
	eret
	.globl run_lost
run_lost:
	msr	daifset, #0xf
	msr	spsel, #1
	mov	x0, sp
	bl	where_was_i		/* the stack pointer that run_raw saved */
	mov	sp, x0
	mov	x1, #0x300000
	msr	cpacr_el1, x1
	isb
	ldp	x19, x20, [sp]
	ldp	x21, x22, [sp, #16]
	ldp	x23, x24, [sp, #32]
	ldp	x25, x26, [sp, #48]
	ldp	x27, x28, [sp, #64]
	ldp	x29, x30, [sp, #80]
	add	sp, sp, #96
	ret
