/* SPDX-License-Identifier: Apache-2.0 */
/* Nodes and properties: made, linked in document order, indexed. */
#include "dt/tree_priv.h"

/* Siblings of either type: the first one's `prev` is the last, the last one's `next` is NULL. */
#define APPEND(head, first, last)                                                                  \
	do {                                                                                       \
		(last)->next = NULL;                                                               \
		if (head) {                                                                        \
			(first)->prev = (head)->prev;                                              \
			(first)->prev->next = (first);                                             \
			(head)->prev = (last);                                                     \
		} else {                                                                           \
			(first)->prev = (last);                                                    \
			(head) = (first);                                                          \
		}                                                                                  \
	} while (0)

#define UNLINK(head, first, last)                                                                  \
	do {                                                                                       \
		if ((last)->next)                                                                  \
			(last)->next->prev = (first)->prev;                                        \
		else if ((first) != (head))                                                        \
			(head)->prev = (first)->prev;                                              \
		if ((first) == (head))                                                             \
			(head) = (last)->next;                                                     \
		else                                                                               \
			(first)->prev->next = (last)->next;                                        \
	} while (0)

void dt_append_nodes(struct dt_node *parent, struct dt_node *first, struct dt_node *last)
{
	APPEND(parent->first_child, first, last);
}

void dt_unlink_nodes(struct dt_node *first, struct dt_node *last)
{
	UNLINK(first->parent->first_child, first, last);
}

void dt_append_props(struct dt_node *node, struct dt_prop *first, struct dt_prop *last)
{
	APPEND(node->first_prop, first, last);
}

void dt_unlink_props(struct dt_prop *first, struct dt_prop *last)
{
	UNLINK(first->node->first_prop, first, last);
}

bool dt_is_phandle_name(const char *name)
{
	/* The first letter decides for nearly all names. */
	return (name[0] == 'p' && span_equal(dt_text(name), dt_text("phandle"))) ||
	       (name[0] == 'l' && span_equal(dt_text(name), dt_text("linux,phandle")));
}

uint32_t dt_phandle_hash(uint32_t phandle)
{
	return phandle * 0x9e3779b1;
}

/* Equal hashes are nearly always equal names; the text decides. */
static bool is_name(const char *text, struct span name)
{
	return span_equal(dt_text(text), name);
}

static struct dt_node *next_node(
		struct dt_probe *probe, const struct dt_node *parent, struct span name)
{
	struct dt_node *node;

	do
		node = dt_probe_next(probe);
	while (node && (node->parent != parent || !span_equal(dt_node_name(node), name)));
	return node;
}

struct dt_node *dt_index_find_node(const struct dt_index *nodes, const struct dt_node *parent,
		struct span name, uint32_t hash)
{
	struct dt_probe probe = dt_index_probe(nodes, dt_hash_under(hash, parent));

	return next_node(&probe, parent, name);
}

struct dt_prop *dt_index_find_prop(const struct dt_index *props, const struct dt_node *node,
		struct span name, uint32_t hash)
{
	struct dt_probe probe = dt_index_probe(props, dt_prop_hash(hash, node));
	struct dt_prop *prop;

	do
		prop = dt_probe_next(&probe);
	while (prop && (prop->node != node || !is_name(prop->name, name)));
	return prop;
}

struct dt_node *dt_index_find_phandle(const struct dt_index *phandles, uint32_t phandle)
{
	struct dt_probe probe = dt_index_probe(phandles, dt_phandle_hash(phandle));
	struct dt_node *node;

	do
		node = dt_probe_next(&probe);
	while (node && node->phandle != phandle);
	return node;
}

struct dt_prop *dt_find_prop(const struct dt_names *names, const struct dt_node *node,
		struct span name, uint32_t hash)
{
	struct dt_prop *prop = node->first_prop;
	unsigned looked;

	for (looked = 0; looked < DT_FEW_PROPS && prop; looked++, prop = prop->next)
		if (((prop->tag ^ hash) & ~(uint32_t)DT_PROP_FLAGS) == 0 &&
				is_name(prop->name, name))
			return prop;
	return prop ? dt_index_find_prop(&names->props, node, name, hash) : NULL;
}

