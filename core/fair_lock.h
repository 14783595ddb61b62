/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The lock behind arch/arm64's spinlocks: a lock that is free is taken at once, and a CPU that waits is passed by at
 * most FAIR_LOCK_PASSES times before it has a place in a line, which is served first come, first served.
 *
 * Why not a place in the line from the start: where CPUs are threads of an emulator or of another hypervisor, the
 * first in the line may not run for milliseconds, and all others would wait for it. A CPU that waits counts how often
 * the lock was taken, not how long it waits, so a lock whose holder stands still makes no line. On CPUs that always
 * run, a CPU waits for at most FAIR_LOCK_PASSES sections and one of each other CPU.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define FAIR_LOCK_PASSES 32U /* less than the 256 that the count wraps at */

/* The word: [7:0] 1 when held, [15:8] CPUs in line, [23:16] the ticket to be served, [31:24] how often it was taken. */
#define FAIR_LOCK_HELD  UINT32_C(0x00000001)
#define FAIR_LOCK_LINE  UINT32_C(0x0000ff00)
#define FAIR_LOCK_TAKEN UINT32_C(0x01000000)

struct fair_lock {
	union {
		_Atomic uint32_t word;
		_Atomic uint8_t held; /* its lowest byte: the holder alone clears it */
	};
};

static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the first byte is the lowest");
static_assert(sizeof(struct fair_lock) == 4, "as small as a lock can be");

/* Waits for the lock that was not free at the first look. */
void fair_lock_wait(struct fair_lock *lock);

static inline bool fair_lock_is_free(uint32_t word)
{
	return (word & (FAIR_LOCK_HELD | FAIR_LOCK_LINE)) == 0;
}

/* False: held, or promised to the CPUs in line. */
static inline bool fair_lock_try(struct fair_lock *lock)
{
	uint32_t word = atomic_load_explicit(&lock->word, memory_order_relaxed);

	return fair_lock_is_free(word) &&
	       atomic_compare_exchange_strong_explicit(&lock->word, &word,
			       word + FAIR_LOCK_HELD + FAIR_LOCK_TAKEN, memory_order_acquire,
			       memory_order_relaxed);
}

static inline void fair_lock_take(struct fair_lock *lock)
{
	if (!fair_lock_try(lock))
		fair_lock_wait(lock);
}

/* The byte alone is stored: CPUs may join the line meanwhile. The store wakes them (<arch/wait.h>). */
static inline void fair_lock_give(struct fair_lock *lock)
{
	atomic_store_explicit(&lock->held, 0, memory_order_release);
}
