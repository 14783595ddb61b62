/* SPDX-License-Identifier: Apache-2.0 */
/* vm_assist: what a guest has asked Graft to help it with (xen/xen.h, VMASST_*). Arm knows one thing. */
#include "hypercall/priv.h"

/* domain.vm_assist has a bit per type. */
XEN_ABI(VMASST_TYPE_runstate_update_flag < 32);

int64_t do_vm_assist(uint64_t args[HYPERCALL_ARGS])
{
	uint32_t *assist = &caller_domain()->vm_assist;
	uint32_t bit = UINT32_C(1) << VMASST_TYPE_runstate_update_flag;

	if ((unsigned)args[1] != VMASST_TYPE_runstate_update_flag)
		return -EINVAL;
	switch ((unsigned)args[0]) {
	case VMASST_CMD_enable:
		__atomic_fetch_or(assist, bit, __ATOMIC_RELAXED);
		return 0;
	case VMASST_CMD_disable:
		__atomic_fetch_and(assist, ~bit, __ATOMIC_RELAXED);
		return 0;
	default:
		return -ENOSYS;
	}
}
