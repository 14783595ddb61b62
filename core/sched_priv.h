/* SPDX-License-Identifier: Apache-2.0 */
/* Between the parts of the scheduler: sched.c (interface, switching), sched_queue.c (who runs where),
 * sched_time.c (accounting, caps). Everything here is called with sched_lock held. */
#pragma once

#include "core/cpu.h"
#include "core/domain.h"
#include "core/sched.h"

#define SCHED_SLICE      (10 * NS_PER_MS)
#define SCHED_CAP_PERIOD (100 * NS_PER_MS)

struct sched_cpu {
	struct vcpu *idle;
	struct vcpu *current; /* runs here, or is being switched to */
	struct list_node queue; /* runnable, waiting, by vruntime; all may run here */
	uint64_t floor; /* a vruntime that everybody here has reached; never goes back */
	uint64_t charged; /* ns: the current vCPU's vruntime counts its running up to here */
	uint64_t slice_start;
	bool yielding;
	_Atomic bool ticking; /* the tick is set */
	struct timer tick;
};

extern struct spinlock sched_lock;
extern struct sched_cpu sched_cpus[CPUS_MAX];
extern unsigned sched_cpu_count;

static inline bool sched_is_current(const struct vcpu *v)
{
	return sched_cpus[v->sched.cpu].current == v;
}

static inline bool sched_is_idle(const struct sched_cpu *sc)
{
	return sc->current == sc->idle;
}

static inline bool sched_may_run(const struct vcpu *v)
{
	const struct sched_domain *d = &v->domain->sched;

	return v->online && !v->sched.blocked && v->sched.pause_count == 0 && d->pause_count == 0 &&
	       !d->throttled;
}

/* v changed in what sched_may_run() looks at, or was made to: queue and state follow. */
void sched_update_locked(struct vcpu *v, uint64_t now);

/* sched_queue.c. Virtual times are compared by difference, so that they may wrap. */
static inline bool sched_before(uint64_t a, uint64_t b)
{
	return (int64_t)(a - b) < 0;
}

uint64_t sched_scale(uint64_t ns, const struct vcpu *v);
uint64_t sched_allowed(const struct vcpu *v); /* CPUs, never 0 */
/* A vCPU that may run and is nowhere yet: chooses a CPU, queues it there, has the CPU look if need be. */
void sched_queue_wake(struct vcpu *v, uint64_t now);
/* The vCPU that a CPU has switched away from and that can go on. */
void sched_queue_requeue(unsigned cpu, struct vcpu *v, uint64_t now);
/* This CPU is not idle any more: who was left to it and still waits is for others. */
void sched_queue_offer(unsigned cpu);
void sched_queue_remove(struct vcpu *v);
/* v's weight has changed: what it has run ahead of others is worth as much time as before. */
void sched_queue_reweigh(struct vcpu *v, unsigned old_weight);
/* Who should run on this CPU next, taken off its queue; may be the current one, or idle. */
struct vcpu *sched_queue_pick(unsigned cpu, bool slice_over);
bool sched_queue_waits_for(unsigned cpu); /* somebody waits that could run on cpu */

/* sched_time.c */
void sched_set_state(struct vcpu *v, enum vcpu_state state, uint64_t now);
enum vcpu_state sched_rest_state(const struct vcpu *v);
/* The CPU's current vCPU pays for its running up to now. */
void sched_charge(struct sched_cpu *sc, uint64_t now);
void sched_cap_init(struct domain *d);
/* The current vCPU's domain may be over its cap: stops it until the period ends. */
void sched_cap_enforce(struct domain *d, uint64_t now);
/* How long it may run before sched_cap_enforce() is due; TIME_NEVER without a cap. */
uint64_t sched_cap_left(const struct domain *d);
