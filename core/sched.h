/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The scheduler: more vCPUs than CPUs, preemptive, fair by domain weight over all CPUs. One run queue per
 * CPU ordered by virtual runtime (CPU time divided by weight); a CPU takes waiting vCPUs that are further
 * behind than its own from other queues; a CPU with nothing to run sleeps, one that nobody waits for has
 * no tick. How and why: docs/scheduler.md.
 */
#pragma once

#include "core/spinlock.h"
#include "core/timer.h"
#include "core/types.h"
#include "lib/list.h"

struct vcpu;
struct domain;

#define SCHED_WEIGHT_DEFAULT 256 /* Xen's credit2 default; 1 … 65535 */
#define SCHED_WEIGHT_MAX     65535

enum vcpu_state { /* values of Xen's RUNSTATE_* */
	VCPU_RUNNING,
	VCPU_RUNNABLE,
	VCPU_BLOCKED,
	VCPU_OFFLINE,
};

struct sched_vcpu {
	/* guarded by the scheduler's lock */
	struct list_node queue_node;
	enum vcpu_state state;
	uint64_t state_since; /* ns */
	uint64_t time_in[4]; /* ns spent in each state, up to state_since */
	uint64_t vruntime; /* ns scaled by SCHED_WEIGHT_DEFAULT / weight; compared by difference */
	_Atomic unsigned cpu; /* where it runs, waits, or ran last */
	bool queued;
	unsigned pause_count;
	uint64_t affinity_hard; /* bit per CPU, as it was asked for */
	uint64_t affinity_soft;
	uint64_t affinity_kind; /* CPUs of one kind: what its kernel found out at boot holds on them alone */
	_Atomic bool running; /* its registers are on some CPU: set and cleared by that CPU alone */
	_Atomic bool blocked; /* set by itself, cleared by whoever wakes it */
};

struct sched_domain {
	/* guarded by the scheduler's lock */
	unsigned weight;
	unsigned cap; /* percent of one CPU; 0: none */
	unsigned pause_count; /* holds back every vCPU, also those that are made later */
	bool throttled; /* has used up what cap allows in this period */
	uint64_t cap_period_start;
	uint64_t cap_used; /* ns, all vCPUs, in this period; what is over counts in the next */
	struct timer cap_timer;
};

/* Makes the idle vCPUs and run queues of `cpus` CPUs. 0, -ENOMEM. */
int sched_init(unsigned cpus);

/* The boot and secondary CPUs end here: enters the first guest or sleeps; never returns. */
_Noreturn void sched_start_cpu(void);

void sched_init_domain(struct domain *d);
void sched_free_domain(struct domain *d);
/* Not online, pause_count 0; affinity to all CPUs of a kind: vCPU n of Dom0 to CPU n's, others to their domain's. 0. */
int sched_init_vcpu(struct vcpu *v);
void sched_destroy_vcpu(struct vcpu *v); /* must be descheduled */

/*
 * A vCPU that was blocked has a reason to run (an interrupt, an event). The reason must be visible before
 * the call. Any CPU, idempotent, cheap when it was not blocked.
 */
void sched_wake(struct vcpu *v);

/*
 * There is something new for the vCPU to see on its way into the guest: woken if it is blocked, made to
 * leave the guest if it runs on another CPU. Same condition as sched_wake().
 */
void sched_kick(struct vcpu *v);

/* online, or another condition of v changed outside the scheduler: looks at it anew. */
void sched_update(struct vcpu *v);

/*
 * The current vCPU has nothing to do. It does not sleep here: the entry path switches away. Rechecks
 * wake-up reasons after marking itself blocked, so no wake-up is lost.
 */
void sched_block(void);
void sched_yield(void);

/*
 * Counted pauses. The _sync form returns when the vCPU's registers are off the CPU; it does not wait for
 * the current vCPU, nor for another one of the current domain (that could be waiting for us: see
 * docs/scheduler.md), which leaves its guest code at once and stops before it gets back to it. No lock is held.
 */
void sched_pause_nosync(struct vcpu *v);
void sched_pause_sync(struct vcpu *v);
void sched_unpause(struct vcpu *v);

/* The same for all vCPUs of a domain, present and future, with one count. */
void sched_pause_domain(struct domain *d, bool sync);
void sched_unpause_domain(struct domain *d);

/* True once the vCPU neither runs nor is being switched to or from. Only lasts if it cannot run. */
bool sched_vcpu_is_off(const struct vcpu *v);

/*
 * Entry path, on every way back to a guest: if another vCPU should run here now, switches to it
 * (arch_vcpu_switch). After it current_vcpu() is the one to enter; sleeps while that is the idle vCPU.
 */
void sched_enter(void);

/*
 * hard without a CPU of v's kind: v changes to the kind of the first one, with a warning if it has run. 0, -EINVAL (no
 * CPU that is online in the mask).
 */
int sched_set_affinity(struct vcpu *v, uint64_t hard, uint64_t soft);
/* 0, -EINVAL (weight 0 or over SCHED_WEIGHT_MAX, cap over 100 percent of every vCPU it may have). */
int sched_set_weight(struct domain *d, unsigned weight, unsigned cap);

/* CPU time used so far, ns, running time included. */
uint64_t sched_vcpu_time(const struct vcpu *v);
/* Snapshot of the four runstate times and the current state; consistent. */
struct runstate_snapshot {
	enum vcpu_state state;
	uint64_t since;
	uint64_t time_in[4]; /* up to since */
};
struct runstate_snapshot sched_runstate(const struct vcpu *v);
uint64_t sched_idle_time(unsigned cpu);

/* Prints every run queue on the hypervisor log (debug-keys). */
void sched_dump(void);
