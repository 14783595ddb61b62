/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes a flattened tree (version 17) into the caller's buffer. The first call that does not fit, or
 * comes in the wrong order, is remembered and every later one does nothing: check only dtb_finish().
 * Order: dtb_write_reserve()*, then the root. The root's name is "".
 */
#pragma once

#include "dt/dt_env.h"

#define DTB_NAME_SLOTS 512

/* About 2 KiB: the table finds property names written before, so that each is stored once. */
struct dtb_writer {
	uint8_t *buffer;
	size_t size;    /* of the buffer */
	size_t used;    /* header, reserve map and structure so far, from the front */
	size_t string_bytes;   /* names so far, from the back */
	size_t structure;   /* where the structure block begins; 0 before the root */
	uint32_t depth;
	uint32_t name_count;
	uint32_t boot_cpu;
	int error;
	bool closed;    /* a child was written: properties of the parent may not follow */
	uint32_t names[DTB_NAME_SLOTS];
};

void dtb_write_init(struct dtb_writer *w, void *buffer, size_t size);
void dtb_write_boot_cpu(struct dtb_writer *w, uint32_t cpu);
void dtb_write_reserve(struct dtb_writer *w, uint64_t base, uint64_t size);

void dtb_begin_node(struct dtb_writer *w, const char *name);
/* A name made of `name` and, in hex, a unit address: "memory@40000000". */
void dtb_begin_node_at(struct dtb_writer *w, const char *name, uint64_t unit);
void dtb_end_node(struct dtb_writer *w);

void dtb_write_prop(struct dtb_writer *w, const char *name, const void *value, size_t size);
void dtb_write_flag(struct dtb_writer *w, const char *name);
void dtb_write_u32(struct dtb_writer *w, const char *name, uint32_t value);
void dtb_write_u64(struct dtb_writer *w, const char *name, uint64_t value);
/* `count` cells, given in the CPU's byte order. */
void dtb_write_cells(struct dtb_writer *w, const char *name, const uint32_t *cells, size_t count);
void dtb_write_string(struct dtb_writer *w, const char *name, const char *value);

/*
 * A property whose value is filled in afterwards: `size` zero bytes, or NULL after an error. The pointer
 * stays good until dtb_finish().
 */
uint8_t *dtb_write_space(struct dtb_writer *w, const char *name, size_t size);

/*
 * Close the blob: 0 and its size in `*total`, -DT_ENOSPC, -DT_EINVAL (calls out of order, a node left
 * open) or -DT_E2BIG (deeper than DT_DEPTH_MAX).
 */
int dtb_finish(struct dtb_writer *w, size_t *total);
