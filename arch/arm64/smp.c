/* SPDX-License-Identifier: Apache-2.0 */
/* Starts the other CPUs (Devicetree Specification 3.8, PSCI CPU_ON). */
#include "arch/arm64/smp.h"

#include <stdatomic.h>

#include "arch/arm64/boot.h"
#include "arch/arm64/cache.h"
#include "arch/arm64/gic.h"
#include "arch/arm64/guest.h"
#include "arch/arm64/id_join.h"
#include "arch/arm64/mm.h"
#include "arch/arm64/panic.h"
#include "arch/arm64/psci.h"
#include "core/arch.h"
#include "core/cpu.h"
#include "core/p2m.h"
#include "core/printk.h"
#include "core/sched.h"
#include "core/time.h"
#include "core/timer.h"
#include "dt/resource.h"
#include "lib/string.h"
#include <arch/barrier.h>
#include <arch/stage2.h>
#include <arch/sysreg.h>

#define MPIDR_AFFINITY (GENMASK(39, 32) | GENMASK(23, 0))
#define CPU_ON_TIMEOUT (5 * NS_PER_S)

static _Atomic bool released;

void smp_init_boot_cpu(void)
{
	struct cpu *cpu = &cpus[0];

	cpu->id = 0;
	cpu->mpidr = sysreg_read(mpidr_el1) & MPIDR_AFFINITY;
	atomic_store(&cpu->online, true);
	cpu_count = 1;
	sysreg_write(tpidr_el2, (uint64_t)cpu);
	sysreg_write(vbar_el2, (uint64_t)vectors);
	isb();
}

/* Dom0 and Graft reach all RAM and devices as long as no CPU that is up has fewer bits of an address. */
static unsigned bits_needed(void)
{
	return MIN(p2m_bits_needed(), stage2_pa_bits());
}

/* The boot CPU waits until the firmware calls this one off, since the next one gets the same stack. */
static _Noreturn void leave(struct cpu *cpu, const char *why)
{
	atomic_store(&cpu->arch.left_off, why);
	firmware_cpu_off();
	panic_halt_cpu();
}

/* The first C code of another CPU, on its own stack. */
_Noreturn void boot_secondary_main(struct cpu *cpu)
{
	const char *lacks;

	sysreg_write(vbar_el2, (uint64_t)vectors);
	isb();
	if (atomic_exchange(&cpu->arch.taken, true))
		panic_halt_cpu();
	cpu->arch.midr = (uint32_t)sysreg_read(midr_el1);
	lacks = id_lacks(
			sysreg_read(id_aa64pfr0_el1), sysreg_read(id_aa64mmfr0_el1), bits_needed());
	if (lacks)
		leave(cpu, lacks);
	if (gic_init_cpu())
		leave(cpu, "its GIC cannot be used");
	cache_init_cpu();
	guest_init_cpu();
	boot_enable_ppis();
	timer_init_cpu(cpu->id);
	atomic_store(&cpu->online, true);
	while (!atomic_load(&released))
		arch_cpu_sleep();
	guest_init_stage2();
	sched_start_cpu();
}

/* The CPU wrote it with its MMU off: past the caches. */
static bool is_e2h_stuck(struct cpu *cpu)
{
	arch_cache_clean((const void *)&boot_e2h_stuck, sizeof(boot_e2h_stuck));
	if (!boot_e2h_stuck.mpidr || (boot_e2h_stuck.mpidr & MPIDR_AFFINITY) != cpu->mpidr)
		return false;
	cpu->arch.midr = (uint32_t)boot_e2h_stuck.midr;
	return true;
}

enum outcome {
	CAME,
	LEFT_OFF, /* it executes nothing any more, or nothing that needs its stack */
	LOST, /* it may still run, and the next one would meet it on its stack */
};

