/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who may have what, as one table of small checks (design section 2, "attach", "ownership"). Each refusal names
 * the rule, the node, the resource and its owner.
 */
#pragma once

#include "assign/resource.h"
#include "dt/why.h"

struct rule_case {
	const struct dt_tree *tree;
	struct domain *domain;
	const struct dt_node *node;
	const struct resource *resource; /* NULL: the node as a whole */
	const struct dt_tree *guest_tree; /* of the next one */
	const struct dt_node *guest; /* the guest's node for it; NULL: the domain gets the host's */
	const struct claim *planned; /* an SPI: another claim on it in the same plan, or NULL */
	const struct claim *other; /* set by the checks: one in its way, of another owner */
};

/* The node as a whole, before its resources. 0, or the error of the first rule that says no. */
int rules_check_node(const struct rule_case *c, struct dt_why *why);
/* That the guest's node places all that the host's has in `reg`. */
int rules_check_places(const struct rule_case *c, struct dt_why *why);
int rules_check_resource(struct rule_case *c, struct dt_why *why);

/* Which nodes Graft keeps for itself wherever they come from; says false until set. */
void rules_set_kept(bool (*is_kept)(const struct dt_tree *tree, const struct dt_node *node));
