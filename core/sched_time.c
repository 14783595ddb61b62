/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The scheduler's accounts: time spent in each run state (struct vcpu_runstate_info of xen/vcpu.h), CPU
 * time charged as virtual runtime, and the CPU time a capped domain has left in its period.
 */
#include "core/sched_priv.h"

#include "lib/string.h"

/* The shortest slice that the rest of a cap is given as. */
#define CAP_SLICE_MIN (100 * NS_PER_US)

/* Times of two CPUs may be a few ticks apart: what would be negative is nothing. */
static uint64_t elapsed(uint64_t since, uint64_t now)
{
	return sched_before(since, now) ? now - since : 0;
}

void sched_set_state(struct vcpu *v, enum vcpu_state state, uint64_t now)
{
	struct sched_vcpu *s = &v->sched;

	if (s->state == state)
		return;
	s->time_in[s->state] += elapsed(s->state_since, now);
	s->state = state;
	s->state_since = now;
}

enum vcpu_state sched_rest_state(const struct vcpu *v)
{
	if (v->sched.blocked)
		return VCPU_BLOCKED;
	if (!v->online || v->sched.pause_count != 0 || v->domain->sched.pause_count != 0)
		return VCPU_OFFLINE;
	return VCPU_RUNNABLE;
}

static uint64_t cap_budget(const struct sched_domain *sd)
{
	return sd->cap * (SCHED_CAP_PERIOD / 100);
}

/* Periods that have ended pay back one budget each. */
static void cap_roll(struct sched_domain *sd, uint64_t now)
{
	uint64_t periods = elapsed(sd->cap_period_start, now) / SCHED_CAP_PERIOD;
	uint64_t paid = cap_budget(sd) * MIN(periods, UINT64_C(1) << 20);

	sd->cap_period_start += periods * SCHED_CAP_PERIOD;
	sd->cap_used -= MIN(sd->cap_used, paid);
}

void sched_charge(struct sched_cpu *sc, uint64_t now)
{
	uint64_t ran = elapsed(sc->charged, now);
	struct sched_domain *sd = &sc->current->domain->sched;

	sc->charged = now;
	if (sched_is_idle(sc))
		return;
	sc->current->sched.vruntime += sched_scale(ran, sc->current);
	if (sd->cap != 0) {
		cap_roll(sd, now);
		sd->cap_used += ran;
	}
}

uint64_t sched_cap_left(const struct domain *d)
{
	const struct sched_domain *sd = &d->sched;
	uint64_t budget = cap_budget(sd);

	if (sd->cap == 0)
		return TIME_NEVER;
	return sd->cap_used + CAP_SLICE_MIN < budget ? budget - sd->cap_used : CAP_SLICE_MIN;
}

static void update_all(struct domain *d, uint64_t now)
{
	for (unsigned i = 0; i < d->vcpus_count; i++)
		if (d->vcpus[i] != NULL)
			sched_update_locked(d->vcpus[i], now);
}

void sched_cap_enforce(struct domain *d, uint64_t now)
{
	struct sched_domain *sd = &d->sched;
	bool over = sd->cap != 0 && sd->cap_used >= cap_budget(sd);

	if (over == sd->throttled)
		return;
	sd->throttled = over;
	if (over)
		timer_set(&sd->cap_timer, sd->cap_period_start + SCHED_CAP_PERIOD);
	update_all(d, now);
}

static void cap_period_ends(void *data)
{
	struct domain *d = data;
	uint64_t now;

	spin_lock(&sched_lock);
	now = time_now();
	if (d->sched.throttled) {
		cap_roll(&d->sched, now);
		sched_cap_enforce(d, now);
		if (d->sched.throttled) /* it owes more than one period */
			timer_set(&d->sched.cap_timer,
					d->sched.cap_period_start + SCHED_CAP_PERIOD);
	}
	spin_unlock(&sched_lock);
}

void sched_cap_init(struct domain *d)
{
	timer_init(&d->sched.cap_timer, cap_period_ends, d);
}

uint64_t sched_vcpu_time(const struct vcpu *v)
{
	struct runstate_snapshot snap = sched_runstate(v);
	uint64_t running = snap.state == VCPU_RUNNING ? elapsed(snap.since, time_now()) : 0;

	return snap.time_in[VCPU_RUNNING] + running;
}

struct runstate_snapshot sched_runstate(const struct vcpu *v)
{
	struct runstate_snapshot snap;

	spin_lock(&sched_lock);
	snap.state = v->sched.state;
	snap.since = v->sched.state_since;
	memcpy(snap.time_in, v->sched.time_in, sizeof(snap.time_in));
	spin_unlock(&sched_lock);
	return snap;
}

uint64_t sched_idle_time(unsigned cpu)
{
	return sched_vcpu_time(sched_cpus[cpu].idle);
}
