/* SPDX-License-Identifier: Apache-2.0 */
/* How much of the host's blob is mapped before it has been checked. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "arch/arm64/boot_dtb.h"
#include "arch/arm64/layout.h"

#include <cmocka.h>

static uint64_t size_of(uint32_t magic, uint32_t size)
{
	uint8_t header[BOOT_DTB_HEADER + 1];
	uint8_t *at = header + 1; /* not aligned */

	memset(header, 0xff, sizeof(header));
	for (unsigned i = 0; i < 4; i++) {
		at[i] = (uint8_t)(magic >> (24 - 8 * i));
		at[4 + i] = (uint8_t)(size >> (24 - 8 * i));
	}
	return boot_dtb_size(at);
}

static void test_size(void **state)
{
	(void)state;
	assert_int_equal(size_of(0xd00dfeed, 0x12345), 0x12345);
	assert_int_equal(size_of(0xd00dfeed, BOOT_DTB_HEADER), BOOT_DTB_HEADER);
	assert_int_equal(size_of(0xd00dfeed, LAYOUT_DTB_MAX), LAYOUT_DTB_MAX);
}

/* Only the header: dtb_check() refuses them for what stands in it. */
static void test_no_blob(void **state)
{
	(void)state;
	assert_int_equal(size_of(0xd00dfeee, 0x12345), BOOT_DTB_HEADER);
	assert_int_equal(size_of(0xd00dfeed, 0), BOOT_DTB_HEADER);
	assert_int_equal(size_of(0xd00dfeed, BOOT_DTB_HEADER - 1), BOOT_DTB_HEADER);
	assert_int_equal(size_of(0xd00dfeed, LAYOUT_DTB_MAX + 1), BOOT_DTB_HEADER);
	assert_int_equal(size_of(0xd00dfeed, UINT32_MAX), BOOT_DTB_HEADER);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_size),
		cmocka_unit_test(test_no_blob),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
