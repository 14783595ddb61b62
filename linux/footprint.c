// SPDX-License-Identifier: GPL-2.0-only
/*
 * Which overlay stands on which. The kernel removes overlays only in an order that leaves no
 * change on top of a removed one, but says so only when asked to remove, which is too late for
 * rmdir to be refused. So the nodes that an overlay touches are noted while it is applied.
 */
#include <linux/notifier.h>
#include <linux/of.h>
#include <linux/sched.h>
#include <linux/slab.h>

#include "dt-overlay-configfs.h"

struct place {
	struct list_head link;
	char *path;
};

static struct {
	struct task_struct *task;
	struct footprint *footprint;
	struct list_head claims;
	int error;
} recorder = { .claims = LIST_HEAD_INIT(recorder.claims) };

/* Whether a node is another, or lies below it. */
static bool is_within(const char *path, const char *top)
{
	size_t length = strlen(top);

	if (length == 1)
		return true;
	return !strncmp(path, top, length) && (!path[length] || path[length] == '/');
}

static bool any_within(const struct list_head *list, const char *top)
{
	struct place *place;

	list_for_each_entry(place, list, link) {
		if (is_within(place->path, top))
			return true;
	}
	return false;
}

static bool any_above(const struct list_head *list, const char *path)
{
	struct place *place;

	list_for_each_entry(place, list, link) {
		if (is_within(path, place->path))
			return true;
	}
	return false;
}

bool footprint_builds_on(const struct footprint *upper, const struct footprint *lower)
{
	struct place *place;

	list_for_each_entry(place, &lower->nodes, link) {
		if (any_within(&upper->nodes, place->path) ||
		    any_above(&upper->nodes, place->path) || any_within(&upper->uses, place->path))
			return true;
	}
	return false;
}

void footprint_for_each_device(struct footprint *footprint, void (*act)(struct device_node *node))
{
	struct place *place;

	list_for_each_entry(place, &footprint->devices, link) {
		struct device_node *node = of_find_node_by_path(place->path);

		if (node)
			act(node);
		of_node_put(node);
	}
}

/* Takes the path over. */
static void keep(struct list_head *list, char *path)
{
	struct place *place = kmalloc(sizeof(*place), GFP_KERNEL);

	if (!path || !place) {
		recorder.error = -ENOMEM;
		kfree(place);
		kfree(path);
		return;
	}
	place->path = path;
	list_add(&place->link, list);
}

/* The same; but what lies below a noted node is covered by it. */
static void note(struct list_head *list, char *path)
{
	if (path && any_above(list, path))
		kfree(path);
	else
		keep(list, path);
}

static void clear(struct list_head *list)
{
	struct place *place, *next;

	list_for_each_entry_safe(place, next, list, link) {
		list_del(&place->link);
		kfree(place->path);
		kfree(place);
	}
}

void footprint_init(struct footprint *footprint)
{
	INIT_LIST_HEAD(&footprint->nodes);
	INIT_LIST_HEAD(&footprint->uses);
	INIT_LIST_HEAD(&footprint->devices);
}

void footprint_clear(struct footprint *footprint)
{
	clear(&footprint->nodes);
	clear(&footprint->uses);
	clear(&footprint->devices);
}

void footprint_start(struct footprint *footprint)
{
	recorder.footprint = footprint;
	recorder.error = 0;
	WRITE_ONCE(recorder.task, current);
}

int footprint_stop(void)
{
	WRITE_ONCE(recorder.task, NULL);
	check_forget(&recorder.claims);
	return recorder.error;
}

static int on_change(struct notifier_block *block, unsigned long action, void *data)
{
	struct of_reconfig_data *change = data;

	if (READ_ONCE(recorder.task) != current)
		return NOTIFY_DONE;
	note(&recorder.footprint->nodes, kasprintf(GFP_KERNEL, "%pOF", change->dn));
	if (of_reconfig_get_state_change(action, change) == OF_RECONFIG_CHANGE_ADD)
		keep(&recorder.footprint->devices, kasprintf(GFP_KERNEL, "%pOF", change->dn));
	return NOTIFY_DONE;
}

/* The labels that an overlay refers to are the names of the properties of its __fixups__. */
static void note_labels(struct device_node *fixups, struct device_node *symbols)
{
	struct property *label;

	for_each_property_of_node(fixups, label) {
		const char *path;

		if (!of_property_read_string(symbols, label->name, &path))
			note(&recorder.footprint->uses, kstrdup(path, GFP_KERNEL));
	}
}

static void note_uses(struct device_node *root)
{
	struct device_node *fixups = of_get_child_by_name(root, "__fixups__");
	struct device_node *symbols = of_find_node_by_path("/__symbols__");

	if (fixups && symbols)
		note_labels(fixups, symbols);
	of_node_put(symbols);
	of_node_put(fixups);
}

/* Called for each fragment. Before the first change, a refusal leaves no trace. */
static int on_overlay(struct notifier_block *block, unsigned long action, void *data)
{
	struct of_overlay_notify_data *fragment = data;
	struct device_node *above;
	int error;

	if (action != OF_OVERLAY_PRE_APPLY || READ_ONCE(recorder.task) != current)
		return NOTIFY_DONE;
	above = fragment->overlay->parent;
	if (above && above->parent)
		note_uses(above->parent);
	error = check_fragment(&recorder.claims, fragment->target, fragment->overlay);
	return notifier_from_errno(error ?: recorder.error);
}

static struct notifier_block change_block = { .notifier_call = on_change };
static struct notifier_block overlay_block = { .notifier_call = on_overlay };

int footprint_register(void)
{
	int error = of_reconfig_notifier_register(&change_block);

	if (error)
		return error;
	error = of_overlay_notifier_register(&overlay_block);
	if (error)
		of_reconfig_notifier_unregister(&change_block);
	return error;
}

void footprint_unregister(void)
{
	of_overlay_notifier_unregister(&overlay_block);
	of_reconfig_notifier_unregister(&change_block);
}
