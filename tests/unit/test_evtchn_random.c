/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random bindings, sends, masks, closes and resets of three domains in both layouts, against a model that
 * knows nothing but the ABI's words: an event that was sent is taken exactly once, as soon as it is not
 * masked, and nothing else ever comes.
 */
#include "tests/unit/evtchn_guest.h"

#define PORTS 60U

struct model_port {
	unsigned state;
	unsigned remote;     /* unbound, interdomain */
	evtchn_port_t remote_port;
	unsigned virq, vcpu;
	bool pending, masked;
	unsigned taken;
};

static struct model_port model[ENV_DOMAINS][PORTS + 1];

static struct model_port *any_port(unsigned *domain, evtchn_port_t *port)
{
	*domain = env_random(ENV_DOMAINS);
	*port = 1 + env_random(PORTS);
	return &model[*domain][*port];
}

static bool is_linked(unsigned domain, evtchn_port_t port)
{
	return guest_fifo[domain] && (*guest_word(domain, port) & WORD_LINKED);
}

/* The port that a bind must give out: the lowest that is neither in use nor still in a queue. 0: none. */
static evtchn_port_t expected_port(unsigned domain)
{
	for (evtchn_port_t port = 1; port <= PORTS; port++)
		if (model[domain][port].state == EVTCHNSTAT_closed && !is_linked(domain, port))
			return port;
	return 0;
}

static struct model_port *check_new(
		unsigned domain, evtchn_port_t expected, int err, evtchn_port_t port)
{
	struct model_port *m = &model[domain][port];

	if (!expected) {
		assert_int_equal(err, -ENOSPC);
		return NULL;
	}
	assert_int_equal(err, 0);
	assert_int_equal(port, expected);
	m->pending = false;
	return m;
}

static void do_alloc(void)
{
	unsigned domain = env_random(ENV_DOMAINS), remote = env_random(ENV_DOMAINS);
	evtchn_port_t expected = expected_port(domain), port = 0;
	int err = evtchn_alloc_unbound(dom(domain), (domain_id_t)remote, &port);
	struct model_port *m = check_new(domain, expected, err, port);

	if (m) {
		m->state = EVTCHNSTAT_unbound;
		m->remote = remote;
	}
}

static void do_bind_interdomain(void)
{
	unsigned domain = env_random(ENV_DOMAINS), remote;
	evtchn_port_t remote_port, port = 0, expected = expected_port(domain);
	struct model_port *far = any_port(&remote, &remote_port), *m;
	int err = evtchn_bind_interdomain(dom(domain), dom(remote), remote_port, &port);

	if (!evtchn_get_status(dom(remote), remote_port, &(struct evtchn_status){ 0 }) &&
			!expected) {
		assert_int_equal(err, -ENOSPC);
		return;
	}
	if (far->state != EVTCHNSTAT_unbound || far->remote != domain) {
		assert_int_equal(err, -EINVAL);
		return;
	}
	m = check_new(domain, expected, err, port);
	m->state = far->state = EVTCHNSTAT_interdomain;
	m->remote = remote;
	m->remote_port = remote_port;
	m->pending = true;
	far->remote_port = port;
}

static void do_bind_virq(void)
{
	unsigned domain = env_random(ENV_DOMAINS), vcpu = env_random(ENV_VCPUS);
	unsigned virq = env_random(2) ? VIRQ_DEBUG : VIRQ_TIMER;
	evtchn_port_t expected = expected_port(domain), port = 0;
	int err = evtchn_bind_virq(dom(domain), virq, vcpu, &port);
	struct model_port *m;

	for (evtchn_port_t p = 1; p <= PORTS; p++) {
		m = &model[domain][p];
		if (m->state == EVTCHNSTAT_virq && m->virq == virq && m->vcpu == vcpu) {
			assert_int_equal(err, -EEXIST);
			return;
		}
	}
	m = check_new(domain, expected, err, port);
	if (m) {
		m->state = EVTCHNSTAT_virq;
		m->virq = virq;
		m->vcpu = vcpu;
	}
}

static void do_bind_ipi(void)
{
	unsigned domain = env_random(ENV_DOMAINS), vcpu = env_random(ENV_VCPUS);
	evtchn_port_t expected = expected_port(domain), port = 0;
	int err = evtchn_bind_ipi(dom(domain), vcpu, &port);
	struct model_port *m = check_new(domain, expected, err, port);

	if (m)
		m->state = EVTCHNSTAT_ipi;
}

static void model_close(unsigned domain, evtchn_port_t port)
{
	struct model_port *m = &model[domain][port];

	if (m->state == EVTCHNSTAT_interdomain) {
		struct model_port *far = &model[m->remote][m->remote_port];

		far->state = EVTCHNSTAT_unbound;
		far->remote = domain;
	}
	m->state = EVTCHNSTAT_closed;
	m->pending = false;
}

static void do_close(void)
{
	unsigned domain;
	evtchn_port_t port;
	struct model_port *m = any_port(&domain, &port);
	int expected = m->state == EVTCHNSTAT_closed ? -EINVAL : 0;

	assert_int_equal(evtchn_close(dom(domain), port), expected);
	if (!expected)
		model_close(domain, port);
}

static void do_send(void)
{
	unsigned domain;
	evtchn_port_t port;
	struct model_port *m = any_port(&domain, &port);
	int err = evtchn_send(dom(domain), port);

	switch (m->state) {
	case EVTCHNSTAT_interdomain:
		model[m->remote][m->remote_port].pending = true;
		break;
	case EVTCHNSTAT_ipi:
		m->pending = true;
		break;
	case EVTCHNSTAT_unbound:
		break;
	default:
		assert_int_equal(err, -EINVAL);
		return;
	}
	assert_int_equal(err, 0);
}

