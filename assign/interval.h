/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A set of intervals of numbers, which may overlap: a treap ordered by where they begin, in which each node
 * knows how far its subtree reaches. Nodes are the caller's: nothing here allocates or can fail.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct interval {
	struct interval *parent, *left, *right;
	uint64_t first, last; /* both belong to it */
	uint64_t reach;       /* the largest `last` of the subtree */
	uint32_t priority;
};

struct interval_set {
	struct interval *root;
	uint32_t random;
};

/* first and last are set. */
void interval_insert(struct interval_set *set, struct interval *node);
void interval_remove(struct interval_set *set, struct interval *node);

/* Of those that hold the number, the one that reaches farthest; NULL: none does. */
struct interval *interval_at(const struct interval_set *set, uint64_t number);
/* The first that begins behind the number; NULL: none does. */
struct interval *interval_after(const struct interval_set *set, uint64_t number);
