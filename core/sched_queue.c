/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who runs where. Run queues are ordered by virtual runtime, and virtual runtimes of all queues are kept
 * comparable, so that fairness holds over the whole machine: see docs/scheduler.md.
 */
#include "core/sched_priv.h"

/* Of its own CPU time: how far behind the others a vCPU may be that slept. */
#define SLEEPER_BONUS (5 * NS_PER_MS)
/* How far ahead of them it stays, whatever it used up before. */
#define LEAD_MAX (2 * SCHED_SLICE)
/* How far behind the current vCPU one that wakes must be to take its place within its slice. */
#define WAKE_MARGIN NS_PER_MS
/* How far behind must a vCPU of another queue be to be fetched from there. */
#define STEAL_MARGIN (SCHED_SLICE / 2)
/* Virtual time by which queues may drift apart; more only says that affinities keep them apart. */
#define DRIFT_MAX (5 * SCHED_SLICE)
/* Beyond what join() leaves of a distance, whatever the weight; times a weight it fits into 63 bits. */
#define AHEAD_MAX (INT64_C(1) << 40)

static_assert(LEAD_MAX *SCHED_WEIGHT_DEFAULT < AHEAD_MAX, "the least weight is 1");
static_assert(SCHED_WEIGHT_MAX <= INT64_MAX / AHEAD_MAX, "times a weight it fits");

uint64_t sched_scale(uint64_t ns, const struct vcpu *v)
{
	return ns * SCHED_WEIGHT_DEFAULT / v->domain->sched.weight;
}

uint64_t sched_allowed(const struct vcpu *v)
{
	uint64_t all = ~UINT64_C(0) >> (64 - sched_cpu_count);

	return v->sched.affinity_hard & v->sched.affinity_kind & all;
}

static struct vcpu *queue_first(const struct sched_cpu *sc)
{
	if (list_empty(&sc->queue))
		return NULL;
	return list_first(&sc->queue, struct vcpu, sched.queue_node);
}

/* Behind those with the same vruntime. */
static void queue_insert(unsigned cpu, struct vcpu *v)
{
	struct sched_cpu *sc = &sched_cpus[cpu];
	struct list_node *at = sc->queue.prev;

	while (at != &sc->queue) {
		const struct vcpu *other = list_entry(at, struct vcpu, sched.queue_node);

		if (!sched_before(v->sched.vruntime, other->sched.vruntime))
			break;
		at = at->prev;
	}
	list_add(at, &v->sched.queue_node);
	v->sched.queued = true;
	v->sched.cpu = cpu;
}

void sched_queue_remove(struct vcpu *v)
{
	list_remove(&v->sched.queue_node);
	v->sched.queued = false;
}

static void raise_floor(struct sched_cpu *sc, uint64_t to)
{
	if (sched_before(sc->floor, to))
		sc->floor = to;
}

static void update_floor(struct sched_cpu *sc)
{
	const struct vcpu *first = queue_first(sc);
	uint64_t low;

	if (sched_is_idle(sc)) {
		if (first != NULL)
			raise_floor(sc, first->sched.vruntime);
		return;
	}
	low = sc->current->sched.vruntime;
	if (first != NULL && sched_before(first->sched.vruntime, low))
		low = first->sched.vruntime;
	raise_floor(sc, low);
}

static uint64_t highest_floor(void)
{
	uint64_t highest = sched_cpus[0].floor;

	for (unsigned cpu = 1; cpu < sched_cpu_count; cpu++)
		if (sched_before(highest, sched_cpus[cpu].floor))
			highest = sched_cpus[cpu].floor;
	return highest;
}

/* Everybody here as one, so that the order among them stays. */
static void shift(struct sched_cpu *sc, uint64_t by)
{
	struct vcpu *v;

	sc->floor += by;
	if (!sched_is_idle(sc))
		sc->current->sched.vruntime += by;
	list_for_each_entry (v, &sc->queue, sched.queue_node)
		v->sched.vruntime += by;
}

static void limit_drift(struct sched_cpu *sc)
{
	uint64_t least = highest_floor() - DRIFT_MAX;

	if (sched_before(sc->floor, least))
		shift(sc, least - sc->floor);
}

/* Brings a vCPU that waits nowhere to a CPU, at the distance to the others that it had where it was last. */
static void join(struct vcpu *v, unsigned cpu, uint64_t now)
{
	struct sched_cpu *from = &sched_cpus[v->sched.cpu];
	struct sched_cpu *to = &sched_cpus[cpu];
	int64_t least = -(int64_t)sched_scale(SLEEPER_BONUS, v);
	int64_t most = (int64_t)sched_scale(LEAD_MAX, v);
	int64_t ahead;

	sched_charge(from, now);
	update_floor(from);
	sched_charge(to, now);
	if (sched_is_idle(to))
		raise_floor(to, highest_floor());
	update_floor(to);
	ahead = (int64_t)(v->sched.vruntime - from->floor);
	ahead = MIN(MAX(ahead, least), most);
	v->sched.vruntime = to->floor + (uint64_t)ahead;
}

