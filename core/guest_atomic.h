/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Read-modify-write of words that a guest may write at the same time. A guest that hammers a word could
 * make a compare-and-swap fail for ever, so tries are counted: after GUEST_ATOMIC_TRIES the new value is
 * simply stored. Then a write of the guest may be lost, which only a guest that does this ever sees.
 * All of them are full barriers where they succeed.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define GUEST_ATOMIC_TRIES 1000

/*
 * One step of a loop that starts with *old loaded and *tries 0: true when `value` was stored; else *old is
 * what is there now.
 */
static inline bool guest_cas32(uint32_t *word, uint32_t *old, uint32_t value, unsigned *tries)
{
	if (__atomic_compare_exchange_n(word, old, value, true, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED))
		return true;
	if (++*tries < GUEST_ATOMIC_TRIES)
		return false;
	__atomic_store_n(word, value, __ATOMIC_SEQ_CST);
	return true;
}

static inline bool guest_cas64(uint64_t *word, uint64_t *old, uint64_t value, unsigned *tries)
{
	if (__atomic_compare_exchange_n(word, old, value, true, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED))
		return true;
	if (++*tries < GUEST_ATOMIC_TRIES)
		return false;
	__atomic_store_n(word, value, __ATOMIC_SEQ_CST);
	return true;
}

/* word = (word & ~clear) | set; returns the value before. */
static inline uint32_t guest_update32(uint32_t *word, uint32_t clear, uint32_t set)
{
	uint32_t old = __atomic_load_n(word, __ATOMIC_RELAXED);
	unsigned tries = 0;

	while (!guest_cas32(word, &old, (old & ~clear) | set, &tries))
		;
	return old;
}

static inline uint64_t guest_update64(uint64_t *word, uint64_t clear, uint64_t set)
{
	uint64_t old = __atomic_load_n(word, __ATOMIC_RELAXED);
	unsigned tries = 0;

	while (!guest_cas64(word, &old, (old & ~clear) | set, &tries))
		;
	return old;
}

/* Stores value; returns the byte before. */
static inline uint8_t guest_exchange8(uint8_t *byte, uint8_t value)
{
	uint8_t old = __atomic_load_n(byte, __ATOMIC_RELAXED);
	unsigned tries = 0;

	while (!__atomic_compare_exchange_n(
			byte, &old, value, true, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED)) {
		if (++tries < GUEST_ATOMIC_TRIES)
			continue;
		__atomic_store_n(byte, value, __ATOMIC_SEQ_CST);
		break;
	}
	return old;
}
