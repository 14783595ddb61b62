/* SPDX-License-Identifier: Apache-2.0 */
/* The direct map: all RAM appears at one fixed offset in Graft's address space (docs/memory.md). */
#pragma once

#include "core/types.h"

#define DIRECTMAP_BASE UINT64_C(0x400000000000)

static inline void *phys_to_virt(paddr_t pa)
{
	return (void *)(uintptr_t)(pa.v + DIRECTMAP_BASE);
}

/* virt lies in the direct map. */
static inline paddr_t virt_to_phys(const void *virt)
{
	return PADDR((uintptr_t)virt - DIRECTMAP_BASE);
}
