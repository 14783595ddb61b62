/* SPDX-License-Identifier: Apache-2.0 */
/* smp_start_others(): CPUs that come, are left off for a reason, or are lost. The test plays firmware and CPUs. */
#include "tests/unit/boot_env.h"

#include "arch/arm64/smp.c" /* arch/host has no other CPUs */

#define PATH_LINES 16

enum conduct {
	COMES,
	HAS_NO_FP,
	HAS_BAD_GIC,
	IS_SHORT, /* of physical addresses */
	IS_E2H, /* HCR_EL2.E2H stays 1 */
	IS_SILENT, /* PSCI says success */
	IS_REFUSED, /* by PSCI */
	STAYS_ON, /* lacks FP, and is never off */
};

const char vectors[1], boot_secondary[1];
volatile struct boot_e2h_stuck boot_e2h_stuck;

static struct dt_tree tree;
static enum conduct conducts[80]; /* by MPIDR */
static char lines[PATH_LINES][256];
static unsigned line_count, mapped, joined;
static uint64_t off; /* MPIDR of the CPU that went off last */
static jmp_buf cpu_rests;
static bool gic_is_bad;

void printk(enum log_level level, const char *fmt, ...)
{
	va_list args;

	(void)level;
	assert_true(line_count < PATH_LINES);
	va_start(args, fmt);
	vsnprintf(lines[line_count++], sizeof(lines[0]), fmt, args);
	va_end(args);
}

int mm_map_stacks(struct cpu *cpu)
{
	mapped++;
	cpu->stack_top = 0x1000 * (cpu->id + 1);
	return 0;
}

paddr_t mm_image_phys(const void *symbol)
{
	return PADDR((uint64_t)symbol);
}

void cache_init_cpu(void)
{
}

int gic_init_cpu(void)
{
	return gic_is_bad ? -19 : 0;
}

void guest_init_cpu(void)
{
	joined++;
}

void guest_init_stage2(void)
{
	fail_msg("before all CPUs are up");
}

void boot_enable_ppis(void)
{
}

void timer_init_cpu(unsigned cpu)
{
	assert_int_equal(cpu, cpu_id());
}

_Noreturn void sched_start_cpu(void)
{
	abort();
}

void firmware_cpu_off(void)
{
	off = cpus[cpu_count].mpidr;
}

_Noreturn void panic_halt_cpu(void)
{
	longjmp(cpu_rests, 1);
}

static void sleeps(void)
{
	longjmp(cpu_rests, 1);
}

static void relax(void)
{
	host_now += NS_PER_S / 10;
}

static void run_secondary(struct cpu *cpu, enum conduct conduct)
{
	bool has_fp = conduct != HAS_NO_FP && conduct != STAYS_ON;

	host_sysreg_write("midr_el1", 0x410fd034);
	host_sysreg_write("id_aa64pfr0_el1", has_fp ? 0x01002222 : 0x01ff2222);
	host_sysreg_write("id_aa64mmfr0_el1", conduct == IS_SHORT ? 0x1121 : 0x1122);
	gic_is_bad = conduct == HAS_BAD_GIC;
	host_cpu_set((unsigned)(cpu - cpus));
	if (!setjmp(cpu_rests))
		boot_secondary_main(cpu);
	host_cpu_set(0);
}

int firmware_cpu_on(uint64_t mpidr, uint64_t entry, uint64_t context)
{
	enum conduct conduct = conducts[mpidr];

	assert_int_equal(entry, (uint64_t)boot_secondary);
	off = 0;
	if (conduct == IS_REFUSED)
		return -3;
	if (conduct == IS_E2H) {
		boot_e2h_stuck.mpidr = UINT64_C(0x80000000) | mpidr;
		boot_e2h_stuck.midr = 0x410fd999;
	} else if (conduct != IS_SILENT) {
		run_secondary((struct cpu *)context, conduct);
	}
	return 0;
}

bool firmware_cpu_is_off(uint64_t mpidr)
{
	return off == mpidr && conducts[mpidr] != STAYS_ON;
}

/* CPU nodes with reg 0 … count - 1. */
static void build(unsigned count)
{
	char name[16];

	env_tree_begin();
	env_root(1, 1);
	env_begin("cpus");
	env_write_cells(1, 0);
	for (unsigned i = 0; i < count; i++) {
		snprintf(name, sizeof(name), "cpu@%x", i);
		env_begin(name);
		env_string("device_type", "cpu");
		env_u32("reg", i);
		env_end();
	}
	env_end();
	env_tree_end();
	assert_int_equal(dt_tree_build(&tree, &env_tree, env_blob, fdt_totalsize(env_blob), NULL),
			0);
}

