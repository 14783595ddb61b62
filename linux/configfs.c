// SPDX-License-Identifier: GPL-2.0-only
/*
 * The folders below /sys/kernel/config/device-tree/overlays: mkdir makes a place for an overlay,
 * writing its blob to dtbo (or the name of a firmware file to path) applies it, rmdir removes it.
 */
#include <linux/firmware.h>
#include <linux/module.h>
#include <linux/slab.h>
#include <linux/string.h>

#include "dt-overlay-configfs.h"

static_assert(IS_ENABLED(CONFIG_OF_OVERLAY), "this kernel lacks CONFIG_OF_OVERLAY");

/* What one read of an attribute may give, on kernels with pages of any size. */
#define TEXT_MAX 4096

static int add_and_apply(struct overlay *overlay, const void *bytes, size_t count)
{
	int result;

	if (overlay->id)
		return -EEXIST;
	result = blob_add(&overlay->blob, bytes, count);
	if (result > 0) {
		result = overlay_apply(overlay, overlay->blob.data, overlay->blob.size);
		blob_reset(&overlay->blob);
	}
	overlay->error = result;
	return result;
}

/*
 * Not a binary attribute: configfs hands those over when the file is closed, where no error
 * reaches the writer any more. This way write() fails, and with it `cat`.
 */
static ssize_t overlay_dtbo_store(struct config_item *item, const char *page, size_t count)
{
	int error;

	mutex_lock(&overlay_subsystem.su_mutex);
	error = add_and_apply(to_overlay(item), page, count);
	mutex_unlock(&overlay_subsystem.su_mutex);
	return error ?: count;
}

static ssize_t overlay_path_show(struct config_item *item, char *page)
{
	struct overlay *overlay = to_overlay(item);
	int length;

	mutex_lock(&overlay_subsystem.su_mutex);
	length = scnprintf(page, TEXT_MAX, "%s\n", overlay->firmware ?: "");
	mutex_unlock(&overlay_subsystem.su_mutex);
	return length;
}

static int apply_firmware(struct overlay *overlay, const char *name)
{
	const struct firmware *firmware;
	int error = request_firmware_direct(&firmware, name, NULL);

	if (error)
		return error;
	blob_reset(&overlay->blob);
	error = add_and_apply(overlay, firmware->data, firmware->size);
	release_firmware(firmware);
	/* A file that ends before its blob does will not go on. */
	if (overlay->blob.have) {
		blob_reset(&overlay->blob);
		error = -EINVAL;
	}
	return error;
}

static int apply_path(struct overlay *overlay, char *name)
{
	int error;

	if (overlay->id)
		return -EEXIST;
	error = apply_firmware(overlay, name);
	overlay->error = error;
	if (error)
		return error;
	overlay->firmware = name;
	return 0;
}

static ssize_t overlay_path_store(struct config_item *item, const char *page, size_t count)
{
	char *name = kstrndup(page, count, GFP_KERNEL);
	int error = -EINVAL;

	if (!name)
		return -ENOMEM;
	strim(name);
	if (*name) {
		mutex_lock(&overlay_subsystem.su_mutex);
		error = apply_path(to_overlay(item), name);
		mutex_unlock(&overlay_subsystem.su_mutex);
	}
	if (error)
		kfree(name);
	return error ?: count;
}

static int print_users(struct overlay *overlay, char *text, int room)
{
	struct overlay *user = NULL;
	int length = 0;

	while ((user = overlay_next_user(overlay, user)))
		length += scnprintf(text + length, room - length, "used by: %s\n",
		                    config_item_name(&user->item));
	return length;
}

static int print_status(struct overlay *overlay, char *text, int room)
{
	struct blob *blob = &overlay->blob;
	int length = scnprintf(text, room, overlay->id ? "applied\n" : "unapplied\n");

	if (overlay->id)
		return length + print_users(overlay, text + length, room - length);
	if (overlay->error)
		length += scnprintf(text + length, room - length, "error: %pe\n",
		                    ERR_PTR(overlay->error));
	if (blob->have)
		length += scnprintf(text + length, room - length, "incomplete: %zu of %zu bytes\n",
		                    blob->have, blob->size ?: sizeof(blob->head));
	return length;
}

