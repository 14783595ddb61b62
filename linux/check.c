// SPDX-License-Identifier: GPL-2.0-only
/*
 * Refuses what the kernel would refuse too late. Once it has begun to gather an overlay's changes,
 * of_overlay_remove() cannot dispose of them unless they were made: what failed in between stays
 * for ever, and keeps every earlier overlay on the same nodes from being removed. So all that can
 * fail there, but for want of memory, is looked for before.
 */
#include <linux/of.h>
#include <linux/slab.h>

#include "dt-overlay-configfs.h"

/* A new node, or a property of a node that is there, by its path. */
struct claim {
	struct list_head link;
	char *path;
};

static const char *node_name(const struct device_node *node)
{
	return kbasename(node->full_name);
}

static int refuse(const char *path, const char *name, const char *why)
{
	pr_err("dt-overlay-configfs: %s/%s: %s\n", path, name, why);
	return overlay_refuse(-EINVAL, "%s/%s: %s", path, name, why);
}

void check_forget(struct list_head *claims)
{
	struct claim *claim, *next;

	list_for_each_entry_safe(claim, next, claims, link) {
		list_del(&claim->link);
		kfree(claim->path);
		kfree(claim);
	}
}

/* Two fragments may meet on a node, but not bring the same thing to it. */
static int claim_once(struct list_head *claims, const char *path, const char *name)
{
	struct claim *claim;
	char *whole = kasprintf(GFP_KERNEL, "%s/%s", path, name);

	if (!whole)
		return -ENOMEM;
	list_for_each_entry(claim, claims, link) {
		if (!strcmp(claim->path, whole)) {
			kfree(whole);
			return refuse(path, name, "in more than one fragment");
		}
	}
	claim = kmalloc(sizeof(*claim), GFP_KERNEL);
	if (!claim) {
		kfree(whole);
		return -ENOMEM;
	}
	claim->path = whole;
	list_add(&claim->link, claims);
	return 0;
}

static int check_names(const char *path, struct device_node *node)
{
	struct property *prop, *other;
	struct device_node *child, *twin;

	for_each_property_of_node(node, prop) {
		for (other = prop->next; other; other = other->next) {
			if (!strcmp(prop->name, other->name))
				return refuse(path, prop->name, "twice in one node");
		}
	}
	for (child = node->child; child; child = child->sibling) {
		for (twin = child->sibling; twin; twin = twin->sibling) {
			if (!strcmp(node_name(child), node_name(twin)))
				return refuse(path, node_name(child), "twice in one node");
		}
	}
	return 0;
}

static bool is_passed_over(const char *name)
{
	return !strcmp(name, "name") || !strcmp(name, "phandle") || !strcmp(name, "linux,phandle");
}

static bool is_cells(const char *name)
{
	return !strcmp(name, "#address-cells") || !strcmp(name, "#size-cells");
}

static int check_property(struct list_head *claims, const char *path, struct device_node *live,
                          const struct property *prop)
{
	int length;
	const void *value;

	if (is_passed_over(prop->name))
		return 0;
	value = of_get_property(live, prop->name, &length);
	if (value && is_cells(prop->name)) {
		if (length == prop->length && !memcmp(value, prop->value, length))
			return 0;
		return refuse(path, prop->name, "cannot change while the node is in use");
	}
	return claim_once(claims, path, prop->name);
}

static struct device_node *find_child(struct device_node *live, const char *name)
{
	struct device_node *child;

	for_each_child_of_node(live, child)
	{
		if (!strcmp(node_name(child), name))
			break;
	}
	return child;
}

static int check_node(struct list_head *claims, const char *path, struct device_node *live,
                      struct device_node *node);

/* live: the parent, NULL when it is new itself. */
static int check_child(struct list_head *claims, const char *path, struct device_node *live,
                       struct device_node *node)
{
	const char *name = node_name(node);
	struct device_node *there = live ? find_child(live, name) : NULL;
	char *whole = kasprintf(GFP_KERNEL, "%s/%s", path, name);
	int error = whole ? 0 : -ENOMEM;

	if (!error && live && !there)
		error = claim_once(claims, path, name);
	if (!error && there && there->phandle && node->phandle)
		error = refuse(path, name, "has another phandle already");
	if (!error)
		error = check_node(claims, whole, there, node);
	kfree(whole);
	of_node_put(there);
	return error;
}

static int check_node(struct list_head *claims, const char *path, struct device_node *live,
                      struct device_node *node)
{
	struct property *prop;
	struct device_node *child;
	int error = check_names(path, node);

	if (live && !error) {
		for_each_property_of_node(node, prop) {
			error = check_property(claims, path, live, prop);
			if (error)
				break;
		}
	}
	for (child = node->child; child && !error; child = child->sibling)
		error = check_child(claims, path, live, child);
	return error;
}

/* Whether a path begins with "/NAME/__overlay__". */
static bool is_in_fragment(struct device_node *root, const char *path)
{
	struct device_node *fragment;
	size_t length;

	for (fragment = root->child; fragment; fragment = fragment->sibling) {
		const char *name = node_name(fragment);

		length = strlen(name);
		if (path[0] != '/' || strncmp(path + 1, name, length))
			continue;
		if (strstarts(path + 1 + length, "/__overlay__") &&
		    strchr("/", path[1 + length + strlen("/__overlay__")]))
			return true;
	}
	return false;
}

static int check_symbols(struct device_node *live, struct device_node *symbols)
{
	struct property *prop;
	const char *path;
	int error = check_names("/__symbols__", symbols);

	if (error)
		return error;
	for_each_property_of_node(symbols, prop) {
		if (is_passed_over(prop->name))
			continue;
		if (of_property_present(live, prop->name))
			return refuse("/__symbols__", prop->name, "the label is taken");
		if (of_property_read_string(symbols, prop->name, &path) ||
		    !is_in_fragment(symbols->parent, path))
			return refuse("/__symbols__", prop->name, "not a node of an overlay");
	}
	return 0;
}

int check_fragment(struct list_head *claims, struct device_node *live, struct device_node *overlay)
{
	char *path;
	int error;

	if (!strcmp(node_name(overlay), "__symbols__"))
		return check_symbols(live, overlay);
	path = of_node_is_root(live) ? kstrdup("", GFP_KERNEL)
	                             : kasprintf(GFP_KERNEL, "%pOF", live);
	if (!path)
		return -ENOMEM;
	error = check_node(claims, path, live, overlay);
	kfree(path);
	return error;
}
