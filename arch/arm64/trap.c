/* SPDX-License-Identifier: Apache-2.0 */
/* From the vectors to the function that knows, by exception class (Arm ARM D19.2.37, ESR_EL2). */
#include "arch/arm64/trap.h"

#include "arch/arm64/el2.h"
#include "arch/arm64/gic.h"
#include "arch/arm64/guest.h"
#include "arch/arm64/serror.h"
#include "core/arch.h"
#include "core/cpu.h"
#include "core/domain.h"
#include "core/error.h"
#include "core/guest_call.h"
#include "core/printk.h"
#include <arch/sysreg.h>

#define HVC_SIZE 4

uint64_t trap_reg_read(const struct vcpu *v, unsigned reg)
{
	return reg == 31 ? 0 : v->arch.regs.x[reg];
}

void trap_reg_write(struct vcpu *v, unsigned reg, uint64_t value)
{
	if (reg != 31)
		v->arch.regs.x[reg] = value;
}

/* The trap was taken before the instruction, so PC is stepped over it. */
static void trap_wfx(struct vcpu *v, uint64_t esr)
{
	trap_skip(v, esr);
	if (esr & ISS_WFX_TI)
		sched_yield();
	else
		sched_block();
}

static void trap_hypercall(struct vcpu *v)
{
	struct guest_regs *regs = &v->arch.regs;
	int64_t result = hypercall_dispatch(regs->x[16], regs->x);

	if (result == HYPERCALL_AGAIN)
		regs->pc -= HVC_SIZE;
	else
		regs->x[0] = (uint64_t)result;
}

/* HVC's return address is already behind it. */
static void trap_hvc(struct vcpu *v, uint64_t esr)
{
	switch (FIELD_GET(ISS_HVC_IMM, esr)) {
	case HYPERCALL_TAG:
		trap_hypercall(v);
		break;
	case 0:
		smccc_call(v);
		break;
	default:
		v->arch.regs.x[0] = (uint64_t)-ENOSYS;
	}
}

static void trap_smc(struct vcpu *v, uint64_t esr)
{
	trap_skip(v, esr);
	if (FIELD_GET(ISS_HVC_IMM, esr) == 0)
		smccc_call(v);
	else
		v->arch.regs.x[0] = ~UINT64_C(0);
}

/* A feature that the ID registers do not show. */
static void trap_hidden(struct vcpu *v, uint64_t esr)
{
	(void)esr;
	trap_inject_undefined(v);
}

typedef void trap_handler(struct vcpu *v, uint64_t esr);

/* Classes that are not here are instructions no guest should see succeed, AArch32 EL0's among them. */
static trap_handler *const handlers[EC_COUNT] = {
	[EC_WFX] = trap_wfx,
	[EC_PAUTH] = trap_hidden,
	[EC_HVC64] = trap_hvc,
	[EC_SMC64] = trap_smc,
	[EC_SYSREG] = trap_sysreg,
	[EC_SVE] = trap_hidden,
	[EC_SME] = trap_hidden,
	[EC_INSN_ABORT_LOWER] = trap_instruction_abort,
	[EC_DATA_ABORT_LOWER] = trap_data_abort,
};

void trap_sync(struct vcpu *v, uint64_t esr);
void trap_sync(struct vcpu *v, uint64_t esr)
{
	trap_handler *handler = handlers[FIELD_GET(ESR_EC, esr)];

	guest_left(v);
	if (unlikely(v->arch.vgic.timer_put_off))
		vtimer_tell(v);
	if (unlikely(trap_condition_failed(v, esr)))
		trap_skip(v, esr);
	else if (handler)
		handler(v, esr);
	else
		trap_hidden(v, esr);
}

void trap_irq(struct vcpu *v);
void trap_irq(struct vcpu *v)
{
	guest_left(v);
	if (unlikely(v->arch.vgic.timer_put_off) && !(v->arch.regs.pstate & PSTATE_I))
		vtimer_tell(v);
	irq_handle_pending();
}

void trap_serror(struct vcpu *v, uint64_t esr);
void trap_serror(struct vcpu *v, uint64_t esr)
{
	guest_left(v);
	serror_charge(v, esr);
}

/*
 * An SError of v's that the way out found beside the exception that was taken, left_by (0: an interrupt, still
 * pending). The exception is dropped: FAR_EL2 and HPFAR_EL2 are lost to the SError, and its instruction runs again,
 * which of HVC alone is the one before the return address (Arm ARM D1.3.3).
 */
void trap_serror_late(struct vcpu *v, uint64_t left_by, uint64_t esr);
void trap_serror_late(struct vcpu *v, uint64_t left_by, uint64_t esr)
{
	guest_left(v);
	if (FIELD_GET(ESR_EC, left_by) == EC_HVC64)
		v->arch.regs.pc -= HVC_SIZE;
	serror_charge(v, esr);
}
