// SPDX-License-Identifier: GPL-2.0-only
/*
 * Applies overlays to the live tree and removes them, in an order that the kernel accepts: one
 * that another builds on is held, so that configfs refuses to remove its folder.
 */
#include <linux/module.h>
#include <linux/of.h>

#include "dt-overlay-configfs.h"

static LIST_HEAD(applied);
static char reason[REASON_ROOM];

const char *overlay_reason(void)
{
	return reason;
}

int overlay_refuse(int error, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	vscnprintf(reason, sizeof(reason), format, list);
	va_end(list);
	return error;
}

struct overlay *overlay_delivered(const char *name)
{
	struct overlay *overlay;

	list_for_each_entry(overlay, &applied, order) {
		if (overlay->delivered && !strcmp(config_item_name(&overlay->item), name))
			return overlay;
	}
	return NULL;
}

struct overlay *overlay_next_user(struct overlay *overlay, struct overlay *after)
{
	struct overlay *upper = after ?: overlay;

	list_for_each_entry_continue(upper, &applied, order) {
		if (footprint_builds_on(&upper->footprint, &overlay->footprint))
			return upper;
	}
	return NULL;
}

bool overlay_name_lingers(const char *name)
{
	struct overlay *overlay;

	list_for_each_entry(overlay, &applied, order) {
		if (overlay->orphan && !strcmp(config_item_name(&overlay->item), name))
			return true;
	}
	return false;
}

/* Holds what an overlay builds on. Fails when one of those is on its way out already. */
static int hold(const struct overlay *upper)
{
	struct overlay *lower;

	list_for_each_entry(lower, &applied, order) {
		if (lower == upper)
			break;
		/* Who removes a delivered one looks himself whether another builds on it. */
		if (lower->held || lower->delivered ||
		    !footprint_builds_on(&upper->footprint, &lower->footprint))
			continue;
		if (lower->orphan ||
		    configfs_depend_item_unlocked(&overlay_subsystem, &lower->item))
			return -EBUSY;
		lower->held = true;
	}
	return 0;
}

static void let_go(void)
{
	struct overlay *overlay;

	list_for_each_entry(overlay, &applied, order) {
		if (overlay->held && !overlay_next_user(overlay, NULL)) {
			overlay->held = false;
			configfs_undepend_item(&overlay->item);
		}
	}
}

/* Undoes what of_overlay_fdt_apply() did, be it a half. */
static int revert(struct overlay *overlay)
{
	int error = 0;

	devices_unbind(&overlay->footprint);
	if (overlay->id)
		error = of_overlay_remove(&overlay->id);
	if (error)
		pr_err("dt-overlay-configfs: %s: removing gave %pe\n",
		       config_item_name(&overlay->item), ERR_PTR(error));
	/* A driver's complaint comes when the tree is changed already; then the id is gone. */
	if (overlay->id) {
		devices_bind(&overlay->footprint);
		return error;
	}
	list_del_init(&overlay->order);
	footprint_clear(&overlay->footprint);
	let_go();
	return 0;
}

/*
 * The kernel failed after it gathered the changes, before it made any: for want of memory, since
 * check_fragment() found no other reason. It keeps them and never lets go of them.
 */
static void forget(struct overlay *overlay)
{
	pr_err("dt-overlay-configfs: %s: memory of the kernel is lost\n",
	       config_item_name(&overlay->item));
	overlay->id = 0;
	list_del_init(&overlay->order);
	footprint_clear(&overlay->footprint);
}

int overlay_apply(struct overlay *overlay, const void *fdt, size_t size)
{
	int error, noted;

	if (overlay->id)
		return -EEXIST;
	footprint_start(&overlay->footprint);
	error = of_overlay_fdt_apply(fdt, size, &overlay->id, NULL);
	noted = footprint_stop();
	/* A failed one may have left an id, which stands for what is to be undone. */
	list_add_tail(&overlay->order, &applied);
	if (!error)
		error = noted ?: hold(overlay);
	if (error && revert(overlay) && list_empty(&overlay->footprint.nodes))
		forget(overlay);
	return error;
}

static void release_orphan(struct overlay *overlay)
{
	config_item_put(&overlay->item);
	module_put(THIS_MODULE);
}

/* Each removal may be what another waited for. */
static void remove_orphans(void)
{
	struct overlay *overlay, *next;

	list_for_each_entry_safe_reverse(overlay, next, &applied, order) {
		if (overlay->orphan && !overlay_next_user(overlay, NULL) && !revert(overlay))
			release_orphan(overlay);
	}
}

int overlay_remove(struct overlay *overlay)
{
	int error = revert(overlay);

	if (error)
		return error;
	config_item_put(&overlay->item);
	remove_orphans();
	return 0;
}

void overlay_drop(struct overlay *overlay)
{
	/* Only one below an overlay that something else in the kernel applied is refused here. */
	if (overlay_remove(overlay)) {
		overlay->orphan = true;
		__module_get(THIS_MODULE);
	}
}
