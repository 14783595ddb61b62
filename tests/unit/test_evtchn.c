/* SPDX-License-Identifier: Apache-2.0 */
/* Event channel operations through their hypercall, in the 2-level layout: every one with every error. */
#include "tests/unit/evtchn_guest.h"

#define PORT_MAX 200U

static int setup(void **state)
{
	(void)state;
	env_init(PORT_MAX);
	memset(guest_fifo, 0, sizeof(guest_fifo));
	for (unsigned i = 0; i < ENV_DOMAINS; i++) {
		guest_register_infos(i);
		guest_upcalls(i, guest_remember); /* registering asks for a look at everything */
	}
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	env_free();
	return 0;
}

static evtchn_port_t alloc(unsigned domain, unsigned remote)
{
	evtchn_port_t port;

	assert_int_equal(evtchn_alloc_unbound(dom(domain), (domain_id_t)remote, &port), 0);
	return port;
}

static void test_alloc_unbound(void **state)
{
	struct evtchn_alloc_unbound op = { DOMID_SELF, 1, 0 };
	struct evtchn_status status = { .dom = 1 };

	(void)state;
	assert_int_equal(env_call(do_event_channel_op, EVTCHNOP_alloc_unbound, &op, sizeof(op)), 0);
	assert_int_equal(op.port, 1);
	op = (struct evtchn_alloc_unbound){ 1, DOMID_SELF, 0 };
	assert_int_equal(env_call(do_event_channel_op, EVTCHNOP_alloc_unbound, &op, sizeof(op)), 0);
	status.port = op.port;
	assert_int_equal(
			env_call(do_event_channel_op, EVTCHNOP_status, &status, sizeof(status)), 0);
	assert_int_equal(status.status, EVTCHNSTAT_unbound);
	assert_int_equal(status.u.unbound.dom, 0);
	assert_int_equal(status.vcpu, 0);
	assert_int_equal(EVTCHN(alloc_unbound, 77, 0, 0), -ESRCH);
	env_run(1, 0);
	assert_int_equal(EVTCHN(alloc_unbound, 0, 1, 0), -EPERM);
	assert_int_equal(EVTCHN(alloc_unbound, 77, 1, 0), -ESRCH);
	assert_int_equal(EVTCHN(alloc_unbound, 1, 5, 0), 0);
}

static void test_ports_run_out_and_come_back(void **state)
{
	evtchn_port_t port;

	(void)state;
	for (unsigned i = 1; i <= PORT_MAX; i++)
		assert_int_equal(alloc(1, 0), i);
	assert_int_equal(evtchn_alloc_unbound(dom(1), 0, &port), -ENOSPC);
	assert_int_equal(evtchn_bind_ipi(dom(1), 0, &port), -ENOSPC);
	assert_int_equal(evtchn_bind_virq(dom(1), VIRQ_DEBUG, 0, &port), -ENOSPC);
	assert_int_equal(evtchn_close(dom(1), 150), 0);
	assert_int_equal(evtchn_close(dom(1), 7), 0);
	assert_int_equal(alloc(1, 0), 7);
	assert_int_equal(alloc(1, 0), 150);
	assert_int_equal(evtchn_alloc_unbound(dom(1), 0, &port), -ENOSPC);
}

static void test_bind_interdomain(void **state)
{
	struct evtchn_bind_interdomain op = { 1, 0, 0 };
	evtchn_port_t far = alloc(1, 0), other = alloc(1, 2);
	struct evtchn_status status = { .dom = DOMID_SELF };

	(void)state;
	op.remote_port = far;
	assert_int_equal(env_call(do_event_channel_op, EVTCHNOP_bind_interdomain, &op, sizeof(op)),
			0);
	/* The new port is pending: the peer may have sent before. */
	GUEST_EXPECT(0, op.local_port);
	status.port = op.local_port;
	assert_int_equal(
			env_call(do_event_channel_op, EVTCHNOP_status, &status, sizeof(status)), 0);
	assert_int_equal(status.status, EVTCHNSTAT_interdomain);
	assert_int_equal(status.u.interdomain.dom, 1);
	assert_int_equal(status.u.interdomain.port, far);
	assert_int_equal(EVTCHN(bind_interdomain, 1, far, 0), -EINVAL); /* bound already */
	assert_int_equal(EVTCHN(bind_interdomain, 1, other, 0), -EINVAL); /* for another domain */
	assert_int_equal(EVTCHN(bind_interdomain, 1, 99, 0), -EINVAL); /* never used */
	assert_int_equal(EVTCHN(bind_interdomain, 1, 0, 0), -EINVAL);
	assert_int_equal(EVTCHN(bind_interdomain, 1, ~0U, 0), -EINVAL);
	assert_int_equal(EVTCHN(bind_interdomain, 77, 1, 0), -ESRCH);
	/* A refused bind keeps no port. */
	assert_int_equal(alloc(0, 0), op.local_port + 1);
}

