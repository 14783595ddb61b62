/* SPDX-License-Identifier: Apache-2.0 */
/* graftctl check: every fault of an overlay, not only the first. */
#include <stdlib.h>

#include "tools/devices.h"
#include "tools/engine.h"
#include "tools/say.h"
#include "tools/standin.h"
#include "tools/uses.h"
#include "tools/verb.h"

enum {
	OPTION_BASE,
};

static const struct option options[] = {
	[OPTION_BASE] = { "base", 'b', "BASE.dtb", false,
			"also check labels, targets and resources against this tree" },
	{ 0 },
};

struct check {
	const char *file;
	unsigned count;
};

/* A register that is no memory address (of an I2C device, say) is as it should be. */
static void take_fault(void *ctx, int error, const char *text)
{
	struct check *check = ctx;

	if (error == -DT_ENXIO)
		return;
	check->count++;
	printf("%s: %s: %s\n", check->file, error_name(error), text);
}

static void check_resources(
		const struct dt_tree *tree, const struct dt_overlay *overlay, struct dt_why *why)
{
	struct devices devices = { 0 };
	struct uses uses = { 0 };

	devices_find(&devices, overlay);
	for (size_t i = 0; i < devices.count; i++)
		uses_read(&uses, tree, devices.at[i], why);
	free(uses.at);
	free(devices.at);
}

static void check_overlay(
		struct dt_tree *tree, struct bytes blob, bool has_base, struct dt_why *why)
{
	struct dt_overlay *overlay;

	if (dt_overlay_begin(tree, blob.size, &overlay, why))
		return;
	memcpy(overlay->blob, blob.at, blob.size);
	if (dt_overlay_prepare(overlay, why)) {
		dt_overlay_drop(overlay);
		return;
	}
	dt_overlay_commit(overlay);
	/* Without the base nobody knows how many cells an address has. */
	if (has_base)
		check_resources(tree, overlay, why);
}

static int run(const struct request *request)
{
	struct check check = { .file = request->operands[0] };
	struct dt_why why = { .each = take_fault, .ctx = &check };
	const char *base = request->values[OPTION_BASE];
	struct dt_tree tree;
	struct bytes blob;
	bool good;

	if (!file_read(check.file, &blob))
		return REFUSED;
	good = base ? engine_load_tree(&tree, base) : standin_build(&tree, blob);
	if (good) {
		check_overlay(&tree, blob, base != NULL, &why);
		dt_tree_drop(&tree);
		printf("%s: %u fault%s\n", check.file, check.count, check.count == 1 ? "" : "s");
	}
	free(blob.at);
	return good && check.count == 0 ? DONE : REFUSED;
}

const struct verb verb_check = {
	.name = "check",
	.operands = "A.dtbo",
	.operands_least = 1,
	.operands_most = 1,
	.summary = "Say everything that is wrong with an overlay",
	.details = "Exits with 0 when nothing is. Without a base, labels and targets are taken to be\n"
		   "there, and numbers of cells are not known.\n",
	.options = options,
	.run = run,
};
