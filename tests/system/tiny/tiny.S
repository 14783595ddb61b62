/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A guest of a few instructions, with the header of an arm64 Image (Linux, Documentation/arch/arm64/booting.rst). It
 * starts the vCPUs that it has, up to eight; then each does what TINY says (the first alone what ends the guest).
 */
#define PSCI_CPU_ON	  0xC4000003
#define PSCI_SYSTEM_OFF	  0x84000008
#define PSCI_SYSTEM_RESET 0x84000009
#define SCHED_OP	  29
#define SHUTDOWN	  2
#define REASON_CRASH	  3

	.macro	call number
	ldr	x0, =\number
	hvc	#0
	.endm

	.macro	spin
1:	b	1b
	.endm

	.macro	idle
1:	wfi
	b	1b
	.endm

	.macro	off
	call	PSCI_SYSTEM_OFF
	idle
	.endm

	.macro	reset
	call	PSCI_SYSTEM_RESET
	idle
	.endm

	.macro	crash
	mov	x16, #SCHED_OP
	mov	x0, #SHUTDOWN
	adr	x1, reason
	hvc	#0xEA1
	idle
	.endm

	.text
head:
	b	start
	.long	0
	.quad	0		/* text_offset */
	.quad	end - head	/* image_size */
	.quad	0xa		/* flags: little endian, 4 KiB pages, anywhere */
	.quad	0, 0, 0
	.ascii	"ARM\x64"
	.long	0

start:
	mov	x19, #1
2:	mov	x1, x19
	adr	x2, other
	mov	x3, #0
	call	PSCI_CPU_ON
	add	x19, x19, #1
	cmp	x19, #8
	b.ne	2b
	TINY

other:
	OTHER

	.balign	8
reason:
	.long	REASON_CRASH
	.ltorg
end:
