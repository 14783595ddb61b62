/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Dom0's device tree, read back with libfdt and dtc: from QEMU's own tree and from a board that has everything
 * that must not be in it.
 */
#include "tests/unit/boot_env.h"

#include <unistd.h>

#include "arch/arm64/dom0.h"
#include "arch/arm64/guest.h"
#include "arch/arm64/host_tree.h"
#include "core/panic.h"
#include <arch/mm.h>

#define TREE_MAX MIB(2)
#define OUT_FILE "build/host/dom0-tree.dtb"

static struct domain domain;
static struct vcpu vcpus[20], *vcpu_list[20];
static struct dom0 dom0;
static char *host_blob; /* what the tree was built from */
static const void *out;

_Noreturn void panic(const char *fmt, ...)
{
	fprintf(stderr, "panic: %s\n", fmt);
	abort();
}

static char *load(const char *path)
{
	char *blob = calloc(1, TREE_MAX);
	FILE *file = fopen(path, "rb");

	if (!file)
		fail_msg("%s is missing", path);
	assert_true(fread(blob, 1, TREE_MAX, file) > 0);
	fclose(file);
	return blob;
}

static void load_host(const char *path, const char *uart)
{
	struct dt_why why = { .text = "" };

	memset(&boot_info, 0, sizeof(boot_info));
	memset(&dom0, 0, sizeof(dom0));
	host_cpus_reset(2, 0);
	cpus[1].mpidr = 0x100;
	host_ram_init(MIB(8));
	host_blob = load(path);
	if (dt_tree_build(&host_tree, &env_tree, host_blob, fdt_totalsize(host_blob), &why))
		fail_msg("%s: %s", path, why.text);
	domain.vcpus = vcpu_list;
	domain.vcpus_count = ARRAY_SIZE(vcpus);
	for (unsigned i = 0; i < ARRAY_SIZE(vcpus); i++) {
		vcpu_list[i] = &vcpus[i];
		vcpus[i].arch.sysregs.vmpidr = BIT(31) | vgic_affinity(i);
	}
	dom0.domain = &domain;
	dom0.vcpus = 2;
	dom0.uart = uart ? dt_node_at(&host_tree, uart) : NULL;
	assert_true(!uart || dom0.uart);
	dom0_find_gic(&dom0);
	dom0.bank_count = 2;
	dom0.banks[0] = (struct page_range){ PADDR(0x80000000), 0x20000000 };
	dom0.banks[1] = (struct page_range){ PADDR(0x880000000), 0x10000000 };
	dom0.grant_region = (struct page_range){ PADDR(0xa0000000), 0x200000 };
	dom0.regions[0] = (struct page_range){ PADDR(0xa0200000), 0x4000000 };
	dom0.region_count = 1;
	dom0.initrd = (struct page_range){ PADDR(0x8f000000), 0x123457 };
	dom0.dtb = HOST_RAM_BASE;
}

static void write_tree(void)
{
	size_t max = dom0_tree_size();

	dom0_place_rdists(&dom0);
	assert_true(max <= TREE_MAX);
	out = phys_to_virt(PADDR(dom0.dtb));
	dom0_write_tree(&dom0, max);
	assert_int_equal(fdt_check_full(out, max), 0);
}

static void unload(void)
{
	dt_tree_drop(&host_tree);
	free(host_blob);
	host_ram_free();
}

static int at(const char *path)
{
	int node = fdt_path_offset(out, path);

	if (node < 0)
		fail_msg("%s is missing", path);
	return node;
}

static void assert_absent(const char *path)
{
	if (fdt_path_offset(out, path) >= 0)
		fail_msg("%s is there", path);
}

static void assert_no_prop(const char *path, const char *name)
{
	if (fdt_getprop(out, at(path), name, NULL))
		fail_msg("%s has %s", path, name);
}

static void assert_string(const char *path, const char *name, const char *value)
{
	const char *got = fdt_getprop(out, at(path), name, NULL);

	if (!got)
		fail_msg("%s has no %s", path, name);
	assert_string_equal(got, value);
}

