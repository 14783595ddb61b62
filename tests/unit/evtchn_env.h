/* SPDX-License-Identifier: Apache-2.0 */
/* Surroundings of the event channel tests, included once by each: three domains, and hypercalls of one. */
#pragma once

#include "tests/unit/evtchn_fakes.h"

static inline struct domain *dom(unsigned id)
{
	return &env[id].domain;
}

/* The caller of hypercalls from now on. */
static inline void env_run(unsigned domain, unsigned vcpu)
{
	cpus[0].current = &env[domain].vcpus[vcpu];
}

static inline int env_make_domain(unsigned id, unsigned port_max)
{
	struct env_domain *e = &env[id];
	struct domain *d = &e->domain;
	int err;

	memset(e, 0, sizeof(*e));
	d->id = (domain_id_t)id;
	d->refs = 1;
	d->config.hardware = id == 0;
	d->config.privileged = id == 0;
	d->config.evtchn_port_max = port_max;
	d->shared_info = (struct shared_info *)e->shared;
	d->vcpus = e->vcpu_table;
	d->vcpus_count = ENV_VCPUS;
	e->shutdown_reason = ~0U;
	err = evtchn_init_domain(d);
	for (unsigned i = 0; i < ENV_VCPUS; i++) {
		e->vcpu_table[i] = &e->vcpus[i];
		e->vcpus[i].domain = d;
		e->vcpus[i].id = i;
		evtchn_init_vcpu(&e->vcpus[i]);
	}
	return err;
}

/* Three domains that may use ports up to port_max. */
static inline void env_init(unsigned port_max)
{
	struct page_range ram = { PADDR(HOST_RAM_BASE), ENV_RAM_PAGES * PAGE_SIZE };

	host_cpus_reset(2, 1000);
	host_guest_reset();
	host_ram_init(ram.size);
	assert_int_equal(page_init(&ram, 1, NULL, 0), 0);
	env_free_pages = page_count_free();
	env = aligned_alloc(PAGE_SIZE, ENV_DOMAINS * sizeof(*env));
	for (unsigned i = 0; i < ENV_DOMAINS; i++)
		assert_int_equal(env_make_domain(i, port_max), 0);
	hardware_domain = dom(0);
	memset(env_wakes, 0, sizeof(env_wakes));
	env_run(0, 0);
}

/* Everything is given back: memory, guest pages, references. */
static inline void env_free_domain(unsigned id)
{
	while (evtchn_relinquish(dom(id)) == -ERESTART)
		;
	evtchn_free_domain(dom(id));
	for (unsigned gfn = 0; gfn < ENV_GFNS; gfn++)
		assert_int_equal(env[id].holds[gfn], 0);
	for (unsigned i = 0; i < ENV_VCPUS; i++)
		assert_false(timer_active(&env[id].vcpus[i].evtchn.poll_timer));
}

static inline void env_free(void)
{
	for (unsigned i = 0; i < ENV_DOMAINS; i++)
		env_free_domain(i);
	for (unsigned i = 0; i < ENV_DOMAINS; i++)
		assert_int_equal(dom(i)->refs, 1);
	assert_int_equal(heap_bytes_used(), 0);
	assert_int_equal(page_count_free(), env_free_pages);
	free(env);
	host_ram_free();
}

static inline uint32_t env_random(uint32_t below)
{
	static uint32_t state = 1;

	state = state * 1664525 + 1013904223;
	return (uint32_t)(((uint64_t)state * below) >> 32);
}

/* A hypercall of the current vCPU with a structure that is copied in and, if it succeeds, back. */
static inline int64_t env_call(int64_t (*hypercall)(uint64_t args[HYPERCALL_ARGS]), uint64_t cmd,
		void *arg, size_t size)
{
	uint64_t args[HYPERCALL_ARGS] = { cmd };
	int64_t result;

	host_guest_reset();
	args[1] = host_guest_map(arg, size).v;
	result = hypercall(args);
	return result;
}

/* EVTCHNOP_*: `type` is the operation's name. */
#define EVTCHN(type, ...)                                                                          \
	env_call(do_event_channel_op, EVTCHNOP_##type, &(struct evtchn_##type){ __VA_ARGS__ },     \
			sizeof(struct evtchn_##type))

static inline uint8_t env_state(unsigned domain, evtchn_port_t port)
{
	struct evtchn_status status;

	assert_int_equal(evtchn_get_status(dom(domain), port, &status), 0);
	return (uint8_t)status.status;
}

/* A new pair of ports, of domains a and b. */
static inline void env_pair(unsigned a, unsigned b, evtchn_port_t *port_a, evtchn_port_t *port_b)
{
	assert_int_equal(evtchn_alloc_unbound(dom(a), (domain_id_t)b, port_a), 0);
	assert_int_equal(evtchn_bind_interdomain(dom(b), dom(a), *port_a, port_b), 0);
}
