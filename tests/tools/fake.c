/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A hypervisor that is not there, in place of tools/privcmd.c: it checks each call as the ABI has it, writes
 * it down in the file FAKE_LOG, and answers as the environment says.
 *   FAKE_KIND=graft|xen|none  FAKE_ERROR: errno of overlay operations  FAKE_REASON  FAKE_PLAN: text
 *   FAKE_COUNT: overlays  FAKE_TREE: a blob's file  FAKE_GROWS: changes of the tree while it is looked at
 *   FAKE_ADDED: files of overlays that are in that tree, with a colon behind each
 *   FAKE_DETACH_ERROR: errno of detach  FAKE_ATTACHED: where the blob that is attached or detached goes
 */
#include "tools/transport.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/xen_abi.h"
#include "include/graft/sysctl.h"
#include "tools/engine.h"
#include "tools/file.h"
#include "tools/memory.h"
#include "tools/say.h"

enum {
	REGIONS_MOST = 4096,
};

static struct {
	uint8_t *at;
	size_t size;
} regions[REGIONS_MOST];
static size_t region_count;

static const char *setting(const char *name)
{
	const char *value = getenv(name);

	return value ? value : "";
}

static uint32_t number(const char *name)
{
	return (uint32_t)strtoul(setting(name), NULL, 10);
}

static void note(const char *format, ...) __attribute__((format(printf, 1, 2)));

static void note(const char *format, ...)
{
	FILE *file = fopen(setting("FAKE_LOG"), "a");
	va_list list;

	if (!file)
		return;
	va_start(list, format);
	vfprintf(file, format, list);
	va_end(list);
	fputc('\n', file);
	fclose(file);
}

bool transport_open(void)
{
	if (strcmp(setting("FAKE_KIND"), "none") != 0)
		return true;
	say_error("the fake is off");
	return false;
}

void *transport_memory(size_t size)
{
	void *at = memory_get(size);

	assert(region_count < REGIONS_MOST);
	regions[region_count].at = at;
	regions[region_count++].size = size;
	return at;
}

/* Memory that did not come from transport_memory() is out of a hypervisor's reach. */
static void *reach(uint64_t address, size_t size)
{
	uint8_t *at = (uint8_t *)(uintptr_t)address;

	for (size_t i = 0; i < region_count; i++)
		if (at >= regions[i].at && at + size <= regions[i].at + regions[i].size)
			return at;
	if (size)
		abort();
	return at;
}

static unsigned sum(const uint8_t *at, size_t size)
{
	unsigned total = 0;

	while (size--)
		total += at[size];
	return total;
}

static int refuse_or_not(void)
{
	return -(int)number("FAKE_ERROR");
}

static int xen_sysctl(struct xen_sysctl *op)
{
	struct xen_sysctl_dt_overlay *u = &op->u.dt_overlay;

	if (op->interface_version != XEN_SYSCTL_INTERFACE_VERSION)
		return -EACCES;
	assert(op->cmd == XEN_SYSCTL_dt_overlay && !u->pad[0] && !u->pad[1] && !u->pad[2]);
	note("sysctl op %u, %u bytes, sum %u", u->overlay_op, u->overlay_fdt_size,
			sum(reach(u->overlay_fdt.q, u->overlay_fdt_size), u->overlay_fdt_size));
	return refuse_or_not();
}

/* ATTACHED.1 for what is attached, ATTACHED.2 for what is detached. */
static void store_blob(const struct xen_domctl_dt_overlay *u)
{
	struct bytes blob = { reach(u->overlay_fdt.q, u->overlay_fdt_size), u->overlay_fdt_size };

	if (setting("FAKE_ATTACHED")[0] &&
			!file_write(memory_print("%s.%u", setting("FAKE_ATTACHED"), u->overlay_op),
					blob))
		abort();
}

static int xen_domctl(struct xen_domctl *op)
{
	struct xen_domctl_dt_overlay *u = &op->u.dt_overlay;

	assert(op->interface_version == XEN_DOMCTL_INTERFACE_VERSION);
	assert(op->cmd == XEN_DOMCTL_dt_overlay && !u->pad[0] && !u->pad[1] && !u->pad[2]);
	note("domctl op %u, domain %u, %u bytes, sum %u", u->overlay_op, op->domain,
			u->overlay_fdt_size,
			sum(reach(u->overlay_fdt.q, u->overlay_fdt_size), u->overlay_fdt_size));
	store_blob(u);
	if (u->overlay_op == GRAFT_DOMCTL_DT_OVERLAY_DETACH && number("FAKE_DETACH_ERROR"))
		return -(int)number("FAKE_DETACH_ERROR");
	return refuse_or_not();
}

/* The tree of FAKE_TREE with FAKE_ADDED in it, by the engine itself; NULL without the latter. */
static struct dt_tree *built(void)
{
	static struct dt_tree tree;
	static bool is_built;
	struct dt_overlay *overlay;
	const char *rest = setting("FAKE_ADDED");

	if (!rest[0])
		return NULL;
	if (!is_built && !engine_load_tree(&tree, setting("FAKE_TREE")))
		abort();
	for (; !is_built && rest[0]; rest += strcspn(rest, ":") + 1)
		if (!engine_apply(&tree, memory_print("%.*s", (int)strcspn(rest, ":"), rest),
				    &overlay))
			abort();
	is_built = true;
	return &tree;
}

