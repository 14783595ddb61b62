/* SPDX-License-Identifier: Apache-2.0 */
/* arch/arm64/guest_timer.c and lib/scale.h: what a guest writes to its timers, up to the end of time. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "arch/arm64/el2.h"
#include "arch/arm64/guest.h"
#include "arch/host/fake.h"
#include "arch/host/gic.h"
#include "core/domain.h"
#include "lib/scale.h"
#include <arch/sysreg.h>

static struct domain d;
static struct vcpu v;
static unsigned raised[VGIC_PRIVATE_COUNT];
static bool line[VGIC_PRIVATE_COUNT];
static unsigned told;

void vgic_set_line(struct vcpu *at, vintid_t intid, bool level)
{
	assert_ptr_equal(at, &v);
	raised[intid] += level && !line[intid];
	line[intid] = level;
}

void vgic_put_off_timer(struct vcpu *at)
{
	at->arch.vgic.timer_put_off = true;
}

void vgic_tell_timer(struct vcpu *at)
{
	at->arch.vgic.timer_put_off = false;
	told++;
}

void patience_init(struct vcpu *at)
{
	(void)at;
}

void patience_free(struct vcpu *at)
{
	(void)at;
}

static int set_up(void **state)
{
	(void)state;
	memset(&d, 0, sizeof(d));
	memset(&v, 0, sizeof(v));
	memset(raised, 0, sizeof(raised));
	memset(line, 0, sizeof(line));
	told = 0;
	host_cpus_reset(1, 1000);
	host_gic_reset(4);
	host_sysreg_reset();
	timer_init_cpu(0);
	v.domain = &d;
	guest_timer_init(&v);
	return 0;
}

/* The CPU gets on with something else: at the time of the deadline, nothing is due for ever. */
static void assert_quiet(void)
{
	for (unsigned i = 0; i < 3; i++)
		timer_interrupt();
	assert_true(host_deadline[0] > host_now);
}

static void pass_to(uint64_t now)
{
	host_now = now;
	assert_quiet();
}

static void test_ptimer(void **state)
{
	(void)state;
	ptimer_write_cval(&v, 2000);
	assert_false(line[GUEST_PPI_PTIMER]);
	assert_int_equal(host_deadline[0], TIME_NEVER);
	ptimer_write_ctl(&v, TIMER_ENABLE);
	assert_int_equal(host_deadline[0], 2000);
	pass_to(1999);
	assert_false(line[GUEST_PPI_PTIMER]);
	pass_to(2000);
	assert_true(line[GUEST_PPI_PTIMER]);
	assert_int_equal(ptimer_read_ctl(&v), TIMER_ENABLE | TIMER_ISTATUS);
	ptimer_write_ctl(&v, TIMER_ENABLE | TIMER_IMASK);
	assert_false(line[GUEST_PPI_PTIMER]);
	ptimer_write_tval(&v, UINT32_MAX); /* -1 */
	assert_int_equal(ptimer_read_cval(&v), 1999);
	ptimer_write_tval(&v, 500);
	ptimer_write_ctl(&v, TIMER_ENABLE);
	assert_int_equal(ptimer_read_tval(&v), 500);
	assert_int_equal(host_deadline[0], 2500);
	guest_timer_free(&v);
	assert_int_equal(host_deadline[0], TIME_NEVER);
}

/* The software timer is late: ISTATUS is read as true only once the line is up. */
static void test_ptimer_istatus_and_line(void **state)
{
	(void)state;
	ptimer_write_cval(&v, 2000);
	ptimer_write_ctl(&v, TIMER_ENABLE);
	host_now = 1999;
	assert_int_equal(ptimer_read_ctl(&v), TIMER_ENABLE);
	assert_false(ptimer_line(&v));
	assert_false(line[GUEST_PPI_PTIMER]);
	host_now = 2000;
	assert_true(ptimer_line(&v));
	assert_int_equal(ptimer_read_ctl(&v), TIMER_ENABLE | TIMER_ISTATUS);
	assert_true(line[GUEST_PPI_PTIMER]);
	ptimer_write_ctl(&v, TIMER_ENABLE | TIMER_IMASK);
	assert_int_equal(ptimer_read_ctl(&v), TIMER_ALL);
	assert_false(ptimer_line(&v));
	assert_false(line[GUEST_PPI_PTIMER]);
	guest_timer_free(&v);
}

