/* SPDX-License-Identifier: Apache-2.0 */
/* Blobs made for a guest, for the tests of assign/. Included after assign_env.h. */
#pragma once

#include "tests/unit/assign_env.h"

#define GUEST UINT64_C(0x10000000) /* where guests see devices: nothing else is there */

/* A device as the guest's blob has it: size 0: no registers; spi 0: none. */
struct guest_device {
	const char *name, *path; /* path: xen,path */
	uint64_t base, size, at; /* xen,reg */
	uint64_t reg; /* 0: at */
	unsigned spi;
	uint32_t parent; /* interrupt-parent; 0: inherited */
	bool edge, disabled, unforced, unplaced;
};

static inline void write_placement(
		struct dtb_writer *w, uint64_t base, uint64_t size, uint64_t guest)
{
	uint32_t cells[] = { (uint32_t)(base >> 32), (uint32_t)base, (uint32_t)(size >> 32),
		(uint32_t)size, (uint32_t)(guest >> 32), (uint32_t)guest };

	dtb_write_cells(w, "xen,reg", cells, 6);
}

static inline void begin_guest_device(struct dtb_writer *w, const struct guest_device *dev)
{
	uint32_t irq[] = { dev->spi < 32, dev->spi < 32 ? dev->spi - 16 : dev->spi - 32,
		dev->edge ? 1 : 4 };

	dtb_begin_node(w, dev->name);
	if (dev->path)
		dtb_write_string(w, "xen,path", dev->path);
	if (dev->size)
		write_reg(w, dev->reg ? dev->reg : dev->at, dev->size);
	if (dev->size && !dev->unplaced)
		write_placement(w, dev->base, dev->size, dev->at);
	if (dev->parent)
		dtb_write_u32(w, "interrupt-parent", dev->parent);
	if (dev->spi)
		dtb_write_cells(w, "interrupts", irq, 3);
	if (dev->disabled)
		dtb_write_string(w, "status", "disabled");
	if (!dev->unforced)
		dtb_write_flag(w, "xen,force-assign-without-iommu");
}

static inline struct blob guest_of(const struct guest_device *devices, size_t count)
{
	struct dtb_writer *w = overlay_begin("/");

	for (size_t i = 0; i < count; i++) {
		begin_guest_device(w, &devices[i]);
		dtb_end_node(w);
	}
	return overlay_end();
}

#define GUEST_BLOB(...)                                                                            \
	guest_of((const struct guest_device[]){ __VA_ARGS__ },                                     \
			sizeof((const struct guest_device[]){ __VA_ARGS__ }) /                     \
					sizeof(struct guest_device))
