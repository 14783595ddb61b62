/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Spinlocks by LDAXR/STXR, which every Armv8-A CPU has; the atomic instructions of Armv8.1 would have to be patched
 * in by ID_AA64ISAR0_EL1.Atomic. A CPU waits by WFE, so that it leaves the line to the others: core/fair_lock.h.
 */
#pragma once

#include "core/fair_lock.h"

struct spinlock {
	struct fair_lock fair;
};

#define SPINLOCK_INIT { .fair.word = 0 }

static inline bool spin_trylock(struct spinlock *lock)
{
	return fair_lock_try(&lock->fair);
}

static inline void spin_lock(struct spinlock *lock)
{
	fair_lock_take(&lock->fair);
}

static inline void spin_unlock(struct spinlock *lock)
{
	fair_lock_give(&lock->fair);
}

static inline bool spin_is_locked(const struct spinlock *lock)
{
	return atomic_load_explicit(&lock->fair.held, memory_order_relaxed) != 0;
}