void sched_queue_reweigh(struct vcpu *v, unsigned old_weight)
{
	unsigned cpu = v->sched.cpu;
	uint64_t floor = sched_cpus[cpu].floor;
	int64_t ahead = (int64_t)(v->sched.vruntime - floor);

	ahead = MIN(MAX(ahead, -AHEAD_MAX), AHEAD_MAX); /* a vCPU may have slept for years */
	ahead = ahead * (int64_t)old_weight / (int64_t)v->domain->sched.weight;
	v->sched.vruntime = floor + (uint64_t)ahead;
	if (v->sched.queued) {
		sched_queue_remove(v);
		queue_insert(cpu, v);
	}
}

/* Idle, and nobody else has sent it looking for work yet. */
static bool cpu_is_free(unsigned cpu)
{
	return sched_is_idle(&sched_cpus[cpu]) && !atomic_load(&cpus[cpu].need_resched);
}

static int find_free(uint64_t mask)
{
	for (; mask != 0; mask &= mask - 1) {
		unsigned cpu = (unsigned)__builtin_ctzll(mask);

		if (cpu_is_free(cpu))
			return (int)cpu;
	}
	return -1;
}

/* A CPU that can run v at once: the last one, one of its choice, any; -1: all are busy. */
static int choose_free(const struct vcpu *v)
{
	uint64_t allowed = sched_allowed(v);
	int cpu = find_free(allowed & BIT(v->sched.cpu));

	if (cpu < 0)
		cpu = find_free(allowed & v->sched.affinity_soft);
	return cpu >= 0 ? cpu : find_free(allowed);
}

/*
 * How far the current vCPU of a CPU is ahead of its queue's floor, charged up to now. This much a vCPU that
 * arrives at the floor would gain on it.
 */
static int64_t current_lead(struct sched_cpu *sc, uint64_t now)
{
	if (sched_is_idle(sc))
		return INT64_MIN; /* already on its way to work that others left for it */
	sched_charge(sc, now);
	update_floor(sc);
	return (int64_t)(sc->current->sched.vruntime - sc->floor);
}

static unsigned queue_length(const struct sched_cpu *sc)
{
	unsigned length = 0;
	const struct vcpu *v;

	list_for_each_entry (v, &sc->queue, sched.queue_node)
		length++;
	return length;
}

/* All CPUs are busy: the last one if the queues are as long, else where fewest wait or the lead is largest. */
static unsigned choose_busy(const struct vcpu *v, uint64_t now)
{
	unsigned best = v->sched.cpu;
	unsigned best_length = ~0U;
	int64_t best_lead = INT64_MIN;

	if (sched_allowed(v) & BIT(best)) {
		best_length = queue_length(&sched_cpus[best]);
		best_lead = current_lead(&sched_cpus[best], now) + (int64_t)WAKE_MARGIN;
	}
	for (uint64_t mask = sched_allowed(v); mask != 0; mask &= mask - 1) {
		unsigned cpu = (unsigned)__builtin_ctzll(mask);
		unsigned length = queue_length(&sched_cpus[cpu]);
		int64_t lead = current_lead(&sched_cpus[cpu], now);

		if (length < best_length || (length == best_length && lead > best_lead)) {
			best = cpu;
			best_length = length;
			best_lead = lead;
		}
	}
	return best;
}

/* v waits in a queue: CPUs that could serve it but neither tick nor are about to look must tick from now on. */
static void start_ticks_for(const struct vcpu *v)
{
	for (uint64_t mask = sched_allowed(v); mask != 0; mask &= mask - 1) {
		unsigned cpu = (unsigned)__builtin_ctzll(mask);

		if (!sched_cpus[cpu].ticking)
			cpu_request_resched(cpu);
	}
}

static bool preempts(const struct vcpu *v, const struct vcpu *current)
{
	return sched_before(
			v->sched.vruntime + sched_scale(WAKE_MARGIN, v), current->sched.vruntime);
}

