/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Overlays on top of each other. They come off in an order of their own, the oldest that nothing builds on
 * first. In the end the base is as it was.
 */
#include "tests/corpus/oracle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/corpus/purpose.h"

/* The engine and libfdt in step: an overlay goes onto both, or is left out of both. */
struct stack {
	struct dt_tree *tree;
	const struct blob *base;
	void *theirs;
	unsigned count;
};

static void push(struct stack *stack, const struct blob *overlay)
{
	struct dt_overlay *live = NULL;
	struct dt_why why = { 0 };
	void *theirs = apply_theirs(stack->theirs ? stack->theirs : stack->base->at, overlay);
	int error = dt_overlay_add(stack->tree, overlay->at, overlay->size, &live, &why);

	if (!error && theirs) {
		free(stack->theirs);
		stack->theirs = theirs;
		stack->count++;
		return;
	}
	if (!error)
		report("stack: only the engine applies it", stack->base, overlay, "libfdt refuses");
	else if (theirs && !purpose_of(why.text))
		report("stack: only libfdt applies it", stack->base, overlay, why.text);
	if (!error)
		dt_overlay_revert(live);
	free(theirs);
}

static void compare(const struct stack *stack)
{
	struct blob ours = flatten(stack->tree);
	char text[512];

	if (!same_result(ours.at, stack->theirs, text, sizeof(text)) && !purpose_of(text))
		report("stack: different trees", stack->base, stack->base, text);
	free(ours.at);
}

static struct dt_overlay *oldest_free(const struct dt_tree *tree)
{
	struct dt_overlay *overlay = tree->first_overlay;

	while (overlay && dt_overlay_may_revert(overlay, NULL))
		overlay = overlay->next;
	return overlay;
}

static void take_off(struct stack *stack)
{
	struct dt_overlay *overlay;

	while ((overlay = oldest_free(stack->tree)))
		dt_overlay_revert(overlay);
	if (stack->tree->overlay_count)
		report("stack: stuck", stack->base, stack->base, "each builds on another");
}

void try_stack(struct dt_tree *tree, const struct blob *before, const struct blob *base,
		const struct blob *overlays, size_t count)
{
	struct stack stack = { .tree = tree, .base = base };

	tree->phandle_last = MARK;
	for (size_t i = 0; i < count; i++)
		push(&stack, &overlays[i]);
	if (stack.count > 1) {
		tally.stacks++;
		tally.stacked += stack.count;
		compare(&stack);
	}
	take_off(&stack);
	check_reverted(tree, before, base, base);
	free(stack.theirs);
}
