/* SPDX-License-Identifier: Apache-2.0 */
/* Waiting for a lock: first beside the line, then in it. */
#include "core/fair_lock.h"

#include <arch/wait.h>

#define LINE_ONE UINT32_C(0x00000100)
#define SERVED   UINT32_C(0x00ff0000)

/* Counts of 8 bits, which wrap. */
static uint8_t in_line(uint32_t word)
{
	return (uint8_t)(word >> 8);
}

static uint8_t served(uint32_t word)
{
	return (uint8_t)(word >> 16);
}

static uint8_t times_taken(uint32_t word)
{
	return (uint8_t)(word >> 24);
}

/* Out of the line, whose next ticket is to be served from now on. */
static uint32_t taken_by_first(uint32_t word)
{
	uint32_t next = (uint32_t)(uint8_t)(served(word) + 1) << 16;

	return (word & ~SERVED) + next - LINE_ONE + FAIR_LOCK_HELD + FAIR_LOCK_TAKEN;
}

/* A line is never longer than there are CPUs, which is less than 256. */
static void wait_in_line(struct fair_lock *lock)
{
	uint32_t word = atomic_fetch_add_explicit(&lock->word, LINE_ONE, memory_order_relaxed);
	uint8_t ticket = (uint8_t)(served(word) + in_line(word));

	for (;;) {
		if (served(word) != ticket || (word & FAIR_LOCK_HELD))
			word = wait_for_change(&lock->word, word);
		else if (atomic_compare_exchange_weak_explicit(&lock->word, &word,
					 taken_by_first(word), memory_order_acquire,
					 memory_order_relaxed))
			return;
	}
}

static bool was_passed_too_often(uint32_t since, uint32_t word)
{
	return (uint8_t)(times_taken(word) - times_taken(since)) >= FAIR_LOCK_PASSES;
}

void fair_lock_wait(struct fair_lock *lock)
{
	uint32_t word = atomic_load_explicit(&lock->word, memory_order_relaxed);
	uint32_t first = word;

	while (!(word & FAIR_LOCK_LINE) && !was_passed_too_often(first, word)) {
		if (word & FAIR_LOCK_HELD)
			word = wait_for_change(&lock->word, word);
		else if (atomic_compare_exchange_weak_explicit(&lock->word, &word,
					 word + FAIR_LOCK_HELD + FAIR_LOCK_TAKEN,
					 memory_order_acquire, memory_order_relaxed))
			return;
	}
	wait_in_line(lock);
}
