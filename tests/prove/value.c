/* SPDX-License-Identifier: Apache-2.0 */
/* What is read out of values: numbers, strings, lists, `reg`, entries of the reserve map. Any value of up to 16 bytes. */
#include "tests/prove/blob.h"

#include "dt/fdt_walk.c"

enum { VALUE_MOST = 16 };

static uint8_t bytes[VALUE_MOST];

bool model_dtb_prop(const struct dtb_node *node, const char *name, struct span *value);
bool model_dtb_prop(const struct dtb_node *node, const char *name, struct span *value)
{
	prove(is_node(*node) && name[0] != '\0');
	if (nondet_bool())
		return false;
	*value = any_part(span_of(bytes, sizeof(bytes)));
	return true;
}

bool model_dtb_list_has(struct span value, const char *entry);
bool model_dtb_list_has(struct span value, const char *entry)
{
	prove(is_inside(value, span_of(bytes, sizeof(bytes))) && entry[0] != '\0');
	return nondet_bool();
}

bool model_dtb_parent(const struct dtb_node *node, struct dtb_node *parent);
bool model_dtb_parent(const struct dtb_node *node, struct dtb_node *parent)
{
	prove(is_node(*node));
	if (node->depth == 0)
		return false;
	*parent = any_node();
	return true;
}

static void prove_simple(struct dtb_node node)
{
	const char *string;
	uint32_t number;

	(void)dtb_prop_u32(&node, "number", &number);
	if (dtb_prop_string(&node, "string", &string))
		prove(is_inside(span_of(string, strlen(string) + 1),
				span_of(bytes, sizeof(bytes))));
	(void)dtb_is_compatible(&node, "kind");
	(void)dtb_is_enabled(&node);
}

static void prove_reg(struct dtb_node node)
{
	uint64_t base, size;

	if (dtb_reg(&node, nondet_u32(), &base, &size))
		prove(node.depth > 0);
}

static void prove_reserve(void)
{
	struct dtb dtb = { .reserves = any_part(span_of(bytes, sizeof(bytes))) };
	uint32_t index = nondet_u32();
	uint64_t base, size;
	bool there = dtb_reserve(&dtb, index, &base, &size);

	prove(there == (index < dtb.reserves.left / 16));
}

void harness(void);
void harness(void)
{
	struct dtb_node node;

	choose_blob();
	__CPROVER_havoc_object(bytes);
	node = any_node();
	prove_simple(node);
	prove_reg(node);
	prove_reserve();
}
