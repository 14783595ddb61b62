/* SPDX-License-Identifier: Apache-2.0 */
/* graftctl plan: what an overlay would bring to a tree, and what would stand in its way. */
#include <stdlib.h>
#include <string.h>

#include "tools/engine.h"
#include "tools/memory.h"
#include "tools/remark.h"
#include "tools/say.h"
#include "tools/scheme.h"
#include "tools/verb.h"

enum {
	OPTION_BASE,
	OPTION_JSON,
};

static const struct option options[] = {
	[OPTION_BASE] = { "base", 'b', "BASE.dtb", true, "the tree it would go into" },
	[OPTION_JSON] = { "json", 'j', NULL, false, "for programs (see graftctl(1))" },
	{ 0 },
};

bool scheme_is_table(const struct dt_node *node)
{
	return node->parent && !node->parent->parent && strcmp(node->name, "__symbols__") == 0;
}

static void take_fault(void *ctx, int error, const char *text)
{
	struct scheme *scheme = ctx;

	/* A register that is no memory address (of an I2C device, say) is as it should be. */
	if (error == -DT_ENXIO)
		return;
	scheme->faults = memory_grow(scheme->faults, scheme->fault_count, &scheme->fault_room,
			sizeof(*scheme->faults));
	scheme->faults[scheme->fault_count++] = (struct fault){ .error = error_name(error),
		.text = memory_print("%s", text) };
}

static void take_remark(void *ctx, const char *text)
{
	struct scheme *scheme = ctx;

	scheme->remarks = memory_grow(scheme->remarks, scheme->remark_count, &scheme->remark_room,
			sizeof(*scheme->remarks));
	scheme->remarks[scheme->remark_count++] = memory_print("%s", text);
}

static void read_scheme(struct scheme *scheme)
{
	struct dt_why why = { .each = take_fault, .ctx = scheme };

	remark_strays(span_of(scheme->overlay->blob, scheme->overlay->blob_size), &why);
	remark_paths(scheme->overlay, take_remark, scheme);
	devices_find(&scheme->devices, scheme->overlay);
	for (size_t i = 0; i < scheme->devices.count; i++)
		uses_read(&scheme->uses, scheme->tree, scheme->devices.at[i], &why);
	conflicts_find(&scheme->conflicts, scheme->tree, scheme->overlay, &scheme->uses);
}

static int run(const struct request *request)
{
	struct scheme scheme = { .overlay_file = request->operands[0],
		.base_file = request->values[OPTION_BASE] };
	struct dt_overlay *overlay;
	struct dt_tree tree;

	/* What it allocates lives to the end of the program. */
	if (!engine_load_tree(&tree, scheme.base_file) ||
			!engine_apply(&tree, scheme.overlay_file, &overlay))
		return REFUSED;
	scheme.tree = &tree;
	scheme.overlay = overlay;
	read_scheme(&scheme);
	if (request->values[OPTION_JSON])
		scheme_print_json(&scheme);
	else
		scheme_print_table(&scheme);
	return scheme.conflicts.count || scheme.fault_count ? REFUSED : DONE;
}

const struct verb verb_plan = {
	.name = "plan",
	.operands = "A.dtbo",
	.operands_least = 1,
	.operands_most = 1,
	.summary = "Show what an overlay would bring and what conflicts with the base",
	.details = "Exits with 1 when there is a conflict: Graft would refuse to give away such a device.\n",
	.options = options,
	.run = run,
};
