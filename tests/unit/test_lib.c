/* SPDX-License-Identifier: Apache-2.0 */
/* lib/string.c and lib/printf.c, under other names, against the C library. */
#define _POSIX_C_SOURCE 200809L /* strnlen() */
#define memcpy          graft_memcpy
#define memmove         graft_memmove
#define memset          graft_memset
#define memcmp          graft_memcmp
#define memchr          graft_memchr
#define strlen          graft_strlen
#define strnlen         graft_strnlen
#define strcmp          graft_strcmp
#define strncmp         graft_strncmp
#define strchr          graft_strchr
#define strrchr         graft_strrchr
#define strstr          graft_strstr
#define vsnprintf       graft_vsnprintf
#define snprintf        graft_snprintf
#include "lib/string.c"
#include "lib/printf.c"
#undef memcpy
#undef memmove
#undef memset
#undef memcmp
#undef memchr
#undef strlen
#undef strnlen
#undef strcmp
#undef strncmp
#undef strchr
#undef strrchr
#undef strstr
#undef vsnprintf
#undef snprintf

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

/* Distances of source and destination that cover every mutual alignment, and sizes around the blocks. */
#define SIZE_LIMIT 300
#define ROUNDS     20000

static unsigned pick(unsigned below)
{
	return (unsigned)rand() % below;
}

static void fill(unsigned char *buf, size_t size)
{
	for (size_t i = 0; i < size; i++)
		buf[i] = (unsigned char)rand();
}

/* Exact heap blocks: the sanitizer sees a byte too many on either side. */
static void test_memcpy(void **state)
{
	(void)state;
	for (unsigned round = 0; round < ROUNDS; round++) {
		size_t size = pick(SIZE_LIMIT), from = pick(16), to = pick(16);
		unsigned char *src = malloc(from + size + 1), *dst = malloc(to + size + 1);
		unsigned char *expected = malloc(to + size + 1);

		fill(src, from + size + 1);
		fill(dst, to + size + 1);
		memcpy(expected, dst, to + size + 1);
		memcpy(expected + to, src + from, size);
		assert_ptr_equal(graft_memcpy(dst + to, src + from, size), dst + to);
		assert_memory_equal(dst, expected, to + size + 1);
		free(src);
		free(dst);
		free(expected);
	}
}

static void test_copies_stay_inside(void **state)
{
	(void)state;
	for (size_t size = 1; size < SIZE_LIMIT; size++) {
		unsigned char *src = malloc(size), *dst = malloc(size);

		fill(src, size);
		graft_memset(dst, 0x5a, size);
		graft_memcpy(dst, src, size);
		assert_int_equal(graft_memcmp(dst, src, size), 0);
		graft_memmove(dst, src, size);
		graft_memmove(dst, dst + size / 3, size - size / 3);
		graft_memmove(dst + size / 3, dst, size - size / 3);
		free(src);
		free(dst);
	}
}

static void test_memmove(void **state)
{
	unsigned char buf[2 * SIZE_LIMIT], expected[2 * SIZE_LIMIT];

	(void)state;
	for (unsigned round = 0; round < ROUNDS; round++) {
		size_t size = pick(SIZE_LIMIT), from = pick(SIZE_LIMIT), to = pick(SIZE_LIMIT);

		fill(buf, sizeof(buf));
		memcpy(expected, buf, sizeof(buf));
		memmove(expected + to, expected + from, size);
		assert_ptr_equal(graft_memmove(buf + to, buf + from, size), buf + to);
		assert_memory_equal(buf, expected, sizeof(buf));
	}
}

static void test_memset(void **state)
{
	unsigned char buf[SIZE_LIMIT + 32], expected[SIZE_LIMIT + 32];

	(void)state;
	for (unsigned round = 0; round < ROUNDS; round++) {
		size_t size = pick(SIZE_LIMIT), to = pick(16);
		int byte = rand();

		fill(buf, sizeof(buf));
		memcpy(expected, buf, sizeof(buf));
		memset(expected + to, byte, size);
		assert_ptr_equal(graft_memset(buf + to, byte, size), buf + to);
		assert_memory_equal(buf, expected, sizeof(buf));
	}
}

static int sign(int x)
{
	return (x > 0) - (x < 0);
}

