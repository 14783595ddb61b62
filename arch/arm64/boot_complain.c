/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Entered at the wrong exception level, or on a CPU that Graft cannot run on: the one thing to do is to say so. The MMU
 * is off and the code is not where it was linked, so nothing here may follow a constant that holds an address.
 */
#include "arch/arm64/boot.h"
#include "arch/arm64/layout.h"
#include "dt/fdt.h"
#include "lib/bits.h"
#include <arch/mmio.h>

#define UARTDR  0x00
#define UARTFR  0x18
#define FR_TXFF BIT(5)

static void print(uint64_t uart, const char *text)
{
	for (; *text; text++) {
		while (mmio_read32((const void *)(uart + UARTFR)) & FR_TXFF)
			;
		mmio_write32((void *)(uart + UARTDR), (uint8_t)*text);
	}
}

static bool find_uart(uint64_t dtb_pa, uint64_t *base)
{
	struct dtb_node node;
	struct dtb dtb;
	uint64_t size;

	if (dtb_check(&dtb, (const void *)dtb_pa, LAYOUT_DTB_MAX, NULL))
		return false;
	node = dtb_root(&dtb);
	return dtb_find_compatible(&node, "arm,pl011") && dtb_reg(&node, 0, base, &size);
}

void boot_complain(uint64_t dtb_pa, uint64_t el)
{
	char level[] = "EL?";
	uint64_t base;

	if (!find_uart(dtb_pa, &base))
		return;
	if (el == 0) {
		print(base, "HCR_EL2.E2H of this CPU cannot be cleared (no FEAT_E2H0): Graft does not run on it\r\n");
		return;
	}
	level[2] = (char)('0' + el);
	print(base, "Graft was started at ");
	print(base, level);
	print(base, " and needs EL2: boot it where a hypervisor belongs "
		    "(QEMU: -M virt,virtualization=on)\r\n");
}
