/* SPDX-License-Identifier: Apache-2.0 */
/* Finding nodes and properties in a checked blob where it lies: what boot code needs before any memory. */
#include "dt/fdt.h"

bool dtb_reserve(const struct dtb *dtb, uint32_t index, uint64_t *base, uint64_t *size)
{
	struct span span = dtb->reserves;

	return span_skip(&span, (size_t)index * 16) && span_u64(&span, base) &&
	       span_u64(&span, size);
}

struct dtb_node dtb_root(const struct dtb *dtb)
{
	struct dtb_node root = { .dtb = dtb };
	struct dtb_cursor cursor = dtb_cursor(dtb);
	uint32_t token;

	/* NOPs may stand before it. */
	while (span_u32(&cursor.rest, &token) && token != 1)
		root.offset = dtb_offset(dtb, &cursor);
	return root;
}

const char *dtb_name(const struct dtb_node *node)
{
	struct dtb_cursor cursor = dtb_cursor_at(node->dtb, node->offset);

	(void)dtb_step(&cursor);
	return cursor.name;
}

/* Step over properties to the next BEGIN (true, at its token) or to whatever else comes (false). */
static bool next_begin(struct dtb_cursor *cursor, const struct dtb *dtb, uint32_t *offset,
		enum dtb_event *event)
{
	do {
		*offset = dtb_offset(dtb, cursor);
		*event = dtb_step(cursor);
	} while (*event == DTB_PROP);
	return *event == DTB_BEGIN;
}

bool dtb_next(struct dtb_node *node)
{
	struct dtb_cursor cursor = dtb_cursor_at(node->dtb, node->offset);
	uint32_t depth = node->depth + 1, offset;
	enum dtb_event event = dtb_step(&cursor);

	while (!next_begin(&cursor, node->dtb, &offset, &event)) {
		if (event != DTB_END)
			return false;
		depth--;
	}
	node->offset = offset;
	node->depth = depth;
	return true;
}

bool dtb_first_child(const struct dtb_node *node, struct dtb_node *child)
{
	struct dtb_node next = *node;

	if (!dtb_next(&next) || next.depth != node->depth + 1)
		return false;
	*child = next;
	return true;
}

bool dtb_next_sibling(struct dtb_node *node)
{
	struct dtb_node next = *node;

	do {
		if (!dtb_next(&next))
			return false;
	} while (next.depth > node->depth);
	if (next.depth < node->depth)
		return false;
	*node = next;
	return true;
}

/* The last node before it that is one level above. */
bool dtb_parent(const struct dtb_node *node, struct dtb_node *parent)
{
	struct dtb_node at = dtb_root(node->dtb), child = *node;
	bool found = child.depth > 0;

	while (found && at.offset != child.offset) {
		if (at.depth + 1 == child.depth)
			*parent = at;
		found = dtb_next(&at);
	}
	return found;
}

static bool find_child(struct dtb_node *node, struct span name)
{
	struct dtb_node child;
	const char *text;
	bool more = dtb_first_child(node, &child);

	for (; more; more = dtb_next_sibling(&child)) {
		text = dtb_name(&child);
		if (span_equal(span_of(text, strlen(text)), name)) {
			*node = child;
			return true;
		}
	}
	return false;
}

bool dtb_find(const struct dtb *dtb, const char *path, struct dtb_node *node)
{
	struct span rest = span_of(path, strlen(path)), name;
	struct dtb_node at = dtb_root(dtb);

	if (path[0] != '/')
		return false;
	while (rest.left) {
		name = span_until(&rest, '/');
		if (name.left && !find_child(&at, name))
			return false;
	}
	*node = at;
	return true;
}

bool dtb_prop(const struct dtb_node *node, const char *name, struct span *value)
{
	struct dtb_cursor cursor = dtb_cursor_at(node->dtb, node->offset);
	struct span wanted = span_of(name, strlen(name) + 1), given;

	(void)dtb_step(&cursor);
	while (dtb_step(&cursor) == DTB_PROP) {
		given = span_of(cursor.name, strlen(cursor.name) + 1);
		if (span_equal(wanted, given)) {
			*value = cursor.value;
			return true;
		}
	}
	return false;
}

bool dtb_prop_u32(const struct dtb_node *node, const char *name, uint32_t *value)
{
	struct span span;

	return dtb_prop(node, name, &span) && span.left == 4 && span_u32(&span, value);
}

bool dtb_prop_string(const struct dtb_node *node, const char *name, const char **value)
{
	struct span span;

	return dtb_prop(node, name, &span) && span_string(&span, value, NULL) && span.left == 0;
}

bool dtb_list_has(struct span value, const char *text)
{
	struct span wanted = span_of(text, strlen(text));
	const char *entry;
	size_t length;

	while (span_string(&value, &entry, &length))
		if (span_equal(span_of(entry, length), wanted))
			return true;
	return false;
}

bool dtb_is_compatible(const struct dtb_node *node, const char *compatible)
{
	struct span list;

	return dtb_prop(node, "compatible", &list) && dtb_list_has(list, compatible);
}

bool dtb_is_enabled(const struct dtb_node *node)
{
	struct span status;

	if (!dtb_prop(node, "status", &status))
		return true;
	return dtb_list_has(status, "okay") || dtb_list_has(status, "ok");
}

bool dtb_find_compatible(struct dtb_node *node, const char *compatible)
{
	do {
		if (dtb_is_compatible(node, compatible))
			return true;
	} while (dtb_next(node));
	return false;
}

bool dtb_find_string(struct dtb_node *node, const char *prop, const char *value)
{
	struct span list;

	do {
		if (dtb_prop(node, prop, &list) && dtb_list_has(list, value))
			return true;
	} while (dtb_next(node));
	return false;
}

bool dtb_reg(const struct dtb_node *node, uint32_t index, uint64_t *base, uint64_t *size)
{
	uint32_t address_cells = 2, size_cells = 1;
	struct dtb_node parent;
	struct span reg;

	if (!dtb_parent(node, &parent) || !dtb_prop(node, "reg", &reg))
		return false;
	(void)dtb_prop_u32(&parent, "#address-cells", &address_cells);
	(void)dtb_prop_u32(&parent, "#size-cells", &size_cells);
	if (address_cells > 2 || size_cells > 2)
		return false;
	return span_skip(&reg, (size_t)index * (address_cells + size_cells) * 4) &&
	       span_cells(&reg, address_cells, base) && span_cells(&reg, size_cells, size);
}
