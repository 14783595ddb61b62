/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/unit/dt_kinds.h"

static void write_name(char *name, const char *stem, unsigned index)
{
	snprintf(name, 32, "%s%u", stem, index);
}

void kind_begin_fragment(struct dtb_writer *w, unsigned index, const char *target)
{
	dtb_begin_node_at(w, "fragment", index);
	dtb_write_string(w, "target-path", target);
	dtb_begin_node(w, "__overlay__");
}

void kind_end_fragment(struct dtb_writer *w)
{
	dtb_end_node(w);
	dtb_end_node(w);
}

static void write_device(struct dtb_writer *w, unsigned i)
{
	dtb_begin_node_at(w, "d", 0x50000000 + i * 0x1000);
	dtb_write_cells(w, "reg", (uint32_t[]){ 0, i, 0, 0x1000 }, 4);
	dtb_end_node(w);
}

/* Nodes as small as a device can be: one property of four cells. */
void kind_small(struct dtb_writer *w, unsigned count)
{
	kind_begin_fragment(w, 0, "/");
	for (unsigned i = 0; i < count; i++)
		write_device(w, i);
	kind_end_fragment(w);
}

/* The same nodes, ten in each fragment. */
void kind_tens(struct dtb_writer *w, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		if (i % 10 == 0)
			kind_begin_fragment(w, i / 10, "/");
		write_device(w, i);
		if (i % 10 == 9 || i == count - 1)
			kind_end_fragment(w);
	}
}

/* Each in a fragment of its own, below the one before it. */
void kind_fragments(struct dtb_writer *w, unsigned count)
{
	char path[512] = "/";

	for (unsigned i = 0; i < count; i++) {
		kind_begin_fragment(w, i, i % 8 ? path : "/");
		if (i % 8 == 0)
			path[0] = '\0';
		snprintf(path + strlen(path), 32, "/bus%u", i);
		write_name(path + strlen(path) + 1, "bus", i);
		dtb_begin_node(w, path + strlen(path) + 1);
		dtb_write_u32(w, "#address-cells", 1);
		dtb_end_node(w);
		kind_end_fragment(w);
	}
}

/* More properties than are looked through one by one. */
void kind_wide(struct dtb_writer *w, unsigned count)
{
	char name[32];

	kind_begin_fragment(w, 0, "/");
	dtb_begin_node(w, "table");
	for (unsigned i = 0; i < count; i++) {
		write_name(name, "entry", i);
		dtb_write_string(w, name, "a value of some length");
	}
	dtb_end_node(w);
	kind_end_fragment(w);
}

/* New properties of a node that is there. */
void kind_props(struct dtb_writer *w, unsigned count)
{
	char name[32];

	kind_begin_fragment(w, 0, "/");
	for (unsigned i = 0; i < count; i++) {
		write_name(name, "entry", i);
		dtb_write_string(w, name, "a value of some length");
	}
	kind_end_fragment(w);
}

void kind_labels(struct dtb_writer *w, unsigned count)
{
	char name[32], path[64];

	kind_small(w, count);
	dtb_begin_node(w, "__symbols__");
	for (unsigned i = 0; i < count; i++) {
		write_name(name, "label", i);
		snprintf(path, sizeof(path), "/fragment@0/__overlay__/d@%x",
				0x50000000 + i * 0x1000);
		dtb_write_string(w, name, path);
	}
	dtb_end_node(w);
}

static void write_linked(struct dtb_writer *w, unsigned i, unsigned count)
{
	dtb_begin_node_at(w, "dev", 0x50000000 + i * 0x1000);
	dtb_write_string(w, "compatible", "vendor,dev");
	dtb_write_cells(w, "reg", (uint32_t[]){ 0, i, 0, 0x1000 }, 4);
	dtb_write_u32(w, "link", (i * 7 + 1) % count + 1);
	dtb_write_u32(w, "phandle", i + 1);
	dtb_end_node(w);
}

static void write_links(struct dtb_writer *w, unsigned count)
{
	dtb_begin_node(w, "__local_fixups__");
	dtb_begin_node_at(w, "fragment", 0);
	dtb_begin_node(w, "__overlay__");
	for (unsigned i = 0; i < count; i++) {
		dtb_begin_node_at(w, "dev", 0x50000000 + i * 0x1000);
		dtb_write_u32(w, "link", 0);
		dtb_end_node(w);
	}
	dtb_end_node(w);
	dtb_end_node(w);
	dtb_end_node(w);
}

