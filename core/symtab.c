/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Names of the image's own functions by address. Names have no index: they are walked, since a
 * backtrace is rare and an index would cost a fifth of the table.
 */
#include "core/symtab.h"

#include <stddef.h>

#include "core/symtab_priv.h"

/* How many functions begin at or before offset. */
static uint32_t count_up_to(uint64_t offset)
{
	uint32_t low = 0;
	uint32_t high = symtab_count;

	while (low < high) {
		uint32_t mid = low + (high - low) / 2;

		if (symtab_offsets[mid] <= offset)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static const char *name_at(uint32_t index)
{
	const char *name = symtab_names;

	while (index > 0) {
		if (*name == '\0')
			index--;
		name++;
	}
	return name;
}

const char *symtab_lookup(uint64_t addr, uint64_t *offset)
{
	uint32_t count;

	if (addr < symtab_base)
		return NULL;
	count = count_up_to(addr - symtab_base);
	if (count == 0)
		return NULL;
	*offset = addr - symtab_base - symtab_offsets[count - 1];
	return name_at(count - 1);
}
