/* SPDX-License-Identifier: Apache-2.0 */
/* graftctl overlay list: what is in the live tree, oldest first, and who holds it. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "tools/hyper.h"
#include "tools/memory.h"
#include "tools/names.h"
#include "tools/say.h"
#include "tools/verb.h"

/* What XenStore adds to the records, and how wide it is. */
struct names {
	char **holders, **files; /* file NULL: not known */
	int holder_width, file_width; /* 0: no file is known */
};

static void widen(int *width, const char *text)
{
	if (text && (int)strlen(text) > *width)
		*width = (int)strlen(text);
}

static void fetch_names(struct names *names, const struct graft_overlay *overlays, uint32_t count)
{
	names->holders = memory_get((count + 1) * sizeof(*names->holders));
	names->files = memory_get((count + 1) * sizeof(*names->files));
	names->holder_width = 11;
	for (uint32_t i = 0; i < count; i++) {
		bool attached = overlays[i].state == GRAFT_OVERLAY_ATTACHED;

		names->holders[i] = attached ? names_holder(overlays[i].holder) : memory_print("-");
		names->files[i] = names_file_of(&overlays[i]);
		widen(&names->holder_width, names->holders[i]);
		widen(&names->file_width, names->files[i]);
	}
	if (names->file_width)
		widen(&names->file_width, "FILE");
}

static void print_head(const struct names *names)
{
	printf("%s  ID  STATE     %-*s  NODES  RANGES  SPIS    BYTES  DIGEST            ",
			colours_for(stdout)->head, names->holder_width, "HOLDER");
	if (names->file_width)
		printf("%-*s  ", names->file_width, "FILE");
	printf("NAME%s\n", colours_for(stdout)->off);
}

static void print_one(
		const struct graft_overlay *overlay, const struct names *names, uint32_t index)
{
	const struct colours *colours = colours_for(stdout);
	bool attached = overlay->state == GRAFT_OVERLAY_ATTACHED;

	printf("%4" PRIu32 "  %s%-8s%s  %-*s  %5" PRIu32 "  %6" PRIu32 "  %4" PRIu32 "  %7" PRIu32
	       "  %016" PRIx64 "  ",
			overlay->id, attached ? colours->good : "", attached ? "attached" : "added",
			colours->off, names->holder_width, names->holders[index], overlay->nodes,
			overlay->ranges, overlay->interrupts, overlay->blob_size, overlay->digest);
	if (names->file_width)
		printf("%-*s  ", names->file_width,
				names->files[index] ? names->files[index] : "-");
	printf("%.*s", GRAFT_OVERLAY_NAME_MAX, overlay->name);
	if (overlay->dependents)
		printf("  (%" PRIu32 " build on it)", overlay->dependents);
	if (overlay->attachments > 1)
		printf("  (attached in %u parts)", overlay->attachments);
	printf("\n");
}

static int run(const struct request *request)
{
	const struct graft_overlay *overlays;
	struct names names = { 0 };
	uint32_t count;

	(void)request;
	if (!hyper_open_graft("list of overlays"))
		return REFUSED;
	overlays = hyper_list_overlays(&count);
	if (!overlays)
		return REFUSED;
	/* What it allocates lives to the end of the program. */
	fetch_names(&names, overlays, count);
	print_head(&names);
	for (uint32_t i = 0; i < count; i++)
		print_one(&overlays[i], &names, i);
	return DONE;
}

const struct verb verb_overlay_list = {
	.name = "overlay list",
	.operands = "",
	.summary = "List the overlays of the live tree and who holds them",
	.details = "Oldest first. FILE is what graftctl added, where it did; NAME is the first node that\n"
		   "the overlay brings or changes. Guests are named as by xl list. Xen cannot tell.\n",
	.run = run,
};
