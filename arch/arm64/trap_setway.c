/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Data cache maintenance by set and way: DC ISW, CSW, CISW. It reaches the caches of the CPU that executes it and no
 * others, and a vCPU may have run on any of them. HCR_EL2.TSW traps it (Arm ARM D19.2.48), and all of the domain's own
 * memory is cleaned and invalidated by address (p2m_clean()), which reaches the caches of all CPUs.
 *
 * Guests make these instructions in loops over all sets and ways. The first one stands for the loop: TSW is clear then,
 * and TVM traps writes of SCTLR_EL1. When the guest turns its caches on or off, all memory is cleaned once more,
 * since the caches may have been filled after the loop, and TSW is set again. TVM stays while they are off: when they
 * are turned on, lines that other accesses brought into the caches meanwhile, such as Graft's own, are invalidated.
 * A second loop while the caches stay as they are reaches those of its CPU alone.
 *
 * The vCPU does not enter its guest before all is cleaned, as a CPU that executes one long instruction. It passes
 * the scheduler after each step, so it can be preempted, moved, paused and destroyed in between.
 */
#include "arch/arm64/el2.h"
#include "arch/arm64/guest.h"
#include "arch/arm64/trap.h"
#include "core/arch.h"
#include "core/cpu.h"
#include "core/domain.h"
#include "core/p2m.h"
#include <arch/sysreg.h>

/* Of data accesses: without M they are Device, without C Non-cacheable (Arm ARM, SCTLR_EL1). */
static bool caches_are_on(uint64_t sctlr)
{
	return (sctlr & SCTLR_M) && (sctlr & SCTLR_C);
}

/* v is current, so HCR_EL2 is its own. */
static void sweep(struct vcpu *v, uint64_t traps)
{
	guest_write_hcr((sysreg_read(hcr_el2) & ~(HCR_TSW | HCR_TVM)) | traps);
	v->arch.setway = (struct guest_setway){ .sweeping = true };
	cpu_request_resched(cpu_id());
}

void setway_trap(struct vcpu *v, uint64_t value)
{
	(void)value;
	sweep(v, HCR_TVM);
}

void setway_write_sctlr(struct vcpu *v, uint64_t value)
{
	bool were_on = caches_are_on(sysreg_read(sctlr_el1)), are_on = caches_are_on(value);

	sysreg_write(sctlr_el1, value);
	if (are_on != were_on)
		sweep(v, are_on ? HCR_TSW : HCR_TSW | HCR_TVM);
}

void setway_go_on(struct vcpu *v)
{
	struct guest_setway *s = &v->arch.setway;

	if (!s->sweeping)
		return;
	s->sweeping = p2m_clean(v->domain, &s->next) != 0;
	if (s->sweeping)
		cpu_request_resched(cpu_id());
	if (arch_irq_pending())
		arch_handle_interrupts();
}
