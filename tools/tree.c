/* SPDX-License-Identifier: Apache-2.0 */
/* graftctl tree: the live tree of the running Graft, and whose each device is. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tools/engine.h"
#include "tools/hyper.h"
#include "tools/memory.h"
#include "tools/say.h"
#include "tools/transport.h"
#include "tools/verb.h"

enum {
	OPTION_OUTPUT,
};

static const struct option options[] = {
	[OPTION_OUTPUT] = { "output", 'o', "FILE", false,
		"write it as a blob instead; - is stdout" },
	{ 0 },
};

/* How often to begin anew when overlays come and go meanwhile. */
#define ATTEMPTS 10
/* Where the second column begins, if the name leaves room. */
#define NAME_WIDTH 44

struct live {
	struct bytes blob;
	uint32_t generation;
	struct dt_tree tree;
	struct graft_sysctl_device *devices; /* of all nodes, in document order */
};

/* It may have grown between being measured and being fetched. */
static int fetch_blob(struct live *live)
{
	struct graft_sysctl *op = hyper_graft_new();
	struct graft_sysctl_tree *tree = &op->u.tree;
	int error = -ENOBUFS;

	for (int i = 0; i < ATTEMPTS && error == -ENOBUFS; i++) {
		tree->buffer = (uintptr_t)live->blob.at;
		error = hyper_graft(GRAFT_SYSCTL_tree, op);
		if (error == -ENOBUFS)
			live->blob.at = transport_memory(tree->size);
	}
	live->blob.size = tree->size;
	live->generation = tree->generation;
	return error;
}

static uint32_t fetch_generation(void)
{
	struct graft_sysctl *op = hyper_graft_new();

	/* Without room it says no more than this. */
	(void)hyper_graft(GRAFT_SYSCTL_tree, op);
	return op->u.tree.generation;
}

static int fetch_device(const struct dt_node *node, struct graft_sysctl *op, char *path)
{
	dt_node_path(node, path, DT_PATH_MAX + 1);
	op->u.device.path = (uintptr_t)path;
	op->u.device.path_size = (uint32_t)strlen(path);
	return hyper_graft(GRAFT_SYSCTL_device, op);
}

static int fetch_devices(struct live *live)
{
	struct graft_sysctl *op = hyper_graft_new();
	char *path = transport_memory(DT_PATH_MAX + 1);
	const struct dt_node *node;
	size_t count = 0, room = 0;
	int error;

	dt_for_each_node (node, live->tree.root) {
		error = fetch_device(node, op, path);
		if (error)
			return error;
		live->devices = memory_grow(live->devices, count, &room, sizeof(*live->devices));
		live->devices[count++] = op->u.device;
	}
	return fetch_generation() == live->generation ? 0 : -EAGAIN;
}

static int build(struct live *live)
{
	struct dt_env env = engine_env();
	struct dt_why why = { 0 };

	if (dt_tree_build(&live->tree, &env, live->blob.at, live->blob.size, &why) == 0)
		return 0;
	say_error("tree: %s", why.text);
	return -EINVAL;
}

/* Everything as it is at one moment. What it allocates lives to the end of the program. */
static bool fetch_all(struct live *live)
{
	int error = -EAGAIN;

	for (int i = 0; i < ATTEMPTS && (error == -EAGAIN || error == -ENOENT); i++) {
		*live = (struct live){ 0 };
		error = fetch_blob(live);
		if (error)
			break;
		if (build(live))
			return false;
		error = fetch_devices(live);
	}
	if (error == -EAGAIN || error == -ENOENT)
		say_error("tree: it keeps changing");
	else if (error)
		hyper_say("tree", error);
	return error == 0;
}

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

	if (!fetch_all(&live))
		return REFUSED;
	dt_for_each_node (node, live.tree.root)
		print_node(node, &live.devices[at++]);
	return DONE;
}

static int write_tree(const char *file)
{
	struct live live = { 0 };
	int error = fetch_blob(&live);

	if (error)
		return hyper_say("tree", error);
	return file_write(file, live.blob) ? DONE : REFUSED;
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
	.details =
		"Nodes with registers, interrupts or DMA streams of their own have an owner: Graft, a\n"
		"domain, or nobody. Nodes of overlays say which. Xen cannot show its tree.\n",
	.options = options,
	.run = run,
};
