/* SPDX-License-Identifier: Apache-2.0 */
/* The physical CPUs: what each one is, who runs on it. */
#include "core/cpu.h"

struct cpu cpus[CPUS_MAX];
unsigned cpu_count;

void cpu_request_resched(unsigned cpu)
{
	/* Whoever set it first has kicked the CPU, or it is the CPU itself, which is on its way there. */
	if (atomic_exchange(&cpus[cpu].need_resched, true) || cpu == cpu_id())
		return;
	arch_cpu_kick(cpu);
}
