/* SPDX-License-Identifier: Apache-2.0 */
/* core/ratelimit.c: how many reports there are of events without end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/ratelimit.h"

#define SECOND UINT64_C(1000000000)
#define HOUR   (3600 * SECOND)

/* Events every `step` ns from *now on, for `time` ns: reports, and events that they tell of. */
static unsigned play(struct repeat *r, uint64_t *now, uint64_t time, uint64_t step, uint64_t *told)
{
	unsigned reports = 0;
	uint64_t untold;

	for (uint64_t end = *now + time; *now < end; *now += step)
		if (repeat_take(r, *now, &untold)) {
			reports++;
			*told += untold + 1;
		}
	return reports;
}

/* 1, 2, 4 … seconds between them: a dozen in the first hour, then one an hour. */
static void test_pauses_grow(void **state)
{
	struct repeat r = { 0 };
	uint64_t now = 5 * SECOND, told = 0;

	(void)state;
	assert_int_equal(play(&r, &now, SECOND, SECOND / 100, &told), 1);
	assert_int_equal(play(&r, &now, SECOND, SECOND / 100, &told), 1);
	assert_int_equal(play(&r, &now, HOUR, SECOND / 10, &told), 10);
	assert_int_equal(play(&r, &now, 9 * HOUR, SECOND / 10, &told), 9);
	assert_int_equal(told + r.untold, 200 + 10 * 36000);
}

static void test_quiet_ends_the_pause(void **state)
{
	struct repeat r = { 0 };
	uint64_t now = SECOND, told = 0, untold;

	(void)state;
	play(&r, &now, HOUR, SECOND, &told);
	assert_true(r.pause > 1000 * SECOND);
	now += r.pause / 2;
	assert_false(repeat_take(&r, now, &untold) && r.pause == REPEAT_PAUSE_MIN);
	now += 2 * r.pause;
	assert_true(repeat_take(&r, now, &untold));
	assert_int_equal(r.pause, REPEAT_PAUSE_MIN);
	assert_false(repeat_take(&r, now + SECOND / 2, &untold));
	assert_true(repeat_take(&r, now + SECOND, &untold));
	assert_int_equal(untold, 1);
	assert_int_equal(r.pause, 2 * REPEAT_PAUSE_MIN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_pauses_grow),
		cmocka_unit_test(test_quiet_ends_the_pause),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
