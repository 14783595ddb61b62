/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writing a flattened tree. Structure grows from the front of the buffer, names from its back; a name's
 * offset is kept as its distance from the end of the names until dtb_finish() knows where they begin.
 */
#include "dt/fdt_write.h"
#include "dt/fdt.h"
#include "dt/index.h"

enum {
	HEADER_SIZE = 40,
	NAMES_MOST = DTB_NAME_SLOTS * 3 / 4, /* more names than that are written each time */
};

static void refuse(struct dtb_writer *w, int error)
{
	if (!w->error)
		w->error = error;
}

/* `size` bytes at the front, or NULL. */
static uint8_t *front(struct dtb_writer *w, size_t size)
{
	uint8_t *at = w->buffer + w->used;

	if (w->error)
		return NULL;
	if (size > w->size - w->used - w->string_bytes) {
		refuse(w, -DT_ENOSPC);
		return NULL;
	}
	w->used += size;
	return at;
}

static void put_u32(struct dtb_writer *w, uint32_t value)
{
	uint8_t *at = front(w, 4);

	if (at)
		span_store_u32(at, value);
}

static void put_u64(struct dtb_writer *w, uint64_t value)
{
	put_u32(w, (uint32_t)(value >> 32));
	put_u32(w, (uint32_t)value);
}

/* `size` bytes, zero filled up to a whole token. */
static uint8_t *put_space(struct dtb_writer *w, size_t size)
{
	size_t whole = (size + 3) & ~(size_t)3;
	uint8_t *at = whole < size ? NULL : front(w, whole);

	if (at)
		memset(at, 0, whole);
	return at;
}

void dtb_write_init(struct dtb_writer *w, void *buffer, size_t size)
{
	memset(w, 0, sizeof(*w));
	w->buffer = buffer;
	/* Offsets have 32 bits, and a larger blob would be refused by every reader of ours. */
	w->size = size < UINT32_MAX ? size : UINT32_MAX;
	(void)front(w, HEADER_SIZE);
}

void dtb_write_boot_cpu(struct dtb_writer *w, uint32_t cpu)
{
	w->boot_cpu = cpu;
}

void dtb_write_reserve(struct dtb_writer *w, uint64_t base, uint64_t size)
{
	if (w->structure)
		refuse(w, -DT_EINVAL);
	put_u64(w, base);
	put_u64(w, size);
}

static void begin_structure(struct dtb_writer *w)
{
	put_u64(w, 0);
	put_u64(w, 0);
	w->structure = w->used;
}

static void check_begin(struct dtb_writer *w)
{
	if (!w->structure)
		begin_structure(w);
	else if (w->depth == 0)
		refuse(w, -DT_EINVAL);
	if (w->depth++ == DT_DEPTH_MAX)
		refuse(w, -DT_E2BIG);
}

void dtb_begin_node(struct dtb_writer *w, const char *name)
{
	size_t size = strlen(name) + 1;
	uint8_t *at;

	check_begin(w);
	put_u32(w, 1);
	at = put_space(w, size);
	if (at)
		memcpy(at, name, size);
	w->closed = false;
}

void dtb_begin_node_at(struct dtb_writer *w, const char *name, uint64_t unit)
{
	char text[DT_NAME_MAX + 1];

	if (strlen(name) + 18 > sizeof(text))
		refuse(w, -DT_E2BIG);
	dt_format(text, sizeof(text), "%s@%lx", name, (unsigned long)unit);
	dtb_begin_node(w, text);
}

void dtb_end_node(struct dtb_writer *w)
{
	if (w->depth == 0) {
		refuse(w, -DT_EINVAL);
		return;
	}
	w->depth--;
	w->closed = true;
	put_u32(w, 2);
}

/* A name at the back: its distance from the end of the names. */
static uint32_t add_name(struct dtb_writer *w, const char *name, size_t size)
{
	if (w->error)
		return 0;
	if (size > w->size - w->used - w->string_bytes) {
		refuse(w, -DT_ENOSPC);
		return 0;
	}
	w->string_bytes += size;
	memcpy(w->buffer + w->size - w->string_bytes, name, size);
	return (uint32_t)w->string_bytes;
}

static bool is_name(const struct dtb_writer *w, uint32_t distance, const char *name, size_t size)
{
	return size <= distance && memcmp(w->buffer + w->size - distance, name, size) == 0;
}

