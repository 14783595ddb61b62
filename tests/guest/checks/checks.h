/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A guest kernel that checks what the architecture promises of timers, interrupts, caches, debug and PSCI, and says
 * PASS or FAIL of each on the console. Two vCPUs; runs as a guest and as Dom0's kernel.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define BIT(n)        (UINT64_C(1) << (n))

#define sysreg_read(name)                                                                          \
	({                                                                                         \
		uint64_t value_;                                                                   \
		__asm__ volatile("mrs %0, " #name : "=r"(value_)::"memory");                       \
		value_;                                                                            \
	})
#define sysreg_write(name, value)                                                                  \
	__asm__ volatile("msr " #name ", %0\n\tisb" ::"r"((uint64_t)(value)) : "memory")

/* As tests/guest/start.S puts it on the stack. */
struct frame {
	uint64_t x[31], elr, spsr, pad;
};

/* start.S */
int64_t hypercall_raw(uint64_t number, uint64_t args[5]);
int64_t smccc_raw(uint64_t function, uint64_t a, uint64_t b, uint64_t c);
extern char other_entry[];

/* main.c */
struct check {
	const char *name;
	bool (*run)(void);
};
unsigned this_vcpu(void);
/* Runs job on the other vCPU, and returns when it is done. */
void on_other(void (*job)(void));
/* The same in two halves: what comes between runs beside the job. */
void begin_on_other(void (*job)(void));
void wait_for_other(void);

/* clock.c */
uint64_t counter(void);
/* Until condition() or for ten seconds; whether it came. */
bool wait_for(bool (*condition)(void));

/* mmu.c */
void mmu_init(void);
void mmu_on(void);

/* fdt.c: where the GIC is. */
struct machine {
	uint64_t gic_dist, gic_rdist;
};
extern struct machine machine;
void fdt_read(const void *fdt);

/* fault.c: exceptions of the vCPU that asks. */
#define EC_UNKNOWN    0x00
#define EC_SVC64      0x15
#define EC_DATA_ABORT 0x25
#define EC_BREAKPOINT 0x31
#define EC_STEP       0x33
#define EC_WATCHPOINT 0x35
struct seen {
	volatile unsigned count[64]; /* by exception class */
	volatile uint64_t elr, far; /* of the latest */
	volatile unsigned steps_wanted;
};
extern struct seen seen[2];
/* Forgets what this vCPU saw. */
struct seen *see_anew(void);

/* gic.c */
#define PPI_VTIMER 27
#define PPI_PTIMER 30
void gic_init(void); /* each vCPU */
void gic_enable(unsigned intid, bool enable); /* SGI or PPI of this vCPU */
bool gic_pending(unsigned vcpu, unsigned intid);
void gic_interrupt(void); /* from the vector */
extern volatile unsigned interrupts[2][32];
extern void (*volatile on_interrupt)(unsigned intid); /* after the deactivation */
void irqs_on(void);
void irqs_off(void);

extern const struct check basic_checks[], gic_checks[], timer_checks[], cache_checks[],
		debug_checks[];