static void test_send_reaches_the_peer(void **state)
{
	evtchn_port_t a, b;

	(void)state;
	env_pair(0, 1, &a, &b);
	GUEST_EXPECT(1, b);
	GUEST_EXPECT_NONE(0);
	assert_int_equal(EVTCHN(send, a), 0);
	assert_int_equal(EVTCHN(send, a), 0);
	assert_int_equal(env[1].vcpus[0].arch.upcalls_raised, 2); /* once for both */
	GUEST_EXPECT(1, b);
	GUEST_EXPECT_NONE(1);
	env_run(1, 0);
	assert_int_equal(EVTCHN(send, b), 0);
	GUEST_EXPECT(0, a);
	GUEST_EXPECT_NONE(1);
}

static void test_send_errors(void **state)
{
	evtchn_port_t unbound = alloc(0, 1), virq;

	(void)state;
	assert_int_equal(evtchn_bind_virq(dom(0), VIRQ_DEBUG, 0, &virq), 0);
	assert_int_equal(EVTCHN(send, unbound), 0); /* nobody hears it */
	assert_int_equal(EVTCHN(send, virq), -EINVAL);
	assert_int_equal(EVTCHN(send, 50), -EINVAL);
	assert_int_equal(EVTCHN(send, 0), -EINVAL);
	assert_int_equal(EVTCHN(send, PORT_MAX + 1), -EINVAL);
	assert_int_equal(EVTCHN(send, ~0U), -EINVAL);
	GUEST_EXPECT_NONE(0);
}

static void test_close_leaves_the_peer_unbound(void **state)
{
	evtchn_port_t a, b, again;

	(void)state;
	env_pair(0, 1, &a, &b);
	GUEST_EXPECT(1, b);
	assert_int_equal(EVTCHN(close, a), 0);
	GUEST_EXPECT_NONE(1);
	assert_int_equal(env_state(0, a), EVTCHNSTAT_closed);
	assert_int_equal(env_state(1, b), EVTCHNSTAT_unbound);
	assert_int_equal(evtchn_send(dom(1), b), 0);
	/* Only the domain that was there may come again. */
	assert_int_equal(evtchn_bind_interdomain(dom(2), dom(1), b, &again), -EINVAL);
	assert_int_equal(evtchn_bind_interdomain(dom(0), dom(1), b, &again), 0);
	assert_int_equal(again, a);
	/* Now from the end that was allocated first. */
	assert_int_equal(evtchn_close(dom(1), b), 0);
	assert_int_equal(env_state(0, a), EVTCHNSTAT_unbound);
	assert_int_equal(EVTCHN(close, a), 0);
	assert_int_equal(EVTCHN(close, a), -EINVAL);
	assert_int_equal(EVTCHN(close, 0), -EINVAL);
	assert_int_equal(EVTCHN(close, ~0U), -EINVAL);
}

static void test_close_forgets_what_was_pending(void **state)
{
	evtchn_port_t a, b, next;

	(void)state;
	env_pair(0, 1, &a, &b);
	assert_int_equal(evtchn_close(dom(1), b), 0);
	assert_int_equal(evtchn_bind_ipi(dom(1), 0, &next), 0);
	assert_int_equal(next, b);
	GUEST_EXPECT_NONE(1);
}

static void test_loopback(void **state)
{
	evtchn_port_t a, b;

	(void)state;
	env_pair(1, 1, &a, &b);
	GUEST_EXPECT(1, b);
	assert_int_equal(evtchn_send(dom(1), a), 0);
	GUEST_EXPECT(1, b);
	assert_int_equal(evtchn_send(dom(1), b), 0);
	GUEST_EXPECT(1, a);
	assert_int_equal(evtchn_close(dom(1), a), 0);
	assert_int_equal(env_state(1, b), EVTCHNSTAT_unbound);
	assert_int_equal(evtchn_close(dom(1), b), 0);
}

