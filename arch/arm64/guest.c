/* SPDX-License-Identifier: Apache-2.0 */
/* vCPUs on CPUs: EL1 and EL0 state that changes hands at a switch, and EL2's traps around every guest. */
#include "arch/arm64/guest.h"

#include "arch/arm64/el2.h"
#include "arch/arm64/fpsimd.h"
#include "arch/arm64/guest_debug.h"
#include "arch/arm64/harden.h"
#include "arch/arm64/id_regs.h"
#include "arch/arm64/serror.h"
#include "arch/arm64/trap.h"
#include "core/arch.h"
#include "core/cpu.h"
#include "core/heap.h"
#include "core/printk.h"
#include "lib/string.h"
#include <arch/barrier.h>
#include <arch/sysreg.h>
#include <arch/tlbi.h>

/* Debug registers are emulated (guest_debug.c); performance monitors, profiling and trace are hidden from guests. */
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

/* By now firmware can be called, and the CPU has its vectors. */
static void init_errata(void)
{
	struct cpu *cpu = this_cpu();

	errata_init_cpu(cpu);
	harden_init_cpu(cpu);
	sysreg_write(vbar_el2, (uint64_t)harden_vectors(cpu->arch.harden));
	isb();
}

void guest_init_cpu(void)
{
	id_regs_add_cpu(cpu_id() == 0);
	init_errata();
	init_fine_traps();
	guest_write_hcr(GUEST_HCR & ~HCR_VM);
	sysreg_write(mdcr_el2, GUEST_MDCR | (sysreg_read(mdcr_el2) & GENMASK(4, 0)));
	sysreg_write(cptr_el2, GUEST_CPTR);
	guest_debug_init_cpu();
	sysreg_write(hstr_el2, 0);
	sysreg_write(cnthctl_el2, CNTHCTL_EL1PCTEN);
	sysreg_write(vpidr_el2, sysreg_read(midr_el1));
	sysreg_write(cntv_ctl_el0, 0);
	isb();
	serror_init_cpu();
}

/*
 * Before HCR_EL2.VM is set: speculation walks what VTTBR_EL2 names. A hypervisor that ran before Graft may have left
 * translations of its guests, whose VMIDs Graft's are going to have.
 */
void guest_init_stage2(void)
{
	sysreg_write(vtcr_el2, p2m_vtcr());
	guest_leave_stage2();
	tlbi(alle1);
	dsb_nsh();
	isb();
	guest_write_hcr(GUEST_HCR);
}

struct vcpu *guest_prepare(void)
{
	struct cpu *cpu = this_cpu();

	while (unlikely(atomic_load_explicit(&cpu->need_resched, memory_order_relaxed))) {
		sched_enter();
		setway_go_on(cpu->current);
	}
	if (atomic_load_explicit(&cpu->current->arch.vgic.dirty, memory_order_relaxed))
		vgic_flush(cpu->current);
	return cpu->current;
}

static bool is_idle(const struct vcpu *v)
{
	return v->domain->id == DOMAIN_IDLE_ID;
}

static void leave_cpu(struct vcpu *v)
{
	guest_switch_out(v);
	fpsimd_save(&v->arch.fpsimd);
	guest_debug_save(v);
	guest_timer_save(v);
	vgic_save(v);
}

static void enter_cpu(struct vcpu *v)
{
	struct cpu *cpu = this_cpu();

	v->arch.regs.stack = cpu->stack_top;
	guest_switch_in(v);
	fpsimd_restore(&v->arch.fpsimd);
	guest_debug_restore(v);
	vgic_vcpu_moved(v, cpu->id);
	vgic_restore(v);
	guest_timer_restore(v);
	isb();
}

/* The vCPU may have begun on another CPU what setway_go_on() goes on with. */
_Noreturn void arch_vcpu_enter(void)
{
	cpu_request_resched(cpu_id());
	guest_enter();
}

void arch_vcpu_switch(struct vcpu *from, struct vcpu *to)
{
	if (!is_idle(from))
		leave_cpu(from);
	serror_take_stray();
	if (!is_idle(to))
		enter_cpu(to);
}

int arch_vcpu_init(struct vcpu *v)
{
	if (is_idle(v))
		return 0;
	v->arch.sysregs.vmpidr = MPIDR_RES1 | vgic_affinity(v->id);
	vgic_init_vcpu(v);
	vgic_set_sample(v, GUEST_PPI_UPCALL, evtchn_upcall_pending, true);
	vgic_set_sample(v, GUEST_PPI_VTIMER, vtimer_line, false);
	vgic_set_sample(v, GUEST_PPI_PTIMER, ptimer_line, false);
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
	s->hcr = HCR_TSW;
	memset(&v->arch.setway, 0, sizeof(v->arch.setway));
	v->arch.vtimer.ctl = 0;
	v->arch.ptimer.ctl = 0;
	guest_debug_reset(v);
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