static void test_memcmp(void **state)
{
	unsigned char a[SIZE_LIMIT + 16], b[SIZE_LIMIT + 16];

	(void)state;
	for (unsigned round = 0; round < ROUNDS; round++) {
		size_t size = pick(SIZE_LIMIT), at = pick(16), bt = pick(2) != 0 ? at : pick(16);

		fill(a, sizeof(a));
		memcpy(b + bt, a + at, size);
		if (size > 0 && pick(4) != 0)
			b[bt + pick((unsigned)size)] ^= (unsigned char)rand();
		assert_int_equal(sign(graft_memcmp(a + at, b + bt, size)),
				sign(memcmp(a + at, b + bt, size)));
	}
}

static void test_memchr(void **state)
{
	unsigned char buf[64];

	(void)state;
	for (unsigned round = 0; round < ROUNDS; round++) {
		size_t size = pick(sizeof(buf));

		fill(buf, sizeof(buf));
		buf[pick(sizeof(buf))] = 'x';
		assert_ptr_equal(graft_memchr(buf, 'x' + 256, size), memchr(buf, 'x' + 256, size));
	}
}

/* Few letters, so that most comparisons go on beyond the first. One byte above 127. */
static void random_text(char *buf, size_t max)
{
	static const char letters[] = "aab\xe9";
	size_t size = pick((unsigned)max);

	for (size_t i = 0; i < size; i++)
		buf[i] = letters[pick(4)];
	buf[size] = '\0';
}

static void test_strings(void **state)
{
	char a[12], b[12], needle[5];

	(void)state;
	for (unsigned round = 0; round < ROUNDS; round++) {
		size_t max = pick(14);
		int c = "ab\xe9\0"[pick(4)];

		random_text(a, sizeof(a));
		random_text(b, sizeof(b));
		random_text(needle, sizeof(needle));
		assert_int_equal(graft_strlen(a), strlen(a));
		assert_int_equal(graft_strnlen(a, max), strnlen(a, max));
		assert_int_equal(sign(graft_strcmp(a, b)), sign(strcmp(a, b)));
		assert_int_equal(sign(graft_strncmp(a, b, max)), sign(strncmp(a, b, max)));
		assert_ptr_equal(graft_strchr(a, c), strchr(a, c));
		assert_ptr_equal(graft_strrchr(a, c), strrchr(a, c));
		assert_ptr_equal(graft_strstr(a, needle), strstr(a, needle));
	}
}

/* Both printers on the same arguments (evaluated twice), into a buffer of every interesting size. */
#define SAME(...)                                                                                  \
	do {                                                                                       \
		char ours[256], theirs[256];                                                       \
		size_t room = pick(3) == 0 ? pick(20) : sizeof(ours);                              \
                                                                                                   \
		memset(ours, 'z', sizeof(ours));                                                   \
		memset(theirs, 'z', sizeof(theirs));                                               \
		assert_int_equal(graft_snprintf(ours, room, __VA_ARGS__),                          \
				snprintf(theirs, room, __VA_ARGS__));                              \
		assert_memory_equal(ours, theirs, sizeof(ours));                                   \
	} while (0)

#pragma GCC diagnostic push
/* Formats are made at random here, and odd ones are the point. */
#pragma GCC diagnostic ignored "-Wformat"
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat-security"
#pragma GCC diagnostic ignored "-Wformat-truncation"
#pragma GCC diagnostic ignored "-Wformat-overflow"

static void random_format(char *fmt, size_t size, const char *flags, const char *tail)
{
	size_t used = 0;

	fmt[used++] = '%';
	for (unsigned n = pick(4); n > 0; n--)
		fmt[used++] = flags[pick((unsigned)strlen(flags))];
	if (pick(2) != 0)
		used += (size_t)snprintf(fmt + used, size - used, "%u", 1 + pick(30));
	if (pick(2) != 0)
		used += (size_t)snprintf(fmt + used, size - used, ".%u", pick(30));
	snprintf(fmt + used, size - used, "%s|", tail);
}

static uint64_t random_value(void)
{
	static const uint64_t edges[] = { 0, 1, 7, 8, 9, 10, 127, 128, 255, 256, 32767, 32768,
		INT32_MAX, UINT64_C(0x80000000), UINT32_MAX, INT64_MAX, UINT64_C(1) << 63,
		UINT64_MAX };
	uint64_t value = ((uint64_t)rand() << 42) ^ ((uint64_t)rand() << 21) ^ (uint64_t)rand();

	return pick(2) != 0 ? edges[pick(ARRAY_SIZE(edges))] : value >> pick(64);
}

