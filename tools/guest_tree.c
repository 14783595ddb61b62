/* SPDX-License-Identifier: Apache-2.0 */
/* A guest's tree as libxl writes it (libxl_arm.c), and an overlay tried on it as `graftctl check` does. */
#include <stdlib.h>

#include "core/xen_abi.h"
#include "tools/guest.h"
#include "tools/say.h"

/* Names that libxl gives to children of the root, for one kind of guest or another. */
static const char *const names[] = { "aliases", "chosen", "cpus", "psci", "timer", "hypervisor",
	"firmware", "passthrough", "memory", "pmu", "options", "reserved-memory", "soc",
	"sbsa-uart", "__symbols__", NULL };

static void add_controller(struct draft_node *root)
{
	struct draft_node *gic = draft_child(root, "interrupt-controller@3001000");

	draft_set_string(gic, "compatible", "arm,gic-v3");
	draft_set_u32(gic, "#interrupt-cells", 3);
	draft_set_u32(gic, "#address-cells", 0);
	draft_set(gic, "interrupt-controller", NULL, 0);
	draft_set_u32(gic, "phandle", GUEST_PHANDLE_GIC);
}

struct draft_node *guest_tree(void)
{
	struct draft_node *root = draft_root();

	draft_set_u32(root, "#address-cells", GUEST_ROOT_ADDRESS_CELLS);
	draft_set_u32(root, "#size-cells", GUEST_ROOT_SIZE_CELLS);
	draft_set_u32(root, "interrupt-parent", GUEST_PHANDLE_GIC);
	add_controller(root);
	for (size_t i = 0; names[i]; i++)
		draft_child(root, names[i]);
	return root;
}

struct trial {
	unsigned faults;
};

static void take_fault(void *ctx, int error, const char *text)
{
	struct trial *trial = ctx;

	if (error == -DT_ENXIO)
		return;
	trial->faults++;
	say_error("in the guest it would be malformed: %s", text);
}

static void read_all(
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

bool guest_check(struct bytes blob)
{
	struct trial trial = { 0 };
	struct dt_why why = { .each = take_fault, .ctx = &trial };
	struct dt_overlay *overlay;
	struct dt_tree tree;
	struct bytes base;
	bool good;

	if (!draft_write(guest_tree(), &base))
		return false;
	good = engine_build(&tree, "the guest's tree", base);
	free(base.at);
	if (!good)
		return false;
	if (dt_overlay_add(&tree, blob.at, blob.size, &overlay, &why) == 0)
		read_all(&tree, overlay, &why);
	dt_tree_drop(&tree);
	return trial.faults == 0;
}
