/* SPDX-License-Identifier: Apache-2.0 */
/* Self-hosted debug at EL1 (Arm ARM D2): breakpoints, watchpoints, software step, the OS lock; each vCPU its own. */
#include "tests/guest/checks/checks.h"

#define MDSCR_SS  BIT(0)
#define MDSCR_KDE BIT(13)
#define MDSCR_MDE BIT(15)
#define BCR_EL1   (0xfU << 5 | 1U << 1 | 1) /* four bytes, EL1, on */
#define WCR_EL1   (0xffU << 5 | 2U << 3 | 1U << 1 | 1) /* eight bytes, stores, EL1, on */
#define STEPS     50

static volatile uint64_t watched[2];

/* Different, so that the compiler does not make one of them. */
static __attribute__((noinline)) void first_target(void)
{
	__asm__ volatile("nop" ::: "memory");
}

static __attribute__((noinline)) void second_target(void)
{
	__asm__ volatile("isb" ::: "memory");
}

static void debug_on(uint64_t mdscr)
{
	sysreg_write(oslar_el1, 0);
	sysreg_write(mdscr_el1, mdscr);
	__asm__ volatile("msr daifclr, #8\n\tisb" ::: "memory");
}

static void debug_off(void)
{
	__asm__ volatile("msr daifset, #8\n\tisb" ::: "memory");
	sysreg_write(mdscr_el1, 0);
	sysreg_write(dbgbcr0_el1, 0);
	sysreg_write(dbgbcr1_el1, 0);
	sysreg_write(dbgwcr0_el1, 0);
	sysreg_write(dbgwcr1_el1, 0);
}

/* Calls `target` with debug exceptions on; whether its first instruction met a breakpoint. */
static bool meets(void (*target)(void))
{
	struct seen *s = see_anew();

	debug_on(MDSCR_MDE | MDSCR_KDE);
	target();
	return s->count[EC_BREAKPOINT] == 1 && s->elr == (uintptr_t)target;
}

static bool check_breakpoints(void)
{
	sysreg_write(dbgbvr0_el1, (uintptr_t)first_target);
	sysreg_write(dbgbcr0_el1, BCR_EL1);
	sysreg_write(dbgbvr1_el1, (uintptr_t)second_target);
	sysreg_write(dbgbcr1_el1, BCR_EL1);
	bool good = meets(first_target) && meets(second_target);

	sysreg_write(dbgbcr0_el1, 0);
	good = good && !meets(first_target) && meets(second_target);
	debug_off();
	return good && !meets(second_target);
}

static bool stores_meet(unsigned n)
{
	struct seen *s = see_anew();

	debug_on(MDSCR_MDE | MDSCR_KDE);
	watched[n] = 1;
	return s->count[EC_WATCHPOINT] == 1 && s->far == (uintptr_t)&watched[n];
}

static bool check_watchpoints(void)
{
	sysreg_write(dbgwvr0_el1, (uintptr_t)&watched[0]);
	sysreg_write(dbgwcr0_el1, WCR_EL1);
	sysreg_write(dbgwvr1_el1, (uintptr_t)&watched[1]);
	sysreg_write(dbgwcr1_el1, WCR_EL1);
	bool good = stores_meet(0) && stores_meet(1);

	sysreg_write(dbgwcr1_el1, 0);
	good = good && stores_meet(0) && !stores_meet(1);
	debug_off();
	return good;
}

/* SVC: its handler clears SPSR_EL1.D and sets SS, so that steps begin behind it (Arm ARM D2.12). */
static struct seen *prepare_steps(unsigned wanted)
{
	struct seen *s = see_anew();

	s->steps_wanted = wanted;
	sysreg_write(oslar_el1, 0);
	sysreg_write(mdscr_el1, MDSCR_SS | MDSCR_KDE);
	return s;
}

static bool check_steps(void)
{
	struct seen *s = prepare_steps(STEPS);

	__asm__ volatile("svc #0" ::: "memory");
	for (volatile unsigned i = 0; i < STEPS; i++)
		;
	debug_off();
	return s->count[EC_STEP] == STEPS;
}

/* An access that traps to the hypervisor is a step too. */
static bool check_step_over_trap(void)
{
	struct seen *s = prepare_steps(1);
	uint64_t behind;

	__asm__ volatile("adr %0, 1f\n\tsvc #0\n\tmrs x9, oslsr_el1\n1:\tnop\n\tnop"
			: "=&r"(behind)
			:
			: "x9", "memory");
	debug_off();
	return s->count[EC_STEP] == 1 && s->elr == behind;
}

static bool check_os_lock(void)
{
	sysreg_write(dbgbvr0_el1, (uintptr_t)first_target);
	sysreg_write(dbgbcr0_el1, BCR_EL1);
	bool good = meets(first_target);
	struct seen *s = see_anew();

	sysreg_write(mdscr_el1, MDSCR_MDE | MDSCR_KDE);
	sysreg_write(oslar_el1, 1);
	__asm__ volatile("msr daifclr, #8\n\tisb" ::: "memory");
	first_target();
	good = good && s->count[EC_BREAKPOINT] == 0 && (sysreg_read(oslsr_el1) & 2);
	sysreg_write(oslar_el1, 0);
	good = good && !(sysreg_read(oslsr_el1) & 2);
	debug_off();
	return good;
}

static bool other_good;

static void other_breaks(void)
{
	sysreg_write(dbgbvr0_el1, (uintptr_t)second_target);
	sysreg_write(dbgbcr0_el1, BCR_EL1);
	other_good = meets(second_target) && !meets(first_target);
	debug_off();
}

static bool check_each_vcpu_its_own(void)
{
	sysreg_write(dbgbvr0_el1, (uintptr_t)first_target);
	sysreg_write(dbgbcr0_el1, BCR_EL1);
	bool good = meets(first_target);

	on_other(other_breaks);
	good = good && other_good && meets(first_target) && !meets(second_target) &&
	       sysreg_read(dbgbvr0_el1) == (uintptr_t)first_target;
	debug_off();
	return good;
}

static bool check_claim(void)
{
	sysreg_write(dbgclaimclr_el1, 0xff);
	sysreg_write(dbgclaimset_el1, 0x5a);
	sysreg_write(dbgclaimclr_el1, 0x0a);
	bool good = sysreg_read(dbgclaimclr_el1) == 0x50 && sysreg_read(dbgclaimset_el1) == 0xff;

	sysreg_write(dbgclaimclr_el1, 0xff);
	return good;
}

const struct check debug_checks[] = {
	{ "debug-breakpoints", check_breakpoints },
	{ "debug-watchpoints", check_watchpoints },
	{ "debug-steps", check_steps },
	{ "debug-step-over-trap", check_step_over_trap },
	{ "debug-os-lock", check_os_lock },
	{ "debug-each-vcpu-its-own", check_each_vcpu_its_own },
	{ "debug-claim", check_claim },
	{ NULL, NULL },
};
