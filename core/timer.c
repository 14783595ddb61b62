/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One pairing heap of timers per CPU, each under a lock of its own; the earliest deadline of a heap is
 * what its CPU's EL2 timer is set to.
 */
#include "core/timer.h"

#include <stdatomic.h>

#include "core/cpu.h"
#include "core/spinlock.h"
#include <arch/barrier.h>

/* Timers handled by one interrupt before others get their turn: one that is always due again cannot hang. */
#define FIRE_MAX 64

struct timer_queue {
	struct spinlock lock;
	struct timer *root;
	uint64_t programmed; /* what the EL2 timer is set to; own CPU only */
	struct timer *_Atomic running; /* its expire is being called; set under the lock */
};

static struct timer_queue queues[CPUS_MAX];

static struct timer *heap_meld(struct timer *a, struct timer *b)
{
	struct timer *low;
	struct timer *high;

	if (a == NULL)
		return b;
	if (b == NULL)
		return a;
	low = b->deadline < a->deadline ? b : a;
	high = low == a ? b : a;
	high->prev = low;
	high->next = low->child;
	if (low->child != NULL)
		low->child->prev = high;
	low->child = high;
	return low;
}

/* Melds a chain of siblings into one heap: neighbours in pairs, then the pairs from the last to the first. */
static struct timer *heap_meld_siblings(struct timer *first)
{
	struct timer *pairs = NULL; /* chained by next, last first */
	struct timer *heap = NULL;

	while (first != NULL) {
		struct timer *a = first;
		struct timer *b = a->next;
		struct timer *pair;

		first = b != NULL ? b->next : NULL;
		a->next = NULL;
		a->prev = NULL;
		if (b != NULL) {
			b->next = NULL;
			b->prev = NULL;
		}
		pair = heap_meld(a, b);
		pair->next = pairs;
		pairs = pair;
	}
	while (pairs != NULL) {
		struct timer *rest = pairs->next;

		pairs->next = NULL;
		heap = heap_meld(heap, pairs);
		pairs = rest;
	}
	return heap;
}

static void heap_remove(struct timer_queue *q, struct timer *t)
{
	struct timer *children = heap_meld_siblings(t->child);

	if (q->root == t) {
		q->root = children;
	} else {
		if (t->prev->child == t)
			t->prev->child = t->next;
		else
			t->prev->next = t->next;
		if (t->next != NULL)
			t->next->prev = t->prev;
		q->root = heap_meld(q->root, children);
	}
	t->child = NULL;
	t->next = NULL;
	t->prev = NULL;
	t->deadline = TIME_NEVER;
}

/* q is this CPU's and locked. */
static void queue_program(struct timer_queue *q)
{
	uint64_t deadline = q->root != NULL ? q->root->deadline : TIME_NEVER;

	if (deadline == q->programmed)
		return;
	q->programmed = deadline;
	arch_timer_set_deadline(deadline);
}

/* The timer's queue, locked: it may move to another CPU's until the lock is held. */
static struct timer_queue *queue_lock_of(struct timer *t)
{
	for (;;) {
		unsigned cpu = atomic_load_explicit(&t->cpu, memory_order_relaxed);

		spin_lock(&queues[cpu].lock);
		if (atomic_load_explicit(&t->cpu, memory_order_relaxed) == cpu)
			return &queues[cpu];
		spin_unlock(&queues[cpu].lock);
	}
}

/* The timer's queue and this CPU's, both locked, the lower CPU's first; may be the same one. */
static struct timer_queue *queue_lock_pair(struct timer *t, struct timer_queue *mine)
{
	for (;;) {
		unsigned cpu = atomic_load_explicit(&t->cpu, memory_order_relaxed);
		struct timer_queue *old = &queues[cpu];

		spin_lock(old < mine ? &old->lock : &mine->lock);
		if (old != mine)
			spin_lock(old < mine ? &mine->lock : &old->lock);
		if (atomic_load_explicit(&t->cpu, memory_order_relaxed) == cpu)
			return old;
		if (old != mine)
			spin_unlock(&old->lock);
		spin_unlock(&mine->lock);
	}
}

