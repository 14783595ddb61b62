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
	uint64_t work, sleep; /* computes so long, sleeps so long, each up to twice; work 0: computes for ever */
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
static unsigned sim_warnings;

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
	sim_warnings += level == LOG_WARN;
	(void)fmt;
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
