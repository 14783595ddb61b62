/* SPDX-License-Identifier: Apache-2.0 */
/* graftctl overlay list: what is in the live tree, oldest first, and who holds it. */
#include <inttypes.h>
#include <stdio.h>

#include "tools/hyper.h"
#include "tools/say.h"
#include "tools/verb.h"

static void print_one(const struct graft_overlay *overlay)
{
	const struct colours *colours = colours_for(stdout);
	int attached = overlay->state == GRAFT_OVERLAY_ATTACHED;

	printf("%4" PRIu32 "  %s%-8s%s  %-11s  %5" PRIu32 "  %6" PRIu32 "  %4" PRIu32 "  %7" PRIu32
	       "  %016" PRIx64 "  %.*s",
			overlay->id, attached ? colours->good : "", attached ? "attached" : "added",
			colours->off, attached ? hyper_owner_name(overlay->holder) : "-",
			overlay->nodes, overlay->ranges, overlay->interrupts, overlay->blob_size,
			overlay->digest, GRAFT_OVERLAY_NAME_MAX, overlay->name);
	if (overlay->dependents)
		printf("  (%" PRIu32 " build on it)", overlay->dependents);
	if (overlay->attachments > 1)
		printf("  (attached in %u parts)", overlay->attachments);
	printf("\n");
}

static int run(const struct request *request)
{
	const struct graft_overlay *overlays;
	uint32_t count;

	(void)request;
	if (!hyper_open_graft("list of overlays"))
		return REFUSED;
	overlays = hyper_list_overlays(&count);
	if (!overlays)
		return REFUSED;
	printf("%s  ID  STATE     HOLDER       NODES  RANGES  SPIS    BYTES  DIGEST            NAME%s\n",
			colours_for(stdout)->head, colours_for(stdout)->off);
	for (uint32_t i = 0; i < count; i++)
		print_one(&overlays[i]);
	return DONE;
}

const struct verb verb_overlay_list = {
	.name = "overlay list",
	.operands = "",
	.summary = "List the overlays of the live tree and who holds them",
	.details = "Oldest first. NAME is the first node that it brings or changes. Xen cannot tell.\n",
	.run = run,
};
