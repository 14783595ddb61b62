/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a boot loader hands over (Devicetree Specification 0.4, 3.4 and 3.5; boot modules as Xen's loaders write
 * them): usual, unusual and malformed.
 */
#include "tests/unit/boot_env.h"

#define DTB_PA UINT64_C(0x48000000)

static int set_up(void **state)
{
	(void)state;
	memset(&boot_info, 0, sizeof(boot_info));
	host_image = (struct page_range){ PADDR(0x40200000), 0x33000 };
	return 0;
}

static void open_blob(void)
{
	bootinfo_open(env_blob, PADDR(DTB_PA));
}

static void read_blob(void)
{
	open_blob();
	bootinfo_read();
}

static void memory_node(const char *name, const uint64_t *pairs, size_t count)
{
	env_begin(name);
	env_string("device_type", "memory");
	env_reg(pairs, count);
	env_end();
}

static void memory(uint64_t base, uint64_t size)
{
	char name[32];

	snprintf(name, sizeof(name), "memory@%llx", (unsigned long long)base);
	memory_node(name, (const uint64_t[]){ base, size }, 1);
}

static void assert_ranges(
		const struct page_range *got, size_t count, const uint64_t *pairs, size_t expected)
{
	assert_int_equal(count, expected);
	for (size_t i = 0; i < count; i++) {
		assert_int_equal(got[i].base.v, pairs[2 * i]);
		assert_int_equal(got[i].size, pairs[2 * i + 1]);
	}
}

#define assert_ram(...)                                                                            \
	assert_ranges(boot_info.ram, boot_info.ram_count, (const uint64_t[]){ __VA_ARGS__ },       \
			sizeof((uint64_t[]){ __VA_ARGS__ }) / 16)
#define assert_reserved(...)                                                                       \
	assert_ranges(boot_info.reserved, boot_info.reserved_count,                                \
			(const uint64_t[]){ __VA_ARGS__ },                                         \
			sizeof((uint64_t[]){ __VA_ARGS__ }) / 16)

static void module(const char *name, const char *kind, uint64_t base, uint64_t size,
		const char *bootargs)
{
	char compatible[64];
	int length = snprintf(compatible, sizeof(compatible), "%s%cmultiboot,module", kind, 0) + 1;

	env_begin(name);
	assert_int_equal(fdt_property(env_blob, "compatible", compatible, length), 0);
	env_reg1(base, size);
	if (bootargs)
		env_string("bootargs", bootargs);
	env_end();
}

/* As QEMU's guest-loader writes it. */
static void test_usual(void **state)
{
	(void)state;
	env_tree_begin();
	env_root(2, 2);
	env_begin("chosen");
	env_string("stdout-path", "/uart");
	env_string("bootargs", "dom0_mem=512M");
	env_write_cells(2, 2);
	module("module@49000000", "multiboot,kernel", 0x49000000, 0x1234567, "console=hvc0");
	module("module@60000000", "multiboot,ramdisk", 0x60000000, 0x3000001, NULL);
	env_end();
	memory(0x40000000, 0xc0000000);
	env_tree_end();
	read_blob();
	assert_ram(0x40000000, 0xc0000000);
	assert_int_equal(boot_info.reserved_count, 0);
	assert_string_equal(boot_info.command_line, "dom0_mem=512M");
	assert_int_equal(boot_info.modules[MODULE_KERNEL].base.v, 0x49000000);
	assert_int_equal(boot_info.modules[MODULE_KERNEL].size, 0x1234567);
	assert_string_equal(boot_info.modules[MODULE_KERNEL].bootargs, "console=hvc0");
	assert_int_equal(boot_info.modules[MODULE_RAMDISK].base.v, 0x60000000);
	assert_int_equal(boot_info.modules[MODULE_RAMDISK].size, 0x3000001);
	assert_null(boot_info.modules[MODULE_RAMDISK].bootargs);
	assert_int_equal(boot_info.dtb_range.base.v, DTB_PA);
	assert_int_equal(boot_info.dtb_range.size, (fdt_totalsize(env_blob) + 0xfff) & ~0xfffU);
}

