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

/*
 * report.c: what is counted, each by itself: what was done, and what was refused or faulted. The first rows up to
 * FAMILY_OTHER are hypercalls by their numbers.
 */
#define TALLY_LIST(T)                                                                              \
	T(PLATFORM, "platform")                                                                    \
	T(MEMORY, "memory")                                                                        \
	T(MULTICALL, "multicall")                                                                  \
	T(VERSION, "version")                                                                      \
	T(CONSOLE, "console")                                                                      \
	T(GRANT, "grant")                                                                          \
	T(ASSIST, "assist")                                                                        \
	T(VCPU, "vcpu")                                                                            \
	T(XSM, "xsm")                                                                              \
	T(SCHED, "sched")                                                                          \
	T(EVTCHN, "evtchn")                                                                        \
	T(PHYSDEV, "physdev")                                                                      \
	T(HVM, "hvm")                                                                              \
	T(SYSCTL, "sysctl")                                                                        \
	T(DOMCTL, "domctl")                                                                        \
	T(ARGO, "argo")                                                                            \
	T(XENPMU, "xenpmu")                                                                        \
	T(DM, "dm")                                                                                \
	T(HYPFS, "hypfs")                                                                          \
	T(UNKNOWN, "unknown")                                                                      \
	T(CONTROL, "control") /* of all these: for the toolstack alone; done: must not be */       \
	T(GICD, "gicd")                                                                            \
	T(GICR, "gicr")                                                                            \
	T(UART, "uart")                                                                            \
	T(NOWHERE, "nowhere") /* addresses with nothing behind them */                             \
	T(OWN, "own") /* the guest's own memory, also as if it were a device */                    \
	T(CACHE, "cache") /* maintenance of caches and TLBs, translation */                        \
	T(ICC, "icc")                                                                              \
	T(TIMER, "timer")                                                                          \
	T(DEBUG, "debug")                                                                          \
	T(PMU, "pmu")                                                                              \
	T(RAS, "ras")                                                                              \
	T(IMPDEF, "impdef")                                                                        \
	T(ID, "id")                                                                                \
	T(FEATURE, "feature") /* pointer authentication, SVE, SME, MTE */                          \
	T(HIGHER, "higher") /* registers of EL2 and EL3 */                                         \
	T(SYSREG, "sysreg") /* any other */                                                        \
	T(AARCH32, "aarch32")                                                                      \
	T(FETCH, "fetch") /* instructions from where there are none */                             \
	T(HVC, "hvc")                                                                              \
	T(SMC, "smc")                                                                              \
	T(PSCI, "psci")                                                                            \
	T(WORDS, "words") /* random instructions */                                                \
	T(SCRIBBLE, "scribble")                                                                    \
	T(STEPS, "steps")                                                                          \
	T(INTERRUPTS, "interrupts")                                                                \
	T(LOST, "lost") /* had to be led back from where an instruction led */                     \
	T(RESTARTS, "restarts")

enum tally {
#define TALLY_ENUM(id, name) TALLY_##id,
	TALLY_LIST(TALLY_ENUM)
#undef TALLY_ENUM
			TALLIES,
};

struct me {
	uint64_t saved_sp; /* of run_raw() */
	uint64_t random;
	uint64_t faults;
	volatile uint64_t beat; /* moves on while it lives */
	unsigned id;
	uint32_t *code; /* a page for instructions */
	/* What it saw of the others' beats, and when they last moved. */
	uint64_t beats[VCPUS_MAX], since[VCPUS_MAX];
};

void report_init(void);
void report_done(void);
void tally(struct me *m, enum tally what, bool done);
uint64_t tally_steps(void);

/* main.c */
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
	/* Command line: seed=, steps= (of all vCPUs together), only= (a mask of what is done). */
	uint64_t seed, steps, only;
	unsigned vcpus;
};
extern struct boot boot;
void boot_read(const void *fdt);

/* mmu.c: physical addresses are virtual ones below 512 GiB less what follows. */
#define ALIAS_USER    (UINT64_C(2) << 30) /* the first two GiB again, for EL0 */
#define WINDOW        (UINT64_C(300) << 30) /* 2 MiB whose pages change all the time */
#define WINDOW_SIZE   (UINT64_C(2) << 20)
#define ALIAS_DEVICES (UINT64_C(400) << 30) /* the first GiB as if it were memory */
#define ALIAS_RAM     (UINT64_C(401) << 30) /* the second as if it were devices */
void mmu_init(void);
void mmu_on(void);
void mmu_shuffle(struct me *m, unsigned changes);

/* start.S, fault.c */
void interrupts_init(struct me *m);
int64_t hypercall_raw(uint64_t number, uint64_t args[HVC_ARGS]);
int64_t smccc_raw(uint64_t function, uint64_t a, uint64_t b, uint64_t c);
void run_raw(void *code, uint64_t regs[30], void *stack, uint64_t *saved_sp, uint64_t spsr);
extern char _start[], _text[], _text_end[], _end[], other_entry[], run_lost[];
enum run_mode { RUN_EL1, RUN_EL0, RUN_AARCH32 };
/*
 * Runs instructions with these registers; faults are stepped over. True: there were none. False: some, or the
 * instructions could not be stored, and were not run.
 */
bool run_words(struct me *m, enum run_mode mode, const uint32_t *words, unsigned count,
		uint64_t regs[30]);
bool run_at(struct me *m, uint64_t address, uint64_t regs[30]);

/* random.c */
uint64_t random64(struct me *m);
uint64_t random_below(struct me *m, uint64_t n);
bool one_in(struct me *m, unsigned n);
/* Seldom: for what sends a vCPU to sleep, since another one must come and wake it. */
bool seldom(struct me *m);
/* RAM to play with, beside the image. */
extern uint64_t arena, arena_size;
uint64_t random_pointer(struct me *m);
uint64_t random_gfn(struct me *m);
uint64_t random_domain(struct me *m);
extern uint64_t own_domid;
uint64_t random_value(struct me *m);
void random_registers(struct me *m, uint64_t regs[30]);

/* What is done, one step each. */
void do_hypercall(struct me *m);
void do_access(struct me *m);
void do_fetch(struct me *m);
void do_sysreg(struct me *m);
void do_aarch32(struct me *m);
void do_words(struct me *m);
void do_psci(struct me *m);
void do_scribble(struct me *m);
void scribble_init(void);

/* end.c: the last thing it does, by its seed. */
_Noreturn void end_guest(void);

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
