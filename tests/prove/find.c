/* SPDX-License-Identifier: Apache-2.0 */
/* Nodes by path: any path of up to four characters, any number of children at each step. Lists of up to five bytes. */
#include "tests/prove/blob.h"

#include "dt/fdt_walk.c"

enum { PATH_MOST = 5 };

const char *model_dtb_name(const struct dtb_node *node);
const char *model_dtb_name(const struct dtb_node *node)
{
	prove(is_node(*node));
	return any_name();
}

struct dtb_node model_dtb_root(const struct dtb *dtb);
struct dtb_node model_dtb_root(const struct dtb *dtb)
{
	prove(dtb == &blob);
	return any_node();
}

bool model_dtb_first_child(const struct dtb_node *node, struct dtb_node *child);
bool model_dtb_first_child(const struct dtb_node *node, struct dtb_node *child)
{
	prove(is_node(*node));
	rounds = 0;
	if (nondet_bool())
		return false;
	*child = any_node();
	assume(child->depth == node->depth + 1);
	return true;
}

/* A sibling is a node like the one before, so there is nothing else that a round could change. */
bool model_dtb_next_sibling(struct dtb_node *node);
bool model_dtb_next_sibling(struct dtb_node *node)
{
	uint32_t depth = node->depth;

	prove(is_node(*node));
	assume(!is_round_again());
	*node = any_node();
	assume(node->depth == depth);
	return nondet_bool();
}

/* True only when it is there, whole. */
static void prove_list(void)
{
	uint8_t bytes[PATH_MOST];
	struct span list = any_part(span_of(bytes, sizeof(bytes)));

	if (dtb_list_has(list, "a"))
		prove(list.left >= 2);
}

void harness(void);
void harness(void)
{
	char path[PATH_MOST];
	struct dtb_node node = { 0 };

	choose_blob();
	path[PATH_MOST - 1] = '\0';
	if (dtb_find(&blob, path, &node))
		prove(is_node(node) && path[0] == '/');
	else
		prove(!node.dtb);
	prove_list();
}
