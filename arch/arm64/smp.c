/* SPDX-License-Identifier: Apache-2.0 */
/* Starts the other CPUs (Devicetree Specification 3.8, PSCI CPU_ON). */
#include "arch/arm64/smp.h"

#include <stdatomic.h>

#include "arch/arm64/boot.h"
#include "arch/arm64/gic.h"
#include "arch/arm64/guest.h"
#include "arch/arm64/mm.h"
#include "arch/arm64/panic.h"
#include "arch/arm64/psci.h"
#include "core/cpu.h"
#include "core/printk.h"
#include "core/sched.h"
#include "core/time.h"
#include "core/timer.h"
#include "dt/resource.h"
#include "lib/string.h"
#include <arch/barrier.h>
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

/* The first C code of another CPU, on its own stack. */
_Noreturn void boot_secondary_main(struct cpu *cpu)
{
	sysreg_write(vbar_el2, (uint64_t)vectors);
	isb();
	if (gic_init_cpu())
		panic_halt_cpu();
	guest_init_cpu();
	boot_enable_ppis();
	timer_init_cpu(cpu->id);
	atomic_store(&cpu->online, true);
	while (!atomic_load(&released))
		arch_cpu_sleep();
	sched_start_cpu();
}

static bool wait_online(struct cpu *cpu)
{
	uint64_t end = time_now() + CPU_ON_TIMEOUT;

	while (!atomic_load(&cpu->online)) {
		if (time_now() > end)
			return false;
		cpu_relax();
	}
	return true;
}

/* False: no more may be started; one that comes late would meet another on its stack. */
static bool start(const struct dt_node *node, uint64_t mpidr)
{
	struct cpu *cpu = &cpus[cpu_count];
	int err;

	memset(cpu, 0, sizeof(*cpu));
	cpu->id = cpu_count;
	cpu->mpidr = mpidr;
	if (mm_map_stacks(cpu))
		return false;
	err = firmware_cpu_on(mpidr, mm_image_phys(boot_secondary).v, (uint64_t)cpu);
	if (err) {
		log_warn("%s did not start (PSCI %d): it is left out", dt_path(node), err);
		return true;
	}
	if (!wait_online(cpu)) {
		log_warn("%s was started and did not come: it and those after it are left out",
				dt_path(node));
		return false;
	}
	cpu_count++;
	return true;
}

void smp_start_others(const struct dt_tree *tree)
{
	const struct dt_node *top = dt_node_at(tree, "/cpus"), *node;

	if (!top)
		return;
	dt_for_each_child (node, top) {
		const char *type = dt_prop_string(tree, node, "device_type");
		const struct dt_prop *reg = dt_prop(tree, node, "reg");
		struct span span;
		uint64_t mpidr;

		if (!type || strcmp(type, "cpu") != 0 || !reg || !dt_is_enabled(tree, node))
			continue;
		span = dt_prop_span(reg);
		if (!span_cells(&span, reg->size / 4, &mpidr) || mpidr == cpus[0].mpidr)
			continue;
		if (cpu_count == CPUS_MAX) {
			log_warn("more than %u CPUs: the rest is left out", CPUS_MAX);
			return;
		}
		if (!start(node, mpidr))
			return;
	}
}

void smp_release_others(void)
{
	atomic_store(&released, true);
	for (unsigned cpu = 1; cpu < cpu_count; cpu++)
		arch_cpu_kick(cpu);
}
