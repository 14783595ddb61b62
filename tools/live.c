/* SPDX-License-Identifier: Apache-2.0 */
/* Blob and owners are asked for one after the other: all is asked anew when the tree changed in between. */
#include "tools/live.h"

#include <errno.h>
#include <string.h>

#include "tools/engine.h"
#include "tools/hyper.h"
#include "tools/memory.h"
#include "tools/say.h"
#include "tools/transport.h"

/* How often to begin anew when overlays come and go meanwhile. */
#define ATTEMPTS 10

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

bool live_fetch(struct live *live)
{
	int error = -EAGAIN;

	for (int i = 0; i < ATTEMPTS && (error == -EAGAIN || error == -ENOENT); i++) {
		*live = (struct live){ 0 };
		error = fetch_blob(live);
		if (error)
			break;
		if (!engine_build(&live->tree, "tree", live->blob))
			return false;
		error = fetch_devices(live);
	}
	if (error == -EAGAIN || error == -ENOENT)
		say_error("tree: it keeps changing");
	else if (error)
		hyper_say("tree", error);
	return error == 0;
}

bool live_fetch_blob(struct live *live)
{
	int error = fetch_blob(live);

	if (error)
		hyper_say("tree", error);
	return !error;
}