static void test_bind_virq(void **state)
{
	struct evtchn_bind_virq op = { VIRQ_DEBUG, 1, 0 };
	struct evtchn_status status = { .dom = DOMID_SELF };

	(void)state;
	assert_int_equal(env_call(do_event_channel_op, EVTCHNOP_bind_virq, &op, sizeof(op)), 0);
	assert_int_equal(EVTCHN(bind_virq, VIRQ_DEBUG, 1, 0), -EEXIST);
	assert_int_equal(EVTCHN(bind_virq, VIRQ_DEBUG, 0, 0), 0);
	assert_int_equal(EVTCHN(bind_virq, VIRQ_DEBUG, ENV_VCPUS, 0), -ENOENT);
	assert_int_equal(EVTCHN(bind_virq, NR_VIRQS, 0, 0), -EINVAL);
	assert_int_equal(EVTCHN(bind_virq, ~0U, 0, 0), -EINVAL);
	assert_int_equal(EVTCHN(bind_virq, VIRQ_DOM_EXC, 1, 0), -EINVAL); /* global: vCPU 0 */
	status.port = op.port;
	assert_int_equal(
			env_call(do_event_channel_op, EVTCHNOP_status, &status, sizeof(status)), 0);
	assert_int_equal(status.status, EVTCHNSTAT_virq);
	assert_int_equal(status.u.virq, VIRQ_DEBUG);
	assert_int_equal(status.vcpu, 1);
	evtchn_send_vcpu_virq(&env[0].vcpus[1], VIRQ_DEBUG);
	GUEST_EXPECT(0, op.port);
	evtchn_send_vcpu_virq(&env[0].vcpus[2], VIRQ_DEBUG); /* not bound there */
	GUEST_EXPECT_NONE(0);
	assert_int_equal(EVTCHN(close, op.port), 0);
	evtchn_send_vcpu_virq(&env[0].vcpus[1], VIRQ_DEBUG);
	GUEST_EXPECT_NONE(0);
	assert_int_equal(EVTCHN(bind_virq, VIRQ_DEBUG, 1, 0), 0);
}

static void test_global_virqs_go_to_their_handler(void **state)
{
	evtchn_port_t port0, port1;

	(void)state;
	assert_int_equal(evtchn_bind_virq(dom(0), VIRQ_DOM_EXC, 0, &port0), 0);
	assert_int_equal(evtchn_bind_virq(dom(1), VIRQ_DOM_EXC, 0, &port1), 0);
	evtchn_raise_global_virq(VIRQ_DOM_EXC);
	GUEST_EXPECT(0, port0);
	GUEST_EXPECT_NONE(1);
	assert_int_equal(evtchn_set_virq_handler(dom(1), VIRQ_DEBUG), -EINVAL);
	assert_int_equal(evtchn_set_virq_handler(dom(1), NR_VIRQS), -EINVAL);
	assert_int_equal(evtchn_set_virq_handler(dom(1), VIRQ_DOM_EXC), 0);
	assert_int_equal(evtchn_set_virq_handler(dom(1), VIRQ_DOM_EXC), 0);
	evtchn_raise_global_virq(VIRQ_DOM_EXC);
	GUEST_EXPECT_NONE(0);
	GUEST_EXPECT(1, port1);
	assert_int_equal(evtchn_bind_vcpu(dom(1), port1, 2), 0);
	evtchn_raise_global_virq(VIRQ_DOM_EXC);
	assert_true(evtchn_upcall_pending(&env[1].vcpus[2]));
	assert_int_equal(evtchn_close(dom(1), port1),
			0); /* bound by way of vCPU 0, whoever it notifies */
	assert_int_equal(env[1].vcpus[0].evtchn.virq_port[VIRQ_DOM_EXC], 0);
	env_free_domain(1);
	assert_int_equal(evtchn_set_virq_handler(dom(1), VIRQ_DOM_EXC), -EINVAL);
	evtchn_raise_global_virq(VIRQ_DOM_EXC);
	GUEST_EXPECT(0, port0);
	hardware_domain = NULL;
	evtchn_raise_global_virq(VIRQ_DOM_EXC);
	GUEST_EXPECT_NONE(0);
}

