/* SPDX-License-Identifier: Apache-2.0 */
/* Ticket lock: first come, first served, so that no CPU starves. */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct spinlock {
	_Atomic uint16_t owner;
	_Atomic uint16_t next;
};

#define SPINLOCK_INIT { 0, 0 }

static inline void spin_lock(struct spinlock *lock)
{
	uint16_t ticket = atomic_fetch_add_explicit(&lock->next, 1, memory_order_relaxed);

	while (atomic_load_explicit(&lock->owner, memory_order_acquire) != ticket)
		__asm__ volatile("yield" ::: "memory");
}

static inline bool spin_trylock(struct spinlock *lock)
{
	uint16_t owner = atomic_load_explicit(&lock->owner, memory_order_acquire);
	uint16_t expected = owner;

	return atomic_compare_exchange_strong_explicit(&lock->next, &expected,
		(uint16_t)(owner + 1), memory_order_acquire, memory_order_relaxed);
}

static inline void spin_unlock(struct spinlock *lock)
{
	uint16_t owner = atomic_load_explicit(&lock->owner, memory_order_relaxed);

	atomic_store_explicit(&lock->owner, (uint16_t)(owner + 1), memory_order_release);
}

static inline bool spin_is_locked(const struct spinlock *lock)
{
	return atomic_load_explicit(&lock->owner, memory_order_relaxed) !=
	       atomic_load_explicit(&lock->next, memory_order_relaxed);
}
