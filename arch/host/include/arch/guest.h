/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The guest virtual addresses of host tests: whatever a test gives out is there, all else faults. What
 * guest_read() and guest_write() of core/arch.h see of a guest on the host.
 */
#pragma once

#include <stdbool.h>

#include "core/types.h"

#define HOST_GUEST_REGIONS_MAX 256

/* Makes host memory visible to guest accesses; a gap that faults follows it. Not copied: it must live on. */
gva_t host_guest_map(void *memory, size_t size);
gva_t host_guest_map_readonly(const void *memory, size_t size);
/* At an address of the test's choice; page-crossing cases. It must overlap nothing. */
void host_guest_map_at(gva_t at, void *memory, size_t size);
/* From now on the region that begins there faults. */
void host_guest_unmap(gva_t at);
/* Forgets all regions: between tests. */
void host_guest_reset(void);

/* The n-th access from now on faults, once; 0: none. */
extern unsigned host_guest_fault_at;
