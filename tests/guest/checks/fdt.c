/* SPDX-License-Identifier: Apache-2.0 */
/* The flattened device tree (Devicetree 0.4, 5): the registers of the GICv3. Two cells an address, two a size. */
#include "tests/guest/checks/checks.h"

#define FDT_BEGIN_NODE 1
#define FDT_END_NODE   2
#define FDT_PROP       3
#define FDT_NOP        4

struct machine machine;

static uint32_t be32(const void *at)
{
	return __builtin_bswap32(*(const uint32_t *)at);
}

static uint64_t be64(const uint32_t *cells)
{
	return (uint64_t)be32(cells) << 32 | be32(cells + 1);
}

static size_t length(const char *text)
{
	size_t n = 0;

	while (text[n])
		n++;
	return n;
}

static bool same(const char *a, const char *b)
{
	while (*a && *a == *b)
		a++, b++;
	return *a == *b;
}

/* reg and compatible of the node being read. */
static const uint32_t *reg;
static bool is_gic;

static void read_property(const char *name, const void *value, uint32_t size)
{
	if (same(name, "reg") && size >= 32)
		reg = value;
	if (same(name, "compatible") && same(value, "arm,gic-v3"))
		is_gic = true;
	if (reg && is_gic && !machine.gic_dist) {
		machine.gic_dist = be64(reg);
		machine.gic_rdist = be64(reg + 4);
	}
}

void fdt_read(const void *fdt)
{
	const char *at = (const char *)fdt + be32((const char *)fdt + 8);
	const char *strings = (const char *)fdt + be32((const char *)fdt + 12);

	for (;;) {
		uint32_t token = be32(at);

		at += 4;
		if (token == FDT_BEGIN_NODE) {
			reg = NULL;
			is_gic = false;
			at += (length(at) + 4) & ~(size_t)3;
		} else if (token == FDT_PROP) {
			uint32_t size = be32(at);

			read_property(strings + be32(at + 4), at + 8, size);
			at += 8 + ((size + 3) & ~3U);
		} else if (token != FDT_END_NODE && token != FDT_NOP) {
			break;
		}
	}
}
