/* SPDX-License-Identifier: Apache-2.0 */
/* core/panic_watch.c: the words are found wherever the output is cut, once, and nothing else is. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/panic_watch.h"

static const char panic_text[] = "[    1.0] Kernel panic - not syncing: sysrq triggered crash\r\n";

static unsigned count(const char *text, size_t cut)
{
	struct panic_watch watch = { 0 };
	size_t size = strlen(text);
	unsigned found = 0;

	for (size_t at = 0; at < size; at += cut)
		found += panic_watch(&watch, text + at, size - at < cut ? size - at : cut);
	return found;
}

static void test_found_at_every_cut(void **state)
{
	(void)state;
	for (size_t cut = 1; cut <= sizeof(panic_text); cut++)
		assert_int_equal(count(panic_text, cut), 1);
}

static void test_told_when_the_line_has_ended(void **state)
{
	struct panic_watch watch = { 0 };

	(void)state;
	assert_false(panic_watch(&watch, panic_text, strlen(panic_text) - 1));
	assert_true(panic_watch(&watch, "\n", 1));
}

static void test_told_once(void **state)
{
	char text[400] = "";

	(void)state;
	strcat(text, panic_text);
	strcat(text, "---[ end Kernel panic - not syncing: sysrq triggered crash ]---\n");
	assert_int_equal(count(text, 16), 1);
}

static void test_a_false_start_hides_nothing(void **state)
{
	(void)state;
	assert_int_equal(count("Kernel Kernel panic - nKKernel panic - not syncing\n", 7), 1);
}

static void test_other_text(void **state)
{
	static const char *const texts[] = { "", "\n", "Kernel panic - not syncin\ng",
		"kernel panic - not syncing\n", "Kernel panic\n - not syncing\n",
		"Kernel panic - not syncing" };

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		assert_int_equal(count(texts[i], 3), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_found_at_every_cut),
		cmocka_unit_test(test_told_when_the_line_has_ended),
		cmocka_unit_test(test_told_once),
		cmocka_unit_test(test_a_false_start_hides_nothing),
		cmocka_unit_test(test_other_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
