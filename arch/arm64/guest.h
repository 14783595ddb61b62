/* SPDX-License-Identifier: Apache-2.0 */
/* A vCPU on its CPU: what happens around each stay in the guest, and its view of memory. */
#pragma once

#include "arch/arm64/el2.h"
#include "arch/arm64/errata.h"
#include "arch/arm64/vgic.h"
#include "core/domain.h"
#include "core/types.h"
#include <arch/barrier.h>
#include <arch/sysreg.h>

/* First thing after every exit. */
static inline void guest_left(struct vcpu *v)
{
	if (v->arch.vgic.lrs_used)
		vgic_sync(v);
}

/*
 * HCR_EL2 while any guest is loaded; GUEST_HCR_OWN comes to it. PTW: a guest that has a device may put its translation
 * tables there. Graft's AT would walk them too, and what the device answers, an abort perhaps, would come at EL2.
 */
#define GUEST_HCR                                                                                  \
	(HCR_VM | HCR_SWIO | HCR_PTW | HCR_FMO | HCR_IMO | HCR_AMO | HCR_FB | HCR_BSU_INNER |      \
			HCR_TWI | HCR_TID3 | HCR_TSC | HCR_TIDCP | HCR_TACR | HCR_RW | HCR_TLOR |  \
			HCR_TERR)
/* Bits of HCR_EL2 that each vCPU has of its own. */
#define GUEST_HCR_OWN (HCR_VSE | HCR_TSW | HCR_TVM)

/*
 * AmpereOne AC04 erratum AC04_CPU_23: translations of loads and stores that are under way while HCR_EL2 is written may
 * come out wrong.
 */
static inline void guest_write_hcr(uint64_t hcr)
{
	dsb_nsh();
	sysreg_write(hcr_el2, hcr);
	isb();
}

/* guest_switch.c: v's registers and stage 2 leave this CPU, and come. */
void guest_switch_out(struct vcpu *v);
void guest_switch_in(struct vcpu *v);
/* Stage 2 becomes the empty one. */
void guest_leave_stage2(void);

/* PAR_EL1 (Cortex-A77 erratum 1508412: a read beside Device or Non-cacheable accesses may hang the CPU). */
static inline uint64_t guest_read_par(void)
{
	bool fence = errata_any(ERRATUM_PAR_DMB);
	uint64_t par;

	if (fence)
		dmb_sy();
	par = sysreg_read(par_el1);
	if (fence)
		dmb_sy();
	return par;
}

/* vectors.S: guest_prepare(), then into the guest. */
_Noreturn void guest_enter(void);

/* Last thing before every entry: who runs next, with its interrupts in place. */
struct vcpu *guest_prepare(void);

/* EL2's control registers that hold for every guest, without stage 2; once on each CPU. */
void guest_init_cpu(void);
/* Stage 2 by what all CPUs can do: on each CPU, after the last one came and before its first guest. */
void guest_init_stage2(void);

/* guest_timer.c: the vCPU's two timers leave and enter the CPU. */
void guest_timer_init(struct vcpu *v);
void guest_timer_save(struct vcpu *v);
void guest_timer_restore(struct vcpu *v);
void guest_timer_free(struct vcpu *v);
/* Whether the timer's line is up: CNT*_CTL_EL0 is enabled, not masked, and its condition met. */
bool vtimer_line(const struct vcpu *v);
bool ptimer_line(const struct vcpu *v);
/* The virtual timer fired for v, which is current. True: not yet to be delivered, and the rest is done. */
bool vtimer_put_off(struct vcpu *v);
/* Ends that: the guest gets the interrupt if the line is still up. v is current. */
void vtimer_tell(struct vcpu *v);
/* Trapped accesses of the physical timer. */
uint64_t ptimer_read_ctl(struct vcpu *v);
uint64_t ptimer_read_cval(struct vcpu *v);
uint64_t ptimer_read_tval(struct vcpu *v);
void ptimer_write_ctl(struct vcpu *v, uint64_t value);
void ptimer_write_cval(struct vcpu *v, uint64_t value);
void ptimer_write_tval(struct vcpu *v, uint64_t value);

/* patience.c: tells of a vCPU that has stopped to take interrupts. */
void patience_init(struct vcpu *v);
void patience_free(struct vcpu *v);
/* The virtual timer's interrupt is on its way to v, which is current. */
void patience_timer_fired(struct vcpu *v);

#define GUEST_PPI_HTIMER 26 /* this and the secure one: named in a tree, never raised */
#define GUEST_PPI_VTIMER 27
#define GUEST_PPI_STIMER 29
#define GUEST_PPI_PTIMER 30
#define GUEST_PPI_UPCALL 31
