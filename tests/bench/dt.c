/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The engine beside libfdt's fdt_overlay_apply(), on the same blobs in the same run: time, memory, and the
 * cost per node from 100 to 10 000 nodes. Each time is the best of several, each side starting from its own
 * copy of the blob, as a hypervisor that has just read it.
 */
#define _POSIX_C_SOURCE 200809L
#include <libfdt.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "dt/fdt_write.h"
#include "dt/overlay.h"

enum {
	ROOM = 8 * 1024 * 1024,
	/* libfdt takes seconds above this. */
	LIBFDT_MOST = 2000,
};

static size_t held, peak;

static void *count_alloc(void *ctx, size_t size)
{
	(void)ctx;
	held += size;
	if (held > peak)
		peak = held;
	return malloc(size);
}

static void count_free(void *ctx, void *at, size_t size)
{
	(void)ctx;
	held -= size;
	free(at);
}

static void must(int error, const char *what)
{
	if (error) {
		fprintf(stderr, "bench: %s: %d\n", what, error);
		exit(1);
	}
}

static double now(void)
{
	struct timespec at;

	clock_gettime(CLOCK_MONOTONIC, &at);
	return (double)at.tv_sec * 1e6 + (double)at.tv_nsec / 1e3;
}

static size_t make_base(uint8_t *buffer)
{
	struct dtb_writer w;
	size_t size;

	dtb_write_init(&w, buffer, ROOM);
	dtb_begin_node(&w, "");
	dtb_begin_node(&w, "gic");
	dtb_write_u32(&w, "phandle", 1);
	dtb_write_u32(&w, "#interrupt-cells", 3);
	dtb_end_node(&w);
	dtb_begin_node(&w, "soc");
	dtb_write_flag(&w, "ranges");
	dtb_end_node(&w);
	dtb_begin_node(&w, "__symbols__");
	dtb_write_string(&w, "gic", "/gic");
	dtb_end_node(&w);
	dtb_end_node(&w);
	must(dtb_finish(&w, &size), "base");
	return size;
}

static void write_device(struct dtb_writer *w, uint32_t i, bool full)
{
	dtb_begin_node_at(w, full ? "device" : "d", 0x50000000u + i * 0x1000u);
	if (full) {
		dtb_write_string(w, "compatible", "vendor,some-long-device-name");
		dtb_write_u32(w, "interrupt-parent", 0xffffffff);
		dtb_write_cells(w, "interrupts", (uint32_t[]){ 0, i % 900, 4 }, 3);
	}
	dtb_write_cells(w, "reg", (uint32_t[]){ 0, 0x50000000u + i * 0x1000u, 0, 0x1000 }, 4);
	dtb_end_node(w);
}

/* The label's list of places, as dtc writes it. */
static void write_fixups(struct dtb_writer *w, uint32_t count)
{
	char *places = malloc((size_t)count * 80 + 1);
	size_t size = 0;

	for (uint32_t i = 0; i < count; i++)
		size += 1 + (size_t)sprintf(places + size,
					    "/fragment@0/__overlay__/device@%x:interrupt-parent:0",
					    0x50000000u + i * 0x1000u);
	dtb_begin_node(w, "__fixups__");
	dtb_write_prop(w, "gic", places, size);
	dtb_end_node(w);
	free(places);
}

/* Small nodes, ten in each fragment. */
static size_t make_fragments(uint8_t *buffer, uint32_t count)
{
	struct dtb_writer w;
	size_t size;

	dtb_write_init(&w, buffer, ROOM);
	dtb_begin_node(&w, "");
	for (uint32_t i = 0; i < count; i++) {
		if (i % 10 == 0) {
			dtb_begin_node_at(&w, "fragment", i / 10);
			dtb_write_string(&w, "target-path", "/soc");
			dtb_begin_node(&w, "__overlay__");
		}
		write_device(&w, i, false);
		if (i % 10 == 9 || i == count - 1) {
			dtb_end_node(&w);
			dtb_end_node(&w);
		}
	}
	dtb_end_node(&w);
	must(dtb_finish(&w, &size), "fragments");
	return size;
}

