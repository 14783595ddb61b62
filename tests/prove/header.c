/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a header, then any header over any blob: the blocks that are accepted lie inside, and the
 * strings block ends with a terminator.
 */
#include "tests/prove/prove.h"

#include "dt/fdt.c"

enum { BLOB_MOST = 34, STRINGS_MOST = 12 };

static struct header any_header(void)
{
	return (struct header){ .magic = nondet_u32(),
		.structure = nondet_u32(),
		.strings = nondet_u32(),
		.reserves = nondet_u32(),
		.version = nondet_u32(),
		.compatible = nondet_u32(),
		.strings_size = nondet_u32(),
		.structure_size = nondet_u32() };
}

static void prove_header(void)
{
	uint8_t bytes[44];
	struct span blob = any_part(span_of(bytes, sizeof(bytes)));
	struct header header;

	(void)dtb_peek_size(blob.at, blob.left);
	if (read_header(blob, &header))
		prove(blob.left >= 36 && (blob.left >= 40 || header.version < 17));
}

static void prove_blocks(void)
{
	uint8_t bytes[BLOB_MOST];
	struct dtb dtb = { .bytes = any_part(span_of(bytes, sizeof(bytes))) };
	struct header header = any_header();

	if (check_version(&header, NULL) == 0)
		prove(header.version >= 16 && header.compatible <= 17);
	if (find_structure(&dtb, &header, NULL) == 0)
		prove(is_inside(dtb.structure, dtb.bytes));
	if (find_reserves(&dtb, header.reserves, NULL) == 0)
		prove(is_inside(dtb.reserves, dtb.bytes) && dtb.reserves.left % 16 == 0);
}

static void prove_strings(void)
{
	uint8_t bytes[STRINGS_MOST];
	struct dtb dtb = { .bytes = any_part(span_of(bytes, sizeof(bytes))) };
	struct header header = any_header();

	if (find_strings(&dtb, &header, NULL))
		return;
	prove(is_inside(dtb.strings, dtb.bytes));
	prove(dtb.strings.left == 0 || dtb.strings.at[dtb.strings.left - 1] == '\0');
}

void harness(void);
void harness(void)
{
	prove_header();
	prove_blocks();
	prove_strings();
}
