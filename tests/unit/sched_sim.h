/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A machine in which time jumps from event to event: the real scheduler on faked CPUs, under vCPUs that
 * compute and sleep as told. Included once by each scheduler test; keeps all of core but the scheduler out.
 */
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arch/host/fake.h"
#include "core/arch.h"
#include "core/domain.h"
#include "core/error.h"
#include "core/heap.h"
#include "core/panic.h"
#include "core/printk.h"
#include "core/sched_priv.h"

#include <cmocka.h> /* last: its macro `fail` is not core/error.h's function */

#define SIM_DOMAINS 16
#define SIM_VCPUS   4 /* per domain */
#define SIM_ALL     (SIM_DOMAINS * SIM_VCPUS)

struct sim_vcpu {
	struct vcpu v;
	uint64_t work,
		sleep; /* computes so long, sleeps so long, each up to twice; work 0: computes for ever */
	uint64_t work_left;
	uint64_t wakes_at; /* TIME_NEVER: not asleep */
	uint64_t woken_at; /* 0: it has run since */
	uint64_t born;
	uint64_t ran; /* what the simulation saw */
	uint64_t latency_sum, latency_max;
	unsigned wakes;
};

static struct domain sim_domains[SIM_DOMAINS];
static struct vcpu *sim_vcpu_table[SIM_DOMAINS][SIM_VCPUS];
static struct sim_vcpu sim_vcpus[SIM_ALL];
static unsigned sim_count;
static uint64_t sim_kick_at[CPUS_MAX];
static unsigned sim_kicks_seen[CPUS_MAX];
static uint64_t sim_start;
static uint64_t sim_idle_bad; /* CPU time idle while a vCPU waited that could have used it */
static jmp_buf sim_sleeping;
static unsigned sim_allocs_left;
static unsigned sim_allocs;

void *heap_alloc(size_t size)
{
	if (sim_allocs_left-- == 0)
		return NULL;
	sim_allocs++;
	return calloc(1, size);
}

void heap_free(void *ptr)
{
	if (ptr != NULL)
		sim_allocs--;
	free(ptr);
}

bool evtchn_upcall_pending(const struct vcpu *v)
{
	(void)v;
	return false;
}

void vcpu_publish_runstate(struct vcpu *v)
{
	(void)v;
}

void printk(enum log_level level, const char *fmt, ...)
{
	(void)level;
	(void)fmt;
}

_Noreturn void panic(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vfprintf(stderr, fmt, args);
	va_end(args);
	abort();
}

static void sim_sleep(void)
{
	longjmp(sim_sleeping, 1);
}

static void sim_init(unsigned cpus_wanted, unsigned seed)
{
	srand(seed);
	host_cpus_reset(cpus_wanted, NS_PER_S + (uint64_t)rand());
	host_sleep_hook = sim_sleep;
	for (unsigned i = 0; i < cpus_wanted; i++) {
		timer_init_cpu(i);
		sim_kick_at[i] = TIME_NEVER;
		sim_kicks_seen[i] = 0;
	}
	memset(sim_vcpus, 0, sizeof(sim_vcpus));
	memset(sim_domains, 0, sizeof(sim_domains));
	memset(sim_vcpu_table, 0, sizeof(sim_vcpu_table));
	sim_count = 0;
	sim_idle_bad = 0;
	sim_start = host_now;
	sim_allocs_left = ~0U;
	assert_int_equal(sched_init(cpus_wanted), 0);
}

static void sim_end(void)
{
	for (unsigned i = 0; i < sched_cpu_count; i++) {
		timer_stop(&sched_cpus[i].tick);
		heap_free(sched_cpus[i].idle);
	}
	for (unsigned i = 0; i < SIM_DOMAINS; i++)
		if (sim_domains[i].vcpus != NULL)
			sched_free_domain(&sim_domains[i]);
}

static struct domain *sim_domain(unsigned id, unsigned weight, unsigned cap)
{
	struct domain *d = &sim_domains[id];