static void test_numbers(void **state)
{
	static const char *const lengths[] = { "", "h", "hh", "l", "ll", "z", "t", "j" };
	char fmt[64], tail[8];

	(void)state;
	for (unsigned round = 0; round < 4 * ROUNDS; round++) {
		const char *length = lengths[pick(ARRAY_SIZE(lengths))];
		char conversion = "diuxXo"[pick(6)];
		uint64_t value = random_value();
		bool is_signed = conversion == 'd' || conversion == 'i';
		const char *flags = is_signed ? "-0+ " : conversion == 'u' ? "-0" : "-0#";

		snprintf(tail, sizeof(tail), "%s%c", length, conversion);
		random_format(fmt, sizeof(fmt), flags, tail);
		if (length[0] == '\0' || length[0] == 'h')
			SAME(fmt, (unsigned)value);
		else
			SAME(fmt, value);
	}
}

static void test_text(void **state)
{
	static const char *const words[] = { "", "a", "domain", "a longer text than most widths" };
	char fmt[64];

	(void)state;
	for (unsigned round = 0; round < ROUNDS; round++) {
		const char *word = words[pick(ARRAY_SIZE(words))];
		int c = 'a' + (int)pick(26);

		random_format(fmt, sizeof(fmt), "-", "s");
		SAME(fmt, word);
		random_format(fmt, sizeof(fmt), "-", "c");
		SAME(fmt, c);
	}
}

static void test_stars(void **state)
{
	(void)state;
	for (int width = -20; width <= 20; width++) {
		for (int precision = -3; precision <= 20; precision++) {
			SAME("%*.*d|%s", width, precision, 4711, "after");
			SAME("%*.*s|%d", width, precision, "graft", 7);
			SAME("%0*x|%-*u|", width, 0xbeefU, width, 99U);
		}
	}
}

static void test_mixed(void **state)
{
	int local;

	(void)state;
	for (unsigned round = 0; round < 100; round++) {
		SAME("100%% of %d%c: %s at %p, %5.3u%%", 7, 'x', "text", (void *)&local, 42U);
		SAME("%s", "");
		SAME("plain");
	}
	SAME("%.3s", "abcdef");
	SAME("%s %.2s", (const char *)"two", "words");
}

/* A precision bounds what is read: the text need not end. */
static void test_unterminated_text(void **state)
{
	char *text = malloc(4);
	char buf[16];

	(void)state;
	memcpy(text, "abcd", 4);
	assert_int_equal(graft_snprintf(buf, sizeof(buf), "%.4s!", text), 5);
	assert_string_equal(buf, "abcd!");
	free(text);
}

static void test_odd_formats(void **state)
{
	char buf[32];

	(void)state;
	assert_int_equal(graft_snprintf(buf, sizeof(buf), "a%"), 2);
	assert_string_equal(buf, "a%");
	assert_int_equal(graft_snprintf(buf, sizeof(buf), "%5"), 2);
	assert_string_equal(buf, "%5");
	graft_snprintf(buf, sizeof(buf), "%q %d", 5);
	assert_string_equal(buf, "%q 5");
	graft_snprintf(buf, sizeof(buf), "%s", (const char *)NULL);
	assert_string_equal(buf, "(null)");
	graft_snprintf(buf, sizeof(buf), "%p", NULL);
	assert_string_equal(buf, "0x0");
	assert_int_equal(graft_snprintf(NULL, 0, "%d", 12345), 5);
	assert_int_equal(graft_snprintf(buf, 1, "%d", 12345), 5);
	assert_string_equal(buf, "");
}
#pragma GCC diagnostic pop

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_memcpy),
		cmocka_unit_test(test_copies_stay_inside),
		cmocka_unit_test(test_memmove),
		cmocka_unit_test(test_memset),
		cmocka_unit_test(test_memcmp),
		cmocka_unit_test(test_memchr),
		cmocka_unit_test(test_strings),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_stars),
		cmocka_unit_test(test_mixed),
		cmocka_unit_test(test_unterminated_text),
		cmocka_unit_test(test_odd_formats),
	};

	srand(1);
	return cmocka_run_group_tests_name("lib", tests, NULL, NULL);
}