static void assert_cells(const char *path, const char *name, const uint32_t *cells, size_t count)
{
	int length;
	const fdt32_t *got = fdt_getprop(out, at(path), name, &length);

	if (!got)
		fail_msg("%s has no %s", path, name);
	assert_int_equal(length, 4 * count);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(fdt32_ld(&got[i]), cells[i]);
}

#define CELLS(path, name, ...)                                                                     \
	assert_cells(path, name, (const uint32_t[]){ __VA_ARGS__ },                                \
			sizeof((uint32_t[]){ __VA_ARGS__ }) / 4)

/* Structure, reg and ranges against cells, interrupts against their controller: dtc's own checks. (/hypervisor
 * has a reg and no unit address, as its binding has it.) */
static void check_with_dtc(void)
{
	FILE *file = fopen(OUT_FILE, "wb");

	assert_non_null(file);
	assert_int_equal(fwrite(out, 1, fdt_totalsize(out), file), fdt_totalsize(out));
	fclose(file);
	assert_int_equal(
			system("dtc -q -q -I dtb -O dtb -o /dev/null -E reg_format -E ranges_format "
			       "-E interrupts_property -E duplicate_node_names "
			       "-E explicit_phandles -E address_cells_is_cell -E device_type_is_string " OUT_FILE),
			0);
}

static bool is_written_anew(const char *path)
{
	static const char *const tops[] = { "/cpus", "/chosen", "/psci", "/hypervisor", "/memory",
		"/timer" };

	for (size_t i = 0; i < ARRAY_SIZE(tops); i++)
		if (strncmp(path, tops[i], strlen(tops[i])) == 0)
			return true;
	return false;
}

static bool is_below_absent(const char *path)
{
	char parent[1024];

	snprintf(parent, sizeof(parent), "%s", path);
	*strrchr(parent, '/') = '\0';
	return parent[0] && fdt_path_offset(out, parent) < 0;
}

/* What is there is as the host has it, but for DMA and MSI; returns how many of the host's nodes are not. */
static unsigned compare_copied(void)
{
	static const char *const dropped[] = { "iommus", "iommu-map", "iommu-map-mask", "msi-map",
		"msi-map-mask", "msi-parent" };
	unsigned missing = 0;
	char path[1024];
	int node, prop;

	for (node = 0; node >= 0; node = fdt_next_node(host_blob, node, NULL)) {
		int copy;

		assert_int_equal(fdt_get_path(host_blob, node, path, sizeof(path)), 0);
		if (is_written_anew(path) ||
				fdt_node_check_compatible(host_blob, node, "arm,gic-v3") == 0)
			continue;
		copy = fdt_path_offset(out, path);
		if (copy < 0) {
			missing += !is_below_absent(path);
			continue;
		}
		fdt_for_each_property_offset(prop, host_blob, node)
		{
			const char *name;
			int size, copied_size;
			const void *value = fdt_getprop_by_offset(host_blob, prop, &name, &size);
			const void *copied = fdt_getprop(out, copy, name, &copied_size);
			bool drop = false;

			if (fdt_getprop(host_blob, node, "xen,passthrough", NULL) &&
					strcmp(name, "status") == 0)
				continue;
			for (size_t i = 0; i < ARRAY_SIZE(dropped); i++)
				drop |= strcmp(name, dropped[i]) == 0;
			if (drop)
				continue; /* check_links() */
			if (!copied || copied_size != size || memcmp(copied, value, (size_t)size))
				fail_msg("%s: %s", path, name);
		}
	}
	return missing;
}

static uint32_t phandle_of(const char *path)
{
	uint32_t phandle = fdt_get_phandle(out, at(path));

	assert_int_not_equal(phandle, 0);
	return phandle;
}