/* Banks in any order, in one node or several, are sorted; parts of pages at their ends are left out. */
static void test_banks(void **state)
{
	static const uint64_t banks[] = { 0x100000800, 0x10000000, 0x80000000, 0x40000800 };

	(void)state;
	env_tree_begin();
	env_root(2, 2);
	memory_node("memory@100000800", banks, 2);
	memory(0x40000000, 0x20000000);
	env_begin("memory@200000000");
	env_string("device_type", "memory");
	env_string("status", "disabled");
	env_reg1(0x200000000, 0x1000000);
	env_end();
	env_begin("nested");
	env_write_cells(1, 1);
	env_begin("memory@30000000");
	env_string("device_type", "memory");
	env_reg1(0x30000000, 0x1000);
	env_end();
	env_end();
	env_tree_end();
	read_blob();
	assert_ram(0x30000000, 0x1000, 0x40000000, 0x20000000, 0x80000000, 0x40000000, 0x100001000,
			0xffff000);
}

/* Whole pages that two banks share are one RAM; so are neighbours (as NUMA machines describe theirs). */
static void test_banks_that_touch(void **state)
{
	static const uint64_t banks[] = { 0x40000000, 0x10000000, 0x48000000, 0x1000000, 0x50000000,
		0x10000000, 0x5f000000, 0x2000000, 0x40000000, 0x10000000, 0x70000000, 0x1000 };

	(void)state;
	env_tree_begin();
	env_root(2, 2);
	memory_node("memory", banks, 6);
	env_tree_end();
	read_blob();
	assert_ram(0x40000000, 0x21000000, 0x70000000, 0x1000);
}

static void test_small_cells(void **state)
{
	(void)state;
	env_tree_begin();
	env_root(1, 1);
	memory(0x80000000, 0x40000000);
	env_begin("chosen");
	module("module@82000000", "multiboot,kernel", 0x82000000, 0x1000000, NULL);
	env_end();
	env_tree_end();
	read_blob();
	assert_ram(0x80000000, 0x40000000);
	assert_int_equal(boot_info.modules[MODULE_KERNEL].base.v, 0x82000000);
	assert_int_equal(boot_info.modules[MODULE_KERNEL].size, 0x1000000);
}

/* /chosen without #address-cells: the root's hold, as U-Boot scripts for Xen have it. */
static void test_chosen_without_cells(void **state)
{
	(void)state;
	env_tree_begin();
	env_root(2, 1);
	memory(0x100000000, 0x40000000);
	env_begin("chosen");
	module("module@0", "multiboot,kernel", 0x102000000, 0x1000000, NULL);
	env_end();
	env_tree_end();
	read_blob();
	assert_int_equal(boot_info.modules[MODULE_KERNEL].base.v, 0x102000000);
	assert_int_equal(boot_info.modules[MODULE_KERNEL].size, 0x1000000);
}

static void test_chosen_with_other_cells(void **state)
{
	(void)state;
	env_tree_begin();
	env_root(2, 2);
	memory(0x80000000, 0x40000000);
	env_begin("chosen");
	env_write_cells(1, 1);
	module("module@82000000", "multiboot,ramdisk", 0x82000000, 0x1000000, NULL);
	env_end();
	env_tree_end();
	read_blob();
	assert_int_equal(boot_info.modules[MODULE_RAMDISK].base.v, 0x82000000);
	assert_int_equal(boot_info.modules[MODULE_KERNEL].size, 0);
}

static void test_no_chosen(void **state)
{
	(void)state;
	env_tree_begin();
	env_root(2, 2);
	memory(0x80000000, 0x40000000);
	env_tree_end();
	read_blob();
	assert_string_equal(boot_info.command_line, "");
	assert_int_equal(boot_info.modules[MODULE_KERNEL].size, 0);
}

/* Of two kernels the first; other modules (a policy, a guest's) are nothing to Graft. */
static void test_modules(void **state)
{
	(void)state;
	env_tree_begin();
	env_root(2, 2);
	memory(0x80000000, 0x40000000);
	env_begin("chosen");
	module("module@0", "xen,xsm-policy", 0x81000000, 0x1000, NULL);
	module("module@1", "multiboot,kernel", 0x82000000, 0x1000000, "first");
	module("module@2", "multiboot,kernel", 0x84000000, 0x1000000, "second");
	env_begin("not-a-module");
	env_end();
	env_end();
	env_tree_end();
	read_blob();
	assert_int_equal(boot_info.modules[MODULE_KERNEL].base.v, 0x82000000);
	assert_string_equal(boot_info.modules[MODULE_KERNEL].bootargs, "first");
	assert_int_equal(boot_info.modules[MODULE_RAMDISK].size, 0);
}

