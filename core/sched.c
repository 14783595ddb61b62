/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The scheduler's interface and the switch from one vCPU to another. One lock guards all queues: an
 * operation looks at several of them, and boards have few CPUs (docs/scheduler.md).
 */
#include "core/sched.h"

#include "core/arch.h"
#include "core/cpu.h"
#include "core/error.h"
#include "core/heap.h"
#include "core/panic.h"
#include "core/printk.h"
#include "core/sched_priv.h"
#include <arch/barrier.h>

struct spinlock sched_lock = SPINLOCK_INIT;
struct sched_cpu sched_cpus[CPUS_MAX];
unsigned sched_cpu_count;

/* Whose the idle vCPUs are: never on the list of domains, and never asked for anything but its id. */
static struct domain idle_domain = {
	.id = DOMAIN_IDLE_ID,
	.sched = { .weight = SCHED_WEIGHT_DEFAULT },
};

static void tick_expires(void *data)
{
	struct sched_cpu *sc = data;

	atomic_store(&sc->ticking, false);
	cpu_request_resched(cpu_id());
}

static struct vcpu *make_idle(unsigned cpu, uint64_t now)
{
	struct vcpu *v = heap_alloc(sizeof(*v));

	if (v == NULL)
		return NULL;
	v->domain = &idle_domain;
	v->id = cpu;
	v->sched.cpu = cpu;
	v->sched.state = VCPU_RUNNING;
	v->sched.state_since = now;
	v->sched.affinity_hard = BIT(cpu);
	v->online = true;
	return v;
}

int sched_init(unsigned cpus_wanted)
{
	uint64_t now = time_now();

	for (unsigned cpu = 0; cpu < cpus_wanted; cpu++) {
		struct sched_cpu *sc = &sched_cpus[cpu];

		*sc = (struct sched_cpu){ .idle = make_idle(cpu, now), .charged = now };
		if (sc->idle == NULL) {
			while (cpu-- > 0)
				heap_free(sched_cpus[cpu].idle);
			return -ENOMEM;
		}
		sc->current = sc->idle;
		list_init(&sc->queue);
		timer_init(&sc->tick, tick_expires, sc);
		cpus[cpu].current = sc->idle;
	}
	sched_cpu_count = cpus_wanted;
	return 0;
}

_Noreturn void sched_start_cpu(void)
{
	atomic_store(&this_cpu()->need_resched, true);
	sched_enter();
	arch_vcpu_enter();
}

void sched_init_domain(struct domain *d)
{
	d->sched = (struct sched_domain){ .weight = SCHED_WEIGHT_DEFAULT };
	sched_cap_init(d);
}

void sched_free_domain(struct domain *d)
{
	timer_stop(&d->sched.cap_timer);
}

/* vCPUs of a guest are all of one kind; Dom0's are of all kinds, as the nodes of its tree say. */
static uint64_t kind_of_new(const struct vcpu *v)
{
	unsigned n = v->domain->config.hardware ? v->id : v->domain->id;

	return cpus[n % sched_cpu_count].alike;
}

int sched_init_vcpu(struct vcpu *v)
{
	v->sched = (struct sched_vcpu){
		.state = VCPU_OFFLINE,
		.state_since = time_now(),
		.cpu = (v->domain->id + v->id) % sched_cpu_count,
		.affinity_hard = ~UINT64_C(0),
		.affinity_soft = ~UINT64_C(0),
		.affinity_kind = kind_of_new(v),
	};
	list_init(&v->sched.queue_node);
	return 0;
}

void sched_destroy_vcpu(struct vcpu *v)
{
	ASSERT(!v->sched.queued && !v->sched.running);
}

void sched_update_locked(struct vcpu *v, uint64_t now)
{
	bool may = sched_may_run(v);

	if (sched_is_current(v)) {
		if (!may)
			cpu_request_resched(v->sched.cpu);
		return;
	}
	if (may && !v->sched.queued)
		sched_queue_wake(v, now);
	if (!may && v->sched.queued)
		sched_queue_remove(v);
	if (!may)
		sched_set_state(v, sched_rest_state(v), now);
}

void sched_update(struct vcpu *v)
{
	spin_lock(&sched_lock);
	sched_update_locked(v, time_now());
	spin_unlock(&sched_lock);
}

