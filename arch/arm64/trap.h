/* SPDX-License-Identifier: Apache-2.0 */
/* What a guest's traps are split into; every handler runs on the CPU of v, which is current. */
#pragma once

#include "core/types.h"

struct vcpu;

/* trap_step.c: steps over the instruction that trapped with this syndrome, whose IL says how long it is. */
void trap_skip(struct vcpu *v, uint64_t esr);
/* An AArch32 instruction whose condition does not hold, which the CPU may trap all the same: it does nothing. */
bool trap_condition_failed(const struct vcpu *v, uint64_t esr);

/* Registers as an instruction names them: 31 reads zero and ignores writes. */
uint64_t trap_reg_read(const struct vcpu *v, unsigned reg);
void trap_reg_write(struct vcpu *v, unsigned reg, uint64_t value);

/* trap_inject.c: exceptions that the guest takes at EL1 (Arm ARM D1.3.4). */
void trap_inject_undefined(struct vcpu *v);
void trap_inject_abort(struct vcpu *v, bool instruction, uint64_t far);

/* trap_sysreg.c: EC 0x18. */
void trap_sysreg(struct vcpu *v, uint64_t esr);

/*
 * trap_setway.c: data cache maintenance by set and way, and a write of SCTLR_EL1. The guest goes on when all of its
 * memory is cleaned, a step at each call of setway_go_on(): each time that v comes out of the scheduler.
 */
void setway_trap(struct vcpu *v, uint64_t value);
void setway_write_sctlr(struct vcpu *v, uint64_t value);
void setway_go_on(struct vcpu *v);

/* trap_abort.c: EC 0x20 and 0x24, stage-2 faults. */
void trap_instruction_abort(struct vcpu *v, uint64_t esr);
void trap_data_abort(struct vcpu *v, uint64_t esr);

/* smccc.c: HVC #0 and SMC, the PSCI calls among them. */
void smccc_call(struct vcpu *v);

/* id_regs.c: what a guest reads for the ID register with this encoding (SYSREG()). */
uint64_t id_reg_read(uint32_t encoding);

/* Physical interrupts pending on this CPU, all of them. */
void irq_handle_pending(void);