void sched_queue_wake(struct vcpu *v, uint64_t now)
{
	int free_cpu = choose_free(v);
	unsigned cpu = free_cpu >= 0 ? (unsigned)free_cpu : choose_busy(v, now);
	struct sched_cpu *sc = &sched_cpus[cpu];

	join(v, cpu, now);
	queue_insert(cpu, v);
	sched_set_state(v, VCPU_RUNNABLE, now);
	if (sched_is_idle(sc) || preempts(v, sc->current))
		cpu_request_resched(cpu);
	else
		start_ticks_for(v);
}

/* Idle CPUs, if there are any, come for v; else busy ones look at it from time to time. */
static void offer(const struct vcpu *v)
{
	int free_cpu = choose_free(v);

	if (free_cpu >= 0)
		cpu_request_resched((unsigned)free_cpu);
	else
		start_ticks_for(v);
}

void sched_queue_offer(unsigned cpu)
{
	const struct vcpu *v;

	list_for_each_entry (v, &sched_cpus[cpu].queue, sched.queue_node)
		offer(v);
}

void sched_queue_requeue(unsigned cpu, struct vcpu *v, uint64_t now)
{
	if ((sched_allowed(v) & BIT(cpu)) == 0) {
		sched_queue_wake(v, now);
		return;
	}
	queue_insert(cpu, v);
	sched_set_state(v, VCPU_RUNNABLE, now);
	offer(v);
}

static struct vcpu *first_allowed(const struct sched_cpu *sc, unsigned cpu)
{
	struct vcpu *v;

	list_for_each_entry (v, &sc->queue, sched.queue_node)
		if (sched_allowed(v) & BIT(cpu))
			return v;
	return NULL;
}

bool sched_queue_waits_for(unsigned cpu)
{
	for (unsigned other = 0; other < sched_cpu_count; other++)
		if (first_allowed(&sched_cpus[other], cpu) != NULL)
			return true;
	return false;
}

/* What the CPU `other` can spare for cpu: an idle one is on its way to the first in its queue. */
static struct vcpu *first_to_spare(unsigned other, unsigned cpu)
{
	const struct sched_cpu *sc = &sched_cpus[other];
	const struct vcpu *kept = sched_is_idle(sc) ? queue_first(sc) : NULL;
	struct vcpu *v;

	list_for_each_entry (v, &sc->queue, sched.queue_node)
		if (v != kept && (sched_allowed(v) & BIT(cpu)) != 0)
			return v;
	return NULL;
}

/* The vCPU waiting in another queue that is furthest behind, if that is far enough behind `best`. */
static struct vcpu *find_steal(unsigned cpu, const struct vcpu *best)
{
	struct vcpu *found = NULL;

	for (unsigned other = 0; other < sched_cpu_count; other++) {
		struct vcpu *v = other != cpu ? first_to_spare(other, cpu) : NULL;

		if (v == NULL)
			continue;
		if (best != NULL && !sched_before(v->sched.vruntime + sched_scale(STEAL_MARGIN, v),
						    best->sched.vruntime))
			continue;
		if (found == NULL || sched_before(v->sched.vruntime, found->sched.vruntime))
			found = v;
	}
	return found;
}

/* The current vCPU stays although best waits in its queue. */
static bool holds_against(const struct sched_cpu *sc, const struct vcpu *best, bool slice_over)
{
	if (best == NULL)
		return true;
	if (sc->yielding)
		return false;
	if (slice_over)
		return !sched_before(best->sched.vruntime, sc->current->sched.vruntime);
	return !preempts(best, sc->current);
}

static struct vcpu *choose_here(struct sched_cpu *sc, unsigned cpu, bool slice_over)
{
	struct vcpu *current = sc->current;
	struct vcpu *best = queue_first(sc);

	if (sched_is_idle(sc) || !sched_may_run(current) ||
			(sched_allowed(current) & BIT(cpu)) == 0)
		return best;
	if (holds_against(sc, best, slice_over))
		return current;
	/* Who yields goes behind whoever it yields to. */
	if (sc->yielding && sched_before(current->sched.vruntime, best->sched.vruntime))
		current->sched.vruntime = best->sched.vruntime;
	return best;
}

struct vcpu *sched_queue_pick(unsigned cpu, bool slice_over)
{
	struct sched_cpu *sc = &sched_cpus[cpu];
	struct vcpu *best;

	update_floor(sc);
	limit_drift(sc);
	best = choose_here(sc, cpu, slice_over);
	sc->yielding = false;
	if (slice_over || best != sc->current) {
		struct vcpu *stolen = find_steal(cpu, best);

		if (stolen != NULL)
			best = stolen;
	}
	if (best == NULL)
		return sc->idle;
	if (best->sched.queued)
		sched_queue_remove(best);
	if (sched_is_idle(sc))
		raise_floor(sc, best->sched.vruntime);
	best->sched.cpu = cpu;
	return best;
}
