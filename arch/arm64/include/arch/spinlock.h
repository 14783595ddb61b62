/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Test-and-set lock, not first come, first served: a queue of waiters stands still whenever the one whose turn
 * it is does not run, which happens to every Graft that runs on a machine that is itself emulated or
 * virtualised. Sections are short and contention is rare, so nobody starves.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct spinlock {
	_Atomic uint32_t held;
};

#define SPINLOCK_INIT { 0 }

static inline bool spin_trylock(struct spinlock *lock)
{
	return atomic_exchange_explicit(&lock->held, 1, memory_order_acquire) == 0;
}

/* Waits on a plain load, so that the line stays shared until the owner writes it. */
static inline void spin_lock(struct spinlock *lock)
{
	while (!spin_trylock(lock)) {
		while (atomic_load_explicit(&lock->held, memory_order_relaxed))
			__asm__ volatile("yield" ::: "memory");
	}
}

static inline void spin_unlock(struct spinlock *lock)
{
	atomic_store_explicit(&lock->held, 0, memory_order_release);
}

static inline bool spin_is_locked(const struct spinlock *lock)
{
	return atomic_load_explicit(&lock->held, memory_order_relaxed) != 0;
}