void sched_wake(struct vcpu *v)
{
	smp_mb(); /* the reason is visible to sched_block() before it is asked whether the vCPU blocks */
	if (atomic_load(&v->sched.blocked) && atomic_exchange(&v->sched.blocked, false))
		sched_update(v);
}

void sched_kick(struct vcpu *v)
{
	sched_wake(v);
	/* One that is just being switched to sees the reason on its way in: switch_to() has the barrier. */
	if (atomic_load(&v->sched.running) && v->sched.cpu != cpu_id())
		arch_cpu_kick(v->sched.cpu);
}

/* The current vCPU has marked itself blocked; true: there is a reason not to be. */
static bool has_reason_to_run(struct vcpu *v)
{
	smp_mb(); /* either the waker sees the mark, or its reason is seen here */
	return arch_vcpu_irq_pending(v) || evtchn_upcall_pending(v);
}

void sched_block(void)
{
	struct vcpu *v = current_vcpu();

	atomic_store(&v->sched.blocked, true);
	if (has_reason_to_run(v))
		atomic_store(&v->sched.blocked, false);
	else
		cpu_request_resched(cpu_id());
}

void sched_yield(void)
{
	sched_cpus[cpu_id()].yielding = true;
	cpu_request_resched(cpu_id());
}

static void add_pause(struct vcpu *v, unsigned by)
{
	spin_lock(&sched_lock);
	v->sched.pause_count += by;
	sched_update_locked(v, time_now());
	spin_unlock(&sched_lock);
}

void sched_pause_nosync(struct vcpu *v)
{
	add_pause(v, 1);
}

void sched_unpause(struct vcpu *v)
{
	add_pause(v, -1U);
}

bool sched_vcpu_is_off(const struct vcpu *v)
{
	bool off;

	spin_lock(&sched_lock);
	off = !sched_is_current(v) &&
	      !atomic_load_explicit(&v->sched.running, memory_order_acquire);
	spin_unlock(&sched_lock);
	return off;
}

static void wait_off(const struct vcpu *v)
{
	if (v->domain == current_vcpu()->domain)
		return;
	while (!sched_vcpu_is_off(v))
		cpu_relax();
}

void sched_pause_sync(struct vcpu *v)
{
	sched_pause_nosync(v);
	wait_off(v);
}

static void add_domain_pause(struct domain *d, unsigned by)
{
	uint64_t now;

	spin_lock(&sched_lock);
	now = time_now();
	d->sched.pause_count += by;
	for (unsigned i = 0; i < d->vcpus_count; i++)
		if (d->vcpus[i] != NULL)
			sched_update_locked(d->vcpus[i], now);
	spin_unlock(&sched_lock);
}

void sched_pause_domain(struct domain *d, bool sync)
{
	add_domain_pause(d, 1);
	for (unsigned i = 0; sync && i < d->vcpus_count; i++)
		if (d->vcpus[i] != NULL)
			wait_off(d->vcpus[i]);
}

void sched_unpause_domain(struct domain *d)
{
	add_domain_pause(d, -1U);
}

/* Sets the tick if anybody waits for this CPU or a cap is to be watched; what is set may fire in vain. */
static void set_tick(
		unsigned cpu, const struct vcpu *next, bool waited_for, bool fresh, uint64_t now)
{
	struct sched_cpu *sc = &sched_cpus[cpu];
	uint64_t left = sched_cap_left(next->domain);

	if (next == sc->idle) {
		if (sc->ticking)
			timer_set(&sc->tick, TIME_NEVER);
		sc->ticking = false;
		return;
	}
	if (sc->ticking && !fresh)
		return;
	if (left == TIME_NEVER && !waited_for && !sched_queue_waits_for(cpu))
		return;
	sc->ticking = true;
	timer_set(&sc->tick, now + MIN(left, SCHED_SLICE));
}

/* Where the vCPU goes that this CPU has switched away from. */
static void put_back(unsigned cpu, struct vcpu *prev, uint64_t now)
{
	if (prev == sched_cpus[cpu].idle) {
		sched_set_state(prev, VCPU_RUNNABLE, now);
		sched_queue_offer(cpu);
	} else if (sched_may_run(prev)) {
		sched_queue_requeue(cpu, prev, now);
	} else {
		sched_set_state(prev, sched_rest_state(prev), now);
	}
}

