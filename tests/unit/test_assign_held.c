/* SPDX-License-Identifier: Apache-2.0 */
/* What stays as long as a guest holds a device: the overlays that say what the device is. */
#include "tests/unit/assign_guest_uart.h"

/* Changes a property of the UART that another overlay brought. */
static struct blob tuned(const char *name, const char *value)
{
	struct dtb_writer *w = overlay_begin("/uart@a010000");

	dtb_write_string(w, name, value);
	return overlay_end();
}

static void test_changed_property(void **state) /* 17 */
{
	struct blob changed = tuned("status", "okay"), new = tuned("label", "second");
	struct blob blob = GUEST_BLOB(GUEST_UART());
	struct blob other = GUEST_BLOB(GUEST_TIMER());

	(void)state;
	add_host();
	assert_int_equal(add(changed), 0);
	assert_int_equal(add(new), 0);
	assert_int_equal(attach(dom2, blob), 0);
	assert_int_equal(removes(changed), -EBUSY);
	assert_string_equal(why.text, "overlay 2: d2 holds /uart@a010000, whose status it brought");
	assert_int_equal(removes(new), -EBUSY);
	assert_has_uart(dom2);
	assert_int_equal(detach(dom2, blob), 0);
	assert_int_equal(attach(dom2, other), 0); /* a neighbour's is none of their business */
	assert_int_equal(removes(changed), 0);
	assert_int_equal(removes(new), 0);
	assert_int_equal(detach(dom2, other), 0);
	drop_host();
	free(blob.at);
	free(other.at);
	free(changed.at);
	free(new.at);
}

/* The hardware domain's access is taken away where it has to be, and nothing of this needs that. */
static void test_changed_property_of_dom0s(void **state)
{
	struct blob changed = tuned("label", "first");

	(void)state;
	add_host();
	assert_int_equal(add(changed), 0);
	assert_int_equal(attach(hardware_domain, added), 0);
	assert_int_equal(removes(changed), 0);
	assert_int_equal(detach(hardware_domain, added), 0);
	drop_host();
	free(changed.at);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, env_set_up, env_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_changed_property),
		TEST(test_changed_property_of_dom0s),
	};

	return cmocka_run_group_tests_name("assign_held", tests, NULL, NULL);
}