int dt_make_node(struct dt_maker *maker, struct dt_node *node, struct dt_node *parent,
		struct span name)
{
	uint32_t hash = dt_hash_under(dt_hash_span(maker->names, name), parent);
	struct dt_probe probe = dt_index_probe(&maker->names->nodes, hash);

	if (next_node(&probe, parent, name))
		return dt_fail(maker->why, -DT_EEXIST, "%s: node '%s' comes twice", dt_path(parent),
				(const char *)name.at);
	dt_make_poll(maker);
	*node = (struct dt_node){
		.parent = parent, .name = (const char *)name.at, .owner = maker->owner, .hash = hash
	};
	if (parent)
		dt_append_nodes(parent, node, node);
	dt_index_add_at(&maker->names->nodes, &probe, node);
	maker->prop_count = 0;
	maker->prop_bits = 0;
	return 0;
}

int dt_read_phandle(struct dt_maker *maker, const struct dt_prop *prop, uint32_t *phandle)
{
	struct span value = span_of(prop->value, prop->size);

	if (value.left != 4 || !span_u32(&value, phandle) || *phandle == 0 ||
			*phandle == UINT32_MAX)
		return dt_fail(maker->why, -DT_EINVAL, "%s: malformed phandle",
				dt_path(prop->node));
	return 0;
}

int dt_fail_phandle_twice(struct dt_why *why, const struct dt_node *node, uint32_t phandle)
{
	return dt_fail(why, -DT_EEXIST, "%s: phandle 0x%x comes twice", dt_path(node), phandle);
}

/* Names are at most DT_NAME_MAX long: dtb_check() saw to it. */
static const struct dt_name *look_at_name(struct dt_maker *maker, const char *text)
{
	struct dt_name *name = &maker->lately[((uintptr_t)text >> 2) % DT_NAME_SLOTS];

	if (name->text == text)
		return name;
	name->text = text;
	name->length = (uint32_t)strlen(text);
	name->tag = dt_hash_span(maker->names, span_of(text, name->length)) &
	            ~(uint32_t)DT_PROP_FLAGS;
	if (dt_is_phandle_name(text))
		name->tag |= DT_PROP_PHANDLE;
	return name;
}

static int index_prop(struct dt_maker *maker, struct dt_prop *prop)
{
	if (maker->prop_count++ < DT_FEW_PROPS)
		return 0;
	prop->tag |= DT_PROP_INDEXED;
	if (dt_index_insert(&maker->names->props, maker->env, dt_prop_hash(prop->tag, prop->node),
			    prop))
		return dt_fail(maker->why, -DT_ENOMEM, "not enough memory");
	return 0;
}

/*
 * Whether the node made last has a property of that name. Among the first few mostly none has the tag's bit, and none
 * is looked at.
 */
static bool has_prop(struct dt_maker *maker, const struct dt_node *node, const char *text,
		const struct dt_name *name)
{
	uint64_t bit = (uint64_t)1 << (name->tag >> 26);

	if (maker->prop_count < DT_FEW_PROPS && !(maker->prop_bits & bit)) {
		maker->prop_bits |= bit;
		return false;
	}
	return dt_find_prop(maker->names, node, span_of(text, name->length), name->tag);
}

int dt_make_any_prop(struct dt_maker *maker, struct dt_prop *prop, struct dt_node *node,
		const char *text, struct span value)
{
	const struct dt_name *name = look_at_name(maker, text);

	if (has_prop(maker, node, text, name))
		return dt_fail(maker->why, -DT_EEXIST, "%s: property '%s' comes twice",
				dt_path(node), text);
	dt_make_poll(maker);
	*prop = (struct dt_prop){ .node = node,
		.name = text,
		.value = value.at,
		.owner = maker->owner,
		.size = (uint32_t)value.left,
		.tag = name->tag };
	dt_append_props(node, prop, prop);
	return index_prop(maker, prop);
}
