/* SPDX-License-Identifier: Apache-2.0 */
/* The architecture seam of core/arch.h, faked: nothing runs, what core asked for is recorded. */
#include "core/arch.h"

#include <stdio.h>
#include <stdlib.h>

#include "arch/host/fake.h"
#include "core/domain.h"
#include "core/error.h"
#include "core/fault.h"
#include "lib/string.h"

unsigned host_switches;
unsigned host_dumps;
unsigned host_machine_ends;
bool host_powered_off;
void (*host_switch_hook)(struct vcpu *from, struct vcpu *to);
void (*host_interrupts_hook)(void);
void (*host_noreturn_hook)(void);

int arch_vcpu_init(struct vcpu *v)
{
	(void)v;
	return alloc_should_fail() ? -ENOMEM : 0;
}

void arch_vcpu_free(struct vcpu *v)
{
	(void)v;
}

void arch_vcpu_switch(struct vcpu *from, struct vcpu *to)
{
	host_switches++;
	if (host_switch_hook != NULL)
		host_switch_hook(from, to);
}

void arch_handle_interrupts(void)
{
	if (host_interrupts_hook != NULL)
		host_interrupts_hook();
}

bool arch_vcpu_irq_pending(const struct vcpu *v)
{
	return v->arch.irq_pending;
}

void arch_vcpu_raise_upcall(struct vcpu *v)
{
	v->arch.upcalls_raised++;
}

void arch_vcpu_reset(struct vcpu *v, uint64_t entry, uint64_t x0)
{
	v->arch.entry = entry;
	v->arch.x0 = x0;
}

void arch_vcpu_dump(const struct vcpu *v)
{
	(void)v;
	host_dumps++;
}

void arch_domain_dump_irqs(struct domain *d)
{
	(void)d;
	host_dumps++;
}

void arch_memory_clear(void *virt, size_t size)
{
	memset(virt, 0, size);
}

void (*host_clean_hook)(const void *virt, size_t size);

void arch_cache_clean(const void *virt, size_t size)
{
	if (host_clean_hook != NULL)
		host_clean_hook(virt, size);
}

unsigned host_icache_invalidations;

void arch_icache_invalidate(void)
{
	host_icache_invalidations++;
}

static _Noreturn void never_return(const char *what)
{
	if (host_noreturn_hook != NULL)
		host_noreturn_hook();
	fprintf(stderr, "%s: the test did not expect it\n", what);
	abort();
}

_Noreturn void arch_vcpu_enter(void)
{
	never_return("enters a guest");
}

_Noreturn void arch_machine_reset(void)
{
	host_machine_ends++;
	never_return("resets the machine");
}

_Noreturn void arch_machine_poweroff(void)
{
	host_machine_ends++;
	host_powered_off = true;
	never_return("powers the machine off");
}

uint64_t host_guest_context;

uint64_t guest_context(void)
{
	return host_guest_context;
}
