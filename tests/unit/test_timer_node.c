/* SPDX-License-Identifier: Apache-2.0 */
/* The generic timer's node: any PPI, entries by name or by position, refusals. */
#include "tests/unit/boot_env.h"

#include "arch/arm64/timer_node.h"

static struct dt_tree tree;
static struct timer_node timer;

static const char *erratum; /* a property that build() gives the timer; NULL: none */

/* cells: three for each entry of interrupts. names: as in the blob, NULL: none. */
static void build(const uint32_t *cells, size_t count, const char *names, size_t names_size)
{
	struct dt_why why = { .text = "" };
	fdt32_t raw[16];

	env_tree_begin();
	env_root(2, 2);
	env_u32("interrupt-parent", 1);
	env_begin("gic");
	env_string("compatible", "arm,gic-v3");
	env_u32("#interrupt-cells", 3);
	assert_int_equal(fdt_property(env_blob, "interrupt-controller", NULL, 0), 0);
	env_u32("phandle", 1);
	env_end();
	env_begin("timer");
	env_string("compatible", "arm,armv8-timer");
	for (size_t i = 0; i < count; i++)
		raw[i] = cpu_to_fdt32(cells[i]);
	assert_int_equal(fdt_property(env_blob, "interrupts", raw, (int)(4 * count)), 0);
	if (names)
		assert_int_equal(fdt_property(env_blob, "interrupt-names", names, (int)names_size),
				0);
	env_u32("clock-frequency", 19200000);
	if (erratum)
		assert_int_equal(fdt_property(env_blob, erratum, NULL, 0), 0);
	env_end();
	env_tree_end();
	if (dt_tree_build(&tree, &env_tree, env_blob, fdt_totalsize(env_blob), &why))
		fail_msg("%s", why.text);
}

static const uint32_t usual[] = { 1, 13, 8, 1, 14, 8, 1, 11, 8, 1, 10, 8 };

static void test_usual(void **state)
{
	(void)state;
	build(usual, 12, NULL, 0);
	timer_node_read(&tree, &timer);
	assert_int_equal(timer.virtual_intid, 27);
	assert_int_equal(timer.hypervisor_intid, 26);
	assert_int_equal(timer.frequency, 19200000);
	assert_true(timer_node_is(&tree, timer.node));
	assert_false(timer_node_is(&tree, tree.root));
	dt_tree_drop(&tree);
}

/* By the names of the binding arm,arch_timer; Linux's device trees have them. */
static void test_errata_of_the_counter(void **state)
{
	static const char *const names[COUNTER_ERRATA] = {
		[COUNTER_A008585] = "fsl,erratum-a008585",
		[COUNTER_161010101] = "hisilicon,erratum-161010101",
		[COUNTER_UNKNOWN1] = "allwinner,erratum-unknown1",
	};

	(void)state;
	for (unsigned i = COUNTER_GOOD; i < COUNTER_ERRATA; i++) {
		erratum = names[i];
		build(usual, 12, NULL, 0);
		timer_node_read(&tree, &timer);
		assert_int_equal(timer.erratum, i);
		dt_tree_drop(&tree);
	}
	erratum = NULL;
}

/* As Qualcomm's: PPIs 17, 18, 19, 16. */
static void test_other_ppis(void **state)
{
	static const uint32_t cells[] = { 1, 1, 8, 1, 2, 8, 1, 3, 8, 1, 0, 8 };

	(void)state;
	build(cells, 12, NULL, 0);
	timer_node_read(&tree, &timer);
	assert_int_equal(timer.virtual_intid, 19);
	assert_int_equal(timer.hypervisor_intid, 16);
	dt_tree_drop(&tree);
}

/* Without the secure one, in an order of its own. */
static void test_by_name(void **state)
{
	static const uint32_t cells[] = { 1, 14, 8, 1, 10, 8, 1, 15, 8 };
	static const char names[] = "phys\0hyp-phys\0virt";

	(void)state;
	build(cells, 9, names, sizeof(names));
	timer_node_read(&tree, &timer);
	assert_int_equal(timer.virtual_intid, 31);
	assert_int_equal(timer.hypervisor_intid, 26);
	dt_tree_drop(&tree);
}

static void refuse(const uint32_t *cells, size_t count, const char *names, size_t names_size,
		const char *words)
{
	build(cells, count, names, names_size);
	expect_refusal(words, timer_node_read(&tree, &timer));
	dt_tree_drop(&tree);
}

static void test_refusals(void **state)
{
	static const uint32_t spi[] = { 1, 13, 8, 1, 14, 8, 0, 11, 8, 1, 10, 8 };
	static const char names[] = "phys\0virt";

	(void)state;
	refuse(usual, 9, NULL, 0, "interrupts has no PPI 'hyp-phys'");
	refuse(spi, 12, NULL, 0, "interrupts has no PPI 'virt'");
	refuse(usual, 12, names, sizeof(names), "interrupts has no PPI 'hyp-phys'");
	env_tree_begin();
	env_root(2, 2);
	env_tree_end();
	assert_int_equal(dt_tree_build(&tree, &env_tree, env_blob, fdt_totalsize(env_blob), NULL),
			0);
	expect_refusal("no node compatible with arm,armv8-timer", timer_node_read(&tree, &timer));
	dt_tree_drop(&tree);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_usual),
		cmocka_unit_test(test_errata_of_the_counter),
		cmocka_unit_test(test_other_ppis),
		cmocka_unit_test(test_by_name),
		cmocka_unit_test(test_refusals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
