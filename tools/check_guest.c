/* SPDX-License-Identifier: Apache-2.0 */
/* A guest's overlay, written by hand perhaps: on a tree with what libxl gives every guest, and as attach sees it. */
#include <stdio.h>
#include <string.h>

#include "core/xen_abi.h"
#include "tools/check.h"
#include "tools/draft.h"
#include "tools/engine.h"
#include "tools/machine.h"
#include "tools/memory.h"

/* As far as devices' nodes refer to it (xen/arch-arm.h); no labels. */
static bool build_guest(struct dt_tree *tree)
{
	struct draft_node *root = draft_root(), *gic;
	struct bytes blob;

	draft_set_u32(root, "#address-cells", GUEST_ROOT_ADDRESS_CELLS);
	draft_set_u32(root, "#size-cells", GUEST_ROOT_SIZE_CELLS);
	draft_set_u32(root, "interrupt-parent", GUEST_PHANDLE_GIC);
	gic = draft_child(root, "interrupt-controller");
	draft_set_string(gic, "compatible", "arm,gic-v3");
	draft_set_u32(gic, "#interrupt-cells", 3);
	draft_set_u32(gic, "#address-cells", 0);
	draft_set(gic, "interrupt-controller", NULL, 0);
	draft_set_u32(gic, "phandle", GUEST_PHANDLE_GIC);
	return draft_write(root, &blob) && engine_build(tree, "guest", blob);
}

static void say_lines(const struct check *check, char *text)
{
	for (char *rest = NULL, *line = strtok_r(text, "\n", &rest); line;
			line = strtok_r(NULL, "\n", &rest))
		printf("%s: attach: %s\n", check->file, line);
}

static void say_attach(struct check *check, struct bytes blob)
{
	struct dt_why why = { 0 };
	struct report report = { .room = 65536 };
	int error;

	report.at = memory_get(report.room + 1);
	error = machine_try_blob(blob.at, blob.size, &report, &why);
	say_lines(check, report.at);
	check_say(check, "attach", error ? why.text : NULL);
	check->refused = error;
}

bool check_guest(struct check *check, struct bytes blob, const char *host, const char *base)
{
	struct dt_overlay *overlay;
	struct dt_tree tree, guest;

	if (!engine_load_tree(&tree, base) || !build_guest(&guest))
		return false;
	machine_start(&tree);
	if (!engine_apply(&tree, host, &overlay))
		return false;
	check_say_linux(check, check_overlay(check, &guest, blob, true), false);
	say_attach(check, blob);
	return true;
}
