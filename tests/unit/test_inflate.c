/* SPDX-License-Identifier: Apache-2.0 */
/* lib/inflate.c against gzip itself: every kind of block, every cut, every flipped bit. */
#define _POSIX_C_SOURCE 200809L

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lib/inflate.h"

#define TEXT_SIZE 70000

static uint8_t text[TEXT_SIZE], packed[2 * TEXT_SIZE], unpacked[TEXT_SIZE + 16];

/* Half random, half repetitive, so that literals, short and long matches all occur. */
static void make_text(unsigned seed)
{
	srand(seed);
	for (size_t i = 0; i < TEXT_SIZE; i++)
		text[i] = (uint8_t)(seed == 0    ? rand()
				    : i % 7 == 0 ? rand() % 4
						 : 'a' + (int)(i / 3 % 11));
}

static size_t pack(size_t size, const char *level)
{
	char name[] = "/tmp/graft-inflate-XXXXXX", command[128];
	int fd = mkstemp(name);
	FILE *file = fdopen(fd, "w");
	size_t packed_size;

	assert_true(fd >= 0 && file);
	assert_int_equal(fwrite(text, 1, size, file), size);
	assert_int_equal(fclose(file), 0);
	snprintf(command, sizeof(command), "gzip -c %s %s", level, name);
	file = popen(command, "r");
	assert_non_null(file);
	packed_size = fread(packed, 1, sizeof(packed), file);
	assert_int_equal(pclose(file), 0);
	remove(name);
	return packed_size;
}

static void test_round_trip(void **state)
{
	static const size_t sizes[] = { 0, 1, 2, 100, 4096, 32768, TEXT_SIZE };
	static const char *const levels[] = { "-1", "-6", "-9" };

	(void)state;
	for (unsigned seed = 0; seed < 3; seed++) {
		make_text(seed);
		for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
			for (size_t l = 0; l < 3; l++) {
				size_t size = pack(sizes[i], levels[l]);

				assert_int_equal(gzip_stated_size(packed, size), sizes[i]);
				assert_int_equal(gzip_unpack(unpacked, sizes[i], packed, size),
						sizes[i]);
				assert_memory_equal(unpacked, text, sizes[i]);
			}
		}
	}
}

static void test_refuses_what_does_not_fit(void **state)
{
	size_t size;

	(void)state;
	make_text(1);
	size = pack(5000, "-6");
	assert_int_equal(gzip_unpack(unpacked, 4999, packed, size), -1);
}

static void test_refuses_every_cut(void **state)
{
	size_t size;

	(void)state;
	make_text(1);
	size = pack(2000, "-6");
	for (size_t cut = 0; cut < size; cut++) {
		uint8_t *copy = malloc(cut + 1); /* exact, so that ASan sees a byte too far */

		assert_non_null(copy);
		memcpy(copy, packed, cut);
		assert_int_equal(gzip_unpack(unpacked, 2000, copy, cut), -1);
		free(copy);
	}
}

/* Name, time and system in the header are not covered by any checksum; everything behind it is. */
static void test_survives_every_flipped_bit(void **state)
{
	size_t size;

	(void)state;
	make_text(2);
	size = pack(1500, "-6");
	for (size_t bit = 0; bit < size * 8; bit++) {
		int64_t got;

		packed[bit / 8] ^= (uint8_t)(1U << bit % 8);
		got = gzip_unpack(unpacked, 1500, packed, size);
		assert_true(got == -1 || (got == 1500 && memcmp(unpacked, text, 1500) == 0));
		packed[bit / 8] ^= (uint8_t)(1U << bit % 8);
	}
}

static void test_random_bytes(void **state)
{
	(void)state;
	srand(5);
	for (unsigned round = 0; round < 20000; round++) {
		uint8_t bytes[64] = { 0x1f, 0x8b, 8, 0 };

		for (size_t i = 10; i < sizeof(bytes); i++)
			bytes[i] = (uint8_t)rand();
		(void)gzip_unpack(unpacked, sizeof(unpacked), bytes, sizeof(bytes));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_round_trip),
		cmocka_unit_test(test_refuses_what_does_not_fit),
		cmocka_unit_test(test_refuses_every_cut),
		cmocka_unit_test(test_survives_every_flipped_bit),
		cmocka_unit_test(test_random_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
