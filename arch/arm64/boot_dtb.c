/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/arm64/boot_dtb.h"

#include "arch/arm64/layout.h"

#define MAGIC     0xd00dfeed
#define TOTALSIZE 4

static uint32_t load(const volatile uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

uint64_t boot_dtb_size(const volatile uint8_t *header)
{
	uint32_t size = load(header + TOTALSIZE);

	if (load(header) != MAGIC || size < BOOT_DTB_HEADER || size > LAYOUT_DTB_MAX)
		return BOOT_DTB_HEADER;
	return size;
}