static void test_bind_ipi_and_vcpu(void **state)
{
	struct evtchn_bind_ipi op = { 2, 0 };
	evtchn_port_t a, b, virq;

	(void)state;
	assert_int_equal(env_call(do_event_channel_op, EVTCHNOP_bind_ipi, &op, sizeof(op)), 0);
	assert_int_equal(EVTCHN(bind_ipi, ENV_VCPUS, 0), -ENOENT);
	assert_int_equal(EVTCHN(bind_ipi, ~0U, 0), -ENOENT);
	assert_int_equal(EVTCHN(send, op.port), 0);
	assert_false(evtchn_upcall_pending(&env[0].vcpus[0]));
	assert_true(evtchn_upcall_pending(&env[0].vcpus[2]));
	GUEST_EXPECT(0, op.port);
	assert_int_equal(EVTCHN(bind_vcpu, op.port, 0), -EINVAL);
	assert_int_equal(evtchn_bind_virq(dom(0), VIRQ_TIMER, 1, &virq), 0);
	assert_int_equal(EVTCHN(bind_vcpu, virq, 0), -EINVAL);
	env_pair(0, 1, &a, &b);
	assert_int_equal(EVTCHN(bind_vcpu, a, 1), 0);
	assert_int_equal(evtchn_send(dom(1), b), 0);
	assert_true(evtchn_upcall_pending(&env[0].vcpus[1]));
	assert_false(evtchn_upcall_pending(&env[0].vcpus[0]));
	assert_int_equal(EVTCHN(bind_vcpu, a, ENV_VCPUS), -ENOENT);
	assert_int_equal(EVTCHN(bind_vcpu, 100, 0), -EINVAL);
	assert_int_equal(EVTCHN(bind_vcpu, ~0U, 0), -EINVAL);
	assert_int_equal(EVTCHN(bind_vcpu, alloc(0, 1), 1), 0);
}

static void test_masked_events_wait(void **state)
{
	evtchn_port_t a, b;

	(void)state;
	env_pair(0, 1, &a, &b);
	GUEST_EXPECT(1, b);
	guest_mask(1, b);
	assert_int_equal(evtchn_send(dom(0), a), 0);
	assert_false(evtchn_upcall_pending(&env[1].vcpus[0]));
	assert_int_equal(evtchn_is_pending(dom(1), b), 1);
	env_run(1, 1);
	assert_int_equal(EVTCHN(unmask, b), 0);
	GUEST_EXPECT(1, b);
	assert_int_equal(EVTCHN(unmask, b), 0);
	guest_mask(1, b);
	assert_int_equal(EVTCHN(unmask, b), 0);
	GUEST_EXPECT_NONE(1);
	assert_int_equal(EVTCHN(unmask, 90), -EINVAL);
	assert_int_equal(EVTCHN(unmask, ~0U), -EINVAL);
}

static int64_t status_of(unsigned domain, evtchn_port_t port)
{
	struct evtchn_status status = { .dom = (domain_id_t)domain, .port = port };

	return env_call(do_event_channel_op, EVTCHNOP_status, &status, sizeof(status));
}

static void test_status_errors(void **state)
{
	(void)state;
	assert_int_equal(status_of(77, 1), -ESRCH);
	assert_int_equal(status_of(1, ~0U), -EINVAL);
	assert_int_equal(status_of(1, PORT_MAX + 100), -EINVAL);
	alloc(1, 0);
	assert_int_equal(status_of(1, 5), 0); /* closed */
	assert_int_equal(status_of(1, 0), 0);
	env_run(1, 0);
	assert_int_equal(status_of(0, 1), -EPERM);
	assert_int_equal(status_of(1, 1), 0);
}