static ssize_t overlay_status_show(struct config_item *item, char *page)
{
	int length;

	mutex_lock(&overlay_subsystem.su_mutex);
	length = print_status(to_overlay(item), page, TEXT_MAX);
	mutex_unlock(&overlay_subsystem.su_mutex);
	return length;
}

CONFIGFS_ATTR_WO(overlay_, dtbo);
CONFIGFS_ATTR(overlay_, path);
CONFIGFS_ATTR_RO(overlay_, status);

static struct configfs_attribute *overlay_attributes[] = {
	&overlay_attr_dtbo,
	&overlay_attr_path,
	&overlay_attr_status,
	NULL,
};

static void overlay_release(struct config_item *item)
{
	struct overlay *overlay = to_overlay(item);

	blob_reset(&overlay->blob);
	kfree(overlay->firmware);
	kfree(overlay);
}

/* These two are not const, since older kernels take them that way. */
static struct configfs_item_operations overlay_operations = {
	.release = overlay_release,
};

static const struct config_item_type overlay_type = {
	.ct_owner = THIS_MODULE,
	.ct_item_ops = &overlay_operations,
	.ct_attrs = overlay_attributes,
};

struct overlay *overlay_new(const char *name)
{
	struct overlay *overlay = kzalloc(sizeof(*overlay), GFP_KERNEL);

	if (!overlay)
		return NULL;
	INIT_LIST_HEAD(&overlay->order);
	footprint_init(&overlay->footprint);
	config_item_init_type_name(&overlay->item, name, &overlay_type);
	return overlay;
}

static struct config_item *make_overlay(struct config_group *group, const char *name)
{
	struct overlay *overlay;

	if (overlay_name_lingers(name))
		return ERR_PTR(-EBUSY);
	overlay = overlay_new(name);
	return overlay ? &overlay->item : ERR_PTR(-ENOMEM);
}

static void drop_overlay(struct config_group *group, struct config_item *item)
{
	overlay_drop(to_overlay(item));
}

static struct configfs_group_operations folder_operations = {
	.make_item = make_overlay,
	.drop_item = drop_overlay,
};

static const struct config_item_type folder_type = {
	.ct_owner = THIS_MODULE,
	.ct_group_ops = &folder_operations,
};

static const struct config_item_type subsystem_type = {
	.ct_owner = THIS_MODULE,
};

struct configfs_subsystem overlay_subsystem = {
	.su_group.cg_item = {
		.ci_namebuf = "device-tree",
		.ci_type = &subsystem_type,
	},
	.su_mutex = __MUTEX_INITIALIZER(overlay_subsystem.su_mutex),
};

static struct config_group folder;

static int __init start(void)
{
	int error = footprint_register();

	if (error)
		return error;
	config_group_init(&overlay_subsystem.su_group);
	config_group_init_type_name(&folder, "overlays", &folder_type);
	configfs_add_default_group(&folder, &overlay_subsystem.su_group);
	error = configfs_register_subsystem(&overlay_subsystem);
	if (error)
		footprint_unregister();
	else if (IS_ENABLED(CONFIG_XEN))
		deliver_start();
	return error;
}

/* Each folder holds a reference to the module, so does each orphan and what was delivered: none is left. */
static void __exit stop(void)
{
	if (IS_ENABLED(CONFIG_XEN))
		deliver_stop();
	configfs_unregister_subsystem(&overlay_subsystem);
	footprint_unregister();
}

module_init(start);
module_exit(stop);

MODULE_DESCRIPTION("Device tree overlays through configfs");
MODULE_AUTHOR("Graft");
MODULE_LICENSE("GPL");