static void untyped(const char *name, uint64_t base)
{
	env_begin(name);
	env_string("compatible", "xen,multiboot-module");
	env_reg1(base, 0x1000);
	env_end();
}

static void assert_modules(uint64_t kernel, uint64_t ramdisk)
{
	env_tree_end();
	read_blob();
	assert_int_equal(boot_info.modules[MODULE_KERNEL].base.v, kernel);
	assert_int_equal(boot_info.modules[MODULE_RAMDISK].base.v, ramdisk);
	set_up(NULL);
}

static void begin_chosen(void)
{
	env_tree_begin();
	env_root(2, 2);
	memory(0x80000000, 0x40000000);
	env_begin("chosen");
}

/* Names before Xen 4.5, in /chosen/modules as scripts of that time write them; and no names, in order. */
static void test_old_modules(void **state)
{
	(void)state;
	begin_chosen();
	env_begin("modules");
	env_write_cells(1, 1);
	module("module@0", "xen,linux-initrd", 0x84000000, 0x1000, NULL);
	module("module@1", "xen,linux-zimage", 0x82000000, 0x1000, "old");
	env_end();
	env_end();
	env_tree_end();
	read_blob();
	assert_string_equal(boot_info.modules[MODULE_KERNEL].bootargs, "old");
	assert_int_equal(boot_info.modules[MODULE_KERNEL].base.v, 0x82000000);
	assert_int_equal(boot_info.modules[MODULE_RAMDISK].base.v, 0x84000000);
	set_up(NULL);
	env_set_cells(2, 2);
	begin_chosen();
	module("module@0", "xen,xsm-policy", 0x81000000, 0x1000, NULL);
	untyped("module@1", 0x82000000);
	untyped("module@2", 0x84000000);
	untyped("module@3", 0x86000000);
	env_end();
	assert_modules(0x82000000, 0x84000000);
	/* One with a type that stands before counts. */
	begin_chosen();
	module("module@0", "multiboot,kernel", 0x81000000, 0x1000, NULL);
	untyped("module@1", 0x82000000);
	untyped("module@2", 0x84000000);
	env_end();
	assert_modules(0x81000000, 0x84000000);
}

/* A kernel of another domain is not Dom0's. */
static void test_modules_of_domains(void **state)
{
	(void)state;
	begin_chosen();
	env_begin("domU1");
	env_string("compatible", "xen,domain");
	env_write_cells(2, 2);
	module("module@0", "multiboot,kernel", 0x82000000, 0x1000, NULL);
	module("module@1", "multiboot,ramdisk", 0x84000000, 0x1000, NULL);
	env_end();
	env_end();
	assert_modules(0, 0);
}

static void one_module(uint64_t base, uint64_t size)
{
	set_up(NULL);
	env_tree_begin();
	env_root(2, 2);
	memory(0x80000000, 0x40000000);
	memory(0xc0000000, 0x1000000);
	env_begin("chosen");
	env_write_cells(2, 2);
	module("module@1", "multiboot,kernel", base, size, NULL);
	env_end();
	env_tree_end();
}

static void test_bad_modules(void **state)
{
	(void)state;
	one_module(0x80000000, 0);
	expect_refusal("/chosen/module@1: a boot module needs reg", read_blob());
	one_module(0x80000000, ~UINT64_C(0x80000000) + 2);
	expect_refusal("/chosen/module@1", read_blob());
	one_module(0xfffffffffffff000, 0x1000);
	expect_refusal("/chosen/module@1", read_blob());
	/* Outside RAM, before it, past its end by a byte. */
	one_module(0x10000000, 0x1000);
	expect_refusal("/chosen/module@1", read_blob());
	one_module(0x7ffff000, 0x2000);
	expect_refusal("/chosen/module@1", read_blob());
	one_module(0xc0fff000, 0x1001);
	expect_refusal("/chosen/module@1", read_blob());
	/* Over two banks that are one, to the last byte. */
	one_module(0xbffff000, 0x1001000);
	read_blob();
	assert_int_equal(boot_info.modules[MODULE_KERNEL].size, 0x1001000);
}

