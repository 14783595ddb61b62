/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one bounded cursor: bytes still to be read. Everything that comes from outside is read through
 * it; nothing else compares an offset with a length. Numbers are big-endian, as in every flattened tree.
 * Each reader returns false, and leaves the span as it was, when the bytes do not suffice.
 */
#pragma once

#include "dt/dt_env.h"

struct span {
	const uint8_t *at;
	size_t left;
};

static inline struct span span_of(const void *at, size_t size)
{
	return (struct span){ .at = at, .left = size };
}

static inline bool span_skip(struct span *span, size_t size)
{
	if (size > span->left)
		return false;
	span->at += size;
	span->left -= size;
	return true;
}

/* The next `size` bytes as a span of their own. */
static inline bool span_take(struct span *span, size_t size, struct span *out)
{
	const uint8_t *at = span->at;

	if (!span_skip(span, size))
		return false;
	*out = span_of(at, size);
	return true;
}

/* The part that begins `offset` bytes in and has `size` bytes. */
static inline bool span_part(struct span span, size_t offset, size_t size, struct span *out)
{
	return span_skip(&span, offset) && span_take(&span, size, out);
}

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "numbers are turned round");

/* Tokens and cells are nearly always aligned, and one load is a seventh of four: worth the test. */
static inline uint32_t span_load_u32(const uint8_t *at)
{
	uint32_t value;

	if ((uintptr_t)at % sizeof(value))
		return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
	__builtin_memcpy(&value, __builtin_assume_aligned(at, sizeof(value)), sizeof(value));
	return __builtin_bswap32(value);
}

static inline void span_store_u32(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)(value >> 24);
	at[1] = (uint8_t)(value >> 16);
	at[2] = (uint8_t)(value >> 8);
	at[3] = (uint8_t)value;
}

static inline bool span_u32(struct span *span, uint32_t *out)
{
	const uint8_t *at = span->at;

	if (!span_skip(span, 4))
		return false;
	*out = span_load_u32(at);
	return true;
}

static inline bool span_u64(struct span *span, uint64_t *out)
{
	const uint8_t *at = span->at;

	if (!span_skip(span, 8))
		return false;
	*out = (uint64_t)span_load_u32(at) << 32 | span_load_u32(at + 4);
	return true;
}

/* A number of `cells` 32-bit cells. Of more than two only the low 64 bits are kept. */
static inline bool span_cells(struct span *span, uint32_t cells, uint64_t *out)
{
	struct span part;
	uint64_t value = 0;
	uint32_t cell;

	if (!span_take(span, (size_t)cells * 4, &part))
		return false;
	while (span_u32(&part, &cell))
		value = value << 32 | cell;
	*out = value;
	return true;
}

/* Bit 7 of each byte of `word` that is zero. No carry leaves a byte: 0x7f + 0x7f is 0xfe. */
static inline uint32_t span_zero_bytes(uint32_t word)
{
	const uint32_t low = 0x7f7f7f7f;

	return ~(((word & low) + low) | word | low);
}

/* Bytes before the first that is `byte`, `left` when none is. By whole cells, at which most names begin. */
static inline size_t span_before(const uint8_t *at, size_t left, uint8_t byte)
{
	const uint32_t wanted = byte * 0x01010101u;
	uint32_t word, zeros;
	size_t i = 0;

	for (; i < left && (uintptr_t)(at + i) % sizeof(word); i++)
		if (at[i] == byte)
			return i;
	for (; left - i >= sizeof(word); i += sizeof(word)) {
		__builtin_memcpy(&word, __builtin_assume_aligned(at + i, sizeof(word)),
				sizeof(word));
		zeros = span_zero_bytes(word ^ wanted);
		if (zeros)
			return i + (size_t)__builtin_ctz(zeros) / 8;
	}
	while (i < left && at[i] != byte)
		i++;
	return i;
}

/* A NUL-terminated string; its length without the NUL goes to `length` unless that is NULL. */
static inline bool span_string(struct span *span, const char **out, size_t *length)
{
	const uint8_t *at = span->at;
	size_t size = span_before(at, span->left, '\0');

	if (!span_skip(span, size + 1))
		return false;
	*out = (const char *)at;
	if (length)
		*length = size;
	return true;
}

/* Text up to `end` or to the end of the span; the separator is skipped, not returned. Never fails. */
static inline struct span span_until(struct span *span, char end)
{
	struct span out = *span;
	size_t size = span_before(span->at, span->left, (uint8_t)end);

	out.left = size;
	(void)(span_skip(span, size) && span_skip(span, 1));
	return out;
}

static inline bool span_equal(struct span a, struct span b)
{
	return a.left == b.left && memcmp(a.at, b.at, a.left) == 0;
}
