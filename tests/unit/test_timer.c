/* SPDX-License-Identifier: Apache-2.0 */
/* core/timer.c: rules of the interface, and random operations on four CPUs against a plain array. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "arch/host/fake.h"
#include "core/timer.h"

#define CPUS   4
#define TIMERS 40

struct model {
	struct timer timer;
	uint64_t deadline; /* what the naive model thinks */
	unsigned cpu;
	unsigned fired;
	uint64_t set_again; /* in its expire: relative deadline, 0: none */
	struct model *stop; /* in its expire */
};

static struct model models[TIMERS];
static uint64_t last_deadline;

static void expire(void *data)
{
	struct model *m = data;

	/* Due, on the CPU it was set on, and in order of deadlines within one interrupt. */
	assert_true(m->deadline <= host_now);
	assert_int_equal(m->cpu, cpu_id());
	assert_true(m->deadline >= last_deadline);
	assert_false(timer_active(&m->timer));
	last_deadline = m->deadline;
	m->deadline = TIME_NEVER;
	m->fired++;
	if (m->set_again != 0) {
		m->deadline = host_now + m->set_again;
		timer_set(&m->timer, m->deadline);
	}
	if (m->stop != NULL) {
		m->stop->deadline = TIME_NEVER;
		timer_stop(&m->stop->timer);
	}
}

static void reset(void)
{
	host_cpus_reset(CPUS, 1000);
	for (unsigned i = 0; i < CPUS; i++)
		timer_init_cpu(i);
	for (unsigned i = 0; i < TIMERS; i++) {
		models[i] = (struct model){ .deadline = TIME_NEVER };
		timer_init(&models[i].timer, expire, &models[i]);
	}
}

static void model_set(struct model *m, uint64_t deadline)
{
	m->deadline = deadline;
	m->cpu = cpu_id();
	timer_set(&m->timer, deadline);
}

static uint64_t model_first(unsigned cpu)
{
	uint64_t first = TIME_NEVER;

	for (unsigned i = 0; i < TIMERS; i++)
		if (models[i].cpu == cpu && models[i].deadline < first)
			first = models[i].deadline;
	return first;
}

static void interrupt(unsigned cpu)
{
	host_cpu_set(cpu);
	last_deadline = 0;
	timer_interrupt();
	assert_int_equal(host_deadline[cpu], model_first(cpu));
	assert_true(model_first(cpu) > host_now);
}

static void random_step(void)
{
	struct model *m = &models[rand() % TIMERS];

	host_cpu_set((unsigned)rand() % CPUS);
	switch (rand() % 6) {
	case 0:
	case 1:
	case 2:
		model_set(m, host_now + 1 + (uint64_t)(rand() % 500));
		assert_int_equal(host_deadline[cpu_id()], model_first(cpu_id()));
		break;
	case 3:
		m->deadline = TIME_NEVER;
		timer_stop(&m->timer);
		assert_false(timer_active(&m->timer));
		break;
	case 4:
		m->set_again = rand() % 3 == 0 ? 1 + (uint64_t)(rand() % 300) : 0;
		m->stop = rand() % 4 == 0 ? &models[rand() % TIMERS] : NULL;
		if (m->stop == m)
			m->stop = NULL;
		break;
	default:
		host_now += (uint64_t)(rand() % 100);
		for (unsigned cpu = 0; cpu < CPUS; cpu++)
			if (host_deadline[cpu] <= host_now)
				interrupt(cpu);
		break;
	}
	/* A CPU is never told later than its first timer. */
	for (unsigned cpu = 0; cpu < CPUS; cpu++)
		assert_true(host_deadline[cpu] <= model_first(cpu));
	for (unsigned i = 0; i < TIMERS; i++)
		assert_int_equal(timer_active(&models[i].timer), models[i].deadline != TIME_NEVER);
}

static void test_random_against_array(void **state)
{
	(void)state;
	for (unsigned seed = 0; seed < 50; seed++) {
		unsigned fired = 0;

		srand(seed);
		reset();
		for (unsigned step = 0; step < 4000; step++)
			random_step();
		for (unsigned i = 0; i < TIMERS; i++)
			fired += models[i].fired;
		assert_true(fired > 100);
	}
}

