/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Device tree overlays on the running kernel, one folder of configfs each, or delivered by XenStore.
 *
 * The subsystem's su_mutex guards everything here: configfs holds it when it calls to make or
 * drop an item, the attributes take it. So one overlay is applied or removed at a time.
 */
#ifndef DT_OVERLAY_CONFIGFS_H
#define DT_OVERLAY_CONFIGFS_H

#include <linux/configfs.h>
#include <linux/list.h>
#include <linux/types.h>

struct device_node;

/* A blob on its way in. Its own header says how long it is. */
struct blob {
	u8 head[8]; /* magic number and total size, until both are there */
	u8 *data; /* NULL until the size is known */
	size_t have;
	size_t size;
};

/*
 * Takes the next bytes. 1: the blob is whole; 0: more must come. -EINVAL: not a blob, or longer
 * than it says; -EFBIG: over 1 MiB; -ENOMEM. After an error the next bytes begin a blob anew.
 */
int blob_add(struct blob *blob, const void *bytes, size_t count);
void blob_reset(struct blob *blob);

/* What an applied overlay changed, what it refers to, what it made: paths in the live tree. */
struct footprint {
	struct list_head nodes;
	struct list_head uses;
	struct list_head devices; /* nodes that stand for one, the newest first */
};

void footprint_init(struct footprint *footprint);
void footprint_clear(struct footprint *footprint);

/*
 * Between the two, overlays of this task are checked before they are applied, and what it does to
 * the live tree is noted. stop() tells -ENOMEM.
 */
void footprint_start(struct footprint *footprint);
int footprint_stop(void);

/* Whether removing lower would take something from under upper, which was applied after it. */
bool footprint_builds_on(const struct footprint *upper, const struct footprint *lower);

/* For each of its nodes that stand for a device and are in the live tree, the newest first. */
void footprint_for_each_device(struct footprint *footprint, void (*act)(struct device_node *node));

/* Parts its devices from their drivers, and brings them together again. */
void devices_unbind(struct footprint *footprint);
void devices_bind(struct footprint *footprint);

/*
 * Whether the kernel will be able to apply a fragment, or give it up without a trace. -EINVAL with
 * the reason in the log, -ENOMEM. claims: what earlier fragments of this overlay bring, and this.
 */
int check_fragment(struct list_head *claims, struct device_node *live, struct device_node *overlay);
void check_forget(struct list_head *claims);

int footprint_register(void);
void footprint_unregister(void);

struct overlay {
	struct config_item item;
	struct blob blob;
	char *firmware;  /* file name it was applied from, or NULL */
	int error;  /* of the last attempt to apply it, or 0 */
	int id;   /* the kernel's, 0 while it is not applied */
	bool held;  /* configfs refuses rmdir, since another builds on it */
	bool delivered; /* by deliver.c: it has a name, but no folder */
	bool orphan;  /* its folder is gone, but the kernel could not remove it yet */
	struct list_head order; /* among all that are applied, oldest first */
	struct footprint footprint;
};

static inline struct overlay *to_overlay(struct config_item *item)
{
	return container_of(item, struct overlay, item);
}

/* One that is not applied, with a reference for the caller; NULL when there is no memory. */
struct overlay *overlay_new(const char *name);

/*
 * Applies a whole blob. On error nothing of it stays: what the kernel says, -EEXIST when the
 * overlay is applied already, -EBUSY when it builds on one that is just being removed.
 */
int overlay_apply(struct overlay *overlay, const void *fdt, size_t size);

/* Removes it, applied or not, and drops the caller's reference; on error it is all as before. */
int overlay_remove(struct overlay *overlay);
/* The same, but what cannot be removed now is as soon as the kernel lets it. */
void overlay_drop(struct overlay *overlay);

/* The next overlay after @after (NULL: the oldest) that builds on this one, or NULL. */
struct overlay *overlay_next_user(struct overlay *overlay, struct overlay *after);

/* Whether one of that name is still in the live tree although its folder is gone. */
bool overlay_name_lingers(const char *name);

/* The applied one of that name that was delivered, or NULL. */
struct overlay *overlay_delivered(const char *name);

/* Why the last operation was refused, in words; "" when only the kernel's log may know. */
#define REASON_ROOM 160
const char *overlay_reason(void);
/* Notes that. Returns error. */
__printf(2, 3) int overlay_refuse(int error, const char *format, ...);

/* Delivery through XenStore, where there is one. */
void deliver_start(void);
void deliver_stop(void);

extern struct configfs_subsystem overlay_subsystem;

#endif
