/* SPDX-License-Identifier: Apache-2.0 */
/* Device registers in Graft's own address space. */
#pragma once

#include "core/types.h"

/* Maps the pages of [pa, pa + size) as Device-nGnRE for good; NULL when the window is full. */
void *device_map(paddr_t pa, uint64_t size);
