/* SPDX-License-Identifier: Apache-2.0 */
/* An operation on the tree that its caller left: whoever wants the turn next ends it, a domain's destruction too. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "arch/host/fake.h"
#include "assign/passthrough.h"
#include "assign/turn.h"
#include "core/cpu.h"
#include "core/domain.h"
#include "core/error.h"
#include "core/time.h"

#include <cmocka.h>

#define PAUSES 3U

static struct domain caller, dying = { .id = 1 };
static struct vcpu vcpu = { .domain = &caller };
static unsigned steps, closed, saw_left;
static int (*kill_hook)(struct domain *d);

void domain_on_kill(int (*relinquish)(struct domain *d))
{
	kill_hook = relinquish;
}

static void work(void *arg)
{
	assert_ptr_equal(arg, &steps);
	for (unsigned i = 0; i < PAUSES; i++) {
		turn_poll();
		steps++;
		saw_left += turn_is_left();
	}
}

static void close_work(void *arg)
{
	assert_ptr_equal(arg, &steps);
	assert_int_equal(steps, PAUSES);
	closed++;
}

/* The caller has begun, was interrupted at the first step, and never came back. */
static int set_up(void **state)
{
	(void)state;
	host_cpus_reset(1, NS_PER_S);
	cpus[0].current = &vcpu;
	steps = closed = saw_left = 0;
	host_guest_context = 1;
	assert_int_equal(turn_enter(), TURN_NEW);
	turn_start(work, close_work, &steps);
	host_irq_pending = true;
	assert_false(turn_continue());
	host_guest_context = 2;
	return 0;
}

static void test_not_before_its_time(void **state)
{
	(void)state;
	host_irq_pending = false;
	host_now += 10 * NS_PER_S;
	assert_false(turn_take());
	assert_int_equal(turn_enter(), TURN_OTHERS);
	host_guest_context = 1;
	assert_false(turn_take());
	assert_int_equal(turn_enter(), TURN_PAUSED);
	assert_true(turn_continue());
	turn_give();
	assert_int_equal(closed, 0);
	assert_int_equal(saw_left, 0);
}

static void test_a_short_operation_ends_it(void **state)
{
	(void)state;
	host_irq_pending = false;
	host_now += 11 * NS_PER_S;
	assert_true(turn_take());
	assert_int_equal(closed, 1);
	assert_int_equal(saw_left, PAUSES);
	assert_false(turn_take());
	turn_give();
}

/* Interrupts pend all the time: a step at each attempt, whoever makes it, without waiting any longer. */
static void test_in_steps(void **state)
{
	(void)state;
	host_now += 11 * NS_PER_S;
	for (unsigned i = 1; i < PAUSES; i++) {
		host_guest_context++;
		assert_false(turn_take());
		assert_int_equal(steps, i);
	}
	assert_int_equal(turn_enter(), TURN_NEW);
	assert_int_equal(closed, 1);
	turn_give();
	assert_true(turn_take());
	turn_give();
}

static void test_destruction_ends_it(void **state)
{
	(void)state;
	host_irq_pending = false;
	passthrough_init();
	assert_int_equal(kill_hook(&dying), -ERESTART);
	host_now += 3600 * NS_PER_S;
	assert_int_equal(kill_hook(&dying), 0);
	assert_int_equal(closed, 1);
}

/* The context that paused asks for something else: the operation is its own to end. */
static void test_the_caller_itself_leaves_it(void **state)
{
	(void)state;
	host_guest_context = 1;
	assert_int_equal(turn_enter(), TURN_PAUSED);
	assert_false(turn_end());
	host_irq_pending = false;
	assert_int_equal(turn_enter(), TURN_NEW);
	assert_int_equal(closed, 1);
	turn_give();
}

#define TEST(name) cmocka_unit_test_setup(name, set_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_not_before_its_time),
		TEST(test_a_short_operation_ends_it),
		TEST(test_in_steps),
		TEST(test_destruction_ends_it),
		TEST(test_the_caller_itself_leaves_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
