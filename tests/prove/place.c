/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Places that a blob names: "/path:property:offset", labels' paths. Any text of up to 14 bytes, any offset; where a
 * fixup is written lies inside a private copy of the value.
 */
#include "tests/prove/tree.h"

#include "dt/overlay_fix.c"
#include "dt/overlay_symbols.c"

enum { TEXT_MOST = 14, VALUE_MOST = 12 };

static uint8_t room[VALUE_MOST];

/* What was asked for ends where the array ends. */
void *model_dt_arena_alloc(struct dt_arena *arena, size_t size);
void *model_dt_arena_alloc(struct dt_arena *arena, size_t size)
{
	(void)arena;
	prove(size <= sizeof(room));
	return nondet_bool() ? room + (sizeof(room) - size) : NULL;
}

struct dt_arena *model_dt_stage_arena_of(struct dt_overlay *overlay, const struct dt_prop *prop);
struct dt_arena *model_dt_stage_arena_of(struct dt_overlay *overlay, const struct dt_prop *prop)
{
	(void)prop;
	return &overlay->arena;
}

static void prove_text(struct span whole)
{
	struct span text = any_part(whole), before = text;
	uint32_t number;

	if (read_decimal(&text, &number))
		prove(number <= 999999999);
	prove(is_inside(text, before));
	prove(is_inside(directory_of(before), before));
	prove(is_inside(first_fragment(before), before));
	(void)is_content_path(before);
}

static void prove_patch(struct span whole)
{
	struct dt_overlay_stage stage = { 0 };
	struct dt_overlay overlay = { .stage = &stage };
	struct span value = any_part(whole);
	struct dt_prop prop = { .value = value.at,
		.size = (uint32_t)value.left,
		.tag = nondet_u32() & ~(uint32_t)DT_PROP_OWN_VALUE };
	uint32_t offset = nondet_u32();
	uint8_t *at;

	assume(value.left <= VALUE_MOST);
	if (patch_place(&overlay, &prop, offset, &at))
		return;
	prove(prop.size == value.left && (prop.tag & DT_PROP_OWN_VALUE));
	prove(is_inside(span_of(at, 4), span_of(prop.value, prop.size)));
	span_store_u32(at, nondet_u32());
	/* The copy is taken from now on. */
	offset = nondet_u32();
	if (patch_place(&overlay, &prop, offset, &at) == 0)
		prove(is_inside(span_of(at, 4), span_of(prop.value, prop.size)));
}

void harness(void);
void harness(void)
{
	uint8_t bytes[TEXT_MOST];
	struct span whole = span_of(bytes, sizeof(bytes));

	prove_text(whole);
	prove_patch(whole);
}
