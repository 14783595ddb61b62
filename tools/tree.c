/* SPDX-License-Identifier: Apache-2.0 */
/* graftctl tree: the live tree of the running Graft, and whose each device is. */
#include <stdio.h>

#include "tools/hyper.h"
#include "tools/live.h"
#include "tools/say.h"
#include "tools/verb.h"

enum {
	OPTION_OUTPUT,
};

static const struct option options[] = {
	[OPTION_OUTPUT] = { "output", 'o', "FILE", false,
			"write it as a blob instead; - is stdout" },
	{ 0 },
};

/* Where the second column begins, if the name leaves room. */
#define NAME_WIDTH 44

static const char *colour_of(const struct graft_sysctl_device *device)
{
	const struct colours *colours = colours_for(stdout);

	if (device->owner == GRAFT_OWNER_GRAFT)
		return colours->warn;
	if (device->owner == GRAFT_OWNER_NOBODY)
		return colours->bad;
	return device->owner == 0 ? colours->good : colours->head;
}

static void print_device(const struct graft_sysctl_device *device)
{
	if (device->ranges || device->interrupts || device->streams)
		printf("  %s%s%s%s", colour_of(device), hyper_owner_name(device->owner),
				device->shared ? " and others" : "", colours_for(stdout)->off);
	if (device->overlay)
		printf("  overlay %u", device->overlay);
	if (!device->enabled)
		printf("  disabled");
}

static void print_node(const struct dt_node *node, const struct graft_sysctl_device *device)
{
	const struct dt_node *up = node->parent;
	int depth = 0, width;
	bool tells = device->ranges || device->interrupts || device->streams || device->overlay ||
	             !device->enabled;

	for (; up; up = up->parent)
		depth += 2;
	width = tells && depth < NAME_WIDTH ? NAME_WIDTH - depth : 0;
	printf("%*s%-*s", depth, "", width, node->parent ? node->name : "/");
	print_device(device);
	printf("\n");
}

static int print_tree(void)
{
	const struct dt_node *node;
	struct live live;
	size_t at = 0;

	if (!live_fetch(&live))
		return REFUSED;
	dt_for_each_node (node, live.tree.root)
		print_node(node, &live.devices[at++]);
	return DONE;
}

static int write_tree(const char *file)
{
	struct live live = { 0 };

	return live_fetch_blob(&live) && file_write(file, live.blob) ? DONE : REFUSED;
}

static int run(const struct request *request)
{
	if (!hyper_open_graft("way to show its device tree"))
		return REFUSED;
	return request->values[OPTION_OUTPUT] ? write_tree(request->values[OPTION_OUTPUT])
	                                      : print_tree();
}

const struct verb verb_tree = {
	.name = "tree",
	.operands = "",
	.summary = "Show the live tree and whose each device is",
	.details = "Nodes with registers, interrupts or DMA streams of their own have an owner: Graft, a\n"
		   "domain, or nobody. Nodes of overlays say which. Xen cannot show its tree.\n",
	.options = options,
	.run = run,
};
