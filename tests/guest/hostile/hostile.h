/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A guest kernel that tries everything a guest can: what its files share. Each vCPU draws from a random sequence
 * of its own, so that a seed names a run; what vCPUs do to each other depends on time.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))
#define MIN(a, b)     ((a) < (b) ? (a) : (b))
#define BIT(n)        (UINT64_C(1) << (n))

#define PAGE_SIZE  UINT64_C(4096)
#define PAGE_SHIFT 12
#define VCPUS_MAX  8
#define HVC_ARGS   5

/* main.c: of each vCPU. */
enum tally {
	TALLY_HYPERCALLS,
	TALLY_REFUSED, /* of these: answered by an error */
	TALLY_CONTROL, /* of these: for the toolstack alone */
	TALLY_ACCEPTED, /* of the latter: not refused, which must not be */
	TALLY_ACCESSES,
	TALLY_SYSREGS,
	TALLY_WORDS, /* random instructions */
	TALLY_PSCI,
	TALLY_FAULTS,
	TALLY_INTERRUPTS,
	TALLY_LOST, /* had to be brought back from where an instruction led */
	TALLY_RESTARTS,
	TALLIES,
};

struct me {
	uint64_t saved_sp; /* of run_raw() */
	uint64_t random;
	volatile uint64_t beat; /* moves on while it lives */
	volatile bool started;
	unsigned id;
	uint64_t tally[TALLIES];
	uint32_t *code; /* a page for instructions */
};

extern struct me vcpus[VCPUS_MAX];
extern unsigned vcpu_count;
struct me *me(void);
uint64_t counter(void);
uint64_t counter_hz(void);
/* The last vCPU has nothing to lose: it may turn its own MMU off. */
bool reckless(const struct me *m);

/* boot.c: what the device tree says. */
struct boot {
	uint64_t ram_base, ram_size;
	uint64_t seed, seconds,
		only; /* command line: seed=, seconds=, only= (a mask of what is done) */
	unsigned vcpus;
};
extern struct boot boot;
void boot_read(const void *fdt);

/* print.c */
void print_init(void);
void print(const char *text);
void print_number(const char *name, uint64_t value);
void print_end(void);
extern uint64_t console_gfn, store_gfn, console_port;

/* mmu.c: physical addresses are virtual ones below 512 GiB less what follows. */
#define WINDOW        (UINT64_C(300) << 30) /* 2 MiB whose pages change all the time */
#define WINDOW_SIZE   (UINT64_C(2) << 20)
#define ALIAS_DEVICES (UINT64_C(400) << 30) /* the first GiB as if it were memory */
#define ALIAS_RAM     (UINT64_C(401) << 30) /* the second as if it were devices */
void mmu_init(void);
void mmu_on(void);
void mmu_shuffle(struct me *m, unsigned changes);

/* start.S, fault.c */
int64_t hypercall_raw(uint64_t number, uint64_t args[HVC_ARGS]);
int64_t smccc_raw(uint64_t function, uint64_t a, uint64_t b, uint64_t c);
void run_raw(void *code, uint64_t regs[30], void *stack, uint64_t *saved_sp);
extern char _start[], _end[], other_entry[], run_lost[];
/* Runs instructions with these registers; faults are stepped over. */
void run_words(struct me *m, const uint32_t *words, unsigned count, uint64_t regs[30]);

/* random.c */
uint64_t random64(struct me *m);
uint64_t random_below(struct me *m, uint64_t n);
bool one_in(struct me *m, unsigned n);
/* RAM to play with, beside the image. */
extern uint64_t arena, arena_size;
uint64_t random_pointer(struct me *m);
uint64_t random_gfn(struct me *m);
uint64_t random_domain(struct me *m);
uint64_t random_value(struct me *m);
void random_registers(struct me *m, uint64_t regs[30]);

/* What is done, one step each. */
void do_hypercall(struct me *m);
void do_access(struct me *m);
void do_sysreg(struct me *m);
void do_words(struct me *m);
void do_psci(struct me *m);
void do_scribble(struct me *m);
void scribble_init(void);

/*
 * Stores that may fault: what is stepped over must be the store alone, not the step of a loop that the compiler has
 * put into it.
 */
static inline void poke8(uint64_t at, uint8_t value)
{
	__asm__ volatile("strb %w0, [%1]" ::"r"(value), "r"(at) : "memory");
}

static inline void poke64(uint64_t at, uint64_t value)
{
	__asm__ volatile("str %0, [%1]" ::"r"(value), "r"(at) : "memory");
}

/* hypercall.c */
int64_t hypercall(uint64_t number, uint64_t a, uint64_t b, uint64_t c);