static uint32_t find_name(struct dtb_writer *w, const char *name)
{
	size_t size = strlen(name) + 1;
	uint32_t slot = dt_hash_name(0, name, size) % DTB_NAME_SLOTS;
	uint32_t distance;

	/* Never full: see NAMES_MOST. */
	while (w->names[slot]) {
		if (is_name(w, w->names[slot], name, size))
			return w->names[slot];
		slot = (slot + 1) % DTB_NAME_SLOTS;
	}
	distance = add_name(w, name, size);
	if (distance && w->name_count < NAMES_MOST) {
		w->names[slot] = distance;
		w->name_count++;
	}
	return distance;
}

uint8_t *dtb_write_space(struct dtb_writer *w, const char *name, size_t size)
{
	if (w->depth == 0 || w->closed)
		refuse(w, -DT_EINVAL);
	if (size > w->size)
		refuse(w, -DT_ENOSPC);
	put_u32(w, 3);
	put_u32(w, (uint32_t)size);
	put_u32(w, find_name(w, name));
	return put_space(w, size);
}

void dtb_write_prop(struct dtb_writer *w, const char *name, const void *value, size_t size)
{
	uint8_t *at = dtb_write_space(w, name, size);

	if (at && size)
		memcpy(at, value, size);
}

void dtb_write_flag(struct dtb_writer *w, const char *name)
{
	(void)dtb_write_space(w, name, 0);
}

void dtb_write_u32(struct dtb_writer *w, const char *name, uint32_t value)
{
	dtb_write_cells(w, name, &value, 1);
}

void dtb_write_u64(struct dtb_writer *w, const char *name, uint64_t value)
{
	dtb_write_cells(w, name, (uint32_t[]){ (uint32_t)(value >> 32), (uint32_t)value }, 2);
}

void dtb_write_cells(struct dtb_writer *w, const char *name, const uint32_t *cells, size_t count)
{
	uint8_t *at = dtb_write_space(w, name, count * 4);
	size_t i;

	for (i = 0; at && i < count; i++)
		span_store_u32(at + i * 4, cells[i]);
}

void dtb_write_string(struct dtb_writer *w, const char *name, const char *value)
{
	dtb_write_prop(w, name, value, strlen(value) + 1);
}

/* The field behind a property's size holds the distance of its name: turn it into the offset. */
static void place_name(struct dtb_writer *w, struct span *rest)
{
	uint8_t *at = w->buffer + w->used - rest->left + 4;
	uint32_t size = 0, distance = 0;

	(void)(span_u32(rest, &size) && span_u32(rest, &distance));
	span_store_u32(at, (uint32_t)w->string_bytes - distance);
	(void)span_skip(rest, ((size_t)size + 3) & ~(size_t)3);
}

/* The tokens are our own, so nothing in them can be cut off. */
static void place_names(struct dtb_writer *w)
{
	struct span rest = span_of(w->buffer + w->structure, w->used - w->structure);
	uint32_t token;
	const char *name;
	size_t length = 0;

	while (span_u32(&rest, &token)) {
		if (token == 1 && span_string(&rest, &name, &length))
			(void)span_skip(&rest, (0 - (length + 1)) & 3);
		else if (token == 3)
			place_name(w, &rest);
	}
}

static void write_header(struct dtb_writer *w, size_t total)
{
	uint32_t structure_size = (uint32_t)(w->used - w->structure);
	const uint32_t fields[] = { 0xd00dfeed, (uint32_t)total, (uint32_t)w->structure,
		(uint32_t)w->used, HEADER_SIZE, 17, 16, w->boot_cpu, (uint32_t)w->string_bytes,
		structure_size };
	size_t i;

	for (i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
		span_store_u32(w->buffer + i * 4, fields[i]);
}

int dtb_finish(struct dtb_writer *w, size_t *total)
{
	if (!w->structure || w->depth)
		refuse(w, -DT_EINVAL);
	put_u32(w, 9);
	if (w->error)
		return w->error;
	place_names(w);
	*total = w->used + w->string_bytes;
	write_header(w, *total);
	memmove(w->buffer + w->used, w->buffer + w->size - w->string_bytes, w->string_bytes);
	return 0;
}
