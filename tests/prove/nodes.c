/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Walks from node to node: children, siblings, parents, and searches through a whole tree. All they reach is nodes,
 * and a parent or sibling is the right one.
 */
#include "tests/prove/blob.h"

#include "dt/fdt_walk.c"

/*
 * Two nodes that every walk in document order comes by, those between them at least so deep. `last` may be missing.
 */
static struct dtb_node first, last;
static uint32_t depth_between;
static uint32_t begin; /* the walk began there, or later */
static bool has_last;
static bool is_loop;
static struct dtb_node *found; /* what the loop writes beside the node it walks with, or NULL */

static bool is_between(struct dtb_node node)
{
	return node.offset > first.offset && (!has_last || node.offset < last.offset);
}

static bool fits(struct dtb_node node)
{
	return (node.offset != first.offset || node.depth == first.depth) &&
	       (!has_last || node.offset != last.offset || node.depth == last.depth) &&
	       (!is_between(node) || node.depth >= depth_between);
}

static bool holds(struct dtb_node at)
{
	if (!is_node(at) || !fits(at) || at.offset < begin ||
			(has_last && at.offset >= last.offset))
		return false;
	return !found || at.offset < first.offset || is_same_node(*found, first);
}

static struct dtb_node any_node_after(struct dtb_node at)
{
	struct dtb_node node = any_node();

	assume(node.offset > at.offset && node.depth <= at.depth + 1 && node.depth > 0);
	assume(at.offset >= first.offset || node.offset <= first.offset);
	assume(!has_last || node.offset <= last.offset);
	assume(fits(node));
	return node;
}

static void any_round(struct dtb_node *at)
{
	assume(!is_round_again());
	*at = any_node();
	if (found)
		*found = any_node();
	assume(holds(*at));
}

bool model_dtb_next(struct dtb_node *node);
bool model_dtb_next(struct dtb_node *node)
{
	prove(holds(*node));
	if (is_loop)
		any_round(node);
	if (!has_last && nondet_bool())
		return false;
	*node = any_node_after(*node);
	return true;
}

struct dtb_node model_dtb_root(const struct dtb *dtb);
struct dtb_node model_dtb_root(const struct dtb *dtb)
{
	struct dtb_node root = any_node();

	prove(dtb == &blob);
	assume(root.depth == 0 && fits(root));
	assume(root.offset <= first.offset);
	return root;
}

bool model_dtb_prop(const struct dtb_node *node, const char *name, struct span *value);
bool model_dtb_prop(const struct dtb_node *node, const char *name, struct span *value)
{
	(void)name;
	prove(is_node(*node));
	*value = any_part(span_of(text, sizeof(text)));
	return nondet_bool();
}

bool model_dtb_list_has(struct span value, const char *entry);
bool model_dtb_list_has(struct span value, const char *entry)
{
	(void)entry;
	prove(is_inside(value, span_of(text, sizeof(text))));
	return nondet_bool();
}

static void begin_proof(bool loop, struct dtb_node *writes)
{
	has_last = false;
	depth_between = 0;
	is_loop = loop;
	found = writes;
	begin = writes ? 0 : first.offset;
	rounds = 0;
}

/* A node and its parent, the last one before it that is above it. */
static void prove_parent(void)
{
	struct dtb_node node, parent, out = any_node();

	parent = first = any_node();
	node = last = any_node();
	assume(first.offset < last.offset && first.depth + 1 == last.depth);
	begin_proof(true, &out);
	has_last = true;
	depth_between = last.depth;
	prove(dtb_parent(&node, &out));
	prove(is_same_node(out, parent));
}

static void prove_root_has_none(void)
{
	struct dtb_node node = any_node(), out = node;

	assume(node.depth == 0);
	first = node;
	begin_proof(false, NULL);
	prove(!dtb_parent(&node, &out) && is_same_node(node, out));
}

/* A node and the next one that is not below it, if there is one. */
static void prove_sibling(void)
{
	struct dtb_node node = any_node(), start = node;
	bool more;

	first = node;
	last = any_node();
	assume(first.offset < last.offset && last.depth <= first.depth && last.depth > 0);
	begin_proof(true, NULL);
	has_last = nondet_bool();
	depth_between = first.depth + 1;
	more = dtb_next_sibling(&node);
	prove(more == (has_last && last.depth == start.depth));
	prove(is_same_node(node, more ? last : start));
}

static void prove_child(void)
{
	struct dtb_node node = any_node(), child = node;
	bool more;

	first = node;
	begin_proof(false, NULL);
	more = dtb_first_child(&node, &child);
	prove(is_node(child) && is_same_node(node, first));
	prove(child.depth == node.depth + more && (more || is_same_node(child, node)));
}

/* From any node on, which may be the one. */
static void prove_search(void)
{
	struct dtb_node node = any_node();

	first = node;
	begin_proof(true, NULL);
	if (nondet_bool())
		(void)dtb_find_compatible(&node, any_name());
	else
		(void)dtb_find_string(&node, any_name(), any_name());
	prove(is_node(node));
}

void harness(void);
void harness(void)
{
	choose_blob();
	prove_parent();
	prove_root_has_none();
	prove_sibling();
	prove_child();
	prove_search();
}