/* The virtual timer's line: of the vCPU that reads, of one on another CPU, of one that is away. */
static void test_vtimer_line(void **state)
{
	struct vcpu other = { .domain = &d };

	(void)state;
	d.arch.cntvoff = 100;
	cpus[0].current = &v;
	for (unsigned ctl = 0; ctl <= TIMER_ALL; ctl++) {
		host_sysreg_write("cntv_ctl_el0", ctl);
		assert_int_equal(vtimer_line(&v), ctl == (TIMER_ENABLE | TIMER_ISTATUS));
	}
	cpus[0].current = &other;
	atomic_store(&v.arch.vgic.cpu, 3);
	v.arch.vgic.loaded = true;
	assert_false(vtimer_line(&v));
	host_gic_cpus[3].ppis[GUEST_PPI_VTIMER].line = true;
	assert_true(vtimer_line(&v));
	v.arch.vgic.loaded = false;
	v.arch.vtimer.cval = 2900;
	v.arch.vtimer.ctl = TIMER_ENABLE;
	host_now = 2999;
	assert_false(vtimer_line(&v));
	host_now = 3000;
	assert_true(vtimer_line(&v));
	v.arch.vtimer.ctl = TIMER_ENABLE | TIMER_IMASK;
	assert_false(vtimer_line(&v));
}

/* A compare value that no counter reaches raises nothing and costs nothing. */
static void test_ptimer_at_the_end_of_time(void **state)
{
	static const uint64_t ends[] = { UINT64_MAX, UINT64_MAX - 1, UINT64_MAX / 2, BIT(63) };

	for (unsigned i = 0; i < ARRAY_SIZE(ends); i++) {
		set_up(state);
		ptimer_write_ctl(&v, TIMER_ENABLE);
		raised[GUEST_PPI_PTIMER] = 0;
		ptimer_write_cval(&v, ends[i]);
		assert_quiet();
		assert_int_equal(raised[GUEST_PPI_PTIMER], 0);
		guest_timer_free(&v);
	}
}

/* It fires early, whyever: the next look lies ahead. */
static void test_ptimer_fires_early(void **state)
{
	(void)state;
	ptimer_write_ctl(&v, TIMER_ENABLE);
	ptimer_write_cval(&v, 5000);
	timer_set(&v.arch.ptimer.timer, 1000);
	timer_interrupt();
	assert_int_equal(host_deadline[0], 5001);
	v.arch.ptimer.cval = UINT64_MAX;
	timer_set(&v.arch.ptimer.timer, 1000);
	assert_quiet();
	guest_timer_free(&v);
}

/* The vCPU is away: the deadline is the virtual counter's, and beyond the end of time there is none. */
static void test_vtimer_while_away(void **state)
{
	(void)state;
	d.arch.cntvoff = 100;
	host_sysreg_write("cntv_ctl_el0", TIMER_ENABLE | TIMER_ISTATUS);
	host_sysreg_write("cntv_cval_el0", 3000);
	guest_timer_save(&v);
	assert_int_equal(host_deadline[0], 3100);
	pass_to(3100);
	assert_int_equal(raised[GUEST_PPI_VTIMER], 1);
	guest_timer_restore(&v);
	assert_int_equal(sysreg_read(cntv_cval_el0), 3000);
	assert_int_equal(sysreg_read(cntv_ctl_el0), TIMER_ENABLE);
	line[GUEST_PPI_VTIMER] = false;
	host_sysreg_write("cntv_cval_el0", UINT64_MAX - 50);
	guest_timer_save(&v);
	assert_quiet();
	assert_int_equal(raised[GUEST_PPI_VTIMER], 1);
	guest_timer_free(&v);
}