static void test_past_deadline_fires_at_next_interrupt(void **state)
{
	(void)state;
	reset();
	model_set(&models[0], 5);
	assert_int_equal(host_deadline[0], 5);
	assert_int_equal(models[0].fired, 0);
	interrupt(0);
	assert_int_equal(models[0].fired, 1);
}

static void test_never_is_not_active(void **state)
{
	(void)state;
	reset();
	model_set(&models[0], 2000);
	model_set(&models[0], TIME_NEVER);
	assert_false(timer_active(&models[0].timer));
	assert_int_equal(host_deadline[0], TIME_NEVER);
	timer_stop(&models[0].timer);
}

static void test_moves_to_the_cpu_that_sets_it(void **state)
{
	(void)state;
	reset();
	model_set(&models[0], 2000);
	host_cpu_set(3);
	model_set(&models[0], 3000);
	host_now = 2500;
	interrupt(0);
	assert_int_equal(models[0].fired, 0);
	host_now = 3500;
	interrupt(3);
	assert_int_equal(models[0].fired, 1);
}

static unsigned always_due_count;

static void expire_always_due(void *data)
{
	always_due_count++;
	timer_set(data, host_now);
}

static void test_timer_that_is_always_due_does_not_hang(void **state)
{
	struct timer t;

	(void)state;
	reset();
	always_due_count = 0;
	timer_init(&t, expire_always_due, &t);
	timer_set(&t, host_now);
	timer_interrupt();
	assert_in_range(always_due_count, 1, 1000);
	/* The next interrupt follows at once. */
	assert_int_equal(host_deadline[0], host_now);
	timer_stop(&t);
	assert_int_equal(host_deadline[0], TIME_NEVER);
}

/* CPU 1 stops a timer whose expire is running on CPU 0: it waits until that has returned. */
static jmp_buf stopper_waits;
static struct timer slow;
static unsigned waited;

static void relax_on_stopper(void)
{
	waited++;
	longjmp(stopper_waits, 1);
}

static void expire_slow(void *data)
{
	(void)data;
	host_cpu_set(1);
	host_relax_hook = relax_on_stopper;
	if (setjmp(stopper_waits) == 0)
		timer_stop(&slow);
	host_relax_hook = NULL;
	host_cpu_set(0);
}

static void test_stop_waits_for_a_running_expire(void **state)
{
	(void)state;
	reset();
	waited = 0;
	timer_init(&slow, expire_slow, NULL);
	timer_set(&slow, host_now);
	timer_interrupt();
	assert_int_equal(waited, 1);
	host_cpu_set(1);
	timer_stop(&slow); /* nothing to wait for any more: the relax hook would abort */
}

static struct timer shared;
static unsigned calls;

static void relax_in_vain(void)
{
	fail_msg("CPU %u waits for one that waits for it", cpu_id());
}

/* The first call: CPU 1 sets the timer and is to wait for the call's end; before that, CPU 0 sets it too. */
static void expire_shared(void *data)
{
	(void)data;
	if (++calls > 1)
		return;
	host_cpu_set(1);
	timer_set(&shared, host_now);
	host_relax_hook = relax_on_stopper;
	if (setjmp(stopper_waits) == 0)
		timer_interrupt();
	host_cpu_set(0);
	host_relax_hook = relax_in_vain;
	timer_set(&shared, host_now);
}

static void test_due_on_two_cpus_in_turn(void **state)
{
	(void)state;
	reset();
	waited = 0;
	calls = 0;
	timer_init(&shared, expire_shared, NULL);
	timer_set(&shared, host_now);
	timer_interrupt();
	assert_int_equal(waited, 1);
	assert_int_equal(calls, 2);
	host_cpu_set(1);
	timer_interrupt(); /* what it waited for is no longer its own */
	assert_int_equal(calls, 2);
	assert_int_equal(host_deadline[1], TIME_NEVER);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random_against_array),
		cmocka_unit_test(test_past_deadline_fires_at_next_interrupt),
		cmocka_unit_test(test_never_is_not_active),
		cmocka_unit_test(test_moves_to_the_cpu_that_sets_it),
		cmocka_unit_test(test_timer_that_is_always_due_does_not_hang),
		cmocka_unit_test(test_stop_waits_for_a_running_expire),
		cmocka_unit_test(test_due_on_two_cpus_in_turn),
	};

	return cmocka_run_group_tests_name("timer", tests, NULL, NULL);
}
