/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A guest's side of event channels, as xen/event_channel.h and xen/xen.h tell guests to do it: takes events
 * out, masks and unmasks. It looks only when its upcall is pending, so an event without one is lost.
 */
#pragma once

#include "tests/unit/evtchn_env.h"

#define GUEST_CONTROL_GFN 130U /* and up: control blocks, one page per vCPU */
#define GUEST_INFO_GFN    136U /* registered vcpu_info, one after the other */

#define WORD_PENDING (UINT32_C(1) << EVTCHN_FIFO_PENDING)
#define WORD_MASKED  (UINT32_C(1) << EVTCHN_FIFO_MASKED)
#define WORD_LINKED  (UINT32_C(1) << EVTCHN_FIFO_LINKED)

typedef void guest_handler(unsigned domain, unsigned vcpu, evtchn_port_t port);

struct guest_queues {
	uint32_t head[EVTCHN_FIFO_MAX_QUEUES];
};

static bool guest_fifo[ENV_DOMAINS];
static struct guest_queues guest_queues[ENV_DOMAINS][ENV_VCPUS];

static inline uint32_t *guest_word(unsigned domain, evtchn_port_t port)
{
	return (uint32_t *)env[domain].ram[port / 1024] + port % 1024;
}

static inline struct evtchn_fifo_control_block *guest_control(unsigned domain, unsigned vcpu)
{
	return (void *)env[domain].ram[GUEST_CONTROL_GFN + vcpu];
}

/* vCPU 0 has its vcpu_info in shared_info; this is for the others. */
static inline void guest_register_infos(unsigned domain)
{
	for (unsigned i = 1; i < ENV_VCPUS; i++)
		assert_int_equal(evtchn_register_vcpu_info(&env[domain].vcpus[i],
						 ipa_of_gfn(GUEST_INFO_GFN), i * 64),
				0);
}

static inline void guest_start_fifo(unsigned domain, unsigned pages)
{
	guest_fifo[domain] = true;
	memset(guest_queues[domain], 0, sizeof(guest_queues[domain]));
	for (unsigned i = 0; i < ENV_VCPUS; i++)
		assert_int_equal(evtchn_init_control(dom(domain), i,
						 ipa_of_gfn(GUEST_CONTROL_GFN + i), 0),
				0);
	for (unsigned i = 0; i < pages; i++)
		assert_int_equal(evtchn_expand_array(dom(domain), ipa_of_gfn(i)), 0);
}

static inline struct vcpu_info *guest_info(unsigned domain, unsigned vcpu)
{
	return atomic_load(&env[domain].vcpus[vcpu].evtchn.info);
}

static inline void guest_mask(unsigned domain, evtchn_port_t port)
{
	if (guest_fifo[domain])
		*guest_word(domain, port) |= WORD_MASKED;
	else
		dom(domain)->shared_info->evtchn_mask[port / 64] |= BIT(port % 64);
}

static inline unsigned guest_take_2l(unsigned domain, unsigned vcpu, guest_handler *handler)
{
	struct shared_info *shared = dom(domain)->shared_info;
	struct vcpu_info *info = guest_info(domain, vcpu);
	uint64_t selected = info->evtchn_pending_sel;
	unsigned taken = 0;

	info->evtchn_pending_sel = 0;
	for (unsigned word = 0; word < 64; word++) {
		uint64_t ready = shared->evtchn_pending[word] & ~shared->evtchn_mask[word];

		if (!(selected & BIT(word)))
			continue;
		for (; ready; ready &= ready - 1) {
			unsigned bit = (unsigned)__builtin_ctzll(ready);

			shared->evtchn_pending[word] &= ~BIT(bit);
			handler(domain, vcpu, word * 64 + bit);
			taken++;
		}
	}
	return taken;
}

/* Takes the first port off a queue; false: it was the last. */
static inline bool guest_take_head(unsigned domain, unsigned vcpu, unsigned priority,
		guest_handler *handler, unsigned *taken)
{
	uint32_t *head = &guest_queues[domain][vcpu].head[priority];
	evtchn_port_t port = *head ? *head : guest_control(domain, vcpu)->head[priority];
	uint32_t *word = guest_word(domain, port), before = *word;

	assert_true(before & WORD_LINKED);
	*word &= ~(WORD_LINKED | EVTCHN_FIFO_LINK_MASK);
	*head = before & EVTCHN_FIFO_LINK_MASK;
	if ((before & WORD_PENDING) && !(before & WORD_MASKED)) {
		*word &= ~WORD_PENDING;
		handler(domain, vcpu, port);
		++*taken;
	}
	return *head != 0;
}

static inline unsigned guest_take_fifo(unsigned domain, unsigned vcpu, guest_handler *handler)
{
	struct evtchn_fifo_control_block *control = guest_control(domain, vcpu);
	uint32_t ready = control->ready;
	unsigned taken = 0;

	control->ready = 0;
	while (ready) {
		unsigned priority = (unsigned)__builtin_ctz(ready);

		if (!guest_take_head(domain, vcpu, priority, handler, &taken))
			ready &= ~(UINT32_C(1) << priority);
		ready |= control->ready;
		control->ready = 0;
	}
	return taken;
}

/* The upcall of one vCPU; returns how many events it handled. */
static inline unsigned guest_upcall(unsigned domain, unsigned vcpu, guest_handler *handler)
{
	if (!evtchn_upcall_pending(&env[domain].vcpus[vcpu]))
		return 0;
	guest_info(domain, vcpu)->evtchn_upcall_pending = 0;
	if (guest_fifo[domain])
		return guest_take_fifo(domain, vcpu, handler);
	return guest_take_2l(domain, vcpu, handler);
}

static inline unsigned guest_upcalls(unsigned domain, guest_handler *handler)
{
	unsigned taken = 0;

	for (unsigned i = 0; i < ENV_VCPUS; i++)
		taken += guest_upcall(domain, i, handler);
	return taken;
}

/* A handler that only remembers the last ports. */
static evtchn_port_t guest_seen[64];
static unsigned guest_seen_count;

static inline void guest_remember(unsigned domain, unsigned vcpu, evtchn_port_t port)
{
	(void)domain;
	(void)vcpu;
	assert_true(guest_seen_count < ARRAY_SIZE(guest_seen));
	guest_seen[guest_seen_count++] = port;
}

/* Runs the domain's upcalls: exactly these events come, in this order, then the list is empty again. */
static inline void guest_expect(unsigned domain, const evtchn_port_t *ports, unsigned count)
{
	guest_seen_count = 0;
	guest_upcalls(domain, guest_remember);
	assert_int_equal(guest_seen_count, count);
	for (unsigned i = 0; i < count; i++)
		assert_int_equal(guest_seen[i], ports[i]);
}

#define GUEST_EXPECT(domain, ...)                                                                  \
	guest_expect(domain, (const evtchn_port_t[]){ __VA_ARGS__ },                               \
			sizeof((const evtchn_port_t[]){ __VA_ARGS__ }) / sizeof(evtchn_port_t))
#define GUEST_EXPECT_NONE(domain) guest_expect(domain, NULL, 0)
