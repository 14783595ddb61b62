/* SPDX-License-Identifier: Apache-2.0 */
/* How the guest ends, by its seed: as a kernel would, as one that crashed, by PSCI, or by giving up all it has. */
#include "tests/guest/hostile/hostile.h"

#include "core/xen_abi.h"

#define SYSTEM_OFF   0x84000008
#define SYSTEM_RESET 0x84000009
#define WAYS         5

static void shut_down(unsigned reason)
{
	static struct sched_shutdown op;

	op.reason = reason;
	hypercall(__HYPERVISOR_sched_op, SCHEDOP_shutdown, (uintptr_t)&op, 0);
}

/* All its memory from the end of it, until there is no instruction to go on with. */
static void vanish(void)
{
	static uint64_t frame;
	static struct xen_memory_reservation op;

	for (uint64_t at = boot.ram_base + boot.ram_size; at > boot.ram_base;) {
		at -= PAGE_SIZE;
		frame = at >> PAGE_SHIFT;
		op = (struct xen_memory_reservation){ .nr_extents = 1, .domid = DOMID_SELF };
		op.extent_start.p = &frame;
		hypercall(__HYPERVISOR_memory_op, XENMEM_decrease_reservation, (uintptr_t)&op, 0);
	}
}

void end_guest(void)
{
	switch (boot.seed % WAYS) {
	case 0:
		shut_down(SHUTDOWN_crash);
		break;
	case 1:
		shut_down(SHUTDOWN_poweroff);
		break;
	case 2:
		smccc_raw(SYSTEM_OFF, 0, 0, 0);
		break;
	case 3:
		smccc_raw(SYSTEM_RESET, 0, 0, 0);
		break;
	default:
		vanish();
	}
	for (;;)
		__asm__ volatile("wfi");
}