/* Leaves the current vCPU and takes on the next. */
static struct vcpu *choose_next(unsigned cpu)
{
	struct sched_cpu *sc = &sched_cpus[cpu];
	struct vcpu *prev = sc->current;
	uint64_t now = time_now();
	bool fresh, waits;
	struct vcpu *next;

	sched_charge(sc, now);
	sched_cap_enforce(prev->domain, now);
	fresh = now - sc->slice_start >= SCHED_SLICE;
	next = sched_queue_pick(cpu, fresh);
	sc->current = next;
	fresh |= next != prev;
	if (fresh)
		sc->slice_start = now;
	waits = next != prev && prev != sc->idle && sched_may_run(prev);
	set_tick(cpu, next, waits, fresh, now);
	if (next != prev) {
		sched_set_state(next, VCPU_RUNNING, now);
		put_back(cpu, prev, now);
	}
	return next;
}

static void leave(struct vcpu *from, struct vcpu *to)
{
	arch_vcpu_switch(from, to);
	/* From here on another CPU may load what was saved. */
	atomic_store_explicit(&from->sched.running, false, memory_order_release);
}

/*
 * The CPU that next ran on before may still be saving it. Before waiting for that, this CPU saves its own:
 * two CPUs that swap their vCPUs would wait for each other else.
 */
static void switch_to(struct vcpu *prev, struct vcpu *next)
{
	struct cpu *cpu = this_cpu();
	struct vcpu *idle = sched_cpus[cpu->id].idle;

	vcpu_publish_runstate(prev);
	if (next != idle && atomic_load_explicit(&next->sched.running, memory_order_acquire)) {
		if (prev != idle)
			leave(prev, idle);
		prev = idle;
		while (atomic_load_explicit(&next->sched.running, memory_order_acquire))
			cpu_relax();
	}
	atomic_store(&next->sched.running, true);
	smp_mb(); /* sched_kick() sees it, or the entry path sees what the kick is about */
	leave(prev, next);
	cpu->current = next;
	vcpu_publish_runstate(next);
}

static void reschedule(struct cpu *cpu)
{
	struct vcpu *prev = cpu->current;
	struct vcpu *next;

	spin_lock(&sched_lock);
	next = choose_next(cpu->id);
	spin_unlock(&sched_lock);
	if (next != prev)
		switch_to(prev, next);
}

void sched_enter(void)
{
	struct cpu *cpu = this_cpu();

	while (atomic_load_explicit(&cpu->need_resched, memory_order_relaxed)) {
		/* Cleared first: a request from now on is about something that may be missed below. */
		atomic_store(&cpu->need_resched, false);
		reschedule(cpu);
		while (cpu->current == sched_cpus[cpu->id].idle &&
				!atomic_load(&cpu->need_resched)) {
			arch_cpu_sleep();
			arch_handle_interrupts();
		}
	}
}

static bool has_run(const struct vcpu *v)
{
	return v->sched.state == VCPU_RUNNING || v->sched.time_in[VCPU_RUNNING] != 0;
}

/* v is to run on these CPUs alone. True: it has run on others, which are of another kind. */
static bool change_kind(struct vcpu *v, uint64_t to)
{
	if (v->sched.affinity_kind & to)
		return false;
	v->sched.affinity_kind = cpus[__builtin_ctzll(to)].alike;
	return has_run(v);
}

static void warn_of_kind(const struct vcpu *v, uint64_t allowed)
{
	char list[CPU_LIST_MAX];

	cpu_list(allowed, list);
	log_warn("d%uv%u is pinned to %s, of another kind than those it has run on: its kernel does not know",
			v->domain->id, v->id, list);
}

