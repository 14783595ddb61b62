// SPDX-License-Identifier: GPL-2.0-only
/* Puts a flattened device tree together from writes of any size. */
#include <linux/errno.h>
#include <linux/minmax.h>
#include <linux/mm.h>
#include <linux/of_fdt.h>
#include <linux/sizes.h>
#include <linux/string.h>

#include "dt-overlay-configfs.h"

#define BLOB_MAX SZ_1M
/* The header of version 17, Devicetree Specification 5.2. */
#define HEADER_SIZE 40

void blob_reset(struct blob *blob)
{
	kvfree(blob->data);
	memset(blob, 0, sizeof(*blob));
}

static u32 read_be32(const void *bytes)
{
	__be32 word;

	memcpy(&word, bytes, sizeof(word));
	return be32_to_cpu(word);
}

static bool has_magic(const void *bytes, size_t count)
{
	return count >= sizeof(u32) && read_be32(bytes) == OF_DT_HEADER;
}

static int begin(struct blob *blob)
{
	size_t size = read_be32(blob->head + 4);

	if (!has_magic(blob->head, sizeof(blob->head)) || size < HEADER_SIZE)
		return -EINVAL;
	if (size > BLOB_MAX)
		return -EFBIG;
	blob->data = kvmalloc(size, GFP_KERNEL);
	if (!blob->data)
		return -ENOMEM;
	memcpy(blob->data, blob->head, sizeof(blob->head));
	blob->size = size;
	return 0;
}

static int add(struct blob *blob, const u8 *bytes, size_t count)
{
	if (!blob->data) {
		size_t part = min(count, sizeof(blob->head) - blob->have);
		int error;

		memcpy(blob->head + blob->have, bytes, part);
		blob->have += part;
		if (blob->have < sizeof(blob->head))
			return 0;
		error = begin(blob);
		if (error)
			return error;
		bytes += part;
		count -= part;
	}
	if (count > blob->size - blob->have)
		return -EINVAL;
	memcpy(blob->data + blob->have, bytes, count);
	blob->have += count;
	return blob->have == blob->size;
}

int blob_add(struct blob *blob, const void *bytes, size_t count)
{
	int result;

	/*
	 * configfs does not tell when a file was opened. A writer that stopped half-way must not
	 * spoil the next one, so whatever begins like a blob is the begin of one.
	 */
	if (has_magic(bytes, count))
		blob_reset(blob);
	result = add(blob, bytes, count);
	if (result < 0)
		blob_reset(blob);
	return result;
}
