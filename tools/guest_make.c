/* SPDX-License-Identifier: Apache-2.0 */
/* The host's tree and overlay in, the guest's overlay out. */
#include "tools/guest_make.h"

#include <stdlib.h>
#include <string.h>

#include "tools/guest.h"
#include "tools/memory.h"
#include "tools/remark.h"
#include "tools/say.h"

/* Every phandle of the base higher; its references are not followed: nobody looks at them. */
static bool shift_phandles(struct bytes blob, const char *file)
{
	struct dtb_cursor cursor;
	struct dtb dtb;
	enum dtb_event event;

	/* It was checked when the first tree was built from it. */
	if (dtb_check(&dtb, blob.at, blob.size, NULL))
		return false;
	cursor = dtb_cursor(&dtb);
	while ((event = dtb_step(&cursor)) != DTB_DONE) {
		if (event != DTB_PROP || cursor.value.left != 4 ||
				(strcmp(cursor.name, "phandle") != 0 &&
						strcmp(cursor.name, "linux,phandle") != 0))
			continue;
		if (span_load_u32(cursor.value.at) > UINT32_MAX - PHANDLE_SHIFT * 2) {
			say_error("%s: phandle 0x%x is too high", file,
					span_load_u32(cursor.value.at));
			return false;
		}
		span_store_u32(blob.at + (cursor.value.at - blob.at),
				span_load_u32(cursor.value.at) + PHANDLE_SHIFT);
	}
	return true;
}

static bool refuse_number(const char *file)
{
	say_error("%s: a target is given by number, not by label or path", file);
	return false;
}

static bool build_shifted(struct guest *guest, const struct guest_order *order)
{
	struct dt_env env = engine_env();
	struct bytes blob = { memory_copy(order->base.at, order->base.size), order->base.size };
	bool good;

	good = shift_phandles(blob, order->base_name) &&
	       dt_tree_build(&guest->shifted, &env, blob.at, blob.size, NULL) == 0;
	free(blob.at);
	return good;
}

static bool same_place(const struct dt_node *a, const struct dt_node *b)
{
	for (; a->parent && b->parent; a = a->parent, b = b->parent)
		if (strcmp(a->name, b->name) != 0)
			return false;
	return !a->parent && !b->parent;
}

/* Numbers can lead to different nodes of the two trees; labels and paths cannot. */
static bool same_changes(const struct dt_overlay *a, const struct dt_overlay *b)
{
	struct dt_change own, twin = dt_change_first(b);

	dt_for_each_change(own, a)
	{
		if (!twin.node || own.kind != twin.kind || !same_place(own.node, twin.node))
			return false;
		dt_change_next(&twin);
	}
	return !twin.node;
}

static bool apply_shifted(struct guest *guest, const char *file)
{
	struct dt_why why = { 0 };
	const struct dt_overlay *live = guest->overlay;

	if (dt_overlay_add(&guest->shifted, live->blob, live->blob_size, &guest->shifted_overlay,
			    &why) == 0 &&
			same_changes(live, guest->shifted_overlay))
		return true;
	return refuse_number(file);
}

static void take_fault(void *ctx, int error, const char *text)
{
	struct guest *guest = ctx;

	if (error == -DT_ENXIO)
		return;
	guest->refused = true;
	say_error("%s", text);
}

static void gather_uses(struct guest *guest, struct uses *uses)
{
	struct dt_why why = { .each = take_fault, .ctx = guest };
	const struct dt_node *node;

	remark_strays(span_of(guest->overlay->blob, guest->overlay->blob_size), &why);
	for (size_t i = 0; i < guest->top_count; i++)
		dt_for_each_node (node, guest->tops[i].node)
			if (guest_has(guest, node))
				uses_read(uses, &guest->tree, node, &why);
}

/* All windows first: pages that two nodes share must go to one place. */
static void gather_windows(struct guest *guest)
{
	struct uses uses = { 0 };

	gather_uses(guest, &uses);
	for (size_t i = 0; i < uses.count; i++)
		if (uses.at[i].kind == USE_WINDOW)
			space_add(&guest->space, uses.at[i].window.base, uses.at[i].window.size);
	if (!uses.count && !guest->refused) {
		guest->refused = true;
		say_error("the overlay brings no device that can be given to a guest");
	}
	free(uses.at);
}

