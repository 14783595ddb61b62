/* SPDX-License-Identifier: Apache-2.0 */
/* What Graft keeps of a vCPU's registers; the same on the host, where tests play the processor. */
#pragma once

#include "core/ratelimit.h"
#include "core/spinlock.h"
#include "core/timer.h"
#include "core/types.h"

/* Saved by the entry code; its offsets are checked in arch/arm64/offsets.h. */
struct guest_regs {
	uint64_t x[31];
	uint64_t pc;   /* ELR_EL2 */
	uint64_t pstate; /* SPSR_EL2 */
	uint64_t stack; /* EL2 stack of the CPU it runs on: the entry code switches to it */
};

/* EL1 and EL0 state that only changes hands at a vCPU switch. */
struct guest_sysregs {
	uint64_t sp_el0, sp_el1, elr_el1, spsr_el1, sctlr_el1, actlr_el1, cpacr_el1;
	uint64_t ttbr0_el1, ttbr1_el1, tcr_el1, mair_el1, amair_el1, vbar_el1, contextidr_el1;
	uint64_t esr_el1, far_el1, afsr0_el1, afsr1_el1, par_el1, csselr_el1;
	uint64_t tpidr_el0, tpidrro_el0, tpidr_el1, cntkctl_el1;
	uint64_t vmpidr;
	uint64_t hcr, vdisr; /* bits GUEST_HCR_OWN of HCR_EL2; VDISR_EL2 */
};

struct guest_timer {
	uint64_t ctl, cval; /* CNT{V,P}_{CTL,CVAL}_EL0 */
	struct timer timer; /* fires when the vCPU is not there to notice by itself */
	/* Of the virtual timer: CVAL of the interrupt delivered last, and how often the next one was put off. */
	uint64_t told;
	unsigned put_off;
};

/* The guest waits until all of its memory is cleaned (trap_setway.c). */
struct guest_setway {
	bool sweeping;
	ipa_t next; /* what is below is done */
};

#define GUEST_DEBUG_POINTS 2 /* breakpoints, and watchpoints: the fewest that there may be */

enum { DEBUG_BVR, DEBUG_BCR, DEBUG_WVR, DEBUG_WCR, DEBUG_REGS };

/* Debug registers as the guest wrote them (guest_debug.c). */
struct guest_debug {
	uint64_t mdscr;
	uint64_t points[GUEST_DEBUG_POINTS][DEBUG_REGS];
	uint64_t claim; /* DBGCLAIM tags */
	bool os_locked;
};

/* Reports of a domain's accesses to nothing (trap_abort.c). */
struct guest_faults {
	struct spinlock lock;
	struct repeat repeat; /* lock */
};

/* How long the virtual timer's interrupt has waited for the guest to take it (patience.c). */
struct guest_patience {
	uint64_t fired; /* CNTPCT_EL0 when it was delivered last */
	struct timer timer;
	bool reported;
};