static void test_module_without_reg(void **state)
{
	(void)state;
	env_tree_begin();
	env_root(2, 2);
	memory(0x80000000, 0x40000000);
	env_begin("chosen");
	env_begin("module@1");
	env_string("compatible", "multiboot,kernel");
	env_end();
	env_end();
	env_tree_end();
	expect_refusal("/chosen/module@1: a boot module needs reg", read_blob());
	set_up(NULL);
	env_tree_begin();
	env_root(2, 2);
	memory(0x80000000, 0x40000000);
	env_begin("chosen");
	env_write_cells(2, 2);
	env_begin("module@1");
	env_string("compatible", "multiboot,kernel");
	assert_int_equal(fdt_property(env_blob, "reg", "\0\0\0\0\200\0\0\0\0\0\0\0", 12), 0);
	env_end();
	env_end();
	env_tree_end();
	expect_refusal("/chosen/module@1: a boot module needs reg", read_blob());
}

/* From the reserve map and /reserved-memory, whole pages around each; sizes alone (pools) reserve nothing. */
static void test_reserved(void **state)
{
	static const uint64_t two[] = { 0x90000000, 0x1000, 0x88000000, 0x2000 };

	(void)state;
	env_tree_begin();
	assert_int_equal(fdt_add_reservemap_entry(env_blob, 0x81000800, 0x1000), 0);
	assert_int_equal(fdt_add_reservemap_entry(env_blob, 0x80000000, 0x1000), 0);
	env_root(2, 2);
	memory(0x80000000, 0x40000000);
	env_begin("reserved-memory");
	env_write_cells(2, 2);
	assert_int_equal(fdt_property(env_blob, "ranges", NULL, 0), 0);
	env_begin("a@90000000");
	env_reg(two, 2);
	env_end();
	env_begin("off@85000000");
	env_string("status", "disabled");
	env_reg1(0x85000000, 1);
	env_end();
	env_begin("pool");
	env_string("compatible", "shared-dma-pool");
	env_u32("size", 0x1000000);
	env_end();
	env_end();
	env_tree_end();
	read_blob();
	assert_reserved(0x80000000, 0x1000, 0x81000000, 0x2000, 0x85000000, 0x1000, 0x88000000,
			0x2000, 0x90000000, 0x1000);
}

/* image, blob, modules, reservations; nothing for a module that is not there. */
static void test_taken(void **state)
{
	struct page_range taken[BOOT_RANGES_MAX + 8];

	(void)state;
	env_tree_begin();
	assert_int_equal(fdt_add_reservemap_entry(env_blob, 0x81000000, 0x1000), 0);
	env_root(2, 2);
	memory(0x40000000, 0x80000000);
	env_begin("chosen");
	env_write_cells(2, 2);
	module("module@1", "multiboot,kernel", 0x44000000, 0x1001, NULL);
	env_end();
	env_tree_end();
	read_blob();
	assert_ranges(taken, bootinfo_taken(taken, BOOT_RANGES_MAX + 8),
			(const uint64_t[]){ 0x40200000, 0x33000, 0x44000000, 0x2000, DTB_PA, 0x1000,
					0x81000000, 0x1000 },
			4);
}

static void test_no_memory(void **state)
{
	(void)state;
	env_tree_begin();
	env_root(2, 2);
	env_begin("memory@40000000"); /* no device_type */
	env_reg1(0x40000000, 0x40000000);
	env_end();
	env_begin("memory@80000000");
	env_string("device_type", "memory");
	env_end();
	memory(0x90000800, 0x1000); /* not one whole page */
	env_tree_end();
	expect_refusal("no memory", read_blob());
}

static void test_memory_past_the_end(void **state)
{
	(void)state;
	env_tree_begin();
	env_root(2, 2);
	memory(0x40000000, 0x40000000);
	memory(0xfffffffffffff800, 0x400);
	env_tree_end();
	expect_refusal("0xfffffffffffff800", read_blob());
	set_up(NULL);
	env_tree_begin();
	assert_int_equal(fdt_add_reservemap_entry(env_blob, 0x80000000, ~UINT64_C(0)), 0);
	env_root(2, 2);
	memory(0x40000000, 0x40000000);
	env_tree_end();
	expect_refusal("0x80000000", read_blob());
}

static void many_ranges(unsigned banks, unsigned reserves)
{
	set_up(NULL);
	env_tree_begin();
	env_root(2, 2);
	env_begin("reserved-memory");
	env_write_cells(2, 2);
	for (unsigned i = 0; i < reserves; i++) {
		char name[32];

		snprintf(name, sizeof(name), "r@%x", i);
		env_begin(name);
		env_reg1(0x40000000 + 0x100000ULL * i, 0x1000);
		env_end();
	}
	env_end();
	for (unsigned i = banks; i-- > 0;) {
		char name[32];

		snprintf(name, sizeof(name), "memory@%x", i);
		memory_node(name, (const uint64_t[]){ 0x40000000 + 0x10000000ULL * i, 0x1000000 },
				1);
	}
	env_tree_end();
}

