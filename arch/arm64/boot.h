/* SPDX-License-Identifier: Apache-2.0 */
/* Functions that assembly calls or offers during boot. */
#pragma once

#include <stdint.h>

struct cpu;

/* enum harden */
extern const char vectors[], vectors_loop[], vectors_clrbhb[], vectors_firmware[];
extern const char boot_secondary[];

/* The last CPU that PSCI started and whose HCR_EL2.E2H cannot be cleared; 0: none. Written past the caches. */
extern volatile struct boot_e2h_stuck {
	uint64_t mpidr, midr; /* as the registers have them */
} boot_e2h_stuck;

/* The first C function at its linked address, MMU on, on the boot stack. */
_Noreturn void boot_main(uint64_t dtb_pa, uint64_t image_pa);
_Noreturn void boot_secondary_main(struct cpu *cpu);

/*
 * What was handed over cannot be booted: one line on the UART says what is wrong and what to change, and the
 * machine stops. For Graft's own faults there is panic().
 */
_Noreturn void boot_refuse(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* Entered at another exception level than EL2, or (el 0) with an HCR_EL2.E2H that cannot be cleared; MMU off. */
void boot_complain(uint64_t dtb_pa, uint64_t el);

_Noreturn void boot_switch_stack(uintptr_t stack, void (*function)(void));

/* This CPU's own PPIs: the EL2 timer, the guests' virtual timer. */
void boot_enable_ppis(void);
