// SPDX-License-Identifier: GPL-2.0-only
/*
 * Drivers let go of an overlay's devices before it is removed, not while. The kernel takes the
 * properties away first and tells of the node's end afterwards, and a driver that then looks up its
 * interrupt once more in order to free it (virtio-mmio does) finds none: the handler stays behind,
 * and the device's next life calls it.
 */
#include <linux/device.h>
#include <linux/of_platform.h>
#include <linux/platform_device.h>

#include "dt-overlay-configfs.h"

/* No reference is kept: the kernel counts those of a node that it removes. */
static void with_device(struct device_node *node, void (*act)(struct device *device))
{
	struct platform_device *device = of_find_device_by_node(node);

	if (!device)
		return;
	act(&device->dev);
	put_device(&device->dev);
}

static void unbind(struct device_node *node)
{
	with_device(node, device_release_driver);
}

static void attach(struct device *device)
{
	if (device_attach(device) < 0)
		dev_err(device, "its driver did not come back\n");
}

static void bind(struct device_node *node)
{
	with_device(node, attach);
}

void devices_unbind(struct footprint *footprint)
{
	footprint_for_each_device(footprint, unbind);
}

void devices_bind(struct footprint *footprint)
{
	footprint_for_each_device(footprint, bind);
}