static int built_list(struct graft_sysctl_overlay_list *u, const struct dt_tree *from)
{
	const struct dt_overlay *overlay = from->first_overlay;
	struct graft_overlay *to = reach(u->buffer, u->count * sizeof(*to));
	uint32_t room = u->count;

	u->total = from->overlay_count;
	for (u->count = 0; overlay && u->count < room; overlay = overlay->next)
		to[u->count++] = (struct graft_overlay){ .id = overlay->id,
			.state = GRAFT_OVERLAY_ADDED,
			.blob_size = overlay->blob_size,
			.digest = overlay->digest };
	return 0;
}

static int last_reason(struct graft_sysctl_last_reason *u)
{
	const char *reason = setting("FAKE_REASON");
	uint32_t room = u->size;

	u->error = reason[0] ? refuse_or_not() : 0;
	u->size = (uint32_t)strlen(reason);
	if (room)
		memcpy(reach(u->text, room), reason, u->size + 1);
	return 0;
}

/* Every second one is attached; the last is the newest. */
static int overlay_list(struct graft_sysctl_overlay_list *u)
{
	uint32_t room = u->count, total = number("FAKE_COUNT");
	struct graft_overlay *to = reach(u->buffer, room * sizeof(*to));

	if (built())
		return built_list(u, built());
	u->total = total;
	for (u->count = 0; u->count < room && u->count < total; u->count++) {
		bool attached = u->count % 2 == 1;

		to[u->count] = (struct graft_overlay){ .id = u->count + 1,
			.state = attached ? GRAFT_OVERLAY_ATTACHED : GRAFT_OVERLAY_ADDED,
			.nodes = 7,
			.blob_size = 512,
			.digest = 0xabcdef,
			.dependents = u->count == 0,
			.ranges = attached ? 3 : 0,
			.interrupts = attached ? 2 : 0,
			.holder = attached ? (uint16_t)(u->count / 2) : GRAFT_OWNER_NOBODY };
		snprintf(to[u->count].name, sizeof(to->name), "/soc/dev%u", u->count + 1);
	}
	return 0;
}

static int overlay_plan(struct graft_sysctl_overlay_plan *u)
{
	const char *text = setting("FAKE_PLAN");
	uint32_t length = (uint32_t)strlen(text), room = u->text_size;

	assert(!u->pad && !u->pad2);
	note("plan op %u, domain %u, %u bytes", u->op, u->domain, u->blob_size);
	reach(u->blob, u->blob_size);
	memcpy(reach(u->text, room), text, length < room ? length : room);
	u->text_size = length;
	u->result = refuse_or_not();
	return 0;
}

static int tree(struct graft_sysctl_tree *u)
{
	static uint32_t generation;
	struct bytes blob;
	uint32_t room = u->size;

	if (built() ? !engine_flatten(built(), &blob) : !file_read(setting("FAKE_TREE"), &blob))
		abort();
	u->size = (uint32_t)blob.size;
	u->generation = generation;
	if (generation < number("FAKE_GROWS"))
		generation++;
	if (room < blob.size)
		return -ENOBUFS;
	memcpy(reach(u->buffer, room), blob.at, blob.size);
	return 0;
}

/* Whose it is shows in the name. */
static int device(struct graft_sysctl_device *u)
{
	const char *path = memory_print(
			"%.*s", (int)u->path_size, (const char *)reach(u->path, u->path_size));
	const struct dt_node *node = built() ? dt_node_at(built(), path) : NULL;
	bool graft = strstr(path, "interrupt-controller"), nobody = strstr(path, "pcie"),
	     guest = strstr(path, "iommu");

	u->ranges = graft || nobody || guest || strstr(path, "spi@");
	u->overlay = node ? (node->owner ? node->owner->id : 0) : nobody ? 9 : 0;
	u->shared = guest;
	u->enabled = !strstr(path, "flash");
	u->owner = graft ? GRAFT_OWNER_GRAFT : nobody ? GRAFT_OWNER_NOBODY : guest ? 5 : 0;
	return 0;
}

static int graft_sysctl(struct graft_sysctl *op)
{
	if (strcmp(setting("FAKE_KIND"), "xen") == 0)
		return -EACCES;
	switch (op->cmd) {
	case GRAFT_SYSCTL_overlay_list:
		return overlay_list(&op->u.overlay_list);
	case GRAFT_SYSCTL_overlay_plan:
		return overlay_plan(&op->u.overlay_plan);
	case GRAFT_SYSCTL_last_reason:
		return last_reason(&op->u.last_reason);
	case GRAFT_SYSCTL_tree:
		return tree(&op->u.tree);
	case GRAFT_SYSCTL_device:
		return device(&op->u.device);
	}
	return -ENOSYS;
}

int transport_call(unsigned call, void *argument)
{
	struct graft_sysctl *op = reach((uintptr_t)argument, sizeof(*op));

	if (call == __HYPERVISOR_domctl)
		return xen_domctl(argument);
	assert(call == __HYPERVISOR_sysctl);
	if (op->interface_version == GRAFT_SYSCTL_VERSION)
		return graft_sysctl(op);
	return xen_sysctl(argument);
}