static void name_left_off(const struct dt_node *node, const struct cpu *cpu, const char *why)
{
	log_warn("%s (MPIDR %#llx, MIDR %08x) is left off: %s", dt_path(node),
			(unsigned long long)cpu->mpidr, cpu->arch.midr, why);
}

static enum outcome wait_off(const struct dt_node *node, const struct cpu *cpu, uint64_t end)
{
	while (!firmware_cpu_is_off(cpu->mpidr)) {
		if (time_now() > end) {
			log_warn("%s does not go off: those after it are left out", dt_path(node));
			return LOST;
		}
		cpu_relax();
	}
	return LEFT_OFF;
}

static enum outcome await(const struct dt_node *node, struct cpu *cpu)
{
	uint64_t end = time_now() + CPU_ON_TIMEOUT;

	while (!atomic_load(&cpu->online)) {
		const char *why = atomic_load(&cpu->arch.left_off);

		if (why) {
			name_left_off(node, cpu, why);
			return wait_off(node, cpu, end);
		}
		if (is_e2h_stuck(cpu)) {
			name_left_off(node, cpu, "no FEAT_E2H0 (HCR_EL2.E2H stays 1)");
			return LEFT_OFF;
		}
		if (time_now() > end && !atomic_exchange(&cpu->arch.taken, true)) {
			log_warn("%s was started and did not come: it and those after it are left out",
					dt_path(node));
			return LOST;
		}
		cpu_relax();
	}
	return CAME;
}

/* The stacks of one that was left off are the next one's. */
static int prepare(struct cpu *cpu, uint64_t mpidr)
{
	*cpu = (struct cpu){
		.stack_top = cpu->stack_top,
		.emergency_stack_top = cpu->emergency_stack_top,
		.id = cpu_count,
		.mpidr = mpidr,
	};
	return cpu->stack_top ? 0 : mm_map_stacks(cpu);
}

/* False: no more may be started. */
static bool start(const struct dt_node *node, uint64_t mpidr)
{
	struct cpu *cpu = &cpus[cpu_count];
	enum outcome outcome;
	int err;

	if (prepare(cpu, mpidr))
		return false;
	err = firmware_cpu_on(mpidr, mm_image_phys(boot_secondary).v, (uint64_t)cpu);
	if (err) {
		log_warn("%s did not start (PSCI %d): it is left out", dt_path(node), err);
		return true;
	}
	outcome = await(node, cpu);
	if (outcome == CAME)
		cpu_count++;
	return outcome != LOST;
}

/* An enabled CPU that is not the one that boots. */
static bool is_other(const struct dt_tree *tree, const struct dt_node *node, uint64_t *mpidr)
{
	const char *type = dt_prop_string(tree, node, "device_type");
	const struct dt_prop *reg = dt_prop(tree, node, "reg");
	struct span span;

	if (!type || strcmp(type, "cpu") != 0 || !reg || !dt_is_enabled(tree, node))
		return false;
	span = dt_prop_span(reg);
	return span_cells(&span, reg->size / 4, mpidr) && *mpidr != cpus[0].mpidr;
}

void smp_start_others(const struct dt_tree *tree)
{
	const struct dt_node *top = dt_node_at(tree, "/cpus"), *node;
	uint64_t mpidr, first_beyond = 0;
	unsigned beyond = 0;

	if (!top)
		return;
	dt_for_each_child (node, top) {
		if (!is_other(tree, node, &mpidr))
			continue;
		if (cpu_count == CPUS_MAX) {
			first_beyond = beyond++ ? first_beyond : mpidr;
			continue;
		}
		if (!start(node, mpidr))
			return;
	}
	if (beyond)
		log_warn("%u CPUs are left out, from MPIDR %#llx on: Graft runs on %u", beyond,
				(unsigned long long)first_beyond, CPUS_MAX);
}

void smp_release_others(void)
{
	atomic_store(&released, true);
	for (unsigned cpu = 1; cpu < cpu_count; cpu++)
		arch_cpu_kick(cpu);
}