	d->id = (domain_id_t)id;
	d->vcpus = sim_vcpu_table[id];
	d->vcpus_count = SIM_VCPUS;
	d->config.vcpus_max = SIM_VCPUS;
	sched_init_domain(d);
	assert_int_equal(sched_set_weight(d, weight, cap), 0);
	return d;
}

static struct sim_vcpu *sim_add(struct domain *d, uint64_t work, uint64_t sleep)
{
	struct sim_vcpu *s = &sim_vcpus[sim_count++];
	unsigned id = 0;

	while (d->vcpus[id] != NULL)
		id++;
	assert_true(id < SIM_VCPUS);
	s->v.domain = d;
	s->v.id = id;
	s->work = work;
	s->sleep = sleep;
	s->born = host_now;
	s->wakes_at = TIME_NEVER;
	s->work_left = work != 0 ? work + (uint64_t)rand() % work : TIME_NEVER;
	assert_int_equal(sched_init_vcpu(&s->v), 0);
	d->vcpus[id] = &s->v;
	return s;
}

static struct sim_vcpu *sim_of(struct vcpu *v)
{
	return v->domain->id == DOMAIN_IDLE_ID ? NULL : container_of(v, struct sim_vcpu, v);
}

/* SGIs take a while to arrive. */
static void sim_see_kicks(void)
{
	for (unsigned cpu = 0; cpu < sched_cpu_count; cpu++) {
		if (host_kicks[cpu] == sim_kicks_seen[cpu])
			continue;
		sim_kicks_seen[cpu] = host_kicks[cpu];
		if (sim_kick_at[cpu] == TIME_NEVER)
			sim_kick_at[cpu] = host_now + 200 + (uint64_t)(rand() % 3000);
	}
}

/* The way back to the guest: to the vCPU that is current then, or asleep with the idle one. */
static void sim_enter(unsigned cpu)
{
	struct sim_vcpu *s;

	host_cpu_set(cpu);
	if (setjmp(sim_sleeping) == 0)
		sched_enter();
	s = sim_of(cpus[cpu].current);
	if (s != NULL) {
		s->v.arch.irq_pending = false;
		if (s->woken_at != 0) {
			uint64_t latency = host_now - s->woken_at;

			s->woken_at = 0;
			s->latency_sum += latency;
			s->latency_max = MAX(s->latency_max, latency);
			s->wakes++;
		}
	}
	sim_see_kicks();
}

static void sim_online(struct sim_vcpu *s)
{
	host_cpu_set(0);
	s->v.online = true;
	sched_update(&s->v);
	sim_see_kicks();
	sim_enter(0);
}

static uint64_t sim_next_event(uint64_t end)
{
	uint64_t next = end;

	for (unsigned cpu = 0; cpu < sched_cpu_count; cpu++) {
		struct sim_vcpu *s = sim_of(cpus[cpu].current);

		next = MIN(next, MIN(host_deadline[cpu], sim_kick_at[cpu]));
		if (s != NULL && s->work_left != TIME_NEVER)
			next = MIN(next, host_now + s->work_left);
	}
	for (unsigned i = 0; i < sim_count; i++)
		next = MIN(next, sim_vcpus[i].wakes_at);
	return MAX(next, host_now);
}

static unsigned sim_waiters(unsigned cpu)
{
	unsigned count = 0;

	for (unsigned i = 0; i < sim_count; i++)
		if (sim_vcpus[i].v.sched.queued && (sched_allowed(&sim_vcpus[i].v) & BIT(cpu)) != 0)
			count++;
	return count;
}

