/* SPDX-License-Identifier: Apache-2.0 */
/* arch/arm64/guest_debug.c: which debug registers are the hardware's, of whom, and when. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "arch/arm64/guest_debug.h"
#include "core/domain.h"
#include <arch/sysreg.h>

#define SS  BIT(0)
#define KDE BIT(13)
#define MDE BIT(15)

enum { BVR = 4, BCR, WVR, WCR };

static struct vcpu a, b;

/* A processor of six breakpoints and four watchpoints, with what firmware left in them. */
static int set_up(void **state)
{
	(void)state;
	memset(&a, 0, sizeof(a));
	memset(&b, 0, sizeof(b));
	host_sysreg_reset();
	host_sysreg_write("id_aa64dfr0_el1", 5 << 12 | 3 << 20);
	host_sysreg_write("mdscr_el1", MDE);
	host_sysreg_write("dbgbcr5_el1", 1);
	host_sysreg_write("dbgwcr3_el1", 1);
	host_sysreg_write("oslar_el1", 1);
	guest_debug_init_cpu();
	guest_debug_reset(&a);
	guest_debug_reset(&b);
	return 0;
}

static void set_points(struct vcpu *v, uint64_t base)
{
	for (unsigned n = 0; n < 2; n++) {
		guest_debug_write(v, n, BVR, base + n * 0x100);
		guest_debug_write(v, n, BCR, 0x1e5);
		guest_debug_write(v, n, WVR, base + n * 0x100 + 8);
		guest_debug_write(v, n, WCR, 0x1ff5);
	}
}

static void unlock(struct vcpu *v)
{
	guest_debug_write_oslar(v, 0);
}

static void switch_to(struct vcpu *from, struct vcpu *to)
{
	guest_debug_save(from);
	guest_debug_restore(to);
}

static void test_nothing_of_firmware_is_left(void **state)
{
	(void)state;
	assert_int_equal(sysreg_read(mdscr_el1), 0);
	assert_int_equal(sysreg_read(dbgbcr5_el1), 0);
	assert_int_equal(sysreg_read(dbgwcr3_el1), 0);
	assert_int_equal(sysreg_read(oslar_el1), 0);
	assert_int_equal(guest_debug_read_oslsr(&a), 0xa);
}

/* The guest's second breakpoint is the hardware's last, whoever links to it. */
static void test_points_reach_the_hardware(void **state)
{
	(void)state;
	unlock(&a);
	set_points(&a, 0x4000);
	assert_int_equal(sysreg_read(dbgbvr0_el1), 0);
	guest_debug_write(&a, 2, 2, MDE | KDE);
	assert_int_equal(sysreg_read(mdscr_el1), MDE | KDE);
	assert_int_equal(sysreg_read(dbgbvr0_el1), 0x4000);
	assert_int_equal(sysreg_read(dbgbcr0_el1), 0x1e5);
	assert_int_equal(sysreg_read(dbgbvr5_el1), 0x4100);
	assert_int_equal(sysreg_read(dbgwvr0_el1), 0x4008);
	assert_int_equal(sysreg_read(dbgwvr1_el1), 0x4108);
	assert_int_equal(sysreg_read(dbgwcr1_el1), 0x1ff5);
	guest_debug_write(&a, 0, WCR, BIT(20) | 1 << 16 | 0x1ff5);
	assert_int_equal(sysreg_read(dbgwcr0_el1), BIT(20) | 5 << 16 | 0x1ff5);
	assert_int_equal(guest_debug_read(&a, 0, WCR), BIT(20) | 1 << 16 | 0x1ff5);
	guest_debug_write(&a, 2, 2, 0);
	assert_int_equal(sysreg_read(mdscr_el1), 0);
}

static void test_os_lock_keeps_exceptions_off(void **state)
{
	(void)state;
	guest_debug_write(&a, 2, 2, SS);
	assert_int_equal(sysreg_read(mdscr_el1), 0);
	unlock(&a);
	assert_int_equal(sysreg_read(mdscr_el1), SS);
	guest_debug_write_oslar(&a, 1);
	assert_int_equal(sysreg_read(mdscr_el1), 0);
	assert_int_equal(guest_debug_read(&a, 2, 2), SS);
}

/* One debugs, the other does not; then both do. */
static void test_switch(void **state)
{
	(void)state;
	unlock(&a);
	unlock(&b);
	set_points(&a, 0x4000);
	guest_debug_write(&a, 2, 2, MDE);
	switch_to(&a, &b);
	assert_int_equal(sysreg_read(mdscr_el1), 0);
	assert_int_equal(guest_debug_read(&b, 0, BVR), 0);
	set_points(&b, 0x8000);
	assert_int_equal(sysreg_read(dbgbvr0_el1), 0x4000);
	guest_debug_write(&b, 2, 2, SS | MDE);
	assert_int_equal(sysreg_read(dbgbvr0_el1), 0x8000);
	switch_to(&b, &a);
	assert_int_equal(sysreg_read(mdscr_el1), MDE);
	assert_int_equal(sysreg_read(dbgbvr0_el1), 0x4000);
	assert_int_equal(sysreg_read(dbgwvr1_el1), 0x4108);
	switch_to(&a, &b);
	assert_int_equal(sysreg_read(mdscr_el1), SS | MDE);
	assert_int_equal(sysreg_read(dbgbvr5_el1), 0x8100);
	guest_debug_save(&b);
	assert_int_equal(sysreg_read(mdscr_el1), 0);
}

static void test_reset_forgets(void **state)
{
	(void)state;
	unlock(&a);
	set_points(&a, 0x4000);
	guest_debug_write(&a, 2, 2, MDE);
	guest_debug_write_claimset(&a, 3);
	guest_debug_save(&a);
	guest_debug_reset(&a);
	guest_debug_restore(&a);
	assert_int_equal(sysreg_read(mdscr_el1), 0);
	assert_int_equal(guest_debug_read(&a, 0, BCR), 0);
	assert_int_equal(guest_debug_read_claimclr(&a), 0);
	assert_int_equal(guest_debug_read_oslsr(&a), 0xa);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_nothing_of_firmware_is_left, set_up),
		cmocka_unit_test_setup(test_points_reach_the_hardware, set_up),
		cmocka_unit_test_setup(test_os_lock_keeps_exceptions_off, set_up),
		cmocka_unit_test_setup(test_switch, set_up),
		cmocka_unit_test_setup(test_reset_forgets, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
