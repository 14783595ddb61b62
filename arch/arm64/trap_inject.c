/* SPDX-License-Identifier: Apache-2.0 */
/* Exceptions that the guest takes at EL1, entered as the processor would (AArch64.TakeException). */
#include "arch/arm64/el2.h"
#include "arch/arm64/trap.h"
#include "core/domain.h"
#include <arch/sysreg.h>

#define VECTOR_CURRENT_SP0 0x000
#define VECTOR_CURRENT_SPX 0x200
#define VECTOR_LOWER_A64   0x400
#define VECTOR_LOWER_A32   0x600

static uint64_t vector_offset(uint64_t pstate)
{
	uint64_t mode = FIELD_GET(PSTATE_MODE, pstate);

	if (mode == PSTATE_EL1H)
		return VECTOR_CURRENT_SPX;
	if (mode == PSTATE_EL1T)
		return VECTOR_CURRENT_SP0;
	return mode & 0x10 ? VECTOR_LOWER_A32 : VECTOR_LOWER_A64;
}

static uint64_t exception_pstate(uint64_t old)
{
	uint64_t sctlr = sysreg_read(sctlr_el1);
	uint64_t pstate =
			(old & (PSTATE_NZCV | PSTATE_DIT | PSTATE_PAN)) | PSTATE_DAIF | PSTATE_EL1H;

	if (!(sctlr & SCTLR_SPAN))
		pstate |= PSTATE_PAN;
	if (sctlr & SCTLR_DSSBS)
		pstate |= PSTATE_SSBS;
	return pstate;
}

static void inject(struct vcpu *v, uint64_t esr)
{
	struct guest_regs *regs = &v->arch.regs;

	sysreg_write(esr_el1, esr);
	sysreg_write(elr_el1, regs->pc);
	sysreg_write(spsr_el1, regs->pstate);
	regs->pc = sysreg_read(vbar_el1) + vector_offset(regs->pstate);
	regs->pstate = exception_pstate(regs->pstate);
}

void trap_inject_undefined(struct vcpu *v)
{
	inject(v, FIELD_PREP(ESR_EC, EC_UNKNOWN) | ESR_IL);
}

void trap_inject_abort(struct vcpu *v, bool instruction, uint64_t far)
{
	bool same_el = (FIELD_GET(PSTATE_MODE, v->arch.regs.pstate) & ~UINT64_C(1)) == PSTATE_EL1T;
	uint64_t ec = instruction ? EC_INSN_ABORT_LOWER : EC_DATA_ABORT_LOWER;

	sysreg_write(far_el1, far);
	inject(v, FIELD_PREP(ESR_EC, ec + same_el) | ESR_IL | FSC_EXTERNAL);
}
