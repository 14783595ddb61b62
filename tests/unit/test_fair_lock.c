/* SPDX-License-Identifier: Apache-2.0 */
/* Locks: exclusion, the order of the line, how often a CPU that waits is passed by. Threads stand for CPUs. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <pthread.h>

#include "core/fair_lock.h"
#include <arch/wait.h>

#include <cmocka.h>

#define CPUS   8U
#define ROUNDS 20000U

static struct fair_lock lock;

static unsigned line(void)
{
	return (atomic_load(&lock.word) & FAIR_LOCK_LINE) >> 8;
}

static int set_up(void **state)
{
	(void)state;
	atomic_store(&lock.word, 0);
	host_wait_hook = NULL;
	return 0;
}

static unsigned plain_count;

static void *count_up(void *arg)
{
	(void)arg;
	for (unsigned i = 0; i < ROUNDS; i++) {
		fair_lock_take(&lock);
		plain_count++;
		fair_lock_give(&lock);
	}
	return NULL;
}

static void test_exclusion(void **state)
{
	pthread_t threads[CPUS];

	(void)state;
	plain_count = 0;
	for (unsigned i = 0; i < CPUS; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, count_up, NULL), 0);
	for (unsigned i = 0; i < CPUS; i++)
		pthread_join(threads[i], NULL);
	assert_int_equal(plain_count, CPUS * ROUNDS);
	assert_true(fair_lock_is_free(atomic_load(&lock.word)));
}

static unsigned order[CPUS], served_count;

static void *be_served(void *arg)
{
	fair_lock_take(&lock);
	order[served_count++] = *(unsigned *)arg;
	fair_lock_give(&lock);
	return NULL;
}

/* Every CPU is in line before the next comes: they get the lock in that order, whoever runs when. */
static void test_first_come_first_served(void **state)
{
	unsigned ids[CPUS];
	pthread_t threads[CPUS];

	(void)state;
	/* Tickets wrap within. */
	atomic_store(&lock.word, UINT32_C(0x00fd0000));
	for (unsigned round = 0; round < 50; round++) {
		served_count = 0;
		fair_lock_take(&lock);
		for (unsigned i = 0; i < CPUS; i++) {
			ids[i] = i;
			assert_int_equal(pthread_create(&threads[i], NULL, be_served, &ids[i]), 0);
			/* As if others took it meanwhile: the first would wait beside the line for that. */
			while (line() != i + 1)
				atomic_fetch_add(&lock.word, FAIR_LOCK_TAKEN);
		}
		assert_false(fair_lock_try(&lock));
		fair_lock_give(&lock);
		for (unsigned i = 0; i < CPUS; i++)
			pthread_join(threads[i], NULL);
		for (unsigned i = 0; i < CPUS; i++)
			assert_int_equal(order[i], i);
	}
}

/* The other CPU gives the lock up and has it again, before the one that waits has looked. */
static unsigned passed;

static void pass_by(void)
{
	fair_lock_give(&lock);
	if (fair_lock_try(&lock))
		passed++;
}

static void test_passed_by_so_often(void **state)
{
	(void)state;
	for (uint32_t taken = 0; taken < 256; taken++) {
		atomic_store(&lock.word, taken << 24);
		assert_true(fair_lock_try(&lock));
		passed = 0;
		host_wait_hook = pass_by;
		fair_lock_take(&lock);
		host_wait_hook = NULL;
		assert_int_equal(passed, FAIR_LOCK_PASSES);
		assert_int_equal(line(), 0);
		fair_lock_give(&lock);
		assert_true(fair_lock_is_free(atomic_load(&lock.word)));
	}
}

/* A holder that stands still is no reason to form a line. */
static unsigned waits;

static void wait_long(void)
{
	assert_int_equal(line(), 0);
	if (++waits == 100000)
		fair_lock_give(&lock);
}

static void test_no_line_while_the_holder_stands_still(void **state)
{
	(void)state;
	waits = 0;
	assert_true(fair_lock_try(&lock));
	host_wait_hook = wait_long;
	fair_lock_take(&lock);
	host_wait_hook = NULL;
	assert_int_equal(waits, 100000);
	assert_false(fair_lock_try(&lock));
	fair_lock_give(&lock);
}

#define TEST(name) cmocka_unit_test_setup(name, set_up)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_exclusion),
		TEST(test_first_come_first_served),
		TEST(test_passed_by_so_often),
		TEST(test_no_line_while_the_holder_stands_still),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
