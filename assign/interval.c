/* SPDX-License-Identifier: Apache-2.0 */
/* The treap: priorities are random, so the expected depth is logarithmic whatever the order of insertion. */
#include "assign/interval.h"

#include "lib/bits.h"

#include <stddef.h>

static uint32_t next_random(struct interval_set *set)
{
	uint32_t x = set->random ? set->random : 0x2545f491;

	x ^= x << 13;
	x ^= x >> 17;
	x ^= x << 5;
	set->random = x;
	return x;
}

static void update(struct interval *node)
{
	node->reach = node->last;
	if (node->left)
		node->reach = MAX(node->reach, node->left->reach);
	if (node->right)
		node->reach = MAX(node->reach, node->right->reach);
}

/* Where the set or the parent points at the node. */
static struct interval **link_of(struct interval_set *set, const struct interval *node)
{
	if (!node->parent)
		return &set->root;
	return node->parent->left == node ? &node->parent->left : &node->parent->right;
}

/* The node takes its parent's place; the order stays. */
static void rotate_up(struct interval_set *set, struct interval *node)
{
	struct interval *parent = node->parent, *inner;

	*link_of(set, parent) = node;
	node->parent = parent->parent;
	parent->parent = node;
	if (parent->left == node) {
		inner = node->right;
		parent->left = inner;
		node->right = parent;
	} else {
		inner = node->left;
		parent->right = inner;
		node->left = parent;
	}
	if (inner)
		inner->parent = parent;
	update(parent);
	update(node);
}

void interval_insert(struct interval_set *set, struct interval *node)
{
	struct interval **link = &set->root, *parent = NULL;

	while (*link) {
		parent = *link;
		parent->reach = MAX(parent->reach, node->last);
		link = node->first < parent->first ? &parent->left : &parent->right;
	}
	node->parent = parent;
	node->left = node->right = NULL;
	node->reach = node->last;
	node->priority = next_random(set);
	*link = node;
	while (node->parent && node->parent->priority < node->priority)
		rotate_up(set, node);
}

void interval_remove(struct interval_set *set, struct interval *node)
{
	while (node->left || node->right) {
		struct interval *left = node->left, *right = node->right;

		rotate_up(set, !right || (left && left->priority > right->priority) ? left : right);
	}
	*link_of(set, node) = NULL;
	for (struct interval *above = node->parent; above; above = above->parent)
		update(above);
	node->parent = NULL;
}

/* The one of the subtree that reaches farthest. */
static struct interval *farthest(struct interval *node)
{
	uint64_t reach = node->reach;

	while (node->last != reach)
		node = node->left && node->left->reach == reach ? node->left : node->right;
	return node;
}

struct interval *interval_at(const struct interval_set *set, uint64_t number)
{
	struct interval *node = set->root, *best = NULL;

	/* All that begin at or before the number: at each turn to the right, a node and what is left of it. */
	while (node) {
		if (node->first > number) {
			node = node->left;
			continue;
		}
		if (!best || node->last > best->last)
			best = node;
		if (node->left && node->left->reach > best->last)
			best = farthest(node->left);
		node = node->right;
	}
	return best && best->last >= number ? best : NULL;
}

struct interval *interval_after(const struct interval_set *set, uint64_t number)
{
	struct interval *node = set->root, *found = NULL;

	while (node) {
		if (node->first > number) {
			found = node;
			node = node->left;
		} else {
			node = node->right;
		}
	}
	return found;
}
