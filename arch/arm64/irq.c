/* SPDX-License-Identifier: Apache-2.0 */
/* Physical interrupts: to Graft's own handlers, or to the domain that owns the SPI. */
#include "arch/arm64/irq.h"

#include "arch/arm64/el2.h"
#include "arch/arm64/gic.h"
#include "arch/arm64/guest.h"
#include "arch/arm64/panic.h"
#include "arch/arm64/serror.h"
#include "arch/arm64/trap.h"
#include "core/arch.h"
#include "core/console.h"
#include "core/cpu.h"
#include "core/error.h"
#include "core/panic.h"
#include "core/printk.h"
#include "core/timer.h"
#include <arch/sysreg.h>

static irq_handler_t *handlers[IRQ_HANDLERS];

/* Whose each SPI is. The lock keeps the owner from going while an interrupt is delivered to it. */
static struct route {
	struct spinlock lock;
	struct domain *_Atomic owner;
} routes[IRQ_HANDLERS];

int irq_set_handler(uint32_t intid, irq_handler_t *handler)
{
	if (intid >= IRQ_HANDLERS)
		return fail(-EINVAL, "interrupt %u is not one Graft can handle itself", intid);
	handlers[intid] = handler;
	return 0;
}

int irq_may_route(struct domain *d, uint32_t intid)
{
	if (intid < GIC_INTID_SPI_BASE || intid >= GIC_INTID_SPI_BASE + gic_info.spi_count)
		return -EINVAL;
	if (routes[intid].owner || handlers[intid])
		return -EBUSY;
	return vgic_may_route_hw(d, intid);
}

void irq_route(struct domain *d, uint32_t intid, bool edge)
{
	struct route *route = &routes[intid];
	int err;

	spin_lock(&route->lock);
	route->owner = d;
	spin_unlock(&route->lock);
	err = vgic_route_hw(d, intid, intid, edge);
	ASSERT(!err); /* irq_may_route() asked the same */
}

void irq_unroute(struct domain *d, uint32_t intid)
{
	struct route *route = &routes[intid];

	vgic_unroute_hw(d, intid);
	spin_lock(&route->lock);
	route->owner = NULL;
	spin_unlock(&route->lock);
}

bool irq_is_enabled(const struct domain *d, uint32_t intid)
{
	return vgic_is_enabled(d, intid);
}

struct domain *irq_owner(uint32_t intid)
{
	return intid < IRQ_HANDLERS ? routes[intid].owner : NULL;
}

void irq_dump_routes(const struct domain *d)
{
	uint32_t first, end;

	for (first = GIC_INTID_SPI_BASE; first < IRQ_HANDLERS; first = end + 1) {
		for (end = first; end < IRQ_HANDLERS && routes[end].owner == d; end++)
			;
		if (end > first)
			log_info("    routed: %u to %u", first, end - 1);
	}
}

/* It stays active until the guest's deactivation reaches the GIC through a list register. */
static noinline void deliver(uint32_t intid)
{
	struct route *route = &routes[intid];

	gic_drop_priority(intid);
	spin_lock(&route->lock);
	if (route->owner)
		vgic_deliver_hw(route->owner, intid);
	else
		gic_deactivate(intid);
	spin_unlock(&route->lock);
}

static noinline void handle_sgi(uint32_t intid)
{
	gic_drop_priority(intid);
	gic_deactivate(intid);
	if (intid == GIC_SGI_HALT)
		panic_halt_cpu();
	/* GIC_SGI_KICK: to be here is all it is for. */
}

static void deliver_vtimer_to(struct vcpu *v)
{
	if (vtimer_put_off(v))
		return;
	vgic_deliver_hw_ppi(v, GUEST_PPI_VTIMER);
	patience_timer_fired(v);
}

/* Between guests the timer is off; one that fired just then is seen when its vCPU is back. */
static void deliver_vtimer(void)
{
	struct vcpu *v = current_vcpu();

	gic_drop_priority(gic_info.vtimer_intid);
	if (v->domain->id == DOMAIN_IDLE_ID)
		gic_deactivate(gic_info.vtimer_intid);
	else
		deliver_vtimer_to(v);
}

static noinline void handle_own(irq_handler_t *handler, uint32_t intid)
{
	gic_drop_priority(intid);
	handler(intid);
	gic_deactivate(intid);
}

static void handle(uint32_t intid)
{
	if (intid == gic_info.vtimer_intid)
		deliver_vtimer();
	else if (intid < 16)
		handle_sgi(intid);
	else if (intid >= IRQ_HANDLERS)
		/* An LPI, of firmware's (gic_init.c). None is ever active (IHI 0069, 4.1.1): the drop ends it. */
		gic_drop_priority(intid);
	else if (handlers[intid])
		handle_own(handlers[intid], intid);
	else
		deliver(intid);
}

/* After the first, ISR_EL1 tells of another: it is the CPU's own, where ICC_IAR1_EL1 asks the GIC (IHI 0069 4.1). */
void irq_handle_pending(void)
{
	do {
		uint32_t intid = gic_acknowledge();

		if (intid >= GIC_INTID_SPECIAL && intid < GIC_INTID_LPI_BASE)
			break;
		handle(intid);
	} while (arch_irq_pending());
	/* Here no lock is held, and the next interrupt is never far. */
	serror_report();
	console_notify();
}

void arch_handle_interrupts(void)
{
	irq_handle_pending();
}

bool arch_irq_pending(void)
{
	return sysreg_read(isr_el1) & (ISR_I | ISR_F);
}

void arch_cpu_kick(unsigned cpu)
{
	gic_send_sgi(cpu, GIC_SGI_KICK);
}

void arch_cpu_sleep(void)
{
	__asm__ volatile("dsb sy\n\twfi" ::: "memory");
	serror_take_stray(); /* a pending SError ends every WFI */
}
