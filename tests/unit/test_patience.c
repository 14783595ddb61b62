/* SPDX-License-Identifier: Apache-2.0 */
/* arch/arm64/patience.c: who takes no timer interrupt is told of, the hardware domain at length. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "arch/arm64/guest.h"
#include "arch/host/fake.h"
#include "core/domain.h"
#include "core/printk.h"

static struct domain d;
static struct vcpu v;
static bool waiting;
static unsigned reports, lines;
struct domain *hardware_domain;

bool vgic_is_waiting(const struct vcpu *at, vintid_t intid)
{
	assert_ptr_equal(at, &v);
	assert_int_equal(intid, GUEST_PPI_VTIMER);
	return waiting;
}

void domain_report(struct domain *at, const char *fmt, ...)
{
	(void)fmt;
	assert_ptr_equal(at, &d);
	reports++;
}

void guest_printk(enum log_level level, const char *fmt, ...)
{
	(void)level;
	(void)fmt;
	lines++;
}

static int set_up(void **state)
{
	(void)state;
	memset(&d, 0, sizeof(d));
	memset(&v, 0, sizeof(v));
	v.domain = &d;
	waiting = true;
	reports = lines = 0;
	hardware_domain = NULL;
	host_cpus_reset(1, NS_PER_S);
	timer_init_cpu(0);
	cpus[0].current = &v;
	patience_init(&v);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	patience_free(&v);
	return 0;
}

static void wait_seconds(unsigned n)
{
	for (unsigned i = 0; i < n; i++) {
		host_now += NS_PER_S;
		timer_interrupt();
	}
}

static void test_hardware_domain(void **state)
{
	(void)state;
	hardware_domain = &d;
	patience_timer_fired(&v);
	wait_seconds(9);
	assert_int_equal(reports, 0);
	wait_seconds(20);
	assert_int_equal(reports, 1);
	assert_int_equal(lines, 0);
}

/* Another one gets a line among those that are limited, and no registers of all its vCPUs. */
static void test_other_domain(void **state)
{
	(void)state;
	patience_timer_fired(&v);
	wait_seconds(30);
	assert_int_equal(reports, 0);
	assert_int_equal(lines, 1);
}

static void test_taken_in_time(void **state)
{
	(void)state;
	patience_timer_fired(&v);
	wait_seconds(5);
	patience_timer_fired(&v); /* taken, and once more */
	wait_seconds(6);
	assert_int_equal(lines, 0);
	waiting = false;
	wait_seconds(30);
	assert_int_equal(lines, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_hardware_domain, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_other_domain, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_taken_in_time, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
