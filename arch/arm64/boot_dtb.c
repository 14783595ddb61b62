/* SPDX-License-Identifier: Apache-2.0 */
#include "arch/arm64/boot_dtb.h"

#include "arch/arm64/layout.h"
#include "dt/fdt.h"

uint64_t boot_dtb_size(const void *header)
{
	uint32_t size = dtb_peek_size(header, BOOT_DTB_HEADER);

	return size < BOOT_DTB_HEADER || size > LAYOUT_DTB_MAX ? BOOT_DTB_HEADER : size;
}