/* `full`: like a device of a board, about 200 bytes; else as small as lets 10 000 fit into 1 MiB. */
static size_t make_overlay(uint8_t *buffer, uint32_t count, bool full)
{
	struct dtb_writer w;
	size_t size;

	dtb_write_init(&w, buffer, ROOM);
	dtb_begin_node(&w, "");
	dtb_begin_node(&w, "fragment@0");
	dtb_write_string(&w, "target-path", "/soc");
	dtb_begin_node(&w, "__overlay__");
	for (uint32_t i = 0; i < count; i++)
		write_device(&w, i, full);
	dtb_end_node(&w);
	dtb_end_node(&w);
	if (full)
		write_fixups(&w, count);
	dtb_end_node(&w);
	must(dtb_finish(&w, &size), "overlay");
	return size;
}

struct result {
	double add, revert;
	/* Multiples of the blob, of which a copy is part: kept once it is live, and the most while it is added. */
	double live, peak;
};

static struct result run_engine(
		const uint8_t *base, size_t base_size, const uint8_t *blob, size_t size)
{
	struct dt_env env = { .alloc = count_alloc, .free = count_free, .seed = 1 };
	struct result best = { .add = 1e12, .revert = 1e12 };
	struct dt_overlay *overlay;
	struct dt_why why = { .text = "" };
	struct dt_tree tree;
	size_t before;

	for (int turn = 0; turn < 9; turn++) {
		must(dt_tree_build(&tree, &env, base, base_size, &why), why.text);
		before = peak = held;
		double start = now();

		must(dt_overlay_add(&tree, blob, size, &overlay, &why), why.text);
		double added = now();

		best.live = (double)(held - before) / (double)size;
		best.peak = (double)(peak - before) / (double)size;
		dt_overlay_revert(overlay);
		double end = now();

		best.add = added - start < best.add ? added - start : best.add;
		best.revert = end - added < best.revert ? end - added : best.revert;
		dt_tree_drop(&tree);
	}
	return best;
}

/* libfdt writes into the blob, so it gets a copy of both, made outside of the time measured. */
static double run_libfdt(const uint8_t *base, const uint8_t *blob, size_t size)
{
	uint8_t *tree = malloc(ROOM), *copy = malloc(size);
	double best = 1e12;

	for (int turn = 0; turn < (size > 100000 ? 2 : 9); turn++) {
		must(fdt_open_into(base, tree, ROOM), "fdt_open_into");
		memcpy(copy, blob, size);
		double start = now();

		must(fdt_overlay_apply(tree, copy), "fdt_overlay_apply");
		best = now() - start < best ? now() - start : best;
	}
	free(tree);
	free(copy);
	return best;
}

static void print_pair(const uint8_t *base, size_t base_size, uint32_t count)
{
	static uint8_t blob[ROOM];
	size_t size = make_overlay(blob, count, true);
	struct result ours = run_engine(base, base_size, blob, size);
	double theirs = run_libfdt(base, blob, size);

	printf("  %6u %9zu %12.1f %12.1f %12.1f %9.1f x %8.2f x %8.2f x\n", count, size, ours.add,
			ours.revert, theirs, theirs / ours.add, ours.live, ours.peak);
}

static void print_flat(const uint8_t *base, size_t base_size, uint32_t count, bool several)
{
	static uint8_t blob[ROOM];
	size_t size = several ? make_fragments(blob, count) : make_overlay(blob, count, false);
	struct result ours = run_engine(base, base_size, blob, size);

	printf("  %6u %9zu %12.1f %12.1f %13.0f ns per node %8.2f x %8.2f x\n", count, size,
			ours.add, ours.revert, ours.add * 1000 / count, ours.live, ours.peak);
}

int main(void)
{
	static const uint32_t pairs[] = { 1, 10, 100, 1000, LIBFDT_MOST };
	static const uint32_t flat[] = { 100, 300, 1000, 3000, 10000 };
	static uint8_t base[ROOM];
	size_t base_size = make_base(base), i;

	/* A hypervisor's memory is there; what the kernel takes to map pages anew is not the engine's. */
	mallopt(M_MMAP_THRESHOLD, ROOM * 4);
	mallopt(M_TRIM_THRESHOLD, ROOM * 16);
	printf("overlay engine and libfdt, microseconds\n");
	printf("   nodes     bytes          add       revert       libfdt       ratio       live       peak\n");
	for (i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		print_pair(base, base_size, pairs[i]);
	printf("small nodes\n");
	for (i = 0; i < sizeof(flat) / sizeof(flat[0]); i++)
		print_flat(base, base_size, flat[i], false);
	printf("small nodes, ten in each fragment\n");
	for (i = 0; i < sizeof(flat) / sizeof(flat[0]); i++)
		print_flat(base, base_size, flat[i], true);
	return 0;
}
