/* SPDX-License-Identifier: Apache-2.0 */
/* The system counter's rate: the device tree's, else CNTFRQ_EL0, which firmware may have left at 0. */
#define time_now                 arm_time_now
#define time_to_ticks            arm_time_to_ticks
#define time_from_ticks          arm_time_from_ticks
#define time_frequency_hz        arm_time_frequency_hz
#define time_stated_frequency_hz arm_time_stated_frequency_hz
#define arch_timer_set_deadline  arm_timer_set_deadline
#include "arch/arm64/time.c" /* arch/host has the same functions */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include "arch/host/fake.h"

#include <cmocka.h>

static int set_up(void **state)
{
	(void)state;
	host_sysreg_reset();
	host_now = 1000;
	return 0;
}

static void test_firmware(void **state)
{
	(void)state;
	host_sysreg_write("cntfrq_el0", 62500000);
	arch_time_init(0);
	assert_true(arch_time_is_known());
	assert_int_equal(time_frequency_hz(), 62500000);
	assert_int_equal(time_stated_frequency_hz(), 0);
	host_now += 62500;
	assert_int_equal(time_now() / 1000, 1000); /* us; fixed point */
}

/* The tree is right where it states a rate: what firmware left in the register is why it does. */
static void test_tree(void **state)
{
	(void)state;
	host_sysreg_write("cntfrq_el0", 1);
	arch_time_init(25000000);
	assert_true(arch_time_is_known());
	assert_int_equal(time_frequency_hz(), 25000000);
	assert_int_equal(time_stated_frequency_hz(), 25000000);
}

/* Before the tree is read, nothing divides by 0. */
static void test_unknown(void **state)
{
	(void)state;
	arch_time_init(0);
	assert_false(arch_time_is_known());
	assert_true(time_frequency_hz() > 0);
	arch_time_init(19200000);
	assert_true(arch_time_is_known());
	assert_int_equal(time_frequency_hz(), 19200000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_firmware, set_up),
		cmocka_unit_test_setup(test_tree, set_up),
		cmocka_unit_test_setup(test_unknown, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
