/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A kernel that has panicked, or hangs with interrupts masked, makes no hypercall that says so. Its timer
 * does: the virtual timer's interrupt waits and is never taken. That is told once, with the domain's
 * registers; nothing is done to the domain, since only its owner knows whether it will come back.
 */
#include "arch/arm64/counter.h"
#include "arch/arm64/el2.h"
#include "arch/arm64/guest.h"
#include "arch/arm64/vgic.h"
#include "core/arch.h"
#include "core/cpu.h"
#include "core/printk.h"
#include "core/time.h"

#define PATIENCE (10 * NS_PER_S)

/* Any other domain may hang as often as it likes: a line that is one of a limited number. */
static void report(struct vcpu *v)
{
	const char *masked = v->arch.regs.pstate & PSTATE_I ? ", interrupts masked" : "";
	unsigned seconds = PATIENCE / NS_PER_S;

	if (v->domain == hardware_domain)
		domain_report(v->domain,
				"hangs: its vCPU %u has not taken a timer interrupt for %u s%s",
				v->id, seconds, masked);
	else
		guest_printk(LOG_WARN,
				"vCPU %u has not taken a timer interrupt for %u s%s, pc %#llx",
				v->id, seconds, masked, (unsigned long long)v->arch.regs.pc);
}

/* On the CPU where the interrupt was delivered. One that runs elsewhere by now has left guest code since. */
static void expire(void *data)
{
	struct vcpu *v = data;
	struct guest_patience *p = &v->arch.patience;

	if (current_vcpu() != v || !vgic_is_waiting(v, GUEST_PPI_VTIMER))
		return;
	uint64_t end = time_from_ticks(p->fired) + PATIENCE;

	if (time_now() < end) {
		timer_set(&p->timer, end);
		return;
	}
	if (!p->reported)
		report(v);
	p->reported = true;
}

void patience_init(struct vcpu *v)
{
	timer_init(&v->arch.patience.timer, expire, v);
}

void patience_free(struct vcpu *v)
{
	timer_stop(&v->arch.patience.timer);
}

/* In the usual case, no more than a note of when: the timer runs on while interrupts are taken. */
void patience_timer_fired(struct vcpu *v)
{
	struct guest_patience *p = &v->arch.patience;

	p->fired = counter_now();
	p->reported = false; /* it fires again only when it has been taken */
	if (unlikely(!timer_active(&p->timer)))
		timer_set(&p->timer, time_now() + PATIENCE);
}
