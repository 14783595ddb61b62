/* SPDX-License-Identifier: Apache-2.0 */
/* graftctl apply: the tree as it would be with these overlays live, as a blob. */
#include <stdlib.h>

#include "tools/engine.h"
#include "tools/verb.h"

enum {
	OPTION_OUTPUT,
};

static const struct option options[] = {
	[OPTION_OUTPUT] = { "output", 'o', "OUT.dtb", true, "where the tree goes; - is stdout" },
	{ 0 },
};

static bool apply_all(struct dt_tree *tree, const struct request *request)
{
	struct dt_overlay *overlay;

	for (int i = 1; i < request->operand_count; i++)
		if (!engine_apply(tree, request->operands[i], &overlay))
			return false;
	return true;
}

static int run(const struct request *request)
{
	struct bytes blob = { 0 };
	struct dt_tree tree;
	bool good;

	if (!engine_load_tree(&tree, request->operands[0]))
		return REFUSED;
	good = apply_all(&tree, request) && engine_flatten(&tree, &blob);
	dt_tree_drop(&tree);
	if (!good)
		return REFUSED;
	good = file_write(request->values[OPTION_OUTPUT], blob);
	free(blob.at);
	return good ? DONE : REFUSED;
}

const struct verb verb_apply = {
	.name = "apply",
	.operands = "BASE.dtb A.dtbo [B.dtbo ...]",
	.operands_least = 2,
	.operands_most = OPERANDS_MANY,
	.summary = "Apply overlays in order and write the whole tree",
	.details = "The result is the live tree that Graft would have after adding them. When one is\n"
		   "refused, nothing is written.\n",
	.options = options,
	.run = run,
};