/* Links to Dom0's own controllers stay, one by one; none dangles. */
static void check_links(void)
{
	uint32_t iommu = phandle_of("/soc/iommu@9210000");
	uint32_t msi = phandle_of("/soc/msi-controller@9211000");

	CELLS("/soc/dma@9220000", "iommus", iommu, 1, 2, iommu, 3, 4);
	CELLS("/soc/dma@9220000", "msi-parent", msi);
	assert_no_prop("/soc/dma@9221000", "iommus");
	assert_no_prop("/soc/dma@9221000", "msi-parent");
	assert_no_prop("/pcie@40000000", "iommu-map");
	assert_no_prop("/pcie@40000000", "iommu-map-mask");
	CELLS("/pcie@40000000", "msi-map", 0x8000, msi, 0, 0x8000);
	CELLS("/pcie@40000000", "msi-map-mask", 0xffff);
}

static void test_board(void **state)
{
	(void)state;
	load_host("build/host/dts/board.dtb", "/soc/serial@9000000");
	boot_info.modules[MODULE_KERNEL].bootargs = "console=hvc0";
	write_tree();
	check_with_dtc();
	/* serial@9000000, both SMMUs, the PMU; PSCI outside /psci. The ITS goes with what is above it. */
	assert_absent("/soc/serial@9000000");
	assert_absent("/iommu@fd800000");
	assert_absent("/iommu@fd000000");
	assert_absent("/pmu");
	assert_absent("/firmware/other-psci");
	assert_absent("/interrupt-controller@f9010000/msi-controller@f9020000");
	assert_absent("/other-pmu");
	assert_absent("/dsu-pmu");
	at("/wlan-pmu");
	assert_int_equal(compare_copied(), 8);
	at("/firmware/optee");
	at("/soc/disk@9300000");
	assert_string("/soc/pwm@9310000", "status", "disabled"); /* it is marked for guests */
	assert_no_prop("/soc/ethernet@9200000", "status");
	at("/reserved-memory/pool@90000000");
	assert_no_prop("/soc/ethernet@9200000", "iommus");
	assert_no_prop("/soc/ethernet@9200000", "msi-parent");
	check_links();
	/* What is pointed at and still there is found by the same phandle. */
	assert_int_equal(fdt_get_phandle(out, at("/reserved-memory/pool@90000000")),
			fdt_get_phandle(host_blob,
					fdt_path_offset(host_blob,
							"/reserved-memory/pool@90000000")));
	assert_int_equal(fdt_get_phandle(out, at("/interrupt-controller@f9010000")),
			dom0.gic->phandle);
	unload();
}

static void test_memory_and_hypervisor(void **state)
{
	(void)state;
	load_host("build/host/dts/board.dtb", "/soc/serial@9000000");
	write_tree();
	CELLS("/memory@80000000", "reg", 0, 0x80000000, 0, 0x20000000, 8, 0x80000000, 0,
			0x10000000);
	assert_string("/memory@80000000", "device_type", "memory");
	assert_string("/psci", "method", "hvc");
	assert_int_equal(fdt_node_check_compatible(out, at("/psci"), "arm,psci-1.0"), 0);
	assert_int_equal(fdt_node_check_compatible(out, at("/psci"), "arm,psci-0.2"), 0);
	assert_int_equal(fdt_node_check_compatible(out, at("/hypervisor"), "xen,xen"), 0);
	assert_int_equal(fdt_node_check_compatible(out, at("/hypervisor"), "acme,hypervisor"), 1);
	CELLS("/hypervisor", "reg", 0, 0xa0000000, 0, 0x200000, 0, 0xa0200000, 0, 0x4000000);
	CELLS("/hypervisor", "interrupts", 1, 15, 0xf08);
	/* Distributor and the first region of redistributors; no maintenance, no MSIs. */
	CELLS("/interrupt-controller@f9010000", "reg", 0, 0xf9010000, 0, 0x10000, 0, 0xf9040000, 0,
			0x40000);
	assert_no_prop("/interrupt-controller@f9010000", "#redistributor-regions");
	assert_no_prop("/interrupt-controller@f9010000", "redistributor-stride");
	assert_no_prop("/interrupt-controller@f9010000", "interrupts");
	assert_no_prop("/interrupt-controller@f9010000", "msi-controller");
	CELLS("/interrupt-controller@f9010000", "#interrupt-cells", 3);
	/* Reserved by the host's loader: not Dom0's to know, it has none of that memory. */
	assert_int_equal(fdt_num_mem_rsv(out), 0);
	unload();
}