static void test_many_ranges(void **state)
{
	struct page_range taken[BOOT_RANGES_MAX + 8];

	(void)state;
	many_ranges(BOOT_RANGES_MAX, BOOT_RANGES_MAX);
	read_blob();
	assert_int_equal(boot_info.ram_count, BOOT_RANGES_MAX);
	for (unsigned i = 0; i < BOOT_RANGES_MAX; i++)
		assert_int_equal(boot_info.ram[i].base.v, 0x40000000 + 0x10000000ULL * i);
	assert_int_equal(bootinfo_taken(taken, BOOT_RANGES_MAX + 8), BOOT_RANGES_MAX + 2);
	many_ranges(BOOT_RANGES_MAX + 1, 0);
	expect_refusal("more than 1024 memory ranges", read_blob());
	many_ranges(1, BOOT_RANGES_MAX + 1);
	expect_refusal("more than 1024 memory ranges", read_blob());
}

static void command_line(const char *xen, const char *own)
{
	set_up(NULL);
	env_tree_begin();
	env_root(2, 2);
	env_begin("chosen");
	if (own)
		env_string("bootargs", own);
	if (xen)
		env_string("xen,xen-bootargs", xen);
	env_end();
	env_tree_end();
	open_blob();
}

static void test_command_line(void **state)
{
	char longest[2001];

	(void)state;
	memset(longest, 'x', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	command_line(NULL, longest);
	assert_int_equal(strlen(boot_info.command_line), 1023);
	command_line("loglvl=all", "root=/dev/sda");
	assert_string_equal(boot_info.command_line, "loglvl=all");
	command_line(NULL, "dom0_mem=1G");
	assert_string_equal(boot_info.command_line, "dom0_mem=1G");
	command_line("", "root=/dev/sda");
	assert_string_equal(boot_info.command_line, "");
	command_line(NULL, NULL);
	assert_string_equal(boot_info.command_line, "");
	/* The blob's memory is given away later. */
	command_line("loglvl=all", NULL);
	memset(env_blob, 0, sizeof(env_blob));
	assert_string_equal(boot_info.command_line, "loglvl=all");
}

static void test_no_tree(void **state)
{
	(void)state;
	memset(env_blob, 0, sizeof(env_blob));
	expect_refusal("the device tree in x0 is not usable", open_blob());
	many_ranges(1, 0);
	env_blob[3] ^= 1; /* the magic */
	expect_refusal("the device tree in x0 is not usable", open_blob());
	many_ranges(1, 0);
	fdt_set_totalsize(env_blob, fdt_totalsize(env_blob) - 8);
	expect_refusal("the device tree in x0 is not usable", open_blob());
	many_ranges(1, 0);
	fdt_set_totalsize(env_blob, 0x200001);
	expect_refusal("the device tree in x0 is not usable", open_blob());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_usual, set_up),
		cmocka_unit_test_setup(test_banks, set_up),
		cmocka_unit_test_setup(test_banks_that_touch, set_up),
		cmocka_unit_test_setup(test_small_cells, set_up),
		cmocka_unit_test_setup(test_chosen_without_cells, set_up),
		cmocka_unit_test_setup(test_chosen_with_other_cells, set_up),
		cmocka_unit_test_setup(test_no_chosen, set_up),
		cmocka_unit_test_setup(test_modules, set_up),
		cmocka_unit_test_setup(test_old_modules, set_up),
		cmocka_unit_test_setup(test_modules_of_domains, set_up),
		cmocka_unit_test_setup(test_bad_modules, set_up),
		cmocka_unit_test_setup(test_module_without_reg, set_up),
		cmocka_unit_test_setup(test_reserved, set_up),
		cmocka_unit_test_setup(test_taken, set_up),
		cmocka_unit_test_setup(test_no_memory, set_up),
		cmocka_unit_test_setup(test_memory_past_the_end, set_up),
		cmocka_unit_test_setup(test_many_ranges, set_up),
		cmocka_unit_test_setup(test_command_line, set_up),
		cmocka_unit_test_setup(test_no_tree, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
