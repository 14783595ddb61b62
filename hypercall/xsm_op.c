/* SPDX-License-Identifier: Apache-2.0 */
/* xsm_op: the interface of a security module. There is none, and callers ask whether there is. */
#include "hypercall/priv.h"

int64_t do_xsm_op(uint64_t args[HYPERCALL_ARGS])
{
	(void)args;
	return -ENOSYS;
}