/*
 * Timers have the virtual GIC's PPIs, 29, 30, 27 and 26, whatever the host's are; the rate is the host's, and so are
 * the errata of its counter, which the kernel itself works around.
 */
static void test_timer(void **state)
{
	(void)state;
	load_host("build/host/dts/board.dtb", "/soc/serial@9000000");
	write_tree();
	CELLS("/timer", "interrupts", 1, 13, 0xf08, 1, 14, 0xf08, 1, 11, 0xf08, 1, 10, 0xf08);
	CELLS("/timer", "interrupt-parent", dom0.gic->phandle);
	CELLS("/timer", "clock-frequency", 19200000);
	assert_string("/timer", "compatible", "arm,armv8-timer");
	assert_non_null(fdt_getprop(out, at("/timer"), "fsl,erratum-a008585", NULL));
	assert_no_prop("/timer", "interrupt-names");
	unload();
}

static void test_cpus(void **state)
{
	char path[32];

	(void)state;
	load_host("build/host/dts/board.dtb", "/soc/serial@9000000");
	dom0.vcpus = 18; /* more than the machine has; the 17th and 18th are 0x100 and 0x101 */
	write_tree();
	check_with_dtc();
	for (unsigned i = 0; i < 18; i++) {
		uint32_t affinity = (i & 15) | (i >> 4) << 8;

		snprintf(path, sizeof(path), "/cpus/cpu@%x", affinity);
		CELLS(path, "reg", 0, affinity);
		assert_string(path, "device_type", "cpu");
		assert_string(path, "enable-method", "psci");
		assert_string(path, "compatible", i & 1 ? "arm,cortex-a72" : "arm,cortex-a53");
		assert_no_prop(path, "cpu-release-addr");
		assert_no_prop(path, "cpu-idle-states");
		assert_no_prop(path, "next-level-cache");
	}
	assert_absent("/cpus/cpu@102");
	assert_absent("/cpus/cpu-map");
	assert_absent("/cpus/idle-states");
	assert_int_equal(fdt_get_phandle(out, at("/cpus/cpu@0")),
			fdt_get_phandle(host_blob, fdt_path_offset(host_blob, "/cpus/cpu@0")));
	assert_int_equal(fdt_get_phandle(out, at("/cpus/cpu@1")),
			fdt_get_phandle(host_blob, fdt_path_offset(host_blob, "/cpus/cpu@100")));
	assert_int_equal(fdt_get_phandle(out, at("/cpus/cpu@2")), 0);
	unload();
}

/* Booted on the big core: vCPU 0 stays on it, and its node says so. */
static void test_cpus_of_another_order(void **state)
{
	(void)state;
	load_host("build/host/dts/board.dtb", "/soc/serial@9000000");
	cpus[0].mpidr = 0x100;
	cpus[1].mpidr = 0;
	write_tree();
	assert_string("/cpus/cpu@0", "compatible", "arm,cortex-a72");
	assert_string("/cpus/cpu@1", "compatible", "arm,cortex-a53");
	assert_int_equal(fdt_get_phandle(out, at("/cpus/cpu@1")),
			fdt_get_phandle(host_blob, fdt_path_offset(host_blob, "/cpus/cpu@0")));
	cpus[0].mpidr = 0x200; /* the boot CPU has no node */
	write_tree();
	check_with_dtc();
	assert_string("/cpus/cpu@0", "device_type", "cpu");
	assert_int_equal(fdt_get_phandle(out, at("/cpus/cpu@0")), 0);
	unload();
}

