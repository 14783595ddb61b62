/* SPDX-License-Identifier: Apache-2.0 */
/* Spinlocks where there is one thread: taking a lock twice is a bug that is found at once. */
#pragma once

#include <assert.h>
#include <stdbool.h>

struct spinlock {
	bool held;
};

#define SPINLOCK_INIT { false }

/* If not NULL, called before each lock is taken: what another CPU does just then. */
extern void (*host_lock_hook)(void);

static inline void spin_lock(struct spinlock *lock)
{
	if (host_lock_hook)
		host_lock_hook();
	assert(!lock->held);
	lock->held = true;
}

static inline bool spin_trylock(struct spinlock *lock)
{
	bool taken = !lock->held;

	lock->held = true;
	return taken;
}

static inline void spin_unlock(struct spinlock *lock)
{
	assert(lock->held);
	lock->held = false;
}

static inline bool spin_is_locked(const struct spinlock *lock)
{
	return lock->held;
}
