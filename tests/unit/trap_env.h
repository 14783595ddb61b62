/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Surroundings of the trap handlers' tests, included once by each: a domain of a few vCPUs, the first of them
 * current, and a record of what the handlers ask of everything else.
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "arch/arm64/el2.h"
#include "arch/arm64/guest.h"
#include "arch/arm64/trap.h"
#include "arch/host/fake.h"
#include "core/arch.h"
#include "core/domain.h"
#include "core/error.h"
#include "core/guest_call.h"
#include "core/printk.h"
#include <arch/sysreg.h>

#include <cmocka.h> /* last: its macro `fail` is not core/error.h's function */

#define ENV_VCPUS 20

static struct domain env_d;
static struct vcpu env_v[ENV_VCPUS];
static struct vcpu *const v0 = &env_v[0];

static struct {
	unsigned reports; /* lines that the guest caused */
	unsigned blocks, yields, power_offs, crashes, interrupts, hypercalls;
	int power_on_result; /* what vcpu_power_on() answers */
	struct vcpu *power_on_vcpu; /* what it was last given */
	uint64_t power_on_entry, power_on_context;
	unsigned shutdowns, shutdown_reason;
	uint64_t hypercall_number;
	int64_t hypercall_result;
	unsigned cleans; /* steps of p2m_clean() so far */
	unsigned cleans_left; /* to come before the last */
	uint64_t clean_from; /* where the latest began */
} env;

struct vcpu *domain_vcpu(const struct domain *d, unsigned id)
{
	return id < d->vcpus_count ? d->vcpus[id] : NULL;
}

int vcpu_power_on(struct vcpu *v, uint64_t entry, uint64_t context)
{
	env.power_on_vcpu = v;
	env.power_on_entry = entry;
	env.power_on_context = context;
	return env.power_on_result;
}

/* Its registers have left the CPU. */
bool sched_vcpu_is_off(const struct vcpu *v)
{
	return !atomic_load(&v->sched.running);
}

void vcpu_power_off(struct vcpu *v)
{
	assert_ptr_equal(v, current_vcpu());
	env.power_offs++;
}

void domain_shutdown(struct domain *d, unsigned reason)
{
	assert_ptr_equal(d, &env_d);
	env.shutdowns++;
	env.shutdown_reason = reason;
}

void domain_crash(struct domain *d, const char *fmt, ...)
{
	(void)fmt;
	assert_ptr_equal(d, &env_d);
	env.crashes++;
}

void sched_block(void)
{
	env.blocks++;
}

void sched_yield(void)
{
	env.yields++;
}

void guest_printk(enum log_level level, const char *fmt, ...)
{
	(void)level;
	(void)fmt;
	env.reports++;
}

int p2m_clean(struct domain *d, ipa_t *next)
{
	assert_ptr_equal(d, &env_d);
	env.cleans++;
	env.clean_from = next->v;
	next->v += 0x1000;
	return env.cleans_left && env.cleans_left-- ? -ERESTART : 0;
}

void vtimer_tell(struct vcpu *v)
{
	v->arch.vgic.timer_put_off = false;
}

void irq_handle_pending(void)
{
	env.interrupts++;
}

int64_t hypercall_dispatch(uint64_t number, uint64_t args[HYPERCALL_ARGS])
{
	env.hypercalls++;
	env.hypercall_number = number;
	args[1] += 0x100;
	return env.hypercall_result;
}

/* Affinities as vgic_affinity() makes them: 16 vCPUs to an Aff1. */
static inline void env_reset(void)
{
	static struct vcpu *vcpus[ENV_VCPUS];

	memset(&env, 0, sizeof(env));
	memset(&env_d, 0, sizeof(env_d));
	memset(env_v, 0, sizeof(env_v));
	host_cpus_reset(1, 0);
	host_sysreg_reset();
	memset(this_cpu()->arch.firmware, -1, sizeof(this_cpu()->arch.firmware));
	env_d.vcpus = vcpus;
	env_d.vcpus_count = ENV_VCPUS;
	for (unsigned i = 0; i < ENV_VCPUS; i++) {
		vcpus[i] = &env_v[i];
		env_v[i].id = i;
		env_v[i].domain = &env_d;
		env_v[i].arch.sysregs.vmpidr = BIT(31) | vgic_affinity(i);
	}
	atomic_store(&v0->online, true);
	atomic_store(&v0->sched.running, true);
	cpus[0].current = v0;
	v0->arch.regs.pc = 0xffff000000001000;
	v0->arch.regs.pstate = PSTATE_EL1H;
}
