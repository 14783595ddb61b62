/* SPDX-License-Identifier: Apache-2.0 */
/* The physical CPUs: what each one is, who runs on it. */
#include "core/cpu.h"

#include "lib/printf.h"

struct cpu cpus[CPUS_MAX];
unsigned cpu_count;

void cpu_request_resched(unsigned cpu)
{
	/* Whoever set it first has kicked the CPU, or it is the CPU itself, which is on its way there. */
	if (atomic_exchange(&cpus[cpu].need_resched, true) || cpu == cpu_id())
		return;
	arch_cpu_kick(cpu);
}

/* Where the run of CPUs ends that begins with first. */
static unsigned run_end(uint64_t mask, unsigned first)
{
	while (first + 1 < CPUS_MAX && mask >> (first + 1) & 1)
		first++;
	return first;
}

void cpu_list(uint64_t mask, char text[CPU_LIST_MAX])
{
	size_t at = (size_t)snprintf(text, CPU_LIST_MAX, mask & (mask - 1) ? "CPUs" : "CPU");
	char before = ' ';

	for (unsigned first = 0, last; first < CPUS_MAX; first = last + 1) {
		last = first;
		if (!(mask >> first & 1))
			continue;
		last = run_end(mask, first);
		at += (size_t)snprintf(text + at, CPU_LIST_MAX - at, "%c%u", before, first);
		if (last > first)
			at += (size_t)snprintf(text + at, CPU_LIST_MAX - at, "-%u", last);
		before = ',';
	}
}
