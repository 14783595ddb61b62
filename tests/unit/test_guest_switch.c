/* SPDX-License-Identifier: Apache-2.0 */
/*
 * In which order a vCPU's registers leave and enter a CPU: stage 2 is never a guest's beside another guest's stage 1.
 * And the TLB's maintenance, arch/arm64/tlb.c, on the traced registers of the host.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define tlb_flush_guest       real_flush_guest
#define tlb_flush_guest_range real_flush_guest_range
#define tlb_flush_all_guests  real_flush_all_guests
#include "arch/arm64/tlb.c"
#undef tlb_flush_guest
#undef tlb_flush_guest_range
#undef tlb_flush_all_guests

#include "arch/arm64/guest.h"
#include "arch/arm64/serror.h"
#include "arch/host/fake.h"
#include "core/domain.h"
#include "core/page.h"
#include "core/time.h"
#include <arch/mm.h>

#include <cmocka.h>

#define HCR_VSE_BIT UINT64_C(0x100)
#define HCR_TSW_BIT (UINT64_C(1) << 22)
#define HCR_TVM_BIT (UINT64_C(1) << 26)

static struct domain d[2];
static struct vcpu v[3]; /* 0 and 1 are of d[0], 2 of d[1] */
static uint64_t empty;

static int set_up(void **state)
{
	struct page_range ram = { PADDR(HOST_RAM_BASE), MIB(4) };

	(void)state;
	host_ram_init(ram.size);
	assert_int_equal(page_init(&ram, 1, NULL, 0), 0);
	host_cpus_reset(1, NS_PER_S);
	memset(d, 0, sizeof(d));
	memset(v, 0, sizeof(v));
	host_sysreg_reset();
	atomic_store(&errata_machine, 0);
	p2m_setup(PADDR(HOST_RAM_BASE + ram.size));
	assert_int_equal(p2m_init_empty(), 0);
	empty = p2m_empty_vttbr();
	for (unsigned i = 0; i < 2; i++)
		d[i].p2m.vttbr = (uint64_t)(i + 1) << 48 | (UINT64_C(0x1000) << i);
	v[0].domain = v[1].domain = &d[0];
	v[2].domain = &d[1];
	v[1].id = 1;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	host_ram_free();
	return 0;
}

static void trace(void)
{
	host_step_count = 0;
	host_trace_on = true;
}

static bool is_step(unsigned i, const char *what)
{
	return i < host_step_count && strcmp(host_steps[i].what, what) == 0;
}

static unsigned step_of(const char *what)
{
	for (unsigned i = 0; i < host_step_count; i++)
		if (is_step(i, what))
			return i;
	fail_msg("no %s", what);
	return 0;
}

static unsigned count_of(const char *what)
{
	unsigned count = 0;

	for (unsigned i = 0; i < host_step_count; i++)
		count += is_step(i, what);
	return count;
}

static void test_the_empty_stage_2_is_nobodys(void **state)
{
	(void)state;
	assert_true(empty != 0);
	assert_int_equal(empty >> 48, 0); /* VMID 0 */
	for (unsigned i = 0; i < PAGE_SIZE / 8; i++)
		assert_int_equal(((uint64_t *)phys_to_virt(PADDR(empty)))[i], 0);
}

static void test_leaving_empties_stage_2(void **state)
{
	(void)state;
	sysreg_write(vttbr_el2, d[0].p2m.vttbr);
	trace();
	guest_switch_out(&v[0]);
	assert_int_equal(count_of("vttbr_el2"), 1);
	assert_int_equal(host_steps[step_of("vttbr_el2")].value, empty);
	assert_true(is_step(step_of("vttbr_el2") + 1, "isb"));
	assert_int_equal(sysreg_read(vttbr_el2), empty);
}

/* Everything that AT uses of stage 1 is written, and synchronized, before VTTBR_EL2. */
static void test_stage_1_enters_first(void **state)
{
	static const char *const stage1[] = { "ttbr0_el1", "ttbr1_el1", "tcr_el1", "sctlr_el1",
		"mair_el1", "hcr_el2" };
	unsigned at;

	(void)state;
	trace();
	guest_switch_in(&v[2]);
	at = step_of("vttbr_el2");
	assert_int_equal(count_of("vttbr_el2"), 1);
	assert_int_equal(host_steps[at].value, d[1].p2m.vttbr);
	assert_true(is_step(at - 1, "isb"));
	assert_true(is_step(at + 1, "isb"));
	for (size_t i = 0; i < ARRAY_SIZE(stage1); i++)
		assert_true(step_of(stage1[i]) < at);
}