static void test_bad_calls(void **state)
{
	uint64_t args[HYPERCALL_ARGS] = { EVTCHNOP_send, 0x1234 };
	struct evtchn_alloc_unbound op = { DOMID_SELF, 1, 0 };

	(void)state;
	assert_int_equal(do_event_channel_op(args), -EFAULT);
	args[0] = 14;
	assert_int_equal(do_event_channel_op(args), -ENOSYS);
	args[0] = UINT64_MAX;
	assert_int_equal(do_event_channel_op(args), -ENOSYS);
	assert_int_equal(EVTCHN(bind_pirq, 1, 0, 0), -EINVAL);
	assert_int_equal(EVTCHN(set_priority, alloc(0, 1), 3), -ENOSYS);
	assert_int_equal(EVTCHN(set_priority, 99, 3), -EINVAL);
	assert_int_equal(EVTCHN(expand_array, 3), -EOPNOTSUPP);
	/* A port whose number cannot be told is not kept. */
	args[0] = EVTCHNOP_alloc_unbound;
	args[1] = host_guest_map_readonly(&op, sizeof(op)).v;
	assert_int_equal(do_event_channel_op(args), -EFAULT);
	assert_int_equal(dom(0)->evtchn.active_count, 1);
}

/* The same for the operations that bind. */
static void test_unwritable_results_are_undone(void **state)
{
	const struct evtchn_bind_interdomain pair = { 1, alloc(1, 0), 0 };
	const struct evtchn_bind_virq virq = { VIRQ_DEBUG, 0, 0 };
	const struct evtchn_bind_ipi ipi = { 0, 0 };
	const struct {
		uint64_t cmd;
		const void *arg;
		size_t size;
	} calls[] = {
		{ EVTCHNOP_bind_interdomain, &pair, sizeof(pair) },
		{ EVTCHNOP_bind_virq, &virq, sizeof(virq) },
		{ EVTCHNOP_bind_ipi, &ipi, sizeof(ipi) },
	};

	(void)state;
	for (unsigned i = 0; i < ARRAY_SIZE(calls); i++) {
		uint64_t args[HYPERCALL_ARGS] = { calls[i].cmd };

		args[1] = host_guest_map_readonly(calls[i].arg, calls[i].size).v;
		assert_int_equal(do_event_channel_op(args), -EFAULT);
		assert_int_equal(dom(0)->evtchn.active_count, 0);
	}
	assert_int_equal(env_state(1, pair.remote_port), EVTCHNSTAT_unbound);
	assert_int_equal(env[0].vcpus[0].evtchn.virq_port[VIRQ_DEBUG], 0);
}

static void test_reset(void **state)
{
	evtchn_port_t a, b, virq;
	int64_t result;

	(void)state;
	env_pair(1, 0, &a, &b);
	assert_int_equal(evtchn_bind_virq(dom(1), VIRQ_DEBUG, 2, &virq), 0);
	assert_int_equal(EVTCHN(reset, 77), -ESRCH);
	assert_int_equal(EVTCHN(reset, 1), -EINVAL); /* not paused */
	dom(1)->controller_pause_count = 1;
	do
		result = EVTCHN(reset, 1);
	while (result == HYPERCALL_AGAIN);
	assert_int_equal(result, 0);
	assert_int_equal(dom(1)->evtchn.active_count, 0);
	assert_int_equal(env_state(0, b), EVTCHNSTAT_unbound);
	assert_int_equal(env_state(1, virq), EVTCHNSTAT_closed);
	assert_int_equal(evtchn_bind_virq(dom(1), VIRQ_DEBUG, 2, &virq), 0);
	env_run(1, 0);
	assert_int_equal(EVTCHN(reset, 0), -EPERM);
	dom(1)->controller_pause_count = 0;
	assert_int_equal(EVTCHN(reset, DOMID_SELF), 0);
	assert_int_equal(env_state(1, virq), EVTCHNSTAT_closed);
}

static unsigned consumed;
static evtchn_port_t consumed_port;

static void consume(struct domain *d, evtchn_port_t port)
{
	consumed++;
	consumed_port = port;
	assert_int_equal(evtchn_notify(d, port), 0); /* no lock is held */
}

