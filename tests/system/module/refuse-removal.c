// SPDX-License-Identifier: GPL-2.0-only
/*
 * While it is loaded, the kernel refuses to remove any overlay, after all that our own module looks at before
 * it asks: as when code elsewhere in the kernel has put something on top.
 */
#include <linux/module.h>
#include <linux/of.h>

static int on_overlay(struct notifier_block *block, unsigned long action, void *data)
{
	return action == OF_OVERLAY_PRE_REMOVE ? notifier_from_errno(-EBUSY) : NOTIFY_DONE;
}

static struct notifier_block overlay_block = { .notifier_call = on_overlay };

static int __init start(void)
{
	return of_overlay_notifier_register(&overlay_block);
}

static void __exit stop(void)
{
	of_overlay_notifier_unregister(&overlay_block);
}

module_init(start);
module_exit(stop);
MODULE_DESCRIPTION("Refuses to remove overlays, for tests");
MODULE_LICENSE("GPL");