/* AmpereOne erratum AC04_CPU_23. */
static void test_hcr_is_written_between_barriers(void **state)
{
	(void)state;
	guest_switch_in(&v[0]);
	for (unsigned charge = 0; charge < 2; charge++) {
		trace();
		if (charge)
			serror_charge(&v[0], 0xbe000000);
		else
			guest_switch_in(&v[0]);
		unsigned at = step_of("hcr_el2");

		assert_int_equal(count_of("hcr_el2"), 1);
		assert_true(is_step(at - 1, "dsb nsh") && is_step(at + 1, "isb"));
	}
}

static void test_siblings_translations_are_forgotten(void **state)
{
	(void)state;
	trace();
	guest_switch_in(&v[0]);
	guest_switch_in(&v[0]);
	guest_switch_in(&v[2]);
	assert_int_equal(count_of("tlbi vmalle1"), 0);
	host_step_count = 0;
	guest_switch_in(&v[1]);
	assert_true(step_of("tlbi vmalle1") > step_of("vttbr_el2") + 1);
	assert_true(is_step(step_of("tlbi vmalle1") + 1, "dsb nsh"));
}

static void test_another_guests_translations_go_by_its_vmid_alone(void **state)
{
	unsigned at;

	(void)state;
	sysreg_write(vttbr_el2, d[0].p2m.vttbr);
	trace();
	real_flush_guest(d[1].p2m.vttbr);
	at = step_of("tlbi vmalls12e1is");
	assert_int_equal(count_of("vttbr_el2"), 2);
	assert_true(is_step(at - 2, "vttbr_el2") && is_step(at - 1, "isb"));
	assert_int_equal(host_steps[at - 2].value, empty | UINT64_C(2) << 48);
	assert_int_equal(sysreg_read(vttbr_el2), d[0].p2m.vttbr);
	host_step_count = 0;
	real_flush_guest_range(d[0].p2m.vttbr, 0x1000, 0x2000);
	assert_int_equal(count_of("vttbr_el2"), 0);
	assert_int_equal(count_of("tlbi ipas2e1is"), 2);
	assert_int_equal(count_of("tlbi vmalle1is"), 1);
}

static unsigned last_of(const char *what)
{
	unsigned i = host_step_count;

	while (i && !is_step(i - 1, what))
		i--;
	assert_true(i > 0);
	return i - 1;
}

static bool ends_twice(void)
{
	unsigned at = last_of("tlbi vale2is");

	return is_step(at - 1, "dsb ish") && is_step(at + 1, "dsb ish") && is_step(at + 2, "isb");
}

static void test_invalidation_is_repeated_by_erratum(void **state)
{
	(void)state;
	trace();
	real_flush_guest(d[0].p2m.vttbr);
	real_flush_guest_range(d[0].p2m.vttbr, 0, 0x1000);
	real_flush_all_guests();
	assert_int_equal(count_of("tlbi vale2is"), 0);
	atomic_store(&errata_machine, ERRATUM_TLBI_REPEAT);
	host_step_count = 0;
	real_flush_guest(d[0].p2m.vttbr);
	assert_true(ends_twice());
	host_step_count = 0;
	real_flush_guest_range(d[0].p2m.vttbr, 0, 0x1000);
	assert_true(ends_twice() && last_of("tlbi vale2is") > step_of("tlbi vmalle1is"));
	/* Stage 2 is gone for good before what was made of it goes, or it would be made again. */
	assert_int_equal(count_of("tlbi vale2is"), 2);
	assert_true(step_of("tlbi vale2is") > step_of("tlbi ipas2e1is"));
	assert_true(step_of("tlbi vale2is") < step_of("tlbi vmalle1is"));
	host_step_count = 0;
	real_flush_all_guests();
	assert_true(ends_twice());
}

static void test_par_is_read_between_barriers_by_erratum(void **state)
{
	(void)state;
	trace();
	(void)guest_read_par();
	assert_int_equal(count_of("dmb sy"), 0);
	atomic_store(&errata_machine, ERRATUM_PAR_DMB);
	(void)guest_read_par();
	assert_int_equal(count_of("dmb sy"), 2);
}

