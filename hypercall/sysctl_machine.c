/* SPDX-License-Identifier: Apache-2.0 */
/* sysctl: what the machine is: CPUs, memory, and that it is one node (`xl info`). */
#include "core/page.h"
#include "core/time.h"
#include "hypercall/sysctl.h"

XEN_ABI(sizeof(struct xen_sysctl_physinfo) == 112);
XEN_ABI(offsetof(struct xen_sysctl_physinfo, total_pages) == 40);
XEN_ABI(sizeof(struct xen_sysctl_cputopo) == 12);
XEN_ABI(sizeof(struct xen_sysctl_cputopoinfo) == 16);
XEN_ABI(sizeof(struct xen_sysctl_meminfo) == 16);
XEN_ABI(sizeof(struct xen_sysctl_numainfo) == 24);
XEN_ABI(sizeof(struct xen_sysctl_getcpuinfo) == 24);
XEN_ABI(sizeof(struct xen_sysctl_cpuinfo) == 8);
XEN_ABI(sizeof(struct xen_sysctl_availheap) == 24);

#define NODE_COUNT          1U
#define NODE_DISTANCE_LOCAL 10U /* ACPI 6, "System Locality Information Table": to itself */

int sysctl_physinfo(struct xen_sysctl *op)
{
	uint64_t khz = time_frequency_hz() / 1000; /* of the counter: Arm tells of no other */

	op->u.physinfo = (struct xen_sysctl_physinfo){
		.threads_per_core = 1,
		.cores_per_socket = cpu_count,
		.nr_cpus = cpu_count,
		.max_cpu_id = cpu_count - 1,
		.nr_nodes = NODE_COUNT,
		.max_node_id = NODE_COUNT - 1,
		.cpu_khz = (uint32_t)khz,
		.capabilities = XEN_SYSCTL_PHYSCAP_hvm | XEN_SYSCTL_PHYSCAP_hap |
		                XEN_SYSCTL_PHYSCAP_gnttab_v1,
		.total_pages = page_count_total(),
		.free_pages = page_count_free(),
		.max_mfn = (page_ram_end().v >> PAGE_SHIFT) - 1,
	};
	return 0;
}

/* One socket of single-threaded cores. A NULL buffer asks how many there are. */
int sysctl_cputopoinfo(struct xen_sysctl *op)
{
	struct xen_sysctl_cputopoinfo *u = &op->u.cputopoinfo;
	uint32_t room = HANDLE_NULL(u->cputopo) ? 0 : MIN(u->num_cpus, cpu_count);

	for (uint32_t i = 0; i < room; i++) {
		struct xen_sysctl_cputopo cpu = { .core = i };

		if (guest_write(gva_add(HANDLE_GVA(u->cputopo), i * sizeof(cpu)), &cpu,
				    sizeof(cpu)))
			return -EFAULT;
	}
	u->num_cpus = cpu_count;
	return 0;
}

int sysctl_numainfo(struct xen_sysctl *op)
{
	struct xen_sysctl_numainfo *u = &op->u.numainfo;
	struct xen_sysctl_meminfo memory = {
		.memsize = page_count_total() << PAGE_SHIFT,
		.memfree = page_count_free() << PAGE_SHIFT,
	};
	uint32_t distance = NODE_DISTANCE_LOCAL;

	if (u->num_nodes) {
		if (!HANDLE_NULL(u->meminfo) &&
				guest_write(HANDLE_GVA(u->meminfo), &memory, sizeof(memory)))
			return -EFAULT;
		if (!HANDLE_NULL(u->distance) &&
				guest_write(HANDLE_GVA(u->distance), &distance, sizeof(distance)))
			return -EFAULT;
	}
	u->num_nodes = NODE_COUNT;
	return 0;
}

int sysctl_getcpuinfo(struct xen_sysctl *op)
{
	struct xen_sysctl_getcpuinfo *u = &op->u.getcpuinfo;

	u->nr_cpus = MIN(u->max_cpus, cpu_count);
	for (uint32_t i = 0; i < u->nr_cpus; i++) {
		struct xen_sysctl_cpuinfo cpu = { .idletime = sched_idle_time(i) };

		if (guest_write(gva_add(HANDLE_GVA(u->info), i * sizeof(cpu)), &cpu, sizeof(cpu)))
			return -EFAULT;
	}
	return 0;
}

/* Memory is not sorted by address width, so only the unrestricted question has an answer. */
int sysctl_availheap(struct xen_sysctl *op)
{
	struct xen_sysctl_availheap *u = &op->u.availheap;

	if (u->node < -1 || u->node >= (int32_t)NODE_COUNT)
		return -EINVAL;
	if (u->min_bitwidth || u->max_bitwidth)
		return -EOPNOTSUPP;
	u->avail_bytes = page_count_free() << PAGE_SHIFT;
	return 0;
}
