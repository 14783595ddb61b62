/* SPDX-License-Identifier: Apache-2.0 */
/* A vCPU's registers as the toolstack passes them: those that a vCPU has on the host. */
#include "core/arch.h"
#include "core/domain.h"
#include "lib/string.h"

void arch_vcpu_set_context(struct vcpu *v, const struct vcpu_guest_context *context)
{
	memcpy(v->arch.regs.x, &context->user_regs, sizeof(v->arch.regs.x));
	v->arch.regs.pc = context->user_regs.pc64;
	v->arch.regs.pstate = context->user_regs.cpsr;
}

void arch_vcpu_get_context(const struct vcpu *v, struct vcpu_guest_context *context)
{
	memcpy(&context->user_regs, v->arch.regs.x, sizeof(v->arch.regs.x));
	context->user_regs.pc64 = v->arch.regs.pc;
	context->user_regs.cpsr = v->arch.regs.pstate;
}
