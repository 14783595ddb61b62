/* SPDX-License-Identifier: Apache-2.0 */
/* References: bytes in which the two trees differ. */
#include "tools/guest.h"

static const struct dt_prop *twin_of(
		const struct guest *guest, const struct guest_node *at, const struct dt_prop *prop)
{
	const struct dt_prop *twin = dt_prop(&guest->shifted, at->twin, prop->name);

	/* The same overlay on the same tree, but for numbers of a fixed size. */
	dt_assert(twin && twin->size == prop->size);
	return twin;
}

bool guest_next_reference(const struct guest *guest, const struct guest_node *at,
		const struct dt_prop *prop, uint32_t *offset)
{
	const struct dt_prop *twin = twin_of(guest, at, prop);

	while (*offset < prop->size && prop->value[*offset] == twin->value[*offset])
		(*offset)++;
	return prop->size >= 4 && *offset <= prop->size - 4;
}

static bool is_own_phandle(const struct guest *guest, uint32_t phandle)
{
	return guest_has(guest, dt_node_of_phandle(&guest->tree, phandle));
}

bool guest_reaches_out(
		const struct guest *guest, const struct guest_node *at, const struct dt_prop *prop)
{
	uint32_t offset;

	for (offset = 0; guest_next_reference(guest, at, prop, &offset); offset += 4)
		if (!is_own_phandle(guest, span_load_u32(prop->value + offset)))
			return true;
	return false;
}

void guest_copy_prop(
		const struct guest *guest, const struct guest_node *at, const struct dt_prop *prop)
{
	struct draft_prop *copy = draft_set(at->draft, prop->name, prop->value, prop->size);
	uint32_t offset;

	for (offset = 0; guest_next_reference(guest, at, prop, &offset); offset += 4)
		draft_refer(copy, offset);
}
