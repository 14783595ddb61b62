/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bring-up of a GICv3 as firmware may leave it, its registers plain memory: writes that must not be made, LPIs that
 * were on, a redistributor that never answers, a region for each CPU.
 */
#include "arch/arm64/gic.h"
#include <arch/mmio.h>

static void watched_write32(volatile void *addr, uint32_t value);
static void watched_lr_write(unsigned n, uint64_t value);
#define mmio_write32 watched_write32
#define gic_lr_write watched_lr_write
#include "arch/arm64/gic_init.c" /* arch/host has a GIC of its own */
#undef mmio_write32
#undef gic_lr_write

#undef fail
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "arch/host/fake.h"

#include <cmocka.h>

#define RDISTS 20

volatile uint8_t *gic_dist;
struct gic_cpu gic_cpus[CPUS_MAX];
static uint8_t *dist, *rdists[RDISTS];
static bool are_cleared; /* a write cleared GICD_CTLR.ARE while it was set */
static bool keeps_lpis; /* EnableLPIs cannot be cleared */
static uint32_t lrs_cleared[RDISTS]; /* by CPU: bit n */

static void watched_write32(volatile void *addr, uint32_t value)
{
	if (addr == dist + GICD_CTLR && (mmio_read32(addr) & GICD_CTLR_ARE) &&
			!(value & GICD_CTLR_ARE))
		are_cleared = true;
	for (unsigned i = 0; i < RDISTS; i++)
		if (keeps_lpis && addr == rdists[i] + GICR_CTLR)
			return;
	mmio_write32(addr, value);
}

static void watched_lr_write(unsigned n, uint64_t value)
{
	assert_int_equal(value, 0);
	lrs_cleared[cpu_id()] |= UINT32_C(1) << n;
}

void *device_map(paddr_t pa, uint64_t size)
{
	(void)pa;
	(void)size;
	return NULL;
}

void gic_dist_wait(void)
{
}

void gic_rdist_wait(volatile uint8_t *rdist)
{
	(void)rdist;
}

static void relax(void)
{
}

static void set_typer(unsigned i)
{
	uint64_t typer = (uint64_t)i << 32 | GICR_TYPER_LAST;

	memcpy(rdists[i] + GICR_TYPER, &typer, sizeof(typer));
}

static int set_up(void **state)
{
	(void)state;
	host_sysreg_reset();
	host_cpus_reset(RDISTS, 0);
	host_relax_hook = relax;
	are_cleared = keeps_lpis = false;
	memset(lrs_cleared, 0, sizeof(lrs_cleared));
	gic_info = (struct gic_info){ .spi_count = 64, .maintenance_intid = 25, .lr_count = 4 };
	host_sysreg_write("S3_4_C12_C9_5", ICC_SRE_SRE);
	host_sysreg_write("S3_4_C12_C11_1", FIELD_PREP(ICH_VTR_LRS, 3));
	dist = calloc(1, GICD_SIZE);
	gic_dist = dist;
	region_count = 0;
	for (unsigned i = 0; i < RDISTS; i++) {
		rdists[i] = calloc(1, RDIST_SIZE);
		set_typer(i);
		regions[region_count++] = (struct region){ rdists[i], RDIST_SIZE };
	}
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	free(dist);
	for (unsigned i = 0; i < RDISTS; i++)
		free(rdists[i]);
	return 0;
}

static void test_are_is_never_cleared(void **state)
{
	(void)state;
	for (uint32_t left = 0; left < 0x20; left++) {
		mmio_write32(gic_dist + GICD_CTLR, left);
		init_dist();
		assert_false(are_cleared);
		assert_int_equal(mmio_read32(gic_dist + GICD_CTLR), 0x12);
	}
}

/* More regions than 16: each CPU finds its own. */
static void test_a_region_for_each_cpu(void **state)
{
	(void)state;
	for (unsigned i = 0; i < RDISTS; i++) {
		host_cpu_set(i);
		assert_int_equal(gic_init_cpu(), 0);
		assert_ptr_equal(gic_cpus[i].rdist, rdists[i]);
	}
	cpus[3].mpidr = 77;
	host_cpu_set(3);
	assert_int_equal(gic_init_cpu(), -ENODEV);
}

static void test_lpis_left_on(void **state)
{
	(void)state;
	mmio_write32(rdists[0] + GICR_CTLR, GICR_CTLR_LPIS);
	assert_int_equal(gic_init_cpu(), 0);
	assert_int_equal(mmio_read32(rdists[0] + GICR_CTLR), 0);
	mmio_write32(rdists[0] + GICR_CTLR, GICR_CTLR_LPIS);
	keeps_lpis = true;
	assert_int_equal(gic_init_cpu(), 0);
}

/* The children stay asleep: the CPU is given up, after a time. */
static void test_redistributor_that_sleeps(void **state)
{
	(void)state;
	mmio_write32(rdists[0] + GICR_WAKER, GICR_WAKER_SLEEP | GICR_WAKER_CHILDREN);
	assert_int_equal(gic_init_cpu(), -ENODEV);
	assert_int_equal(mmio_read32(rdists[0] + GICR_WAKER), GICR_WAKER_CHILDREN);
}

static uint64_t vtr(uint64_t lrs, uint64_t priority_bits, uint64_t preemption_bits, bool dir_traps)
{
	return FIELD_PREP(ICH_VTR_LRS, lrs - 1) | FIELD_PREP(ICH_VTR_PRIBITS, priority_bits - 1) |
	       FIELD_PREP(ICH_VTR_PREBITS, preemption_bits - 1) | (dir_traps ? ICH_VTR_TDS : 0);
}

/* A vCPU that comes with four interrupts to a CPU that can list three: nothing may be listed that is not there. */
static void test_virtual_interfaces_that_differ(void **state)
{
	(void)state;
	gic_info.lr_count = 16;
	gic_info.priority_bits = gic_info.preemption_bits = 7;
	gic_info.dir_traps = true;
	host_sysreg_write("S3_4_C12_C11_1", vtr(16, 7, 7, true));
	assert_int_equal(gic_init_cpu(), 0);
	assert_int_equal(gic_info.lr_count, 16);
	assert_true(gic_info.dir_traps);
	host_cpu_set(1);
	host_sysreg_write("S3_4_C12_C11_1", vtr(3, 5, 6, false));
	assert_int_equal(gic_init_cpu(), 0);
	host_cpu_set(2);
	host_sysreg_write("S3_4_C12_C11_1", vtr(4, 6, 5, true));
	assert_int_equal(gic_init_cpu(), 0);
	assert_int_equal(gic_info.lr_count, 3);
	/* Of each CPU all of its own, also those that nobody uses any more: unknown after reset. */
	assert_int_equal(lrs_cleared[0], 0xffff);
	assert_int_equal(lrs_cleared[1], 0x7);
	assert_int_equal(lrs_cleared[2], 0xf);
	assert_int_equal(gic_info.priority_bits, 5);
	assert_int_equal(gic_info.preemption_bits, 5);
	assert_false(gic_info.dir_traps);
	host_cpu_set(3);
	host_sysreg_write("S3_4_C12_C11_1", vtr(1, 5, 5, false));
	assert_int_equal(gic_init_cpu(), -ENODEV);
	assert_int_equal(gic_info.lr_count, 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_are_is_never_cleared, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_a_region_for_each_cpu, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_lpis_left_on, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_redistributor_that_sleeps, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
				test_virtual_interfaces_that_differ, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
