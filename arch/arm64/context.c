/* SPDX-License-Identifier: Apache-2.0 */
/* A vCPU's registers as the toolstack passes them: struct vcpu_guest_context of xen/arch-arm.h. */
#include "core/arch.h"
#include "core/domain.h"
#include "lib/string.h"

XEN_ABI(sizeof(struct vcpu_guest_context) == 352);
XEN_ABI(offsetof(struct vcpu_guest_core_regs, pc64) == 31 * 8); /* x0 to x30 lie in a row */
static_assert(sizeof(((struct guest_regs *)0)->x) == 31 * 8, "x0 to x30 lie in a row");

void arch_vcpu_set_context(struct vcpu *v, const struct vcpu_guest_context *context)
{
	const struct vcpu_guest_core_regs *from = &context->user_regs;
	struct guest_sysregs *sys = &v->arch.sysregs;

	memcpy(v->arch.regs.x, from, sizeof(v->arch.regs.x));
	v->arch.regs.pc = from->pc64;
	v->arch.regs.pstate = from->cpsr;
	sys->spsr_el1 = from->spsr_el1;
	sys->sp_el0 = from->sp_el0;
	sys->sp_el1 = from->sp_el1;
	sys->elr_el1 = from->elr_el1;
	sys->sctlr_el1 = context->sctlr;
	sys->tcr_el1 = context->ttbcr;
	sys->ttbr0_el1 = context->ttbr0;
	sys->ttbr1_el1 = context->ttbr1;
}

void arch_vcpu_get_context(const struct vcpu *v, struct vcpu_guest_context *context)
{
	struct vcpu_guest_core_regs *to = &context->user_regs;
	const struct guest_sysregs *sys = &v->arch.sysregs;

	memcpy(to, v->arch.regs.x, sizeof(v->arch.regs.x));
	to->pc64 = v->arch.regs.pc;
	to->cpsr = v->arch.regs.pstate;
	to->spsr_el1 = sys->spsr_el1;
	to->sp_el0 = sys->sp_el0;
	to->sp_el1 = sys->sp_el1;
	to->elr_el1 = sys->elr_el1;
	context->sctlr = sys->sctlr_el1;
	context->ttbcr = sys->tcr_el1;
	context->ttbr0 = sys->ttbr0_el1;
	context->ttbr1 = sys->ttbr1_el1;
}
