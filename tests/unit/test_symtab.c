/* SPDX-License-Identifier: Apache-2.0 */
/* core/symtab.c against a small table of its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/symtab.h"
#include "core/symtab_priv.h"

#define AB   (SYMTAB_PAIR + 0)
#define ABC  (SYMTAB_PAIR + 1)
#define ABCD (SYMTAB_PAIR + 2)
#define DEEP (SYMTAB_PAIR + 7)

const uint64_t symtab_base = 0x1000;
const uint32_t symtab_count = 4;
const uint8_t symtab_entries[] = {
	0, 'f', 'i', 'r', 's', 't', 0, /* 0x1000 */
	0x10 / 4, 's', ABC, '_', AB, 0, /* 0x1010 */
	0x80 | (0x3f0 / 4 & 0x7f), 0x3f0 / 4 >> 7, ABCD, 0, /* 0x1400 */
	4, DEEP, DEEP, 0 /* 0x1410 */
};
const uint8_t symtab_pairs[][2] = { { 'a', 'b' }, { AB, 'c' }, { ABC, 'd' }, { 'x', ABCD },
	{ SYMTAB_PAIR + 3, AB }, { SYMTAB_PAIR + 4, 'y' }, { 'y', SYMTAB_PAIR + 5 },
	{ SYMTAB_PAIR + 6, 'z' } };

static void expect(uint64_t addr, const char *name, uint64_t offset)
{
	uint64_t found = UINT64_MAX;
	char text[32];

	assert_true(symtab_lookup(addr, text, sizeof(text), &found));
	assert_string_equal(text, name);
	assert_int_equal(found, offset);
}

static void test_edges_of_functions(void **state)
{
	(void)state;
	expect(0x1000, "first", 0);
	expect(0x100f, "first", 0xf);
	expect(0x1010, "sabc_ab", 0);
	expect(0x13ff, "sabc_ab", 0x3ef);
	expect(0x1400, "abcd", 0);
	expect(0x1410, "yxabcdabyzyxabcdabyz", 0);
	expect(0x9000, "yxabcdabyzyxabcdabyz", 0x7bf0);
}

static void test_before_first(void **state)
{
	uint64_t offset = 7;
	char text[4] = "no";

	(void)state;
	assert_false(symtab_lookup(0xfff, text, sizeof(text), &offset));
	assert_false(symtab_lookup(0, text, sizeof(text), &offset));
	assert_int_equal(offset, 7);
	assert_string_equal(text, "no");
}

/* In the middle of a pair too; ASan sees a byte too many. */
static void test_cut_to_room(void **state)
{
	static const char whole[] = "yxabcdabyzyxabcdabyz";
	uint64_t offset;

	(void)state;
	for (size_t room = 1; room <= sizeof(whole); room++) {
		char *text = test_malloc(room);

		assert_true(symtab_lookup(0x1410, text, room, &offset));
		assert_int_equal(strlen(text), room - 1);
		assert_memory_equal(text, whole, room - 1);
		test_free(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_edges_of_functions),
		cmocka_unit_test(test_before_first),
		cmocka_unit_test(test_cut_to_room),
	};

	return cmocka_run_group_tests_name("symtab", tests, NULL, NULL);
}
