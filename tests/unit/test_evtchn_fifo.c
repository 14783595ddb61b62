/* SPDX-License-Identifier: Apache-2.0 */
/* The FIFO layout: order, priorities, queues that ports move between, growth of the array, hostile words. */
#include "core/evtchn_priv.h"
#include "core/fault.h"
#include "tests/unit/evtchn_guest.h"

#include <threads.h>

#define PORT_MAX 131071U

static int setup(void **state)
{
	(void)state;
	env_init(PORT_MAX);
	memset(guest_fifo, 0, sizeof(guest_fifo));
	guest_register_infos(1);
	guest_upcalls(1, guest_remember);
	guest_start_fifo(1, 1);
	env_run(1, 0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	env_free();
	return 0;
}

/* IPI ports of domain 1, for vCPU 0. */
static void bind_ipis(evtchn_port_t *ports, unsigned count, unsigned vcpu)
{
	for (unsigned i = 0; i < count; i++)
		assert_int_equal(evtchn_bind_ipi(dom(1), vcpu, &ports[i]), 0);
}

static void send(evtchn_port_t port)
{
	assert_int_equal(evtchn_send(dom(1), port), 0);
}

static void test_first_in_first_out(void **state)
{
	evtchn_port_t p[4];

	(void)state;
	bind_ipis(p, 4, 0);
	send(p[2]);
	send(p[0]);
	send(p[2]); /* pending already */
	send(p[3]);
	send(p[1]);
	GUEST_EXPECT(1, p[2], p[0], p[3], p[1]);
	GUEST_EXPECT_NONE(1);
	send(p[1]); /* the port that was the tail */
	send(p[1]);
	GUEST_EXPECT(1, p[1]);
	send(p[3]);
	send(p[1]);
	GUEST_EXPECT(1, p[3], p[1]);
}

static void test_priorities(void **state)
{
	evtchn_port_t p[3];

	(void)state;
	bind_ipis(p, 3, 0);
	assert_int_equal(EVTCHN(set_priority, p[0], EVTCHN_FIFO_PRIORITY_MIN), 0);
	assert_int_equal(EVTCHN(set_priority, p[2], EVTCHN_FIFO_PRIORITY_MAX), 0);
	assert_int_equal(EVTCHN(set_priority, p[2], EVTCHN_FIFO_PRIORITY_MIN + 1), -EINVAL);
	assert_int_equal(EVTCHN(set_priority, p[2] + 1, 0), -EINVAL);
	send(p[0]);
	send(p[1]);
	send(p[2]);
	GUEST_EXPECT(1, p[2], p[1], p[0]);
	/* A port that is queued moves when it is raised next. */
	send(p[0]);
	assert_int_equal(EVTCHN(set_priority, p[0], EVTCHN_FIFO_PRIORITY_MAX), 0);
	send(p[1]);
	send(p[0]);
	GUEST_EXPECT(1, p[1], p[0]);
	send(p[1]);
	send(p[0]);
	GUEST_EXPECT(1, p[0], p[1]);
}

/* The queue a port has left must not link anything behind it, although it looks LINKED there. */
static void test_tail_that_moved_away(void **state)
{
	evtchn_port_t p[2];

	(void)state;
	bind_ipis(p, 2, 0);
	send(p[0]);
	GUEST_EXPECT(1, p[0]);
	assert_int_equal(EVTCHN(set_priority, p[0], 3), 0);
	send(p[0]); /* the default queue's tail, LINKED in another */
	send(p[1]);
	GUEST_EXPECT(1, p[0], p[1]);
	send(p[1]);
	send(p[0]);
	GUEST_EXPECT(1, p[0], p[1]);
}

static evtchn_port_t meet_port; /* what the other CPU sends */
static unsigned meet_at, meet_locks; /* before this lock of the operation; locks so far */

static void meet(void)
{
	if (++meet_locks != meet_at)
		return;
	host_lock_hook = NULL;
	send(meet_port);
	host_lock_hook = meet;
}

/* Another CPU sends `other` just before the lock number `at` of sending or unmasking `port`. False: it has fewer. */
static bool meets(evtchn_port_t port, bool unmasked, evtchn_port_t other, unsigned at)
{
	meet_port = other;
	meet_at = at;
	meet_locks = 0;
	host_lock_hook = meet;
	assert_int_equal(unmasked ? evtchn_unmask(dom(1), port) : evtchn_send(dom(1), port), 0);
	host_lock_hook = NULL;
	return meet_locks >= at;
}

/* What was a queue's tail is LINKED again, and somebody else appends to that queue before it is there. */
static void test_senders_meet_at_an_old_tail(void **state)
{
	evtchn_port_t p[2];
	bool unmasked = false;
	unsigned at = 1, rounds = 0;

	(void)state;
	bind_ipis(p, 2, 0);
	while (rounds < 100) {
		send(p[0]);
		GUEST_EXPECT(1, p[0]);
		if (unmasked) {
			guest_mask(1, p[0]);
			send(p[0]);
		}
		if (!meets(p[0], unmasked, p[1], at)) {
			GUEST_EXPECT(1, p[0]);
			if (unmasked)
				break;
			unmasked = true;
			at = 0;
		} else {
			guest_seen_count = 0;
			assert_int_equal(guest_upcalls(1, guest_remember), 2);
		}
		at++;
		rounds++;
	}
	assert_in_range(rounds, 7, 99);
}

static void test_move_between_vcpus(void **state)
{
	evtchn_port_t a, b, ipi;

	(void)state;
	env_pair(1, 0, &a, &b);
	bind_ipis(&ipi, 1, 2);
	for (unsigned i = 0; i < 9; i++) {
		assert_int_equal(EVTCHN(bind_vcpu, a, i % ENV_VCPUS), 0);
		assert_int_equal(evtchn_send(dom(0), b), 0);
		send(ipi);
		assert_true(evtchn_upcall_pending(&env[1].vcpus[i % ENV_VCPUS]));
		guest_seen_count = 0;
		assert_int_equal(guest_upcalls(1, guest_remember), 2);
	}
}

static void test_mask_and_unmask(void **state)
{
	evtchn_port_t p[2];

	(void)state;
	bind_ipis(p, 2, 0);
	guest_mask(1, p[0]);
	send(p[0]);
	GUEST_EXPECT_NONE(1);
	assert_int_equal(EVTCHN(unmask, p[0]), 0);
	GUEST_EXPECT(1, p[0]);
	/* Masked while queued: the guest drops it from the queue, unmask puts it back. */
	send(p[0]);
	send(p[1]);
	guest_mask(1, p[0]);
	GUEST_EXPECT(1, p[1]);
	assert_int_equal(evtchn_is_pending(dom(1), p[0]), 1);
	assert_int_equal(EVTCHN(unmask, p[0]), 0);
	GUEST_EXPECT(1, p[0]);
	assert_int_equal(EVTCHN(unmask, p[0]), 0);
	GUEST_EXPECT_NONE(1);
}

static void test_linked_ports_are_not_reused(void **state)
{
	evtchn_port_t p[3], next;

	(void)state;
	bind_ipis(p, 3, 0);
	send(p[0]);
	send(p[1]);
	assert_int_equal(evtchn_close(dom(1), p[0]), 0);
	assert_int_equal(evtchn_bind_ipi(dom(1), 0, &next), 0);
	assert_int_equal(next, p[2] + 1);
	send(p[2]);
	GUEST_EXPECT(1, p[1], p[2]); /* through the closed one */
	assert_int_equal(evtchn_bind_ipi(dom(1), 0, &next), 0);
	assert_int_equal(next, p[0]);
	send(next);
	GUEST_EXPECT(1, next);
}

static void test_array_grows(void **state)
{
	static evtchn_port_t ports[1100];

	(void)state;
	bind_ipis(ports, ARRAY_SIZE(ports), 0);
	assert_int_equal(ports[1099], 1100);
	send(1090); /* has no page yet */
	send(1023);
	GUEST_EXPECT(1, 1023);
	assert_int_equal(evtchn_is_pending(dom(1), 1090), 0);
	assert_int_equal(evtchn_unmask(dom(1), 1090), 0);
	assert_int_equal(EVTCHN(expand_array, 1), 0);
	GUEST_EXPECT(1, 1090);
	for (unsigned gfn = 2; gfn < 128; gfn++)
		assert_int_equal(EVTCHN(expand_array, gfn), 0);
	assert_int_equal(EVTCHN(expand_array, 128), -ENOSPC);
	assert_int_equal(env[1].holds[128], 0);
	assert_int_equal(EVTCHN(expand_array, ENV_GFNS), -EINVAL);
}

static void test_every_port_can_be_used(void **state)
{
	evtchn_port_t port;

	(void)state;
	for (unsigned gfn = 1; gfn < 128; gfn++)
		assert_int_equal(EVTCHN(expand_array, gfn), 0);
	for (unsigned i = 1; i <= PORT_MAX; i++) {
		assert_int_equal(evtchn_bind_ipi(dom(1), i % ENV_VCPUS, &port), 0);
		assert_int_equal(port, i);
	}
	assert_int_equal(evtchn_bind_ipi(dom(1), 0, &port), -ENOSPC);
	send(PORT_MAX);
	send(5000);
	assert_int_equal(evtchn_close(dom(1), 70000), 0);
	GUEST_EXPECT(1, PORT_MAX, 5000);
}

static void test_init_control_errors(void **state)
{
	struct evtchn_init_control op = { .control_gfn = GUEST_CONTROL_GFN, .vcpu = 0 };

	(void)state;
	assert_int_equal(env_call(do_event_channel_op, EVTCHNOP_init_control, &op, sizeof(op)),
			-EINVAL);
	env_run(2, 0);
	op.offset = 4;
	assert_int_equal(env_call(do_event_channel_op, EVTCHNOP_init_control, &op, sizeof(op)),
			-EINVAL);
	op.offset = 4096 - 64;
	assert_int_equal(env_call(do_event_channel_op, EVTCHNOP_init_control, &op, sizeof(op)),
			-EINVAL);
	op.offset = ~7U;
	assert_int_equal(env_call(do_event_channel_op, EVTCHNOP_init_control, &op, sizeof(op)),
			-EINVAL);
	op.offset = 0;
	op.vcpu = ENV_VCPUS;
	assert_int_equal(env_call(do_event_channel_op, EVTCHNOP_init_control, &op, sizeof(op)),
			-ENOENT);
	op.vcpu = 0;
	op.control_gfn = ENV_GFNS;
	assert_int_equal(env_call(do_event_channel_op, EVTCHNOP_init_control, &op, sizeof(op)),
			-EINVAL);
	op.control_gfn = 3;
	op.offset = 4096 - 72;
	assert_int_equal(env_call(do_event_channel_op, EVTCHNOP_init_control, &op, sizeof(op)), 0);
	assert_int_equal(op.link_bits, EVTCHN_FIFO_LINK_BITS);
	assert_int_equal(env_call(do_event_channel_op, EVTCHNOP_init_control, &op, sizeof(op)),
			-EINVAL);
	assert_int_equal(env[2].holds[3], 1);
}

static void test_events_of_the_other_layout_are_kept(void **state)
{
	evtchn_port_t port, other;

	(void)state;
	assert_int_equal(evtchn_bind_ipi(dom(2), 0, &port), 0);
	assert_int_equal(evtchn_bind_ipi(dom(2), 0, &other), 0);
	assert_int_equal(evtchn_send(dom(2), port), 0);
	guest_start_fifo(2, 1);
	GUEST_EXPECT(2, port);
	assert_int_equal(evtchn_2l_ops.is_pending(dom(2), port), 0);
}

/* A sender on another CPU that had looked which layout it is just before that changed. */
static void test_event_sent_while_the_layout_changes(void **state)
{
	evtchn_port_t early, late;

	(void)state;
	assert_int_equal(evtchn_bind_ipi(dom(2), 0, &early), 0);
	assert_int_equal(evtchn_bind_ipi(dom(2), 0, &late), 0);
	guest_start_fifo(2, 0);
	evtchn_2l_ops.set_pending(dom(2), evtchn_find(dom(2), early), early);
	assert_int_equal(evtchn_expand_array(dom(2), ipa_of_gfn(0)), 0);
	GUEST_EXPECT(2, early);
	evtchn_2l_ops.set_pending(dom(2), evtchn_find(dom(2), late), late);
	GUEST_EXPECT(2, late);
	for (unsigned i = 0; i < 64; i++)
		assert_int_equal(dom(2)->shared_info->evtchn_pending[i], 0);
}

static void test_vcpu_without_control_block(void **state)
{
	evtchn_port_t port;

	(void)state;
	assert_int_equal(evtchn_init_control(dom(2), 0, ipa_of_gfn(GUEST_CONTROL_GFN), 0), 0);
	assert_int_equal(evtchn_expand_array(dom(2), ipa_of_gfn(0)), 0);
	assert_int_equal(evtchn_bind_ipi(dom(2), 1, &port), 0);
	assert_int_equal(evtchn_send(dom(2), port), 0);
	assert_int_equal(*guest_word(2, port), WORD_PENDING);
	assert_int_equal(evtchn_init_control(dom(2), 1, ipa_of_gfn(GUEST_CONTROL_GFN + 1), 0), 0);
	assert_int_equal(evtchn_unmask(dom(2), port), 0);
	assert_int_equal(guest_control(2, 1)->ready, 1U << EVTCHN_FIFO_PRIORITY_DEFAULT);
	assert_int_equal(guest_control(2, 1)->head[EVTCHN_FIFO_PRIORITY_DEFAULT], port);
}

static void test_reset_goes_back_to_2_level(void **state)
{
	static evtchn_port_t ports[5000];
	int64_t result;
	unsigned steps = 0;

	(void)state;
	for (unsigned gfn = 1; gfn < 5; gfn++)
		assert_int_equal(EVTCHN(expand_array, gfn), 0);
	bind_ipis(ports, ARRAY_SIZE(ports), 1);
	send(4999);
	do
		result = EVTCHN(reset, DOMID_SELF);
	while (result == HYPERCALL_AGAIN && steps++ < 1000);
	assert_int_equal(result, 0);
	assert_in_range(steps, 3, 1000);
	for (unsigned gfn = 0; gfn < 128; gfn++)
		assert_int_equal(env[1].holds[gfn], 0);
	guest_fifo[1] = false;
	bind_ipis(ports, 4095, 0);
	assert_int_equal(evtchn_bind_ipi(dom(1), 0, &ports[0]), -ENOSPC);
	guest_info(1, 0)->evtchn_upcall_pending = 0;
	send(4095);
	GUEST_EXPECT(1, 4095);
	/* And to FIFO again. */
	memset(env[1].ram, 0, 128 * PAGE_SIZE);
	memset(guest_control(1, 0), 0, PAGE_SIZE);
	memset(guest_control(1, 1), 0, PAGE_SIZE);
	guest_start_fifo(1, 4);
	send(17);
	GUEST_EXPECT(1, 17);
}

static void graft_consumes(struct domain *d, evtchn_port_t port)
{
	(void)d;
	(void)port;
}

/* Destroyed before its reset came to an end: no port outlives it, wherever the reset was. */
static void test_reset_left_in_the_middle(void **state)
{
	evtchn_port_t graft, far_of_graft, near, far;

	(void)state;
	assert_int_equal(evtchn_alloc_for_graft(dom(1), 0, graft_consumes, &graft), 0);
	assert_int_equal(evtchn_bind_interdomain(dom(0), dom(1), graft, &far_of_graft), 0);
	assert_int_equal(EVTCHN(reset, DOMID_SELF), HYPERCALL_AGAIN);
	env_pair(1, 0, &near, &far);
	env_free_domain(1);
	assert_int_equal(env_state(0, far), EVTCHNSTAT_unbound);
	assert_int_equal(env_state(0, far_of_graft), EVTCHNSTAT_unbound);
}

/* A port of Graft's may be left above what the 2-level layout reaches. */
static void test_reset_with_a_high_port_of_graft(void **state)
{
	static evtchn_port_t ports[4200];
	evtchn_port_t graft;
	int64_t result;

	(void)state;
	bind_ipis(ports, ARRAY_SIZE(ports), 1);
	assert_int_equal(evtchn_alloc_for_graft(dom(1), 0, graft_consumes, &graft), 0);
	assert_true(graft > 4096);
	do
		result = EVTCHN(reset, DOMID_SELF);
	while (result == HYPERCALL_AGAIN);
	assert_int_equal(result, 0);
	assert_int_equal(EVTCHN(unmask, graft), -EINVAL);
	assert_int_equal(evtchn_is_pending(dom(1), graft), -EINVAL);
	evtchn_dump(dom(1));
	assert_int_equal(evtchn_close_for_graft(dom(1), graft), 0);
}

static void test_allocations_fail(void **state)
{
	ipa_t control = ipa_of_gfn(GUEST_CONTROL_GFN);
	size_t used = heap_bytes_used();
	unsigned n;

	(void)state;
	for (n = 1; n < 10; n++) {
		host_fail_at = n;
		if (evtchn_init_control(dom(2), 0, control, 0) == 0)
			break;
		assert_int_equal(heap_bytes_used(), used);
		assert_int_equal(env[2].holds[GUEST_CONTROL_GFN], 0);
		assert_int_equal(evtchn_expand_array(dom(2), ipa_of_gfn(0)), -EOPNOTSUPP);
	}
	assert_in_range(n, 3, 9);
	host_fail_at = 1;
	assert_int_equal(evtchn_expand_array(dom(2), ipa_of_gfn(0)), -ENOMEM);
	host_fail_at = 0;
	assert_int_equal(evtchn_expand_array(dom(2), ipa_of_gfn(0)), 0);
}

/* Whatever stands in the guest's pages, Graft stays whole and other domains get their events. */
static void test_hostile_words(void **state)
{
	evtchn_port_t p[40], a, b;

	(void)state;
	bind_ipis(p, 40, 0);
	env_pair(1, 0, &a, &b);
	guest_register_infos(0);
	guest_upcalls(0, guest_remember);
	for (unsigned i = 0; i < 200000; i++) {
		evtchn_port_t port = p[env_random(40)];
		uint32_t *word = guest_word(1, env_random(64));

		switch (env_random(8)) {
		case 0:
			*word = env_random(UINT32_MAX);
			break;
		case 1:
			guest_control(1, 0)->head[env_random(16)] = env_random(UINT32_MAX);
			guest_control(1, 0)->ready = env_random(UINT32_MAX);
			break;
		case 2:
			evtchn_unmask(dom(1), port);
			break;
		case 3:
			evtchn_set_priority(dom(1), port, env_random(16));
			break;
		case 4:
			evtchn_close(dom(1), port);
			break;
		case 5:
			evtchn_bind_ipi(dom(1), env_random(3), &p[env_random(40)]);
			break;
		default:
			evtchn_send(dom(1), port);
		}
	}
	assert_int_equal(evtchn_send(dom(1), a), 0);
	GUEST_EXPECT(0, b);
}

static _Atomic bool spin_stop;

static int spin_on_word(void *data)
{
	uint32_t *word = data;

	for (uint32_t n = 0; !atomic_load_explicit(&spin_stop, memory_order_relaxed); n++)
		__atomic_store_n(word, (n << 18) | WORD_LINKED, __ATOMIC_RELAXED);
	return 0;
}

/* Closed ports that the guest says are queued: a few are passed over, but it does not choose how many. */
static void test_looking_for_a_port_ends(void **state)
{
	evtchn_port_t port;

	(void)state;
	for (evtchn_port_t p = 1; p < 300; p++)
		*guest_word(1, p) = WORD_LINKED;
	bind_ipis(&port, 1, 0);
	assert_int_equal(port, 300);
	for (evtchn_port_t p = 301; p < 1024; p++)
		*guest_word(1, p) = WORD_LINKED;
	assert_int_equal(evtchn_bind_ipi(dom(1), 0, &port), -ENOSPC);
	*guest_word(1, 7) = 0;
	bind_ipis(&port, 1, 0);
	assert_int_equal(port, 7);
}

/* A guest's CPU that writes a word all the time delays nobody for ever. */
static void test_word_that_never_rests(void **state)
{
	evtchn_port_t p[2];
	thrd_t thread;

	(void)state;
	bind_ipis(p, 2, 0);
	send(p[0]);
	atomic_store(&spin_stop, false);
	assert_int_equal(thrd_create(&thread, spin_on_word, guest_word(1, p[0])), thrd_success);
	for (unsigned i = 0; i < 20000; i++) {
		send(p[1]); /* links behind the word, or not */
		send(p[0]);
		*guest_word(1, p[1]) = 0;
		evtchn_unmask(dom(1), p[0]);
	}
	atomic_store(&spin_stop, true);
	thrd_join(thread, NULL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

/* Looking for a free port, Graft passes over buckets that have none: their memory is out of reach here. */
static void test_full_buckets_are_passed_over(void **state)
{
	struct evtchn_domain *e = &dom(1)->evtchn;
	unsigned full = 8 * EVTCHN_BUCKET_PORTS;
	evtchn_port_t port, last;

	(void)state;
	for (port = 1; port < full + 10; port++)
		assert_int_equal(evtchn_bind_ipi(dom(1), 0, &last), 0);
	assert_int_equal(last, full + 9);
	/* The guest has not taken the first one out of its queue: it is no port to use, nor a place to begin behind. */
	send(1);
	assert_int_equal(evtchn_close(dom(1), 1), 0);
	for (unsigned i = 1; i < 8; i++)
		memory_hide(atomic_load(&e->buckets[i]),
				EVTCHN_BUCKET_PORTS * sizeof(struct evtchn));
	for (unsigned i = 0; i < 20; i++) {
		assert_int_equal(evtchn_bind_ipi(dom(1), 0, &port), 0);
		assert_int_equal(port, full + 10 + i);
	}
	for (unsigned i = 1; i < 8; i++)
		memory_show(atomic_load(&e->buckets[i]),
				EVTCHN_BUCKET_PORTS * sizeof(struct evtchn));
	/* Once a port of such a bucket is closed it is found. */
	assert_int_equal(evtchn_close(dom(1), 300), 0);
	assert_int_equal(evtchn_bind_ipi(dom(1), 0, &port), 0);
	assert_int_equal(port, 300);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_first_in_first_out),
		TEST(test_full_buckets_are_passed_over),
		TEST(test_priorities),
		TEST(test_tail_that_moved_away),
		TEST(test_senders_meet_at_an_old_tail),
		TEST(test_move_between_vcpus),
		TEST(test_mask_and_unmask),
		TEST(test_linked_ports_are_not_reused),
		TEST(test_array_grows),
		TEST(test_every_port_can_be_used),
		TEST(test_init_control_errors),
		TEST(test_events_of_the_other_layout_are_kept),
		TEST(test_event_sent_while_the_layout_changes),
		TEST(test_vcpu_without_control_block),
		TEST(test_reset_goes_back_to_2_level),
		TEST(test_reset_with_a_high_port_of_graft),
		TEST(test_reset_left_in_the_middle),
		TEST(test_allocations_fail),
		TEST(test_hostile_words),
		TEST(test_looking_for_a_port_ends),
		TEST(test_word_that_never_rests),
	};

	return cmocka_run_group_tests_name("evtchn_fifo", tests, NULL, NULL);
}
