/* SPDX-License-Identifier: Apache-2.0 */
/* Devices of the tests of assign/, and blobs made of them. Included by assign_env.h alone. */
#pragma once

#include "tests/unit/assign_env.h"

#define BLOB_ROOM 65536

static size_t blob_room = BLOB_ROOM;

/* A device of the tests: spi 0: none. */
struct device {
	const char *name;
	uint64_t base, size;
	unsigned spi;
	bool edge, disabled, forced, for_guests;
	unsigned trigger; /* flags of the interrupt; 0: by `edge` */
	unsigned streams;
};

static void write_reg(struct dtb_writer *w, uint64_t base, uint64_t size)
{
	uint32_t cells[] = { (uint32_t)(base >> 32), (uint32_t)base, (uint32_t)(size >> 32),
		(uint32_t)size };

	dtb_write_cells(w, "reg", cells, 4);
}

/* Left open, so that children may follow. */
static void begin_device(struct dtb_writer *w, const struct device *dev)
{
	uint32_t irq[] = { dev->spi < 32, dev->spi < 32 ? dev->spi - 16 : dev->spi - 32,
		dev->trigger ? dev->trigger
		: dev->edge  ? 1
			     : 4 };
	uint32_t stream[] = { 2, dev->streams };

	dtb_begin_node(w, dev->name);
	dtb_write_u32(w, "#address-cells", 2);
	dtb_write_u32(w, "#size-cells", 2);
	dtb_write_flag(w, "ranges");
	if (dev->size)
		write_reg(w, dev->base, dev->size);
	if (dev->spi)
		dtb_write_cells(w, "interrupts", irq, 3);
	if (dev->disabled)
		dtb_write_string(w, "status", "disabled");
	if (dev->for_guests)
		dtb_write_flag(w, "xen,passthrough");
	if (dev->forced)
		dtb_write_flag(w, "xen,force-assign-without-iommu");
	if (dev->streams)
		dtb_write_cells(w, "iommus", stream, 2);
}

static void write_device(struct dtb_writer *w, const struct device *dev)
{
	begin_device(w, dev);
	dtb_end_node(w);
}

#define IDLE     UINT64_C(0xb000000)
#define SPI_IDLE 43

/* So many devices more are disabled: a page each from IDLE on, the last one with SPI_IDLE. */
static unsigned env_idle_devices;

static void write_idle_devices(struct dtb_writer *w)
{
	for (unsigned i = 0; i < env_idle_devices; i++) {
		char name[16];

		snprintf(name, sizeof(name), "idle@%x", (unsigned)IDLE + i * (unsigned)PAGE_SIZE);
		write_device(w, &(struct device){ .name = name,
						.base = IDLE + i * PAGE_SIZE,
						.size = PAGE_SIZE,
						.spi = i + 1 == env_idle_devices ? SPI_IDLE : 0,
						.edge = true,
						.disabled = true });
	}
}

struct blob {
	uint8_t *at;
	size_t size;
};

static struct dtb_writer blob_writer;

static struct blob blob_done(void)
{
	struct blob blob = { .at = blob_writer.buffer };

	assert_int_equal(dtb_finish(&blob_writer, &blob.size), 0);
	/* Exactly as long as its content, so that reading past the end is seen. */
	blob.at = realloc(blob.at, blob.size);
	return blob;
}

static struct dtb_writer *blob_begin(void)
{
	dtb_write_init(&blob_writer, malloc(blob_room), blob_room);
	dtb_begin_node(&blob_writer, "");
	return &blob_writer;
}

static struct dtb_writer *overlay_begin(const char *target)
{
	struct dtb_writer *w = blob_begin();

	dtb_begin_node(w, "fragment@0");
	dtb_write_string(w, "target-path", target);
	dtb_begin_node(w, "__overlay__");
	return w;
}

static inline struct blob overlay_end(void)
{
	dtb_end_node(&blob_writer);
	dtb_end_node(&blob_writer);
	dtb_end_node(&blob_writer);
	return blob_done();
}

static inline struct blob overlay_of(const char *target, const struct device *devices, size_t count)
{
	struct dtb_writer *w = overlay_begin(target);

	for (size_t i = 0; i < count; i++)
		write_device(w, &devices[i]);
	return overlay_end();
}

#define OVERLAY(...)                                                                               \
	overlay_of("/", (const struct device[]){ __VA_ARGS__ },                                    \
			sizeof((const struct device[]){ __VA_ARGS__ }) / sizeof(struct device))
