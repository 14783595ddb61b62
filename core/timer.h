/* SPDX-License-Identifier: Apache-2.0 */
/* Timers in software: any number per CPU on the one EL2 timer, as an intrusive pairing heap. */
#pragma once

#include "core/time.h"
#include "core/types.h"

struct timer {
	/* private to timer.c; guarded by the lock of queue `cpu` */
	struct timer *child, *next,
			*prev; /* prev: the sibling before it, or the parent of a first child */
	uint64_t deadline;     /* ns, TIME_NEVER: not running */
	_Atomic unsigned cpu;     /* whose queue it is in; changes under both queues' locks */
	unsigned fired_cpu;     /* where expire runs or ran last */
	/* set by timer_init() */
	void (*expire)(void *data); /* on the CPU it was set on, no lock held, may set the timer again */
	void *data;
};

void timer_init(struct timer *t, void (*expire)(void *data), void *data);

/*
 * (Re)starts t on this CPU's queue. May be called while it runs on another CPU's queue. Takes only the
 * locks of timer queues, which are the innermost but the console's.
 */
void timer_set(struct timer *t, uint64_t deadline_ns);

/*
 * Stops t; when it returns, expire is not running on any other CPU. Never call it from its own expire,
 * nor with a lock held that its expire takes.
 */
void timer_stop(struct timer *t);
bool timer_active(const struct timer *t);

/* The EL2 timer's interrupt: runs what is due, sets the next deadline. */
void timer_interrupt(void);

void timer_init_cpu(unsigned cpu);
