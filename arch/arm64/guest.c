/* SPDX-License-Identifier: Apache-2.0 */
/* vCPUs on CPUs: EL1 and EL0 state that changes hands at a switch, and EL2's traps around every guest. */
#include "arch/arm64/guest.h"

#include "arch/arm64/el2.h"
#include "arch/arm64/fpsimd.h"
#include "arch/arm64/trap.h"
#include "core/arch.h"
#include "core/cpu.h"
#include "core/heap.h"
#include "core/printk.h"
#include "lib/string.h"
#include <arch/barrier.h>
#include <arch/sysreg.h>

/*
 * PTW: a guest that has a device may put its translation tables there. Graft's AT would walk them too, and what
 * the device answers, an abort perhaps, would come at EL2.
 */
#define GUEST_HCR                                                                                  \
	(HCR_VM | HCR_SWIO | HCR_PTW | HCR_FMO | HCR_IMO | HCR_AMO | HCR_FB | HCR_BSU_INNER |      \
			HCR_TWI | HCR_TID3 | HCR_TSC | HCR_TIDCP | HCR_TACR | HCR_RW | HCR_TLOR |  \
			HCR_TERR)

/* Debug, performance monitors, statistical profiling and trace are hidden from guests. */
#define GUEST_MDCR                                                                                 \
	(MDCR_TPMCR | MDCR_TPM | MDCR_TDA | MDCR_TDOSA | MDCR_TDRA | MDCR_TPMS | MDCR_TTRF)

/* SVE, SME, trace and activity monitors too. */
#define GUEST_CPTR (CPTR_RES1 | CPTR_TTA | CPTR_TAM | CPTR_TSM | CPTR_TZ)

#define MPIDR_RES1 BIT(31)

#define MMFR0_FGT GENMASK(59, 56)
#define MMFR1_HCX GENMASK(43, 40)

/*
 * Unknown after reset where they exist. Zero hides what came after Armv8.6 (the "n" bits trap where they are
 * clear) and traps no more than HCR_EL2 does.
 */
static void init_fine_traps(void)
{
	uint64_t fgt = FIELD_GET(MMFR0_FGT, sysreg_read(id_aa64mmfr0_el1));

	if (FIELD_GET(MMFR1_HCX, sysreg_read(id_aa64mmfr1_el1)))
		sysreg_write_enc(HCRX_EL2, 0);
	if (fgt) {
		sysreg_write_enc(HFGRTR_EL2, 0);
		sysreg_write_enc(HFGWTR_EL2, 0);
		sysreg_write_enc(HFGITR_EL2, 0);
		sysreg_write_enc(HDFGRTR_EL2, 0);
		sysreg_write_enc(HDFGWTR_EL2, 0);
	}
	if (fgt > 1) {
		sysreg_write_enc(HFGRTR2_EL2, 0);
		sysreg_write_enc(HFGWTR2_EL2, 0);
		sysreg_write_enc(HFGITR2_EL2, 0);
		sysreg_write_enc(HDFGRTR2_EL2, 0);
		sysreg_write_enc(HDFGWTR2_EL2, 0);
	}
}

void guest_init_cpu(void)
{
	init_fine_traps();
	sysreg_write(hcr_el2, GUEST_HCR);
	sysreg_write(mdcr_el2, GUEST_MDCR | (sysreg_read(mdcr_el2) & GENMASK(4, 0)));
	sysreg_write(cptr_el2, GUEST_CPTR);
	sysreg_write(mdscr_el1, 0); /* no single-stepping: guests' own writes trap */
	sysreg_write(hstr_el2, 0);
	sysreg_write(cnthctl_el2, CNTHCTL_EL1PCTEN);
	sysreg_write(vtcr_el2, p2m_vtcr());
	sysreg_write(vpidr_el2, sysreg_read(midr_el1));
	sysreg_write(cntv_ctl_el0, 0);
	isb();
}

struct vcpu *guest_prepare(void)
{
	struct cpu *cpu = this_cpu();

	if (atomic_load_explicit(&cpu->need_resched, memory_order_relaxed))
		sched_enter();
	if (atomic_load_explicit(&cpu->current->arch.vgic.dirty, memory_order_relaxed))
		vgic_flush(cpu->current);
	return cpu->current;
}

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
	s->par_el1 = sysreg_read(par_el1);
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