/* HCR_EL2.VSE stays with the vCPU that is to take the SError, and VDISR_EL2 with the one whose ESB wrote it. */
static void test_serrors_change_hands(void **state)
{
	(void)state;
	cpus[0].arch.has_ras = true;
	guest_switch_in(&v[0]);
	serror_charge(&v[0], 0xbe000000);
	assert_true(sysreg_read(hcr_el2) & HCR_VSE_BIT);
	sysreg_write(S3_4_C12_C1_1, 0x80000011);
	guest_switch_out(&v[0]);
	guest_switch_in(&v[2]);
	assert_false(sysreg_read(hcr_el2) & HCR_VSE_BIT);
	assert_int_equal(sysreg_read(S3_4_C12_C1_1), 0);
	guest_switch_out(&v[2]);
	guest_switch_in(&v[0]);
	assert_true(sysreg_read(hcr_el2) & HCR_VSE_BIT);
	assert_int_equal(sysreg_read(S3_4_C12_C1_1), 0x80000011);
}

/* HCR_EL2.TSW and TVM: one vCPU's caches are watched, another's are not. */
static void test_cache_traps_change_hands(void **state)
{
	const uint64_t both = HCR_TSW_BIT | HCR_TVM_BIT;

	(void)state;
	v[0].arch.sysregs.hcr = HCR_TSW_BIT;
	v[2].arch.sysregs.hcr = HCR_TSW_BIT;
	guest_switch_in(&v[0]);
	assert_int_equal(sysreg_read(hcr_el2) & both, HCR_TSW_BIT);
	sysreg_write(hcr_el2, (sysreg_read(hcr_el2) & ~both) | HCR_TVM_BIT);
	guest_switch_out(&v[0]);
	guest_switch_in(&v[2]);
	assert_int_equal(sysreg_read(hcr_el2) & both, HCR_TSW_BIT);
	guest_switch_out(&v[2]);
	guest_switch_in(&v[0]);
	assert_int_equal(sysreg_read(hcr_el2) & both, HCR_TVM_BIT);
}

static void test_a_stray_serror_is_taken_once_and_nobodys(void **state)
{
	(void)state;
	host_serror_windows = 0;
	guest_switch_in(&v[0]);
	serror_take_stray();
	assert_int_equal(host_serror_windows, 0);
	sysreg_write(isr_el1, 0x80); /* an interrupt alone */
	serror_take_stray();
	assert_int_equal(host_serror_windows, 0);
	sysreg_write(isr_el1, 0x100);
	host_serror = 0xbe000002;
	serror_take_stray();
	assert_int_equal(host_serror_windows, 1);
	assert_int_equal(cpus[0].arch.serror, 0xbe000002);
	assert_false(sysreg_read(hcr_el2) & HCR_VSE_BIT);
	serror_report();
	assert_int_equal(cpus[0].arch.serror, 0);
}

static void test_what_firmware_left_is_cleared(void **state)
{
	(void)state;
	host_serror_windows = 0;
	sysreg_write(id_aa64pfr0_el1, UINT64_C(1) << 28);
	sysreg_write(isr_el1, 0x100);
	host_serror = 0xbe000000;
	serror_init_cpu();
	assert_int_equal(host_serror_windows, 1);
	assert_true(cpus[0].arch.has_ras);
	assert_int_equal(sysreg_read(S3_4_C5_C2_3), 1 << 24);
	assert_false(sysreg_read(hcr_el2) & HCR_VSE_BIT);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_the_empty_stage_2_is_nobodys),
		TEST(test_leaving_empties_stage_2),
		TEST(test_stage_1_enters_first),
		TEST(test_hcr_is_written_between_barriers),
		TEST(test_siblings_translations_are_forgotten),
		TEST(test_another_guests_translations_go_by_its_vmid_alone),
		TEST(test_invalidation_is_repeated_by_erratum),
		TEST(test_par_is_read_between_barriers_by_erratum),
		TEST(test_serrors_change_hands),
		TEST(test_cache_traps_change_hands),
		TEST(test_a_stray_serror_is_taken_once_and_nobodys),
		TEST(test_what_firmware_left_is_cleared),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