/* The path of a node in the guest's overlay: from the top node on. */
static char *path_inside(const struct guest *guest, const struct dt_node *node)
{
	char *path = memory_print("%s", ""), *longer;

	for (; guest_has(guest, node); node = node->parent) {
		longer = memory_print("/%s%s", node->name, path);
		free(path);
		path = longer;
	}
	return path;
}

static void write_labels(struct guest *guest)
{
	const struct dt_node *table = dt_node_at(&guest->tree, "/__symbols__");
	const struct dt_prop *label;
	char *path;

	if (!table)
		return;
	dt_for_each_prop (label, table) {
		const struct dt_node *node = dt_node_of_label(&guest->tree, label->name);

		if (label->owner != guest->overlay || !guest_has(guest, node))
			continue;
		path = path_inside(guest, node);
		draft_set_string(guest->labels, label->name, path);
		free(path);
	}
}

static void write_tops(struct guest *guest)
{
	draft_set_u32(guest->content, "#address-cells", 2);
	draft_set_u32(guest->content, "#size-cells", 2);
	for (size_t i = 0; i < guest->top_count; i++)
		guest_write_node(guest, guest->tops[i].node, guest->tops[i].twin, guest->content);
}

static void keep_places(struct space *space, struct span places)
{
	uint32_t cells[6];

	for (;;) {
		for (size_t i = 0; i < 6; i++)
			if (!span_u32(&places, &cells[i]))
				return;
		space_keep(space, (uint64_t)cells[4] << 32 | cells[5],
				(uint64_t)cells[2] << 32 | cells[3]);
	}
}

/* The places of an overlay's registers, and the names below the root, which is the third node that opens. */
static void keep_other(struct guest *guest, struct bytes overlay)
{
	struct dtb_cursor cursor;
	struct dtb dtb;
	enum dtb_event event;
	unsigned depth = 0;

	if (dtb_check(&dtb, overlay.at, overlay.size, NULL))
		return;
	cursor = dtb_cursor(&dtb);
	while ((event = dtb_step(&cursor)) != DTB_DONE) {
		if (event == DTB_PROP && strcmp(cursor.name, "xen,reg") == 0)
			keep_places(&guest->space, cursor.value);
		if (event == DTB_BEGIN && depth++ == DTB_DEPTH_CONTENT)
			draft_child(guest->taken, cursor.name);
		depth -= event == DTB_END;
	}
}

static bool write_host_part(const struct guest *guest)
{
	struct bytes part;

	if (!guest_make_host_part(guest, &part))
		return false;
	if (guest->order->host_part)
		*guest->order->host_part = part;
	else if (part.size)
		say_warning("what stays with the host is applied by nobody: `graftctl guest --host-part FILE` "
			    "writes it for Dom0's kernel");
	return true;
}

static bool build(struct guest *guest, const struct guest_order *order)
{
	return engine_build(&guest->tree, order->base_name, order->base) &&
	       engine_add(&guest->tree, order->overlay_name, order->overlay, &guest->overlay) &&
	       build_shifted(guest, order) && apply_shifted(guest, order->overlay_name);
}

static bool write_out(struct guest *guest, struct bytes *out)
{
	struct draft_fragment fragment = { .target_path = "/", .content = guest->content };

	return draft_write_overlay(&fragment, 1, guest->labels, out) && guest_check(*out) &&
	       write_host_part(guest);
}

bool guest_make(const struct guest_order *order, struct bytes *out)
{
	/* What it allocates lives to the end of the program. */
	struct guest *guest = memory_get(sizeof(*guest));

	guest->order = order;
	if (!build(guest, order))
		return false;
	guest->phandle_last = guest->tree.phandle_last;
	guest->content = draft_root();
	guest->labels = draft_root();
	guest->taken = guest_tree();
	guest_gather_numbers(guest);
	guest_pick(guest);
	gather_windows(guest);
	for (size_t i = 0; i < order->other_count; i++)
		keep_other(guest, order->others[i]);
	if (guest->refused || !space_place(&guest->space, order->placed ? &order->at : NULL))
		return false;
	write_tops(guest);
	guest_check_rates(guest);
	if (order->labelled)
		write_labels(guest);
	return !guest->refused && write_out(guest, out);
}
