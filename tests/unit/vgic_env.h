/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Surroundings of the virtual GIC's tests: one domain, a CPU for each of its vCPUs to begin with, guests that
 * enter and leave as the trap path has it, and everything that makes a guest leave (kicks, maintenance and
 * device interrupts) played until all is quiet.
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "arch/host/fake.h"
#include "arch/host/gic.h"
#include "core/domain.h"
#include "core/error.h"
#include "core/fault.h"
#include "core/heap.h"
#include "core/panic.h"
#include "core/printk.h"

#include <cmocka.h> /* last: its macro `fail` is not core/error.h's function */

#define ENV_VCPUS 4
#define ENV_SPIS  64
#define ENV_DIST  UINT64_C(0x08000000)
#define ENV_RDIST UINT64_C(0x080a0000)
#define ENV_NONE  1023U
#define ENV_VMCR  (UINT64_C(0xf8) << 24 | UINT64_C(2) << 21 | UINT64_C(3) << 18 | 3)

static struct domain env_d;
static struct vcpu env_v[ENV_VCPUS], env_idle;
static struct vcpu *env_vcpus[ENV_VCPUS];
static bool env_in_guest[CPUS_MAX];
static unsigned env_wakes;

/* The C library's allocator: the sanitizers know its every byte. */
void *heap_alloc_array(size_t count, size_t size)
{
	return alloc_should_fail() ? NULL : calloc(count, size);
}

void heap_free(void *ptr)
{
	free(ptr);
}

/* As core/sched.c does it. */
void sched_kick(struct vcpu *v)
{
	env_wakes += atomic_exchange(&v->sched.blocked, false);
	if (atomic_load(&v->sched.running) && v->sched.cpu != cpu_id())
		arch_cpu_kick(v->sched.cpu);
}

_Noreturn void panic(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vprint_error(fmt, args);
	va_end(args);
	abort();
}

void printk(enum log_level level, const char *fmt, ...)
{
	va_list args;

	(void)level;
	va_start(args, fmt);
	vprint_message(fmt, args);
	va_end(args);
	print_message("\n");
}

static inline struct vcpu *env_on(unsigned cpu)
{
	return cpus[cpu].current == &env_idle ? NULL : cpus[cpu].current;
}

/* The way out of a guest, to the point where anything may be done on this CPU. */
static inline void env_exit(unsigned cpu)
{
	host_cpu_set(cpu);
	if (env_in_guest[cpu] && env_on(cpu)->arch.vgic.lrs_used)
		vgic_sync(env_on(cpu));
	/* A level: if it were still asserted, its handler would run for ever. */
	assert_false(env_on(cpu) && host_gic_maintenance());
	env_in_guest[cpu] = false;
}

static inline void env_enter(unsigned cpu)
{
	struct vcpu *v = env_on(cpu);

	host_cpu_set(cpu);
	if (!v)
		return;
	if (atomic_load(&v->arch.vgic.dirty))
		vgic_flush(v);
	env_in_guest[cpu] = true;
}

static inline void env_unload(unsigned cpu)
{
	struct vcpu *v = env_on(cpu);

	env_exit(cpu);
	vgic_save(v);
	atomic_store(&v->sched.running, false);
	cpus[cpu].current = &env_idle;
}

static inline void env_load(struct vcpu *v, unsigned cpu)
{
	host_cpu_set(cpu);
	cpus[cpu].current = v;
	v->sched.cpu = cpu;
	atomic_store(&v->sched.running, true);
	vgic_vcpu_moved(v, cpu);
	vgic_restore(v);
	env_enter(cpu);
}

/* Somebody waits for guests to exit: those that were kicked do, and some are back at once. */
static inline void env_relax(void)
{
	static unsigned turn;
	unsigned waiter = cpu_id(), exits = 0;

	for (unsigned cpu = 0; cpu < ENV_VCPUS; cpu++) {
		if (cpu == waiter || !host_kicks[cpu] || !env_in_guest[cpu])
			continue;
		host_kicks[cpu] = 0;
		env_exit(cpu);
		if (turn++ & 1)
			env_enter(cpu);
		exits++;
	}
	assert_true(exits > 0);
	host_cpu_set(waiter);
}

static inline void env_init(unsigned lr_count)
{
	memset(&env_d, 0, sizeof(env_d));
	memset(env_v, 0, sizeof(env_v));
	memset(env_in_guest, 0, sizeof(env_in_guest));
	host_cpus_reset(ENV_VCPUS, 0);
	host_gic_reset(lr_count);
	host_relax_hook = env_relax;
	env_wakes = 0;
	env_d.vcpus = env_vcpus;
	env_d.vcpus_count = ENV_VCPUS;
	assert_int_equal(vgic_init_domain(&env_d, ENV_SPIS, IPA(ENV_DIST), IPA(ENV_RDIST)), 0);
	for (unsigned i = 0; i < ENV_VCPUS; i++) {
		env_vcpus[i] = &env_v[i];
		env_v[i].domain = &env_d;
		env_v[i].id = i;
		vgic_init_vcpu(&env_v[i]);
		env_v[i].arch.vgic.vmcr = ENV_VMCR;
		cpus[i].current = &env_idle;
	}
}

static inline void env_free(void)
{
	for (unsigned cpu = 0; cpu < ENV_VCPUS; cpu++)
		if (env_on(cpu))
			env_unload(cpu);
	host_cpu_set(0);
	vgic_free_domain(&env_d);
}

/* Every vCPU in its guest, on the CPU of its number. */
static inline void env_start(unsigned lr_count)
{
	env_init(lr_count);
	for (unsigned i = 0; i < ENV_VCPUS; i++)
		env_load(&env_v[i], i);
}
