/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Memory and strings. Bulk moves go by aligned 8-byte words, eight at a time, which the compiler pairs into
 * ldp/stp: nothing here makes an unaligned access, so it also works before the MMU is on.
 */
#include "lib/string.h"

#include <stdbool.h>
#include <stdint.h>

#include "lib/bits.h"

typedef unsigned char byte_t;

/*
 * Hides from the compiler where a pointer goes next. Otherwise it recognises the loops below as memcpy or
 * memset and calls these very functions.
 */
#define OPAQUE(ptr) __asm__("" : "+r"(ptr))

#define WORD  sizeof(uint64_t)
#define BLOCK (8 * WORD)

static bool aligned_alike(const void *a, const void *b, size_t unit)
{
	return (((uintptr_t)a ^ (uintptr_t)b) & (unit - 1)) == 0;
}

/* All loads before all stores: an overlap in the direction of the copy does no harm. */
static void move_block(uint64_t *d, const uint64_t *s)
{
	uint64_t w0 = s[0], w1 = s[1], w2 = s[2], w3 = s[3];
	uint64_t w4 = s[4], w5 = s[5], w6 = s[6], w7 = s[7];

	d[0] = w0;
	d[1] = w1;
	d[2] = w2;
	d[3] = w3;
	d[4] = w4;
	d[5] = w5;
	d[6] = w6;
	d[7] = w7;
}

/* Bytes of the copy's head: how far p is from the next multiple of unit, at most size. */
static size_t head_size(const void *p, size_t unit, size_t size)
{
	return MIN((size_t)(-(uintptr_t)p & (unit - 1)), size);
}

static void forward_bytes(byte_t *d, const byte_t *s, size_t size)
{
	for (; size > 0; size--) {
		OPAQUE(d);
		*d++ = *s++;
	}
}

static void forward(byte_t *d, const byte_t *s, size_t size)
{
	size_t unit = aligned_alike(d, s, WORD) ? WORD : sizeof(uint32_t);
	size_t head;

	if (size < sizeof(uint32_t) || !aligned_alike(d, s, unit)) {
		forward_bytes(d, s, size);
		return;
	}
	if (size < 2 * WORD)
		unit = sizeof(uint32_t);
	head = head_size(d, unit, size);
	forward_bytes(d, s, head);
	d += head;
	s += head;
	size -= head;
	for (; unit == WORD && size >= BLOCK; size -= BLOCK, d += BLOCK, s += BLOCK) {
		OPAQUE(d);
		move_block((uint64_t *)(void *)d, (const uint64_t *)(const void *)s);
	}
	for (; unit == WORD && size >= WORD; size -= WORD, d += WORD, s += WORD) {
		OPAQUE(d);
		*(uint64_t *)(void *)d = *(const uint64_t *)(const void *)s;
	}
	for (; size >= sizeof(uint32_t); size -= 4, d += 4, s += 4) {
		OPAQUE(d);
		*(uint32_t *)(void *)d = *(const uint32_t *)(const void *)s;
	}
	forward_bytes(d, s, size);
}

/* d and s point one past the end here. */
static void backward_bytes(byte_t *d, const byte_t *s, size_t size)
{
	for (; size > 0; size--) {
		OPAQUE(d);
		*--d = *--s;
	}
}

static void backward(byte_t *d, const byte_t *s, size_t size)
{
	size_t tail;

	if (size < 2 * WORD || !aligned_alike(d, s, WORD)) {
		backward_bytes(d, s, size);
		return;
	}
	tail = MIN((size_t)((uintptr_t)d & (WORD - 1)), size);
	backward_bytes(d, s, tail);
	d -= tail;
	s -= tail;
	size -= tail;
	for (; size >= BLOCK; size -= BLOCK) {
		OPAQUE(d);
		d -= BLOCK;
		s -= BLOCK;
		move_block((uint64_t *)(void *)d, (const uint64_t *)(const void *)s);
	}
	for (; size >= WORD; size -= WORD) {
		OPAQUE(d);
		d -= WORD;
		s -= WORD;
		*(uint64_t *)(void *)d = *(const uint64_t *)(const void *)s;
	}
	backward_bytes(d, s, size);
}

void *memcpy(void *restrict dst, const void *restrict src, size_t size)
{
	forward(dst, src, size);
	return dst;
}

void *memmove(void *dst, const void *src, size_t size)
{
	/* Unsigned distance: also true when dst lies before src. */
	if ((uintptr_t)dst - (uintptr_t)src >= size)
		forward(dst, src, size);
	else
		backward((byte_t *)dst + size, (const byte_t *)src + size, size);
	return dst;
}

static void set_bytes(byte_t *d, byte_t value, size_t size)
{
	for (; size > 0; size--) {
		OPAQUE(d);
		*d++ = value;
	}
}

static void set_block(uint64_t *d, uint64_t word)
{
	d[0] = word;
	d[1] = word;
	d[2] = word;
	d[3] = word;
	d[4] = word;
	d[5] = word;
	d[6] = word;
	d[7] = word;
}