int sched_set_affinity(struct vcpu *v, uint64_t hard, uint64_t soft)
{
	uint64_t to = hard & (~UINT64_C(0) >> (64 - sched_cpu_count));
	uint64_t allowed;
	bool warn;

	if (to == 0)
		return -EINVAL;
	spin_lock(&sched_lock);
	warn = change_kind(v, to);
	v->sched.affinity_hard = hard;
	v->sched.affinity_soft = soft;
	if (sched_is_current(v)) {
		if ((sched_allowed(v) & BIT(v->sched.cpu)) == 0)
			cpu_request_resched(v->sched.cpu);
	} else if (v->sched.queued) {
		sched_queue_remove(v); /* a CPU that is allowed now may be idle */
		sched_update_locked(v, time_now());
	}
	allowed = sched_allowed(v);
	spin_unlock(&sched_lock);
	if (warn)
		warn_of_kind(v, allowed);
	return 0;
}

/* What ran until now ran at the old weight. */
static void set_weight(struct domain *d, unsigned weight, uint64_t now)
{
	unsigned old = d->sched.weight;

	for (unsigned cpu = 0; cpu < sched_cpu_count; cpu++) {
		sched_charge(&sched_cpus[cpu], now);
		if (sched_cpus[cpu].current->domain == d)
			cpu_request_resched(cpu);
	}
	d->sched.weight = weight;
	for (unsigned i = 0; i < d->vcpus_count; i++)
		if (d->vcpus[i] != NULL)
			sched_queue_reweigh(d->vcpus[i], old);
}

static void set_cap(struct domain *d, unsigned cap, uint64_t now)
{
	d->sched.cap = cap;
	d->sched.cap_used = 0;
	d->sched.cap_period_start = now;
	sched_cap_enforce(d, now);
}

int sched_set_weight(struct domain *d, unsigned weight, unsigned cap)
{
	uint64_t now;

	if (weight == 0 || weight > SCHED_WEIGHT_MAX || cap > 100 * d->config.vcpus_max)
		return -EINVAL;
	spin_lock(&sched_lock);
	now = time_now();
	set_weight(d, weight, now);
	if (d->sched.cap != cap)
		set_cap(d, cap, now);
	spin_unlock(&sched_lock);
	return 0;
}

#define DUMP_WAITING 16U /* vCPUs shown of a run queue */

struct queue_state {
	struct {
		domain_id_t domain;
		unsigned vcpu, weight;
		int64_t ahead; /* ns */
	} current, waiting[DUMP_WAITING];
	unsigned count; /* that wait */
	uint64_t floor;
	bool ticking;
};

static void read_queue(unsigned cpu, struct queue_state *state)
{
	struct sched_cpu *sc = &sched_cpus[cpu];
	const struct vcpu *v;

	spin_lock(&sched_lock);
	state->current.domain = sc->current->domain->id;
	state->current.vcpu = sc->current->id;
	state->floor = sc->floor;
	state->ticking = sc->ticking;
	state->count = 0;
	list_for_each_entry (v, &sc->queue, sched.queue_node) {
		unsigned i = state->count++;

		if (i >= DUMP_WAITING)
			continue;
		state->waiting[i].domain = v->domain->id;
		state->waiting[i].vcpu = v->id;
		state->waiting[i].weight = v->domain->sched.weight;
		state->waiting[i].ahead = (int64_t)(v->sched.vruntime - sc->floor);
	}
	spin_unlock(&sched_lock);
}

static void dump_cpu(unsigned cpu)
{
	struct queue_state state;

	read_queue(cpu, &state);
	printk(LOG_INFO, "CPU%u: runs d%uv%u, tick %s, floor %llu ms", cpu, state.current.domain,
			state.current.vcpu, state.ticking ? "on" : "off",
			(unsigned long long)(state.floor / NS_PER_MS));
	for (unsigned i = 0; i < MIN(state.count, DUMP_WAITING); i++)
		printk(LOG_INFO, "  waits: d%uv%u, weight %u, %lld us ahead of the floor",
				state.waiting[i].domain, state.waiting[i].vcpu,
				state.waiting[i].weight, (long long)state.waiting[i].ahead / 1000);
	if (state.count > DUMP_WAITING)
		printk(LOG_INFO, "  and %u more", state.count - DUMP_WAITING);
}

/* Nothing is printed with the scheduler's lock held: every CPU would wait for the UART. */
void sched_dump(void)
{
	for (unsigned cpu = 0; cpu < sched_cpu_count; cpu++)
		dump_cpu(cpu);
}
