/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A vCPU's EL1 and EL0 registers and its stage 2 leave the CPU and come back. VTTBR_EL2 names a guest's tables only
 * while all registers of stage 1 are the same guest's: a speculative AT may walk whatever is loaded, and some cores
 * keep its result (Cortex-A53 1530924, A55 1530923, A57 1319537, A72 1319367, A76 1165522). Between guests, and on a
 * CPU that is idle, stage 2 is the empty one with VMID 0, which no guest has.
 */
#include "arch/arm64/el2.h"
#include "arch/arm64/errata.h"
#include "arch/arm64/guest.h"
#include "arch/arm64/p2m_table.h"
#include "core/domain.h"
#include <arch/barrier.h>
#include <arch/sysreg.h>
#include <arch/tlbi.h>

static void save_sysregs(struct guest_sysregs *s)
{
	s->sp_el0 = sysreg_read(sp_el0);
	s->sp_el1 = sysreg_read(sp_el1);
	s->elr_el1 = sysreg_read(elr_el1);
	s->spsr_el1 = sysreg_read(spsr_el1);
	s->sctlr_el1 = sysreg_read(sctlr_el1);
	s->actlr_el1 = sysreg_read(actlr_el1);
	s->cpacr_el1 = sysreg_read(cpacr_el1);
	s->ttbr0_el1 = sysreg_read(ttbr0_el1);
	s->ttbr1_el1 = sysreg_read(ttbr1_el1);
	s->tcr_el1 = sysreg_read(tcr_el1);
	s->mair_el1 = sysreg_read(mair_el1);
	s->amair_el1 = sysreg_read(amair_el1);
	s->vbar_el1 = sysreg_read(vbar_el1);
	s->contextidr_el1 = sysreg_read(contextidr_el1);
	s->esr_el1 = sysreg_read(esr_el1);
	s->far_el1 = sysreg_read(far_el1);
	s->afsr0_el1 = sysreg_read(afsr0_el1);
	s->afsr1_el1 = sysreg_read(afsr1_el1);
	s->par_el1 = guest_read_par();
	s->csselr_el1 = sysreg_read(csselr_el1);
	s->tpidr_el0 = sysreg_read(tpidr_el0);
	s->tpidrro_el0 = sysreg_read(tpidrro_el0);
	s->tpidr_el1 = sysreg_read(tpidr_el1);
	s->cntkctl_el1 = sysreg_read(cntkctl_el1);
}

static void restore_sysregs(const struct guest_sysregs *s)
{
	sysreg_write(sp_el0, s->sp_el0);
	sysreg_write(sp_el1, s->sp_el1);
	sysreg_write(elr_el1, s->elr_el1);
	sysreg_write(spsr_el1, s->spsr_el1);
	sysreg_write(sctlr_el1, s->sctlr_el1);
	sysreg_write(actlr_el1, s->actlr_el1);
	sysreg_write(cpacr_el1, s->cpacr_el1);
	sysreg_write(ttbr0_el1, s->ttbr0_el1);
	sysreg_write(ttbr1_el1, s->ttbr1_el1);
	sysreg_write(tcr_el1, s->tcr_el1);
	sysreg_write(mair_el1, s->mair_el1);
	sysreg_write(amair_el1, s->amair_el1);
	sysreg_write(vbar_el1, s->vbar_el1);
	sysreg_write(contextidr_el1, s->contextidr_el1);
	sysreg_write(esr_el1, s->esr_el1);
	sysreg_write(far_el1, s->far_el1);
	sysreg_write(afsr0_el1, s->afsr0_el1);
	sysreg_write(afsr1_el1, s->afsr1_el1);
	sysreg_write(par_el1, s->par_el1);
	sysreg_write(csselr_el1, s->csselr_el1);
	sysreg_write(tpidr_el0, s->tpidr_el0);
	sysreg_write(tpidrro_el0, s->tpidrro_el0);
	sysreg_write(tpidr_el1, s->tpidr_el1);
	sysreg_write(cntkctl_el1, s->cntkctl_el1);
	sysreg_write(vmpidr_el2, s->vmpidr);
}

/*
 * HCR_EL2.VSE: an SError that the guest has yet to take. VDISR_EL2: one that its ESB has deferred (FEAT_RAS).
 * HCR_EL2.TSW, TVM: what of caches traps now (trap_setway.c).
 */
static void save_hcr(struct guest_sysregs *s)
{
	s->hcr = sysreg_read(hcr_el2) & GUEST_HCR_OWN;
	if (this_cpu()->arch.has_ras)
		s->vdisr = sysreg_read_enc(VDISR_EL2);
}

static void restore_hcr(const struct guest_sysregs *s)
{
	if (this_cpu()->arch.has_ras)
		sysreg_write_enc(VDISR_EL2, s->vdisr);
	guest_write_hcr(GUEST_HCR | s->hcr);
}

/*
 * vCPUs of a domain share its VMID, but on one CPU not their translations: the same ASID may name another
 * address space, and one that runs with its MMU off has an identity map. VTTBR_EL2 is the domain's by now.
 */
static void forget_sibling(struct vcpu *v, unsigned cpu)
{
	uint8_t *last = &v->domain->arch.last_vcpu[cpu];

	if (*last == v->id + 1)
		return;
	if (*last) {
		tlbi(vmalle1);
		dsb_nsh();
	}
	*last = (uint8_t)(v->id + 1);
}

void guest_leave_stage2(void)
{
	sysreg_write(vttbr_el2, p2m_empty_vttbr());
	isb();
}

void guest_switch_out(struct vcpu *v)
{
	save_sysregs(&v->arch.sysregs);
	save_hcr(&v->arch.sysregs);
	guest_leave_stage2();
}

void guest_switch_in(struct vcpu *v)
{
	restore_sysregs(&v->arch.sysregs);
	restore_hcr(&v->arch.sysregs); /* ends in an ISB */
	sysreg_write(vttbr_el2, v->domain->p2m.vttbr);
	isb();
	forget_sibling(v, cpu_id());
}