void *memset(void *dst, int byte, size_t size)
{
	byte_t *d = dst;
	byte_t value = (byte_t)byte;
	uint64_t word = value * UINT64_C(0x0101010101010101);
	size_t head = head_size(d, WORD, size);

	set_bytes(d, value, head);
	d += head;
	size -= head;
	for (; size >= BLOCK; size -= BLOCK, d += BLOCK) {
		OPAQUE(d);
		set_block((uint64_t *)(void *)d, word);
	}
	for (; size >= WORD; size -= WORD, d += WORD) {
		OPAQUE(d);
		*(uint64_t *)(void *)d = word;
	}
	set_bytes(d, value, size);
	return dst;
}

static bool equal_half_block(const uint64_t *a, const uint64_t *b)
{
	uint64_t x0 = a[0] ^ b[0], x1 = a[1] ^ b[1], x2 = a[2] ^ b[2], x3 = a[3] ^ b[3];

	return (x0 | x1 | x2 | x3) == 0;
}

/* Four bytes from anywhere, each loaded by itself. */
static uint32_t load_bytes(const byte_t *p)
{
	return p[0] | (uint32_t)p[1] << 8 | (uint32_t)p[2] << 16 | (uint32_t)p[3] << 24;
}

/* The same as equal_words(), of what is not aligned: a loop over fours has a third fewer instructions than one over bytes. */
static size_t equal_fours(const byte_t *a, const byte_t *b, size_t size)
{
	size_t done = 0;

	while (size - done >= sizeof(uint32_t) && load_bytes(a + done) == load_bytes(b + done))
		done += sizeof(uint32_t);
	return done;
}

/* Leading bytes that are certainly equal: the words before the first that differs. */
static size_t equal_words(const byte_t *a, const byte_t *b, size_t size)
{
	size_t done = 0;

	if ((((uintptr_t)a | (uintptr_t)b) & (sizeof(uint32_t) - 1)) != 0)
		return equal_fours(a, b, size);
	if ((((uintptr_t)a | (uintptr_t)b) & (WORD - 1)) == 0) {
		while (size - done >= BLOCK / 2 &&
				equal_half_block((const uint64_t *)(const void *)(a + done),
						(const uint64_t *)(const void *)(b + done)))
			done += BLOCK / 2;
		while (size - done >= WORD &&
				*(const uint64_t *)(const void *)(a + done) ==
						*(const uint64_t *)(const void *)(b + done))
			done += WORD;
	}
	while (size - done >= sizeof(uint32_t) &&
			*(const uint32_t *)(const void *)(a + done) ==
					*(const uint32_t *)(const void *)(b + done))
		done += sizeof(uint32_t);
	return done;
}

int memcmp(const void *a, const void *b, size_t size)
{
	const byte_t *p = a, *q = b;

	for (size_t i = equal_words(p, q, size); i < size; i++) {
		if (p[i] != q[i])
			return p[i] < q[i] ? -1 : 1;
	}
	return 0;
}

void *memchr(const void *s, int byte, size_t size)
{
	const byte_t *p = s;

	for (; size > 0; size--, p++) {
		if (*p == (byte_t)byte)
			return (void *)(uintptr_t)p;
	}
	return NULL;
}

/* Reads whole aligned words, which lie in the page of the terminator: bytes behind it may be read, not used. */
__attribute__((no_sanitize_address)) size_t strlen(const char *s)
{
	const uint64_t ones = UINT64_C(0x0101010101010101);
	const char *end = s;
	uint64_t word, zeros;

	for (; (uintptr_t)end & (WORD - 1); end++) {
		OPAQUE(end);
		if (*end == '\0')
			return (size_t)(end - s);
	}
	for (;; end += WORD) {
		OPAQUE(end);
		word = *(const uint64_t *)(const void *)end;
		zeros = (word - ones) & ~word & ones << 7;
		if (zeros)
			return (size_t)(end - s) + (size_t)__builtin_ctzll(zeros) / 8;
	}
}

size_t strnlen(const char *s, size_t max)
{
	size_t size = 0;

	while (size < max && s[size] != '\0')
		size++;
	return size;
}

int strncmp(const char *a, const char *b, size_t max)
{
	for (; max > 0; max--, a++, b++) {
		if (*a != *b)
			return (byte_t)*a < (byte_t)*b ? -1 : 1;
		if (*a == '\0')
			break;
	}
	return 0;
}

int strcmp(const char *a, const char *b)
{
	return strncmp(a, b, SIZE_MAX);
}

char *strchr(const char *s, int c)
{
	for (; *s != (char)c; s++) {
		if (*s == '\0')
			return NULL;
	}
	return (char *)(uintptr_t)s;
}

char *strrchr(const char *s, int c)
{
	const char *last = NULL;

	for (;; s++) {
		if (*s == (char)c)
			last = s;
		if (*s == '\0')
			return (char *)(uintptr_t)last;
	}
}

char *strstr(const char *haystack, const char *needle)
{
	size_t size = strlen(needle);

	for (; strncmp(haystack, needle, size) != 0; haystack++) {
		if (*haystack == '\0')
			return NULL;
	}
	return (char *)(uintptr_t)haystack;
}
