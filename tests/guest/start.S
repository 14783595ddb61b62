/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A kernel image for arm64 (Linux's Documentation/arch/arm64/booting.rst): its header, the way into C for the
 * first vCPU (first_main()) and for those that PSCI brings (mmu_on(), other_main()), and vectors (fault_handle()).
 */

#define FRAME_SIZE 272
#define STACK_SIZE 16384

	.section .head, "ax"
	.globl _start
_start:
	b	entry
	nop
	.quad	0			/* text_offset */
	.quad	_end - _start
	.quad	0xa			/* little endian, 4 KiB pages, anywhere */
	.quad	0, 0, 0
	.ascii	"ARM\x64"
	.long	0

	.text
/* The image lies where the loader put it: its own pointers move along. */
entry:
	mov	x20, x0
	adr	x0, _start
	adrp	x1, rela_start
	add	x1, x1, :lo12:rela_start
	adrp	x2, rela_end
	add	x2, x2, :lo12:rela_end
1:	cmp	x1, x2
	b.hs	2f
	ldp	x3, x4, [x1], #16
	ldr	x5, [x1], #8
	cmp	w4, #1027		/* R_AARCH64_RELATIVE */
	b.ne	1b
	add	x5, x5, x0
	str	x5, [x0, x3]
	b	1b
2:	mov	x0, xzr
	bl	to_c
	mov	x0, x20
	bl	first_main
	b	.

/* x0: which vCPU. Its stack, vectors, tables; floating point. */
to_c:
	mov	x21, x30
	adrp	x1, stacks
	add	x1, x1, :lo12:stacks
	add	x2, x0, #1
	mov	x3, #STACK_SIZE
	madd	x1, x2, x3, x1
	msr	spsel, #1
	mov	sp, x1
	adrp	x1, vectors
	add	x1, x1, :lo12:vectors
	msr	vbar_el1, x1
	mov	x1, #0x300000
	msr	cpacr_el1, x1
	mov	x1, #0x303		/* timers and counters for EL0 */
	msr	cntkctl_el1, x1
	isb
	ret	x21

/* PSCI CPU_ON comes here, whoever makes that call and with whatever context. Tables are there. */
	.globl other_entry
other_entry:
	mrs	x0, mpidr_el1
	and	x0, x0, #7		/* VCPUS_MAX */
	bl	to_c
	bl	mmu_on
	bl	other_main
	b	.

/* int64_t hypercall_raw(uint64_t number, uint64_t args[5]) */
	.globl hypercall_raw
hypercall_raw:
	mov	x16, x0
	mov	x9, x1
	ldp	x0, x1, [x9]
	ldp	x2, x3, [x9, #16]
	ldr	x4, [x9, #32]
	hvc	#0xea1
	ret

/* int64_t smccc_raw(uint64_t function, uint64_t a, uint64_t b, uint64_t c) */
	.globl smccc_raw
smccc_raw:
	hvc	#0
	ret

	.macro	vector kind
	.balign	128
	sub	sp, sp, #FRAME_SIZE
	stp	x0, x1, [sp]
	mov	x0, #\kind
	b	exception
	.endm

	.balign	2048
vectors:
	.set	kind, 0
	.rept	16
	vector	kind
	.set	kind, kind + 1
	.endr

exception:
	stp	x2, x3, [sp, #16]
	stp	x4, x5, [sp, #32]
	stp	x6, x7, [sp, #48]
	stp	x8, x9, [sp, #64]
	stp	x10, x11, [sp, #80]
	stp	x12, x13, [sp, #96]
	stp	x14, x15, [sp, #112]
	stp	x16, x17, [sp, #128]
	stp	x18, x19, [sp, #144]
	stp	x20, x21, [sp, #160]
	stp	x22, x23, [sp, #176]
	stp	x24, x25, [sp, #192]
	stp	x26, x27, [sp, #208]
	stp	x28, x29, [sp, #224]
	mrs	x1, elr_el1
	stp	x30, x1, [sp, #240]
	mrs	x2, spsr_el1
	str	x2, [sp, #256]
	mov	x1, sp
	bl	fault_handle
	ldp	x30, x1, [sp, #240]
	ldr	x2, [sp, #256]
	msr	elr_el1, x1
	msr	spsr_el1, x2
	ldp	x0, x1, [sp]
	ldp	x2, x3, [sp, #16]
	ldp	x4, x5, [sp, #32]
	ldp	x6, x7, [sp, #48]
	ldp	x8, x9, [sp, #64]
	ldp	x10, x11, [sp, #80]
	ldp	x12, x13, [sp, #96]
	ldp	x14, x15, [sp, #112]
	ldp	x16, x17, [sp, #128]
	ldp	x18, x19, [sp, #144]
	ldp	x20, x21, [sp, #160]
	ldp	x22, x23, [sp, #176]
	ldp	x24, x25, [sp, #192]
	ldp	x26, x27, [sp, #208]
	ldp	x28, x29, [sp, #224]
	add	sp, sp, #FRAME_SIZE
	eret

	.section .bss.stacks, "aw", %nobits
	.balign	4096
	.globl stacks
stacks:
	.skip	STACK_SIZE * 8
