/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The scheduler: more vCPUs than CPUs, preemptive, fair by domain weight. One run queue per CPU ordered by
 * virtual runtime (CPU time divided by weight); an idle CPU takes waiting vCPUs from busy ones; a CPU
 * with nothing to run sleeps without a tick.
 */
#pragma once

#include "core/spinlock.h"
#include "core/timer.h"
#include "core/types.h"
#include "lib/list.h"

struct vcpu;
struct domain;

#define SCHED_WEIGHT_DEFAULT 256 /* Xen's credit2 default; 1 … 65535 */

enum vcpu_state { /* values of Xen's RUNSTATE_* */
	VCPU_RUNNING,
	VCPU_RUNNABLE,
	VCPU_BLOCKED,
	VCPU_OFFLINE,
};

struct sched_vcpu {
	/* guarded by the run queue lock of `cpu` */
	struct list_node queue_node;
	enum vcpu_state state;
	uint64_t state_since;	/* ns */
	uint64_t time_in[4];	/* ns spent in each state, up to state_since */
	uint64_t vruntime;	/* ns scaled by SCHED_WEIGHT_DEFAULT / weight */
	uint64_t slice_start;
	unsigned cpu;		/* where it runs, waits, or ran last */
	bool queued;
	_Atomic bool running;	/* its registers are on some CPU: set and cleared by that CPU alone */
	/* set through the functions below */
	_Atomic unsigned pause_count;
	_Atomic bool blocked;
	uint64_t affinity_hard;	/* bit per CPU */
	uint64_t affinity_soft;
};

struct sched_domain {
	unsigned weight;
	unsigned cap; /* percent of one CPU; 0: none */
};

/* Makes the idle vCPUs and run queues of `cpus` CPUs. 0, -ENOMEM. */
int sched_init(unsigned cpus);

/* The boot and secondary CPUs end here: enters the first guest or sleeps; never returns. */
_Noreturn void sched_start_cpu(void);

void sched_init_domain(struct domain *d);
int sched_init_vcpu(struct vcpu *v);	/* starts blocked with pause_count 0; affinity to all CPUs */
void sched_destroy_vcpu(struct vcpu *v); /* must be descheduled */

/* A vCPU that was blocked has a reason to run (an interrupt, an event, unpause). Any CPU, idempotent. */
void sched_wake(struct vcpu *v);

/*
 * The current vCPU has nothing to do. It does not sleep here: the entry path switches away. Rechecks
 * wake-up reasons after marking itself blocked, so no wake-up is lost.
 */
void sched_block(void);
void sched_yield(void);

/* Counted pauses. The _sync form returns when the vCPU's registers are off the CPU. */
void sched_pause_nosync(struct vcpu *v);
void sched_pause_sync(struct vcpu *v);
void sched_unpause(struct vcpu *v);

/*
 * Entry path, on every way back to a guest: if another vCPU should run here now, switches to it
 * (arch_vcpu_switch). After it current_vcpu() is the one to enter; sleeps while that is the idle vCPU.
 */
void sched_enter(void);

/* 0, -EINVAL (no CPU that is online in the mask). */
int sched_set_affinity(struct vcpu *v, uint64_t hard, uint64_t soft);
int sched_set_weight(struct domain *d, unsigned weight, unsigned cap);

/* CPU time used so far, ns, running time included. */
uint64_t sched_vcpu_time(const struct vcpu *v);
/* Snapshot of the four runstate times and the current state; consistent. */
struct runstate_snapshot {
	enum vcpu_state state;
	uint64_t since;
	uint64_t time_in[4];
};
struct runstate_snapshot sched_runstate(const struct vcpu *v);
uint64_t sched_idle_time(unsigned cpu);

/* Prints every run queue on the hypervisor log (debug-keys). */
void sched_dump(void);