void timer_init(struct timer *t, void (*expire)(void *data), void *data)
{
	*t = (struct timer){ .deadline = TIME_NEVER, .expire = expire, .data = data };
}

void timer_set(struct timer *t, uint64_t deadline_ns)
{
	unsigned cpu = cpu_id();
	struct timer_queue *mine = &queues[cpu];
	struct timer_queue *old = queue_lock_pair(t, mine);

	if (t->deadline != TIME_NEVER)
		heap_remove(old, t);
	atomic_store_explicit(&t->cpu, cpu, memory_order_relaxed);
	t->deadline = deadline_ns;
	if (deadline_ns != TIME_NEVER)
		mine->root = heap_meld(mine->root, t);
	if (old != mine)
		spin_unlock(&old->lock);
	queue_program(mine);
	spin_unlock(&mine->lock);
}

static void wait_while_running(const struct timer *t, unsigned cpu)
{
	while (atomic_load_explicit(&queues[cpu].running, memory_order_acquire) == t)
		cpu_relax();
}

void timer_stop(struct timer *t)
{
	struct timer_queue *mine = &queues[cpu_id()];
	bool again;

	/* An expire that was running may have set the timer anew before it ended. */
	do {
		struct timer_queue *q = queue_lock_of(t);
		unsigned fired_cpu = t->fired_cpu;

		if (t->deadline != TIME_NEVER)
			heap_remove(q, t);
		if (q == mine)
			queue_program(q);
		spin_unlock(&q->lock);
		again = atomic_load_explicit(&queues[fired_cpu].running, memory_order_acquire) == t;
		if (again)
			wait_while_running(t, fired_cpu);
	} while (again);
}

bool timer_active(const struct timer *t)
{
	return t->deadline != TIME_NEVER;
}

/*
 * Its last call may not have returned yet on the CPU it was on before, and there is one call at a time. Whoever
 * has to wait for that must not have taken the timer: set anew, it may be due on the other CPU again, which would
 * wait in turn.
 */
static bool is_running_elsewhere(const struct timer *t, unsigned cpu)
{
	return t->fired_cpu != cpu &&
	       atomic_load_explicit(&queues[t->fired_cpu].running, memory_order_acquire) == t;
}

/* Takes the earliest timer off this CPU's heap if it is due; it is then marked as running here. */
static struct timer *queue_pop_due(struct timer_queue *q, unsigned cpu)
{
	struct timer *t;

	for (;;) {
		spin_lock(&q->lock);
		t = q->root;
		if (t == NULL || t->deadline > time_now()) {
			t = NULL;
			break;
		}
		if (!is_running_elsewhere(t, cpu)) {
			heap_remove(q, t);
			t->fired_cpu = cpu;
			atomic_store_explicit(&q->running, t, memory_order_relaxed);
			break;
		}
		spin_unlock(&q->lock);
		cpu_relax();
	}
	spin_unlock(&q->lock);
	return t;
}

void timer_interrupt(void)
{
	unsigned cpu = cpu_id();
	struct timer_queue *q = &queues[cpu];

	for (unsigned fired = 0; fired < FIRE_MAX; fired++) {
		struct timer *t = queue_pop_due(q, cpu);

		if (t == NULL)
			break;
		t->expire(t->data);
		atomic_store_explicit(&q->running, NULL, memory_order_release);
	}
	spin_lock(&q->lock);
	/* The hardware keeps the interrupt's line up until it gets a deadline ahead. */
	q->programmed = 0;
	queue_program(q);
	spin_unlock(&q->lock);
}

void timer_init_cpu(unsigned cpu)
{
	queues[cpu] = (struct timer_queue){ .lock = SPINLOCK_INIT, .programmed = TIME_NEVER };
}
