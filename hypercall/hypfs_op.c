/* SPDX-License-Identifier: Apache-2.0 */
/* hypfs_op: a tree of facts for `xenhypfs` (xen/hypfs.h). */
#include "hypercall/priv.h"

int64_t do_hypfs_op(uint64_t args[HYPERCALL_ARGS])
{
	(void)args;
	return -ENOSYS;
}