/* Regions of two redistributors each, at different ends of the address space. */
static void test_regions_of_redistributors(void **state)
{
	const struct vgic_domain *g = &domain.arch.vgic;

	(void)state;
	load_host("build/host/dts/board.dtb", "/soc/serial@9000000");
	assert_int_equal(dom0_gic_room(&dom0), 4);
	dom0.vcpus = 3;
	write_tree();
	check_with_dtc();
	CELLS("/interrupt-controller@f9010000", "#redistributor-regions", 2);
	CELLS("/interrupt-controller@f9010000", "reg", 0, 0xf9010000, 0, 0x10000, 0, 0xf9040000, 0,
			0x40000, 8, 0xf9040000, 0, 0x40000);
	assert_int_equal(g->window_count, 2);
	assert_int_equal(g->windows[0].base.v, 0xf9040000);
	assert_int_equal(g->windows[0].end, 2);
	assert_int_equal(g->windows[1].base.v, 0x8f9040000);
	assert_int_equal(g->windows[1].first, 2);
	assert_true(g->windows[1].end >= 3);
	unload();
}

static void test_chosen(void **state)
{
	static const uint8_t seed[8] = { 1, 2, 3, 4, 5, 6, 7, 8 };
	const void *got;
	int length;

	(void)state;
	load_host("build/host/dts/board.dtb", "/soc/serial@9000000");
	boot_info.modules[MODULE_KERNEL].bootargs = "console=hvc0";
	write_tree();
	assert_string("/chosen", "bootargs", "console=hvc0");
	CELLS("/chosen", "linux,initrd-start", 0, 0x8f000000);
	CELLS("/chosen", "linux,initrd-end", 0, 0x8f123457);
	CELLS("/chosen", "kaslr-seed", 1, 2);
	got = fdt_getprop(out, at("/chosen"), "rng-seed", &length);
	assert_int_equal(length, 8);
	assert_memory_equal(got, seed, 8);
	/* Graft's UART, Graft's options, Graft's modules. */
	assert_no_prop("/chosen", "stdout-path");
	assert_no_prop("/chosen", "xen,xen-bootargs");
	assert_absent("/chosen/module@82000000");
	unload();
}

/* As Xen has it: the module's, else xen,dom0-bootargs, else bootargs where Graft has options of its own. */
static void test_bootargs(void **state)
{
	(void)state;
	load_host("build/host/dts/board.dtb", NULL);
	dom0.initrd.size = 0;
	write_tree();
	assert_string("/chosen", "bootargs", "root=/dev/mmcblk0p2");
	assert_string("/chosen", "stdout-path", "serial0:115200n8");
	assert_no_prop("/chosen", "linux,initrd-start");
	assert_no_prop("/chosen", "linux,initrd-end");
	at("/soc/serial@9000000");
	unload();
}

/* QEMU's, with an SMMU and a guest-loader's module. */
static void test_qemu(void **state)
{
	(void)state;
	if (access("build/host/dts/qemu-virt.dtb", F_OK) != 0)
		skip(); /* `make test-unit` outside the tool root, without QEMU */
	load_host("build/host/dts/qemu-virt.dtb", "/pl011@9000000");
	write_tree();
	check_with_dtc();
	assert_absent("/pl011@9000000");
	assert_absent("/smmuv3@9050000");
	assert_absent("/intc@8000000/its@8080000");
	assert_no_prop("/pcie@10000000", "iommu-map");
	assert_no_prop("/pcie@10000000", "msi-map");
	at("/virtio_mmio@a000000");
	at("/cpus/cpu@1");
	/* The UART, the SMMU, the ITS, the PMU. */
	assert_int_equal(compare_copied(), fdt_path_offset(host_blob, "/pmu") >= 0 ? 4 : 3);
	unload();
}

/* Too small a buffer is told, not written past: the page behind it is the sanitizer's. */
static void test_no_room(void **state)
{
	(void)state;
	load_host("build/host/dts/board.dtb", NULL);
	expect_refusal("Dom0's device tree cannot be written", dom0_write_tree(&dom0, 2000));
	unload();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_board),
		cmocka_unit_test(test_memory_and_hypervisor),
		cmocka_unit_test(test_timer),
		cmocka_unit_test(test_cpus),
		cmocka_unit_test(test_cpus_of_another_order),
		cmocka_unit_test(test_regions_of_redistributors),
		cmocka_unit_test(test_chosen),
		cmocka_unit_test(test_bootargs),
		cmocka_unit_test(test_qemu),
		cmocka_unit_test(test_no_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
