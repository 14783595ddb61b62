/* SPDX-License-Identifier: Apache-2.0 */
/* From a hypercall's number to its function: one const table, made from hypercall/list.h. */
#include "hypercall/hypercall.h"

#include "core/error.h"
#include "core/xen_abi.h"
#include <arch/nospec.h>

#define CHECK_NUMBER(number, name, argc)                                                           \
	XEN_ABI((number) == __HYPERVISOR_##name);                                                  \
	static_assert((argc) <= HYPERCALL_ARGS, "registers");
HYPERCALL_LIST(CHECK_NUMBER)

static const struct {
	int64_t (*call)(uint64_t args[HYPERCALL_ARGS]);
	const char *name;
} table[] = {
#define ROW(number, name, argc) [number] = { do_##name, #name },
	HYPERCALL_LIST(ROW)
#undef ROW
};

int64_t hypercall_dispatch(uint64_t number, uint64_t args[HYPERCALL_ARGS])
{
	if (unlikely(number >= ARRAY_SIZE(table)))
		return -ENOSYS;
	number = index_nospec(number, ARRAY_SIZE(table));
	if (unlikely(!table[number].call))
		return -ENOSYS;
	return table[number].call(args);
}

const char *hypercall_name(uint64_t number)
{
	return number < ARRAY_SIZE(table) ? table[index_nospec(number, ARRAY_SIZE(table))].name
	                                  : NULL;
}
