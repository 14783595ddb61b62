/* SPDX-License-Identifier: Apache-2.0 */
/* graftctl check: every fault of an overlay, not only the first; then what Linux and attach will say. */
#include <stdlib.h>
#include <string.h>

#include "tools/check.h"
#include "tools/devices.h"
#include "tools/engine.h"
#include "tools/linux.h"
#include "tools/machine.h"
#include "tools/memory.h"
#include "tools/remark.h"
#include "tools/say.h"
#include "tools/standin.h"
#include "tools/uses.h"
#include "tools/verb.h"

enum {
	OPTION_BASE,
	OPTION_HOST,
};

static const struct option options[] = {
	[OPTION_BASE] = { "base", 'b', "BASE.dtb", false,
			"also check labels, targets and resources against this tree" },
	[OPTION_HOST] = { "host", 'H', "A.dtbo", false,
			"it is a guest's overlay: check it against this one on the base" },
	{ 0 },
};

/* A register that is no memory address (of an I2C device, say) is as it should be. */
static void take_fault(void *ctx, int error, const char *text)
{
	struct check *check = ctx;

	if (error == -DT_ENXIO)
		return;
	if (!check->count++)
		check->first = memory_print("%s", text);
	printf("%s: %s: %s\n", check->file, error_name(error), text);
}

static void take_remark(void *ctx, const char *text)
{
	struct check *check = ctx;

	printf("%s: remark: %s\n", check->file, text);
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

struct dt_overlay *check_overlay(
		struct check *check, struct dt_tree *tree, struct bytes blob, bool has_base)
{
	struct dt_why why = { .each = take_fault, .ctx = check };
	struct dt_overlay *overlay;

	remark_strays(span_of(blob.at, blob.size), &why);
	if (dt_overlay_begin(tree, blob.size, &overlay, &why))
		return NULL;
	memcpy(overlay->blob, blob.at, blob.size);
	if (dt_overlay_prepare(overlay, &why)) {
		dt_overlay_drop(overlay);
		return NULL;
	}
	dt_overlay_commit(overlay);
	remark_paths(overlay, take_remark, check);
	/* Without the base nobody knows how many cells an address has. */
	if (has_base)
		check_resources(tree, overlay, &why);
	return overlay;
}

void check_say(const struct check *check, const char *who, const char *reason)
{
	if (reason)
		printf("%s: %s will refuse it: %s\n", check->file, who, reason);
	else
		printf("%s: %s will take it\n", check->file, who);
}

void check_say_linux(const struct check *check, const struct dt_overlay *overlay, bool had_labels)
{
	char *reason = overlay ? linux_refusal(overlay, had_labels)
	                       : memory_print("%s", check->first);

	check_say(check, "Linux", reason);
	free(reason);
}

/* Dom0 and a guest have different rules; an overlay that cannot be added is for neither. */
static void say_attach(const struct check *check, struct dt_overlay *overlay)
{
	struct dt_why dom0 = { 0 }, guest = { 0 };
	bool forced = false;

	if (!overlay)
		check_say(check, "attach", check->first);
	else if (machine_try_dom0(overlay->blob, overlay->blob_size, &dom0))
		check_say(check, "attach", dom0.text);
	else if (machine_try_guest(overlay, &forced, &guest))
		printf("%s: attach will take it for Dom0, and refuse it for a guest: %s\n",
				check->file, guest.text);
	else if (forced)
		printf("%s: attach will take it, for a guest with xen,force-assign-without-iommu\n",
				check->file);
	else
		check_say(check, "attach", NULL);
}

static bool check_host(struct check *check, struct bytes blob, const char *base)
{
	struct dt_overlay *overlay;
	struct dt_tree tree;
	bool had_labels;

	if (!(base ? engine_load_tree(&tree, base) : standin_build(&tree, blob)))
		return false;
	if (base)
		machine_start(&tree);
	had_labels = dt_node_at(&tree, "/__symbols__");
	overlay = check_overlay(check, &tree, blob, base);
	if (base) {
		check_say_linux(check, overlay, had_labels);
		say_attach(check, overlay);
	}
	return true;
}

static int run(const struct request *request)
{
	struct check check = { .file = request->operands[0] };
	const char *base = request->values[OPTION_BASE], *host = request->values[OPTION_HOST];
	struct bytes blob;
	bool good;

	if (host && !base) {
		say_error("check: --host needs --base: see graftctl check --help");
		return BAD_USAGE;
	}
	/* What it allocates lives to the end of the program. */
	if (!file_read(check.file, &blob))
		return REFUSED;
	good = host ? check_guest(&check, blob, host, base) : check_host(&check, blob, base);
	if (good)
		printf("%s: %u fault%s\n", check.file, check.count, check.count == 1 ? "" : "s");
	return good && check.count == 0 && !check.refused ? DONE : REFUSED;
}

const struct verb verb_check = {
	.name = "check",
	.operands = "A.dtbo",
	.operands_least = 1,
	.operands_most = 1,
	.summary = "Say everything that is wrong with an overlay",
	.details = "Then whether Linux takes it, and whether attach does, by the hypervisor's own rules.\n"
		   "Exits with 0 when nothing is wrong. Without a base, labels and targets are taken to\n"
		   "be there, numbers of cells are not known, and neither is foretold.\n",
	.options = options,
	.run = run,
};
