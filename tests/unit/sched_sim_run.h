/* SPDX-License-Identifier: Apache-2.0 */
/* The simulation's time: what happens next, and what holds after it. See sched_sim.h. */
#pragma once

#include "tests/unit/sched_sim.h"

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
		host_cpu_set((unsigned)rand() %
				sched_cpu_count); /* whichever takes the interrupt */
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