/* Booted on the CPU whose node is the first. */
static void start_all(unsigned count)
{
	build(count);
	host_sysreg_write("mpidr_el1", 0);
	smp_init_boot_cpu();
	smp_start_others(&tree);
	dt_tree_drop(&tree);
}

static int set_up(void **state)
{
	(void)state;
	host_sysreg_reset();
	host_cpus_reset(1, NS_PER_S);
	memset(cpus, 0, sizeof(cpus));
	memset(conducts, 0, sizeof(conducts));
	boot_e2h_stuck.mpidr = boot_e2h_stuck.midr = 0;
	p2m_setup(PADDR(UINT64_C(1) << 38));
	host_sleep_hook = sleeps;
	host_relax_hook = relax;
	line_count = mapped = joined = 0;
	return 0;
}

static void check_line(unsigned n, const char *text)
{
	assert_true(n < line_count);
	assert_string_equal(lines[n], text);
}

static void test_all_come(void **state)
{
	(void)state;
	start_all(4);
	assert_int_equal(cpu_count, 4);
	assert_int_equal(line_count, 0);
	assert_int_equal(joined, 3);
	for (unsigned i = 0; i < 4; i++) {
		assert_int_equal(cpus[i].id, i);
		assert_int_equal(cpus[i].mpidr, i);
	}
}

/* A CPU that is left off is named with the reason and goes off; the next one has its number and its stack. */
static void check_left_off(enum conduct conduct, const char *line)
{
	set_up(NULL);
	conducts[2] = conduct;
	start_all(5);
	assert_int_equal(cpu_count, 4);
	assert_int_equal(cpus[1].mpidr, 1);
	assert_int_equal(cpus[2].mpidr, 3);
	assert_int_equal(cpus[3].mpidr, 4);
	assert_int_equal(mapped, 3);
	assert_int_equal(joined, 3);
	assert_int_equal(line_count, 1);
	check_line(0, line);
}

static void test_left_off(void **state)
{
	(void)state;
	check_left_off(HAS_NO_FP,
			"/cpus/cpu@2 (MPIDR 0x2, MIDR 410fd034) is left off: no FP and Advanced SIMD registers (ID_AA64PFR0_EL1)");
	check_left_off(IS_SHORT,
			"/cpus/cpu@2 (MPIDR 0x2, MIDR 410fd034) is left off: RAM or devices lie beyond its physical addresses (ID_AA64MMFR0_EL1.PARange)");
	check_left_off(HAS_BAD_GIC,
			"/cpus/cpu@2 (MPIDR 0x2, MIDR 410fd034) is left off: its GIC cannot be used");
	check_left_off(IS_E2H,
			"/cpus/cpu@2 (MPIDR 0x2, MIDR 410fd999) is left off: no FEAT_E2H0 (HCR_EL2.E2H stays 1)");
	check_left_off(IS_REFUSED, "/cpus/cpu@2 did not start (PSCI -3): it is left out");
}

/* It may still come: nobody else gets its stack, and when it comes it goes no further. */
static void test_lost(void **state)
{
	(void)state;
	conducts[2] = IS_SILENT;
	start_all(5);
	assert_int_equal(cpu_count, 2);
	assert_int_equal(line_count, 1);
	check_line(0, "/cpus/cpu@2 was started and did not come: it and those after it are left out");
	run_secondary(&cpus[2], COMES);
	assert_int_equal(joined, 1);
	assert_false(cpus[2].online);
}

static void test_left_off_and_still_on(void **state)
{
	(void)state;
	conducts[2] = STAYS_ON;
	start_all(5);
	assert_int_equal(cpu_count, 2);
	assert_int_equal(line_count, 2);
	check_line(1, "/cpus/cpu@2 does not go off: those after it are left out");
}

static void test_more_than_there_is_room_for(void **state)
{
	(void)state;
	conducts[7] = HAS_NO_FP; /* makes room for one more */
	start_all(70);
	assert_int_equal(cpu_count, CPUS_MAX);
	assert_int_equal(line_count, 2);
	check_line(1, "5 CPUs are left out, from MPIDR 0x41 on: Graft runs on 64");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_all_come, set_up),
		cmocka_unit_test_setup(test_left_off, set_up),
		cmocka_unit_test_setup(test_lost, set_up),
		cmocka_unit_test_setup(test_left_off_and_still_on, set_up),
		cmocka_unit_test_setup(test_more_than_there_is_room_for, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
