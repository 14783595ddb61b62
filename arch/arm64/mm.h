/* SPDX-License-Identifier: Apache-2.0 */
/* EL2 stage-1 translation: the tables of Graft's own address space (Arm ARM D8, 4 KiB granule). */
#pragma once

#include "core/page.h"
#include "core/types.h"

/* Attributes of a mapping; each is a complete set of lower and upper descriptor attributes. */
enum mm_attr {
	MM_TEXT,   /* read, execute */
	MM_RODATA, /* read */
	MM_DATA,   /* read, write */
	MM_DEVICE, /* read, write, Device-nGnRE */
};

/*
 * Before the MMU is on, at physical addresses, without any constant that holds an address: the identity
 * and the linked mapping of the image, and the window that shows the device tree.
 */
void boot_map(uint64_t image_pa, uint64_t dtb_pa);

/* Where image and device tree are, from boot_map's point of view after the jump. */
void mm_init(uint64_t image_pa);
paddr_t mm_image_phys(const void *symbol);
struct page_range mm_image_range(void); /* the image and all that is linked with it, exact */

/* Maps with the largest blocks; tables come from a small static pool, later from page_alloc(). Panics
 * when there is no memory for a table at boot. */
void mm_map(uint64_t va, paddr_t pa, uint64_t size, enum mm_attr attr);

/* RAM into the direct map, read-only where the image's own code and constants lie. */
void mm_map_ram(const struct page_range *range);

/* From now on tables come from page_alloc(). */
void mm_use_page_allocator(void);

/* The two stacks of a CPU with their guard pages; sets stack_top and emergency_stack_top. */
struct cpu;
int mm_map_stacks(struct cpu *cpu);
