/* SPDX-License-Identifier: Apache-2.0 */
/*
 * physdev_op (xen/physdev.h): on Arm only what concerns PCI devices that Graft would manage. It manages
 * none: the hardware domain drives its host bridges itself, and Linux takes -ENOSYS as exactly that.
 */
#include "hypercall/priv.h"

int64_t do_physdev_op(uint64_t args[HYPERCALL_ARGS])
{
	(void)args;
	return -ENOSYS;
}
