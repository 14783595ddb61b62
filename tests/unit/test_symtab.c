/* SPDX-License-Identifier: Apache-2.0 */
/* core/symtab.c against a small table of its own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/symtab.h"
#include "core/symtab_priv.h"

const uint64_t symtab_base = 0x1000;
const uint32_t symtab_count = 3;
const uint32_t symtab_offsets[] = { 0x0, 0x10, 0x400 };
const char symtab_names[] = "first\0"
			    "second\0"
			    "third\0";

static void expect(uint64_t addr, const char *name, uint64_t offset)
{
	uint64_t found = UINT64_MAX;

	assert_string_equal(symtab_lookup(addr, &found), name);
	assert_int_equal(found, offset);
}

static void test_edges_of_functions(void **state)
{
	(void)state;
	expect(0x1000, "first", 0);
	expect(0x100f, "first", 0xf);
	expect(0x1010, "second", 0);
	expect(0x13ff, "second", 0x3ef);
	expect(0x1400, "third", 0);
	expect(0x9000, "third", 0x7c00);
}

static void test_before_first(void **state)
{
	uint64_t offset = 7;

	(void)state;
	assert_null(symtab_lookup(0xfff, &offset));
	assert_null(symtab_lookup(0, &offset));
	assert_int_equal(offset, 7);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_edges_of_functions),
		cmocka_unit_test(test_before_first),
	};

	return cmocka_run_group_tests_name("symtab", tests, NULL, NULL);
}
