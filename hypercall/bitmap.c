/* SPDX-License-Identifier: Apache-2.0 */
/* CPU and node maps as the toolstack passes them: struct xenctl_bitmap of xen/xen.h. */
#include "hypercall/priv.h"

#include "lib/string.h"

#define MAP_BITS_MAX 65536U /* more is no map of CPUs */

XEN_ABI(sizeof(struct xenctl_bitmap) == 16);
XEN_ABI(offsetof(struct xenctl_bitmap, nr_bits) == 8);

static uint64_t mask_of(uint32_t bits)
{
	return bits >= 64 ? ~UINT64_C(0) : BIT(bits) - 1;
}

int bitmap_read(const struct xenctl_bitmap *map, uint64_t *bits)
{
	size_t size = DIV_ROUND_UP(MIN(map->nr_bits, 64U), 8U);

	*bits = 0;
	if (size && guest_read(bits, HANDLE_GVA(map->bitmap), size))
		return -EFAULT;
	*bits &= mask_of(map->nr_bits);
	return 0;
}

int bitmap_write(const struct xenctl_bitmap *map, uint64_t bits)
{
	size_t size = DIV_ROUND_UP((size_t)map->nr_bits, 8U);

	if (map->nr_bits > MAP_BITS_MAX)
		return -EINVAL;
	bits &= mask_of(map->nr_bits);
	for (size_t done = 0; done < size; done += sizeof(bits)) {
		if (guest_write(gva_add(HANDLE_GVA(map->bitmap), done), &bits,
				    MIN(sizeof(bits), size - done)))
			return -EFAULT;
		bits = 0;
	}
	return 0;
}