static void do_send_virq(void)
{
	unsigned domain;
	evtchn_port_t port;
	struct model_port *m = any_port(&domain, &port);

	if (m->state != EVTCHNSTAT_virq)
		return;
	evtchn_send_vcpu_virq(&env[domain].vcpus[m->vcpu], m->virq);
	m->pending = true;
}

static void do_mask(void)
{
	unsigned domain;
	evtchn_port_t port;
	struct model_port *m = any_port(&domain, &port);

	guest_mask(domain, port);
	m->masked = true;
}

static void do_unmask(void)
{
	unsigned domain;
	evtchn_port_t port;
	struct model_port *m = any_port(&domain, &port);
	int err = evtchn_unmask(dom(domain), port);

	if (m->state == EVTCHNSTAT_closed) {
		assert_int_equal(err, -EINVAL);
		return;
	}
	assert_int_equal(err, 0);
	m->masked = false;
}

static void do_move(void)
{
	unsigned domain;
	evtchn_port_t port;
	struct model_port *m = any_port(&domain, &port);
	bool may = m->state == EVTCHNSTAT_unbound || m->state == EVTCHNSTAT_interdomain;

	assert_int_equal(evtchn_bind_vcpu(dom(domain), port, env_random(ENV_VCPUS)),
			may ? 0 : -EINVAL);
	if (guest_fifo[domain])
		evtchn_set_priority(dom(domain), port, env_random(EVTCHN_FIFO_MAX_QUEUES));
}

static void take(unsigned domain, unsigned vcpu, evtchn_port_t port)
{
	(void)vcpu;
	assert_in_range(port, 1, PORTS);
	model[domain][port].taken++;
}

/* One domain takes its events: those the model has, once, and no other. */
static void do_take(void)
{
	unsigned domain = env_random(ENV_DOMAINS);

	guest_upcalls(domain, take);
	for (evtchn_port_t port = 1; port <= PORTS; port++) {
		struct model_port *m = &model[domain][port];
		bool due = m->pending && !m->masked;

		assert_int_equal(m->taken, due);
		m->taken = 0;
		if (due)
			m->pending = false;
		if (m->state != EVTCHNSTAT_closed)
			assert_int_equal(evtchn_is_pending(dom(domain), port), m->pending);
	}
}

static void check_states(void)
{
	for (unsigned domain = 0; domain < ENV_DOMAINS; domain++) {
		unsigned active = 0;

		for (evtchn_port_t port = 1; port <= PORTS; port++) {
			struct model_port *m = &model[domain][port];
			struct evtchn_status status;

			active += m->state != EVTCHNSTAT_closed;
			if (evtchn_get_status(dom(domain), port, &status))
				continue;
			assert_int_equal(status.status, m->state);
			if (m->state == EVTCHNSTAT_interdomain) {
				assert_int_equal(status.u.interdomain.dom, m->remote);
				assert_int_equal(status.u.interdomain.port, m->remote_port);
			}
		}
		assert_int_equal(dom(domain)->evtchn.active_count, active);
	}
}

static void start_domain(unsigned domain, bool fifo)
{
	guest_fifo[domain] = false;
	if (fifo)
		guest_start_fifo(domain, 1);
}

/* A kernel that starts another: resets, and begins with clean pages. */
static void do_reset(void)
{
	unsigned domain = env_random(ENV_DOMAINS);
	bool fifo = guest_fifo[domain];

	if (env_random(50))
		return;
	while (evtchn_reset(dom(domain)) == -ERESTART)
		;
	for (evtchn_port_t port = 1; port <= PORTS; port++) {
		if (model[domain][port].state != EVTCHNSTAT_closed)
			model_close(domain, port);
		model[domain][port].pending = false;
		model[domain][port].masked = false;
	}
	memset(dom(domain)->shared_info->evtchn_mask, 0, 512);
	memset(dom(domain)->shared_info->evtchn_pending, 0, 512);
	memset(env[domain].ram[0], 0, PAGE_SIZE);
	memset(env[domain].ram[GUEST_CONTROL_GFN], 0, ENV_VCPUS * PAGE_SIZE);
	for (unsigned i = 0; i < ENV_VCPUS; i++) {
		guest_info(domain, i)->evtchn_upcall_pending = 0;
		guest_info(domain, i)->evtchn_pending_sel = 0;
	}
	start_domain(domain, fifo);
}

static void run(const bool fifo[ENV_DOMAINS])
{
	static void (*const steps[])(void) = { do_alloc, do_alloc, do_bind_interdomain,
		do_bind_interdomain, do_bind_interdomain, do_bind_virq, do_bind_ipi, do_close,
		do_send, do_send, do_send, do_send, do_send_virq, do_mask, do_unmask, do_unmask,
		do_move, do_take, do_take, do_reset };

	env_init(PORTS);
	memset(model, 0, sizeof(model));
	for (unsigned i = 0; i < ENV_DOMAINS; i++) {
		guest_fifo[i] = false;
		guest_register_infos(i);
		guest_upcalls(i, guest_remember);
		start_domain(i, fifo[i]);
	}
	for (unsigned i = 0; i < 100000; i++) {
		steps[env_random(ARRAY_SIZE(steps))]();
		if (i % 64 == 0)
			check_states();
	}
	env_free();
}

static void test_2_level(void **state)
{
	(void)state;
	run((const bool[]){ false, false, false });
}

static void test_fifo(void **state)
{
	(void)state;
	run((const bool[]){ true, true, true });
}

static void test_mixed(void **state)
{
	(void)state;
	run((const bool[]){ true, false, true });
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_2_level),
		cmocka_unit_test(test_fifo),
		cmocka_unit_test(test_mixed),
	};

	return cmocka_run_group_tests_name("evtchn_random", tests, NULL, NULL);
}