/* A second interrupt of one compare value, in a handler: looked at again until the line falls or the guest could take it. */
static void test_vtimer_put_off(void **state)
{
	unsigned looks = 0;

	(void)state;
	cpus[0].current = &v;
	host_sysreg_write("cntv_ctl_el0", TIMER_ENABLE | TIMER_ISTATUS);
	host_sysreg_write("cntv_cval_el0", 3000);
	v.arch.regs.pstate = PSTATE_I;
	assert_false(vtimer_put_off(&v));
	assert_true(vtimer_put_off(&v));
	assert_int_equal(host_deadline[0], 1000 + 20000);
	pass_to(21000);
	assert_int_equal(told, 0);
	assert_int_equal(host_deadline[0], 21000 + 40000);
	host_sysreg_write("cntv_ctl_el0", TIMER_ALL);
	pass_to(61000);
	assert_int_equal(told, 1);
	assert_int_equal(host_deadline[0], TIME_NEVER);
	/* The guest sets the timer anew, and that runs out before the look: told, and not twice. */
	host_sysreg_write("cntv_ctl_el0", TIMER_ENABLE | TIMER_ISTATUS);
	assert_true(vtimer_put_off(&v));
	host_sysreg_write("cntv_cval_el0", 65000);
	host_now = host_deadline[0];
	timer_interrupt();
	assert_int_equal(told, 2);
	assert_true(vtimer_put_off(&v));
	vtimer_tell(&v);
	timer_stop(&v.arch.vtimer.timer);
	/* Another compare value is another interrupt. */
	host_sysreg_write("cntv_ctl_el0", TIMER_ENABLE | TIMER_ISTATUS);
	host_sysreg_write("cntv_cval_el0", 70000);
	assert_false(vtimer_put_off(&v));
	/* One that stays up and masked is told in the end. */
	assert_true(vtimer_put_off(&v));
	while (v.arch.vgic.timer_put_off) {
		host_now = host_deadline[0];
		timer_interrupt();
		assert_true(looks++ < 10);
	}
	assert_true(host_now < 2 * NS_PER_MS);
	assert_false(vtimer_put_off(&v));
	/* Interrupts are not masked: no reason to wait. */
	host_sysreg_write("cntv_cval_el0", 80000);
	assert_false(vtimer_put_off(&v));
	v.arch.regs.pstate = 0;
	assert_false(vtimer_put_off(&v));
	guest_timer_free(&v);
}

static void test_scale(void **state)
{
	(void)state;
	assert_int_equal(scale_fixed32(3, UINT64_C(16) << 32), 48);
	assert_int_equal(scale_fixed32(48, BIT(28)), 3);
	/* 62.5 MHz: the 60th bit of a counter is the 64th of nanoseconds. */
	assert_int_equal(scale_fixed32(BIT(60) - 1, UINT64_C(16) << 32), UINT64_MAX - 15);
	assert_int_equal(scale_fixed32(BIT(60) + 5, UINT64_C(16) << 32), UINT64_MAX);
	assert_int_equal(scale_fixed32(UINT64_MAX, UINT64_MAX), UINT64_MAX);
	assert_int_equal(add_saturating(UINT64_MAX - 3, 3), UINT64_MAX);
	assert_int_equal(add_saturating(UINT64_MAX - 3, 4), UINT64_MAX);
	assert_int_equal(add_saturating(1, 2), 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_ptimer, set_up),
		cmocka_unit_test_setup(test_ptimer_istatus_and_line, set_up),
		cmocka_unit_test_setup(test_vtimer_line, set_up),
		cmocka_unit_test_setup(test_ptimer_at_the_end_of_time, set_up),
		cmocka_unit_test_setup(test_ptimer_fires_early, set_up),
		cmocka_unit_test_setup(test_vtimer_while_away, set_up),
		cmocka_unit_test_setup(test_vtimer_put_off, set_up),
		cmocka_unit_test(test_scale),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
