/* SPDX-License-Identifier: Apache-2.0 */
/* The flattened device tree that the toolstack wrote: memory, CPUs and the command line (Devicetree 0.4, 5). */
#include "tests/guest/hostile/hostile.h"

#define FDT_BEGIN_NODE 1
#define FDT_END_NODE   2
#define FDT_PROP       3
#define FDT_NOP        4

struct boot boot = { .seed = 1, .steps = 100000, .only = ~UINT64_C(0) };

static uint32_t be32(const void *at)
{
	return __builtin_bswap32(*(const uint32_t *)at);
}

static size_t length(const char *text)
{
	size_t n = 0;

	while (text[n])
		n++;
	return n;
}

static bool starts(const char *text, const char *with)
{
	while (*with)
		if (*text++ != *with++)
			return false;
	return true;
}

static uint64_t parse(const char *line, const char *name, uint64_t otherwise)
{
	for (; *line; line++) {
		if (!starts(line, name))
			continue;
		uint64_t value = 0;

		for (line += length(name); *line >= '0' && *line <= '9'; line++)
			value = value * 10 + (uint64_t)(*line - '0');
		return value;
	}
	return otherwise;
}

static void read_bootargs(const char *line)
{
	boot.seed = parse(line, "seed=", boot.seed);
	boot.steps = parse(line, "steps=", boot.steps);
	boot.only = parse(line, "only=", boot.only);
}

static void read_property(const char *node, const char *name, const void *value, uint32_t size)
{
	const uint32_t *cells = value;

	if (starts(node, "memory") && starts(name, "reg") && size >= 16 && !boot.ram_size) {
		boot.ram_base = (uint64_t)be32(cells) << 32 | be32(cells + 1);
		boot.ram_size = (uint64_t)be32(cells + 2) << 32 | be32(cells + 3);
	} else if (starts(name, "bootargs")) {
		read_bootargs(value);
	} else if (starts(node, "cpu@") && starts(name, "device_type")) {
		boot.vcpus++;
	}
}

void boot_read(const void *fdt)
{
	const char *at = (const char *)fdt + be32((const char *)fdt + 8);
	const char *strings = (const char *)fdt + be32((const char *)fdt + 12);
	const char *node = "";

	for (;;) {
		uint32_t token = be32(at);

		at += 4;
		if (token == FDT_BEGIN_NODE) {
			node = at;
			at += (length(at) + 4) & ~(size_t)3;
		} else if (token == FDT_PROP) {
			uint32_t size = be32(at);

			read_property(node, strings + be32(at + 4), at + 8, size);
			at += 8 + ((size + 3) & ~3U);
		} else if (token != FDT_END_NODE && token != FDT_NOP) {
			break;
		}
	}
}
