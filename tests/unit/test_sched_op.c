/* SPDX-License-Identifier: Apache-2.0 */
/* SCHEDOP_* and watchdogs. */
#include "tests/unit/evtchn_guest.h"

static int setup(void **state)
{
	(void)state;
	env_init(100);
	env_yields = 0;
	memset(guest_fifo, 0, sizeof(guest_fifo));
	for (unsigned i = 0; i < ENV_DOMAINS; i++)
		watchdog_init_domain(dom(i));
	for (unsigned cpu = 0; cpu < 2; cpu++)
		timer_init_cpu(cpu);
	env_run(1, 0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	for (unsigned i = 0; i < ENV_DOMAINS; i++)
		watchdog_stop_domain(dom(i));
	env_free();
	return 0;
}

static int64_t call(uint64_t cmd, void *arg, size_t size)
{
	return env_call(do_sched_op, cmd, arg, size);
}

static struct vcpu *vcpu(unsigned domain, unsigned id)
{
	return &env[domain].vcpus[id];
}

static void test_yield_and_block(void **state)
{
	(void)state;
	vcpu(1, 0)->arch.regs.pstate = PSR_GUEST64_INIT;
	assert_int_equal(call(SCHEDOP_yield, NULL, 0), 0);
	assert_int_equal(env_yields, 1);
	assert_int_equal(vcpu(1, 0)->arch.regs.pstate, PSR_GUEST64_INIT);
	assert_int_equal(call(SCHEDOP_block, NULL, 0), 0);
	assert_true(vcpu(1, 0)->sched.blocked);
	assert_int_equal(vcpu(1, 0)->arch.regs.pstate, PSR_GUEST64_INIT & ~(unsigned)PSR_IRQ_MASK);
}

static void test_shutdown(void **state)
{
	struct sched_shutdown op = { SHUTDOWN_MAX + 1 };

	(void)state;
	assert_int_equal(call(SCHEDOP_shutdown, &op, sizeof(op)), -EINVAL);
	assert_int_equal(env[1].shutdown_reason, ~0U);
	op.reason = SHUTDOWN_reboot;
	assert_int_equal(call(SCHEDOP_shutdown, &op, sizeof(op)), 0);
	assert_int_equal(env[1].shutdown_reason, SHUTDOWN_reboot);
	assert_int_equal(env[0].shutdown_reason, ~0U);
}

static void test_shutdown_code(void **state)
{
	struct sched_shutdown op = { SHUTDOWN_MAX + 1 };

	(void)state;
	assert_int_equal(call(SCHEDOP_shutdown_code, &op, sizeof(op)), -EINVAL);
	assert_false(dom(1)->shutdown_code_latched);
	op.reason = SHUTDOWN_crash;
	assert_int_equal(call(SCHEDOP_shutdown_code, &op, sizeof(op)), 0);
	assert_true(dom(1)->shutdown_code_latched);
	assert_int_equal(dom(1)->shutdown_code, SHUTDOWN_crash);
	assert_int_equal(env[1].shutdown_reason, ~0U);
}

static void test_remote_shutdown(void **state)
{
	struct sched_remote_shutdown op = { 2, SHUTDOWN_poweroff };

	(void)state;
	assert_int_equal(call(SCHEDOP_remote_shutdown, &op, sizeof(op)), -EPERM);
	env_run(0, 0);
	assert_int_equal(call(SCHEDOP_remote_shutdown, &op, sizeof(op)), 0);
	assert_int_equal(env[2].shutdown_reason, SHUTDOWN_poweroff);
	op.domain_id = 77;
	assert_int_equal(call(SCHEDOP_remote_shutdown, &op, sizeof(op)), -ESRCH);
	op.domain_id = 1;
	op.reason = 99;
	assert_int_equal(call(SCHEDOP_remote_shutdown, &op, sizeof(op)), -EINVAL);
	assert_int_equal(env[1].shutdown_reason, ~0U);
	op.domain_id = DOMID_SELF;
	op.reason = SHUTDOWN_suspend;
	assert_int_equal(call(SCHEDOP_remote_shutdown, &op, sizeof(op)), 0);
	assert_int_equal(env[0].shutdown_reason, SHUTDOWN_suspend);
}

/* Two structures: the ports are behind a handle. */
static int64_t poll(const evtchn_port_t *ports, unsigned count, uint64_t timeout)
{
	struct sched_poll op = { .nr_ports = count, .timeout = timeout };
	uint64_t args[HYPERCALL_ARGS] = { SCHEDOP_poll };

	host_guest_reset();
	op.ports.q = count ? host_guest_map_readonly(ports, count * sizeof(*ports)).v : 0;
	args[1] = host_guest_map(&op, sizeof(op)).v;
	return do_sched_op(args);
}

static void test_poll_finds_a_pending_event(void **state)
{
	evtchn_port_t p[3];

	(void)state;
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(evtchn_bind_ipi(dom(1), 1, &p[i]), 0);
	guest_mask(1, p[2]);
	assert_int_equal(evtchn_send(dom(1), p[2]), 0);
	assert_int_equal(poll(p, 3, 0), 0);
	assert_false(vcpu(1, 0)->sched.blocked);
	assert_int_equal(dom(1)->evtchn.pollers, 0);
}

static void test_poll_ends_by_an_event(void **state)
{
	evtchn_port_t p[3], other;

	(void)state;
	for (unsigned i = 0; i < 3; i++)
		assert_int_equal(evtchn_bind_ipi(dom(1), 1, &p[i]), 0);
	assert_int_equal(evtchn_bind_ipi(dom(1), 1, &other), 0);
	assert_int_equal(poll(p, 1, 0), 0);
	assert_true(vcpu(1, 0)->sched.blocked);
	assert_false(timer_active(&vcpu(1, 0)->evtchn.poll_timer));
	assert_int_equal(evtchn_send(dom(1), other), 0);
	assert_true(vcpu(1, 0)->sched.blocked);
	guest_mask(1, p[0]); /* masked events count too: that is what polling is for */
	assert_int_equal(evtchn_send(dom(1), p[0]), 0);
	assert_false(vcpu(1, 0)->sched.blocked);
	assert_int_equal(dom(1)->evtchn.pollers, 0);
	assert_int_equal(poll(p + 1, 2, 0), 0);
	assert_true(vcpu(1, 0)->sched.blocked);
	assert_int_equal(evtchn_send(dom(1), p[2]), 0);
	assert_false(vcpu(1, 0)->sched.blocked);
}

static evtchn_port_t raced_port;

static void send_raced_port(void)
{
	assert_int_equal(evtchn_send(dom(1), raced_port), 0);
}

/* The event comes after the look at the ports and before the vCPU is blocked. */
static void test_poll_does_not_miss_an_event(void **state)
{
	(void)state;
	assert_int_equal(evtchn_bind_ipi(dom(1), 1, &raced_port), 0);
	env_block_hook = send_raced_port;
	assert_int_equal(poll(&raced_port, 1, 0), 0);
	env_block_hook = NULL;
	assert_false(vcpu(1, 0)->sched.blocked);
	assert_int_equal(dom(1)->evtchn.pollers, 0);
}

static void test_poll_in_fifo(void **state)
{
	evtchn_port_t p;

	(void)state;
	guest_start_fifo(1, 1);
	assert_int_equal(evtchn_bind_ipi(dom(1), 1, &p), 0);
	guest_mask(1, p);
	assert_int_equal(poll(&p, 1, 0), 0);
	assert_true(vcpu(1, 0)->sched.blocked);
	assert_int_equal(evtchn_send(dom(1), p), 0);
	assert_false(vcpu(1, 0)->sched.blocked);
	assert_int_equal(poll(&p, 1, 0), 0);
	assert_false(vcpu(1, 0)->sched.blocked);
}

static void test_poll_ends_by_time(void **state)
{
	evtchn_port_t p;

	(void)state;
	assert_int_equal(evtchn_bind_ipi(dom(1), 1, &p), 0);
	assert_int_equal(poll(&p, 1, host_now + 500), 0);
	assert_true(vcpu(1, 0)->sched.blocked);
	host_now += 499;
	timer_interrupt();
	assert_true(vcpu(1, 0)->sched.blocked);
	host_now += 1;
	timer_interrupt();
	assert_false(vcpu(1, 0)->sched.blocked);
	assert_int_equal(dom(1)->evtchn.pollers, 0);
	/* Without ports: a sleep. */
	assert_int_equal(poll(NULL, 0, host_now + 500), 0);
	assert_true(vcpu(1, 0)->sched.blocked);
	assert_int_equal(evtchn_send(dom(1), p), 0);
	host_now += 500;
	timer_interrupt();
	assert_false(vcpu(1, 0)->sched.blocked);
	/* The time of a poll that an event ended does not end the next one. */
	guest_upcalls(1, guest_remember);
	dom(1)->shared_info->evtchn_pending[0] = 0;
	assert_int_equal(poll(&p, 1, host_now + 500), 0);
	assert_int_equal(evtchn_send(dom(1), p), 0);
	dom(1)->shared_info->evtchn_pending[0] = 0;
	assert_int_equal(poll(&p, 1, 0), 0);
	host_now += 500;
	timer_interrupt();
	assert_true(vcpu(1, 0)->sched.blocked);
}

static void test_poll_errors(void **state)
{
	evtchn_port_t ports[129] = { 1 };
	struct sched_poll op = { .nr_ports = 1 };

	(void)state;
	assert_int_equal(poll(ports, 129, 0), -EINVAL);
	assert_int_equal(poll(ports, 1, 0), -EINVAL); /* no such port */
	assert_int_equal(call(SCHEDOP_poll, &op, sizeof(op)), -EFAULT);
	assert_false(vcpu(1, 0)->sched.blocked);
	assert_int_equal(dom(1)->evtchn.pollers, 0);
}

static int64_t watchdog(uint32_t id, uint32_t timeout)
{
	struct sched_watchdog op = { id, timeout };

	return call(SCHEDOP_watchdog, &op, sizeof(op));
}

static void test_watchdog(void **state)
{
	(void)state;
	assert_int_equal(watchdog(0, 0), -EINVAL);
	assert_int_equal(watchdog(1, 5), -EINVAL);
	assert_int_equal(watchdog(3, 5), -EINVAL);
	assert_int_equal(watchdog(~0U, 5), -EINVAL);
	assert_int_equal(watchdog(0, 10), 1);
	assert_int_equal(watchdog(0, UINT32_MAX), 2);
	assert_int_equal(watchdog(0, 5), -ENOSPC);
	host_now += 9 * NS_PER_S;
	assert_int_equal(watchdog(1, 10), 0); /* poked */
	host_now += 9 * NS_PER_S;
	timer_interrupt();
	assert_int_equal(env[1].shutdown_reason, ~0U);
	host_now += NS_PER_S;
	timer_interrupt();
	assert_int_equal(env[1].shutdown_reason, SHUTDOWN_watchdog);
	assert_int_equal(watchdog(2, 0), 0);
	assert_int_equal(watchdog(2, 0), -EINVAL);
	assert_int_equal(watchdog(0, 1), 2);
	watchdog_stop_domain(dom(1));
	env[1].shutdown_reason = ~0U;
	host_now += 100 * NS_PER_S;
	timer_interrupt();
	assert_int_equal(env[1].shutdown_reason, ~0U);
}

static void test_bad_calls(void **state)
{
	const unsigned with_argument[] = { SCHEDOP_shutdown, SCHEDOP_poll, SCHEDOP_remote_shutdown,
		SCHEDOP_shutdown_code, SCHEDOP_watchdog };
	uint64_t args[HYPERCALL_ARGS] = { SCHEDOP_pin_override };

	(void)state;
	assert_int_equal(do_sched_op(args), -ENOSYS);
	args[0] = UINT64_MAX;
	assert_int_equal(do_sched_op(args), -ENOSYS);
	for (unsigned i = 0; i < ARRAY_SIZE(with_argument); i++) {
		args[0] = with_argument[i];
		assert_int_equal(do_sched_op(args), -EFAULT);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_yield_and_block),
		TEST(test_shutdown),
		TEST(test_shutdown_code),
		TEST(test_remote_shutdown),
		TEST(test_poll_finds_a_pending_event),
		TEST(test_poll_ends_by_an_event),
		TEST(test_poll_does_not_miss_an_event),
		TEST(test_poll_in_fifo),
		TEST(test_poll_ends_by_time),
		TEST(test_poll_errors),
		TEST(test_watchdog),
		TEST(test_bad_calls),
	};

	return cmocka_run_group_tests_name("sched_op", tests, NULL, NULL);
}
