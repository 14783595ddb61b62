/* SPDX-License-Identifier: Apache-2.0 */
/* Nodes and properties: made, linked in document order, indexed. */
#include "dt/tree_priv.h"

void dt_append_node(struct dt_node *parent, struct dt_node *node)
{
	node->parent = parent;
	node->next = NULL;
	node->prev = parent->last_child;
	if (node->prev)
		node->prev->next = node;
	else
		parent->first_child = node;
	parent->last_child = node;
}

void dt_unlink_node(struct dt_node *node)
{
	struct dt_node *parent = node->parent;

	if (node->prev)
		node->prev->next = node->next;
	else
		parent->first_child = node->next;
	if (node->next)
		node->next->prev = node->prev;
	else
		parent->last_child = node->prev;
}

void dt_append_prop(struct dt_node *node, struct dt_prop *prop)
{
	prop->node = node;
	prop->next = NULL;
	prop->prev = node->last_prop;
	if (prop->prev)
		prop->prev->next = prop;
	else
		node->first_prop = prop;
	node->last_prop = prop;
}

void dt_unlink_prop(struct dt_prop *prop)
{
	struct dt_node *node = prop->node;

	if (prop->prev)
		prop->prev->next = prop->next;
	else
		node->first_prop = prop->next;
	if (prop->next)
		prop->next->prev = prop->prev;
	else
		node->last_prop = prop->prev;
}

bool dt_is_phandle_name(const char *name)
{
	return span_equal(dt_text(name), dt_text("phandle")) ||
	       span_equal(dt_text(name), dt_text("linux,phandle"));
}

uint32_t dt_phandle_hash(uint32_t phandle)
{
	return phandle ^ phandle >> 16;
}

/* Equal hashes are nearly always equal names; the text decides. */
static bool is_name(const char *text, struct span name)
{
	return span_equal(dt_text(text), name);
}

struct dt_node *dt_index_find_node(
	const struct dt_index *nodes, const struct dt_node *parent, struct span name, uint32_t hash)
{
	uint32_t key = dt_hash_under(hash, parent);
	struct dt_link *link;
	struct dt_node *node;

	for (link = dt_index_first(nodes, key); link; link = link->next) {
		node = dt_node_of_name_link(link);
		if (link->hash == key && node->parent == parent && is_name(node->name, name))
			return node;
	}
	return NULL;
}

struct dt_prop *dt_index_find_prop(
	const struct dt_index *props, const struct dt_node *node, struct span name, uint32_t hash)
{
	uint32_t key = dt_hash_under(hash, node);
	struct dt_link *link;
	struct dt_prop *prop;

	for (link = dt_index_first(props, key); link; link = link->next) {
		prop = dt_prop_of_link(link);
		if (link->hash == key && prop->node == node && is_name(prop->name, name))
			return prop;
	}
	return NULL;
}

struct dt_node *dt_index_find_phandle(const struct dt_index *phandles, uint32_t phandle)
{
	uint32_t hash = dt_phandle_hash(phandle);
	struct dt_link *link;

	for (link = dt_index_first(phandles, hash); link; link = link->next)
		if (dt_node_of_phandle_link(link)->phandle == phandle)
			return dt_node_of_phandle_link(link);
	return NULL;
}

static int refuse_memory(struct dt_maker *maker)
{
	return dt_fail(maker->why, -DT_ENOMEM, "not enough memory");
}

int dt_make_node(
	struct dt_maker *maker, struct dt_node *parent, struct span name, struct dt_node **out)
{
	uint32_t hash = dt_hash_name(maker->seed, name.at, name.left);
	struct dt_node *node;

	if (dt_index_find_node(maker->nodes, parent, name, hash))
		return dt_fail(maker->why, -DT_EEXIST, "%s: node '%s' comes twice", dt_path(parent),
			(const char *)name.at);
	node = dt_arena_alloc(maker->arena, sizeof(*node));
	if (!node)
		return refuse_memory(maker);
	*node = (struct dt_node){ .name = (const char *)name.at, .owner = maker->owner };
	node->by_name.hash = dt_hash_under(hash, parent);
	if (parent)
		dt_append_node(parent, node);
	dt_index_add(maker->nodes, &node->by_name);
	*out = node;
	return 0;
}

/* `phandle` and the older `linux,phandle` may both be there when they agree. */
static int enter_phandle(struct dt_maker *maker, struct dt_node *node, struct span value)
{
	uint32_t phandle;

	if (value.left != 4 || !span_u32(&value, &phandle) || phandle == 0 || phandle == UINT32_MAX)
		return dt_fail(maker->why, -DT_EINVAL, "%s: malformed phandle", dt_path(node));
	if (node->phandle == phandle)
		return 0;
	if (node->phandle || dt_index_find_phandle(maker->phandles, phandle))
		return dt_fail(maker->why, -DT_EEXIST, "%s: phandle 0x%x comes twice",
			dt_path(node), phandle);
	node->phandle = phandle;
	node->by_phandle.hash = dt_phandle_hash(phandle);
	dt_index_add(maker->phandles, &node->by_phandle);
	return 0;
}

/* Names are at most DT_NAME_MAX long: dtb_check() saw to it. */
static const struct dt_name *look_at_name(struct dt_maker *maker, const char *text)
{
	struct dt_name *name = &maker->names[((uintptr_t)text >> 2) % DT_NAME_SLOTS];

	if (name->text == text)
		return name;
	name->text = text;
	name->length = (uint16_t)strlen(text);
	name->hash = dt_hash_name(maker->seed, text, name->length);
	name->is_phandle = dt_is_phandle_name(text);
	return name;
}

int dt_make_prop(struct dt_maker *maker, struct dt_node *node, const char *text, struct span value,
	struct dt_prop **out)
{
	const struct dt_name *name = look_at_name(maker, text);
	struct dt_prop *prop;

	if (dt_index_find_prop(maker->props, node, span_of(text, name->length), name->hash))
		return dt_fail(maker->why, -DT_EEXIST, "%s: property '%s' comes twice",
			dt_path(node), text);
	prop = dt_arena_alloc(maker->arena, sizeof(*prop));
	if (!prop)
		return refuse_memory(maker);
	*prop = (struct dt_prop){ .name = text,
		.value = value.at,
		.size = (uint32_t)value.left,
		.flags = name->is_phandle ? DT_PROP_PHANDLE : 0,
		.owner = maker->owner };
	prop->by_name.hash = dt_hash_under(name->hash, node);
	dt_append_prop(node, prop);
	dt_index_add(maker->props, &prop->by_name);
	*out = prop;
	return name->is_phandle ? enter_phandle(maker, node, value) : 0;
}