static bool is_idle(const struct vcpu *v)
{
	return v->domain->id == DOMAIN_IDLE_ID;
}

static void leave_cpu(struct vcpu *v)
{
	save_sysregs(&v->arch.sysregs);
	fpsimd_save(&v->arch.fpsimd);
	guest_timer_save(v);
	vgic_save(v);
}

/*
 * vCPUs of a domain share its VMID, but on one CPU not their translations: the same ASID may name another
 * address space, and one that runs with its MMU off has an identity map.
 */
static void forget_sibling(struct vcpu *v, unsigned cpu)
{
	uint8_t *last = &v->domain->arch.last_vcpu[cpu];

	if (*last == v->id + 1)
		return;
	if (*last)
		__asm__ volatile("isb\n\ttlbi vmalle1\n\tdsb nsh" ::: "memory");
	*last = (uint8_t)(v->id + 1);
}

static void enter_cpu(struct vcpu *v)
{
	struct cpu *cpu = this_cpu();

	v->arch.regs.stack = cpu->stack_top;
	sysreg_write(vttbr_el2, v->domain->p2m.vttbr);
	forget_sibling(v, cpu->id);
	restore_sysregs(&v->arch.sysregs);
	fpsimd_restore(&v->arch.fpsimd);
	vgic_vcpu_moved(v, cpu->id);
	vgic_restore(v);
	guest_timer_restore(v);
	isb();
}

_Noreturn void arch_vcpu_enter(void)
{
	guest_enter();
}

void arch_vcpu_switch(struct vcpu *from, struct vcpu *to)
{
	if (!is_idle(from))
		leave_cpu(from);
	if (!is_idle(to))
		enter_cpu(to);
}

int arch_vcpu_init(struct vcpu *v)
{
	if (is_idle(v))
		return 0;
	v->arch.sysregs.vmpidr = MPIDR_RES1 | vgic_affinity(v->id);
	vgic_init_vcpu(v);
	vgic_set_sample(v, GUEST_PPI_UPCALL, evtchn_upcall_pending);
	guest_timer_init(v);
	return 0;
}

void arch_vcpu_free(struct vcpu *v)
{
	if (!is_idle(v))
		guest_timer_free(v);
}

void arch_vcpu_reset(struct vcpu *v, uint64_t entry, uint64_t x0)
{
	struct guest_sysregs *s = &v->arch.sysregs;
	uint64_t vmpidr = s->vmpidr;

	memset(&v->arch.regs, 0, sizeof(v->arch.regs));
	memset(&v->arch.fpsimd, 0, sizeof(v->arch.fpsimd));
	memset(s, 0, sizeof(*s));
	s->vmpidr = vmpidr;
	s->sctlr_el1 = SCTLR_EL1_RESET;
	v->arch.vtimer.ctl = 0;
	v->arch.ptimer.ctl = 0;
	v->arch.regs.pc = entry;
	v->arch.regs.x[0] = x0;
	v->arch.regs.pstate = PSTATE_DAIF | PSTATE_EL1H;
	vgic_reset_vcpu(v);
}

bool arch_vcpu_irq_pending(const struct vcpu *v)
{
	return vgic_irq_pending(v);
}

void arch_vcpu_raise_upcall(struct vcpu *v)
{
	vgic_set_line(v, GUEST_PPI_UPCALL, true);
}

void arch_vcpu_dump(const struct vcpu *v)
{
	const struct guest_regs *r = &v->arch.regs;
	bool loaded = current_vcpu() == v;
	uint64_t sp = loaded ? sysreg_read(sp_el1) : v->arch.sysregs.sp_el1;

	log_info("d%uv%u: pc %016llx pstate %08llx sp_el1 %016llx", v->domain->id, v->id,
			(unsigned long long)r->pc, (unsigned long long)r->pstate,
			(unsigned long long)sp);
	for (unsigned i = 0; i < 30; i += 3)
		log_info("    x%-2u %016llx  x%-2u %016llx  x%-2u %016llx", i,
				(unsigned long long)r->x[i], i + 1, (unsigned long long)r->x[i + 1],
				i + 2, (unsigned long long)r->x[i + 2]);
	log_info("    x30 %016llx", (unsigned long long)r->x[30]);
}
