/* SPDX-License-Identifier: Apache-2.0 */
/* The direct map on the host: a test's RAM is one anonymous mapping that stands for physical addresses. */
#pragma once

#include "core/types.h"

#define HOST_RAM_BASE UINT64_C(0x40000000)

extern unsigned char *host_ram; /* arch/host/mm.c: host_ram_init(size) maps it */
void host_ram_init(uint64_t size);
void host_ram_free(void);

static inline void *phys_to_virt(paddr_t pa)
{
	return host_ram + (pa.v - HOST_RAM_BASE);
}

static inline paddr_t virt_to_phys(const void *virt)
{
	return PADDR((uint64_t)((const unsigned char *)virt - host_ram) + HOST_RAM_BASE);
}
