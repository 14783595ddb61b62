/* SPDX-License-Identifier: Apache-2.0 */
/* multicall: several hypercalls in one, each with its own result (xen/xen.h, struct multicall_entry). */
#include "hypercall/priv.h"

XEN_ABI(sizeof(struct multicall_entry) == 64);
XEN_ABI(offsetof(struct multicall_entry, result) == 8);
XEN_ABI(offsetof(struct multicall_entry, args) == 16);

static int64_t call(const struct multicall_entry *entry, uint64_t args[HYPERCALL_ARGS])
{
	/* One level only: else the guest decides how deep Graft's stack goes. */
	if (entry->op == __HYPERVISOR_multicall)
		return -EINVAL;
	return hypercall_dispatch(entry->op, args);
}

/* One entry: 0, -EFAULT, or HYPERCALL_AGAIN with the call's progress kept in the entry's arguments. */
static int64_t run_entry(gva_t at)
{
	struct multicall_entry entry;
	uint64_t args[HYPERCALL_ARGS];
	int64_t result;

	if (guest_read(&entry, at, sizeof(entry)))
		return -EFAULT;
	for (unsigned i = 0; i < HYPERCALL_ARGS; i++)
		args[i] = entry.args[i];
	result = call(&entry, args);
	if (result == HYPERCALL_AGAIN)
		return guest_write(gva_add(at, offsetof(struct multicall_entry, args)), args,
				       sizeof(args))
		                       ? -EFAULT
		                       : HYPERCALL_AGAIN;
	entry.result = (uint64_t)result;
	return guest_write(gva_add(at, offsetof(struct multicall_entry, result)), &entry.result,
			       sizeof(entry.result))
	                       ? -EFAULT
	                       : 0;
}

/* args: the list, and how many entries; both move on as entries are done. */
int64_t do_multicall(uint64_t args[HYPERCALL_ARGS])
{
	while (args[1]) {
		int64_t rc = run_entry(GVA(args[0]));

		if (rc)
			return rc;
		args[0] += sizeof(struct multicall_entry);
		args[1]--;
		if (args[1] && arch_irq_pending())
			return HYPERCALL_AGAIN;
	}
	return 0;
}