void kind_linked(struct dtb_writer *w, unsigned count)
{
	char name[32], path[64];

	kind_begin_fragment(w, 0, "/");
	for (unsigned i = 0; i < count; i++)
		write_linked(w, i, count);
	kind_end_fragment(w);
	dtb_begin_node(w, "__symbols__");
	for (unsigned i = 0; i < count; i++) {
		write_name(name, "n", i);
		snprintf(path, sizeof(path), "/fragment@0/__overlay__/dev@%x",
				0x50000000 + i * 0x1000);
		dtb_write_string(w, name, path);
	}
	dtb_end_node(w);
	write_links(w, count);
}

/* Devices as boards have them: about 200 bytes, one reference to a label of the base. */
void kind_devices(struct dtb_writer *w, unsigned count)
{
	char *places = malloc((size_t)count * 80);
	size_t size = 0;

	kind_begin_fragment(w, 0, "/");
	for (unsigned i = 0; i < count; i++) {
		dtb_begin_node_at(w, "device", 0x50000000 + i * 0x1000);
		dtb_write_string(w, "compatible", "vendor,some-long-device-name");
		dtb_write_u32(w, "interrupt-parent", 0xffffffff);
		dtb_write_cells(w, "interrupts", (uint32_t[]){ 0, i, 4 }, 3);
		dtb_write_cells(w, "reg", (uint32_t[]){ 0, i, 0, 0x1000 }, 4);
		dtb_end_node(w);
		size += 1 + (size_t)sprintf(places + size,
					    "/fragment@0/__overlay__/device@%x:interrupt-parent:0",
					    0x50000000 + i * 0x1000);
	}
	kind_end_fragment(w);
	dtb_begin_node(w, "__fixups__");
	dtb_write_prop(w, "gic", places, size);
	dtb_end_node(w);
	free(places);
}

/* Nodes with nothing in them, and nodes with nothing but names. */
void kind_bare(struct dtb_writer *w, unsigned count)
{
	kind_begin_fragment(w, 0, "/");
	for (unsigned i = 0; i < count; i++) {
		dtb_begin_node_at(w, "n", i);
		dtb_end_node(w);
	}
	kind_end_fragment(w);
}

void kind_flags(struct dtb_writer *w, unsigned count)
{
	kind_begin_fragment(w, 0, "/");
	for (unsigned i = 0; i < count; i++) {
		dtb_begin_node_at(w, "n", i);
		dtb_write_flag(w, "ranges");
		dtb_write_flag(w, "dma-coherent");
		dtb_write_flag(w, "wakeup-source");
		dtb_end_node(w);
	}
	kind_end_fragment(w);
}

/* Values of the nodes of kind_small(): all in one fragment, or each in one of its own. */
void kind_values(struct dtb_writer *w, unsigned count)
{
	kind_begin_fragment(w, 0, "/");
	for (unsigned i = 0; i < count; i++) {
		dtb_begin_node_at(w, "d", 0x50000000 + i * 0x1000);
		dtb_write_cells(w, "reg", (uint32_t[]){ 0, i, 0, 0x2000 }, 4);
		dtb_end_node(w);
	}
	kind_end_fragment(w);
}

void kind_value_fragments(struct dtb_writer *w, unsigned count)
{
	char path[32];

	for (unsigned i = 0; i < count; i++) {
		snprintf(path, sizeof(path), "/d@%x", 0x50000000 + i * 0x1000);
		kind_begin_fragment(w, i, path);
		dtb_write_cells(w, "reg", (uint32_t[]){ 0, i, 0, 0x2000 }, 4);
		kind_end_fragment(w);
	}
}

void kind_status_fragments(struct dtb_writer *w, unsigned count)
{
	char path[32];

	for (unsigned i = 0; i < count; i++) {
		snprintf(path, sizeof(path), "/d@%x", 0x50000000 + i * 0x1000);
		kind_begin_fragment(w, i, path);
		dtb_write_string(w, "status", "okay");
		kind_end_fragment(w);
	}
}

struct bytes kind_blob(kind_write *write, unsigned count)
{
	struct bytes blob = { .at = malloc(KIND_ROOM) };
	struct dtb_writer w;

	dtb_write_init(&w, blob.at, KIND_ROOM);
	dtb_begin_node(&w, "");
	write(&w, count);
	dtb_end_node(&w);
	assert_int_equal(dtb_finish(&w, &blob.size), 0);
	return blob;
}
