/* SPDX-License-Identifier: Apache-2.0 */
/* Counters that are read wrong for a moment: by each erratum, a sequence that the machine may show. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include "arch/arm64/counter.h"
#include "arch/arm64/errata.h"
#include "arch/host/fake.h"
#include <arch/sysreg.h>

#include <cmocka.h>

static const uint64_t *shown;
static unsigned count, reads;

/* The last value stays. */
static uint64_t show(void)
{
	unsigned at = reads++;

	return shown[at < count ? at : count - 1];
}

static uint64_t read_of(enum counter_erratum erratum, const uint64_t *values, unsigned n)
{
	shown = values;
	count = n;
	reads = 0;
	counter_init(erratum);
	host_counter_hook = show;
	return counter_now();
}
#define READ(erratum, ...)                                                                         \
	read_of(erratum, (const uint64_t[]){ __VA_ARGS__ },                                        \
			sizeof((const uint64_t[]){ __VA_ARGS__ }) / sizeof(uint64_t))

static int set_up(void **state)
{
	(void)state;
	host_sysreg_reset();
	atomic_store(&errata_machine, 0);
	return 0;
}

static int tear_down(void **state)
{
	counter_init(COUNTER_GOOD);
	return set_up(state);
}

static void test_good(void **state)
{
	(void)state;
	assert_int_equal(READ(COUNTER_GOOD, 0x3ff, 0x400), 0x3ff);
	assert_int_equal(reads, 1);
}

static void test_a008585(void **state)
{
	(void)state;
	assert_int_equal(READ(COUNTER_A008585, 100, 0x7000, 101, 102, 103, 103), 103);
	assert_int_equal(reads, 6);
}

static void test_161010101(void **state)
{
	(void)state;
	assert_int_equal(READ(COUNTER_161010101, 1000, 900, 1001, 0x10000, 1002, 1003), 1003);
	assert_int_equal(READ(COUNTER_161010101, 1000, 1031), 1031);
	assert_int_equal(READ(COUNTER_161010101, 1000, 1032, 1033, 1034), 1034);
}

static void test_unknown1(void **state)
{
	(void)state;
	/* The carry shows 0x7ff, 0x400 or 0xbff, 0x800. */
	assert_int_equal(READ(COUNTER_UNKNOWN1, 0x7fe, 0x7ff, 0x400, 0xbff, 0x800, 0x800, 0x801,
					 0x802),
			0x802);
	assert_int_equal(READ(COUNTER_UNKNOWN1, 0x7fd, 0x7fe), 0x7fe);
}

/* A machine that never settles does not hold the CPU. */
static void test_ends(void **state)
{
	(void)state;
	assert_int_equal(READ(COUNTER_UNKNOWN1, 0x400), 0x400);
	assert_in_range(reads, 2, 1000);
}

static void test_858921(void **state)
{
	(void)state;
	atomic_store(&errata_machine, ERRATUM_COUNTER_WRAP);
	assert_int_equal(READ(COUNTER_GOOD, 0xfffffffe, 0x1ffffffff), 0xfffffffe);
	assert_int_equal(READ(COUNTER_GOOD, 0x1ffffffff, 0x100000001), 0x100000001);
	assert_int_equal(READ(COUNTER_GOOD, 10, 11), 11);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_good, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_a008585, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_161010101, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_unknown1, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_ends, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_858921, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