static void test_ports_of_graft(void **state)
{
	evtchn_port_t graft, far;

	(void)state;
	consumed = 0;
	assert_int_equal(evtchn_alloc_for_graft(dom(1), 0, consume, &graft), 0);
	assert_int_equal(evtchn_bind_interdomain(dom(0), dom(1), graft, &far), 0);
	GUEST_EXPECT(0, far);
	assert_int_equal(EVTCHN(send, far), 0);
	assert_int_equal(consumed, 1);
	assert_int_equal(consumed_port, graft);
	GUEST_EXPECT(0, far); /* consume()'s answer */
	GUEST_EXPECT_NONE(1);
	env_run(1, 0);
	assert_int_equal(EVTCHN(send, graft), -EINVAL);
	assert_int_equal(EVTCHN(close, graft), -EINVAL);
	assert_int_equal(EVTCHN(unmask, graft), -EINVAL);
	assert_int_equal(EVTCHN(bind_vcpu, graft, 1), -EINVAL);
	assert_int_equal(EVTCHN(reset, DOMID_SELF), 0);
	assert_int_equal(env_state(1, graft), EVTCHNSTAT_interdomain);
	assert_int_equal(evtchn_close(dom(0), far), 0);
	assert_int_equal(consumed, 1);
	assert_int_equal(evtchn_notify(dom(1), graft), 0);
	assert_int_equal(evtchn_close_for_graft(dom(1), graft), 0);
	assert_int_equal(dom(1)->evtchn.graft_count, 0);
}

static void test_dying_domain(void **state)
{
	evtchn_port_t a, b, port;

	(void)state;
	env_pair(0, 1, &a, &b);
	env_free_domain(1);
	assert_int_equal(env_state(0, a), EVTCHNSTAT_unbound);
	assert_int_equal(evtchn_alloc_unbound(dom(1), 0, &port), -EINVAL);
	assert_int_equal(evtchn_bind_interdomain(dom(0), dom(1), b, &port), -EINVAL);
	assert_int_equal(evtchn_send(dom(0), a), 0);
	assert_int_equal(evtchn_register_vcpu_info(&env[1].vcpus[0], ipa_of_gfn(GUEST_INFO_GFN), 0),
			-EINVAL);
}

/* Nothing is left of an operation whose n-th allocation fails, and it works when asked again. */
static void test_allocations_fail(void **state)
{
	evtchn_port_t port;
	struct domain *d = dom(2);

	(void)state;
	evtchn_relinquish(d);
	evtchn_free_domain(d);
	host_fail_at = 1;
	assert_int_equal(env_make_domain(2, PORT_MAX), -ENOMEM);
	evtchn_free_domain(d);
	assert_int_equal(env_make_domain(2, PORT_MAX), 0);
	host_fail_at = 1;
	assert_int_equal(evtchn_alloc_unbound(d, 0, &port), -ENOMEM);
	host_fail_at = 1;
	assert_int_equal(evtchn_bind_ipi(d, 0, &port), -ENOMEM);
	host_fail_at = 1;
	assert_int_equal(evtchn_bind_virq(d, VIRQ_DEBUG, 0, &port), -ENOMEM);
	alloc(1, 2);
	host_fail_at = 1;
	assert_int_equal(evtchn_bind_interdomain(d, dom(1), 1, &port), -ENOMEM);
	assert_int_equal(d->evtchn.active_count, 0);
	assert_int_equal(evtchn_bind_interdomain(d, dom(1), 1, &port), 0);
	host_fail_at = 1;
	assert_int_equal(
			evtchn_register_vcpu_info(&env[2].vcpus[1], ipa_of_gfn(GUEST_INFO_GFN), 64),
			-ENOMEM);
	host_fail_at = 0;
	guest_register_infos(2);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_alloc_unbound),
		TEST(test_ports_run_out_and_come_back),
		TEST(test_bind_interdomain),
		TEST(test_send_reaches_the_peer),
		TEST(test_send_errors),
		TEST(test_close_leaves_the_peer_unbound),
		TEST(test_close_forgets_what_was_pending),
		TEST(test_loopback),
		TEST(test_bind_virq),
		TEST(test_global_virqs_go_to_their_handler),
		TEST(test_bind_ipi_and_vcpu),
		TEST(test_masked_events_wait),
		TEST(test_status_errors),
		TEST(test_bad_calls),
		TEST(test_unwritable_results_are_undone),
		TEST(test_reset),
		TEST(test_ports_of_graft),
		TEST(test_dying_domain),
		TEST(test_allocations_fail),
	};

	return cmocka_run_group_tests_name("evtchn", tests, NULL, NULL);
}
