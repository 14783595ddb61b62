/* SPDX-License-Identifier: Apache-2.0 */
/* What is said of an attach by a guest's blob that goes through: nodes left out, registers that its driver misses. */
#include "tests/unit/assign_guest_uart.h"

static void test_disabled(void **state) /* 22 */
{
	struct blob blob = GUEST_BLOB(GUEST_UART(), GUEST_TIMER(dev.disabled = true));
	struct blob host = OVERLAY({ .name = "off@1",
			.base = WINDOW + 0x20000,
			.size = 0x1000,
			.spi = 60,
			.disabled = true });
	char text[512] = "";
	struct report report = { text, sizeof(text) - 1, 0 };

	(void)state;
	add_host();
	assert_int_equal(overlays_plan_attach(dom2, blob.at, blob.size, &report, &why), 0);
	assert_non_null(strstr(text, "/timer@a011000: disabled, so it is not attached\n"));
	assert_non_null(strstr(text, "give d2 registers 0xa010000 (0x1000 bytes) of /uart@a010000, "
				     "at 0x10000000\n"));
	assert_non_null(strstr(text, "give d2 interrupt 50 of /uart@a010000\n"));
	assert_has_no_uart(dom2);
	assert_int_equal(attach(dom2, blob), 0);
	assert_has_uart(dom2);
	assert_null(irq_owner(51));
	assert_int_equal(p2m_lookup(dom2, IPA(GUEST + 0x1000)).type, P2M_NONE);
	assert_int_equal(attachments_first->disabled, 1);
	assert_int_equal(detach(dom2, blob), 0);
	free(blob.at);

	assert_int_equal(add(host), 0);
	blob = GUEST_BLOB(
			{ .name = "off@1", .base = WINDOW + 0x20000, .size = 0x1000, .at = GUEST });
	assert_int_equal(attach(dom2, blob), 0);
	assert_int_equal(p2m_lookup(dom2, IPA(GUEST)).type, P2M_NONE);
	assert_int_equal(detach(dom2, blob), 0);
	assert_int_equal(removes(host), 0);
	free(host.at);
	free(blob.at);
	drop_host();
}

static void plan_says(struct blob blob, const char *words, bool said)
{
	char text[1024] = "";
	struct report report = { text, sizeof(text) - 1, 0 };

	assert_int_equal(overlays_plan_attach(dom2, blob.at, blob.size, &report, &why), 0);
	if (!!strstr(text, words) != said)
		fail_msg("'%s' %s '%s'", text, said ? "does not say" : "says", words);
	attach_and_detach(blob);
}

/* The driver goes by reg, and finds registers where xen,reg puts them: said, but the guest's affair. */
static void test_reg_elsewhere(void **state)
{
	static const char *words = "but xen,reg does not place all of it there";
	uint32_t halves[] = { 0, WINDOW + 0x11000, 0, 0x1000, 0, GUEST + 0x1000, 0,
		WINDOW + 0x12000, 0, 0x1000, 0, GUEST + 0x2000 };
	const struct guest_device uart = GUEST_UART();
	struct dtb_writer *w;

	(void)state;
	add_host();
	plan_says(GUEST_BLOB(GUEST_UART()), words, false);
	plan_says(GUEST_BLOB(GUEST_UART(dev.reg = WINDOW + 0x10000)),
			"/uart@a010000: reg says 0xa010000 (0x1000 bytes), but xen,reg", true);
	plan_says(GUEST_BLOB(GUEST_UART(dev.reg = GUEST + 0x800)), words, true);
	plan_says(GUEST_BLOB(GUEST_UART(dev.reg = GUEST - 1)), words, true);

	/* In two pieces, side by side. */
	w = overlay_begin("/");
	begin_guest_device(w, &uart);
	dtb_end_node(w);
	dtb_begin_node(w, "timer@a011000");
	write_reg(w, GUEST + 0x1000, 0x2000);
	dtb_write_cells(w, "xen,reg", halves, 12);
	dtb_write_flag(w, "xen,force-assign-without-iommu");
	dtb_end_node(w);
	{
		struct blob blob = overlay_end();
		char text[1024] = "";
		struct report report = { text, sizeof(text) - 1, 0 };

		assert_int_equal(overlays_plan_attach(dom2, blob.at, blob.size, &report, &why), 0);
		assert_null(strstr(text, words));
		free(blob.at);
	}
	drop_host();
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, env_set_up, env_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_disabled),
		TEST(test_reg_elsewhere),
	};

	return cmocka_run_group_tests_name("assign_remarks", tests, NULL, NULL);
}