static void sim_advance(uint64_t to)
{
	uint64_t by = to - host_now;
	unsigned coming = 0; /* idle CPUs on their way to a waiting vCPU */

	for (unsigned cpu = 0; cpu < sched_cpu_count; cpu++)
		coming += sched_is_idle(&sched_cpus[cpu]) && sim_kick_at[cpu] != TIME_NEVER;

	for (unsigned cpu = 0; cpu < sched_cpu_count; cpu++) {
		struct sim_vcpu *s = sim_of(cpus[cpu].current);

		if (s == NULL) {
			if (sim_kick_at[cpu] == TIME_NEVER && sim_waiters(cpu) > coming)
				sim_idle_bad += by;
			continue;
		}
		s->ran += by;
		if (s->work_left != TIME_NEVER)
			s->work_left -= by;
	}
	host_now = to;
}

static uint64_t sim_about(uint64_t ns)
{
	return ns + (uint64_t)rand() % (ns + 1);
}

/* What is due now, one thing per CPU. */
static void sim_events(void)
{
	for (unsigned i = 0; i < sim_count; i++) {
		struct sim_vcpu *s = &sim_vcpus[i];

		if (s->wakes_at > host_now)
			continue;
		s->wakes_at = TIME_NEVER;
		s->woken_at = host_now;
		s->work_left = sim_about(s->work);
		host_cpu_set(
			(unsigned)rand() % sched_cpu_count); /* whichever takes the interrupt */
		s->v.arch.irq_pending = true;
		sched_wake(&s->v);
		sim_see_kicks();
		sim_enter(cpu_id());
	}
	for (unsigned cpu = 0; cpu < sched_cpu_count; cpu++) {
		struct sim_vcpu *s = sim_of(cpus[cpu].current);
		bool kicked = sim_kick_at[cpu] <= host_now;

		host_cpu_set(cpu);
		if (kicked)
			sim_kick_at[cpu] = TIME_NEVER;
		if (host_deadline[cpu] <= host_now)
			timer_interrupt();
		if (s != NULL && s->work_left == 0 && s->wakes_at == TIME_NEVER) {
			s->wakes_at = host_now + 1 + sim_about(s->sleep);
			sched_block();
		}
		sim_enter(cpu);
	}
}

static void sim_check_vcpu(struct sim_vcpu *s)
{
	struct vcpu *v = &s->v;
	bool current = sched_is_current(v);
	struct runstate_snapshot snap = sched_runstate(v);
	uint64_t sum = host_now - snap.since;

	for (unsigned i = 0; i < 4; i++)
		sum += snap.time_in[i];
	assert_int_equal(sum, host_now - s->born);
	assert_int_equal(sched_vcpu_time(v), s->ran);
	assert_int_equal(v->sched.running, current);
	assert_false(current && v->sched.queued);
	assert_int_equal(v->sched.state == VCPU_RUNNING, current);
	if (v->sched.queued)
		assert_true(sched_may_run(v) && v->sched.state == VCPU_RUNNABLE &&
			    (sched_allowed(v) & BIT(v->sched.cpu)) != 0);
	else if (!current)
		assert_false(sched_may_run(v));
	if (current && cpus[v->sched.cpu].need_resched == false)
		assert_true((sched_allowed(v) & BIT(v->sched.cpu)) != 0);
}

static void sim_check(void)
{
	uint64_t busy = 0;

	for (unsigned i = 0; i < sim_count; i++) {
		sim_check_vcpu(&sim_vcpus[i]);
		busy += sim_vcpus[i].ran;
	}
	for (unsigned cpu = 0; cpu < sched_cpu_count; cpu++) {
		assert_ptr_equal(cpus[cpu].current, sched_cpus[cpu].current);
		if (cpus[cpu].need_resched)
			assert_true(sim_kick_at[cpu] != TIME_NEVER);
		busy += sched_idle_time(cpu);
	}
	assert_int_equal(busy, (host_now - sim_start) * sched_cpu_count);
	assert_int_equal(sim_idle_bad, 0);
}

static void sim_run(uint64_t duration)
{
	uint64_t end = host_now + duration;

	while (host_now < end) {
		sim_advance(sim_next_event(end));
		sim_events();
		sim_check();
	}
}
