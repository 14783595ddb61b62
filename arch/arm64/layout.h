/* SPDX-License-Identifier: Apache-2.0 */
/* Graft's own address space (EL2 stage 1, 48 bits); docs/memory.md draws it. Also read by assembly. */
#pragma once

/* The image: linked here, loaded anywhere. */
#define LAYOUT_IMAGE_BASE 0x7f0000000000
/* Where the host's device tree is read from before the direct map exists: within two blocks of 2 MiB. */
#define LAYOUT_DTB_BASE 0x7e8000000000
/* Device registers, handed out upwards. */
#define LAYOUT_DEVICE_BASE 0x7e0000000000
#define LAYOUT_DEVICE_SIZE 0x40000000
/* One slot per CPU: guard page, stack, guard page, emergency stack. */
#define LAYOUT_STACK_BASE     0x7d8000000000
#define LAYOUT_STACK_SLOT     0x10000
#define LAYOUT_STACK_SIZE     0x4000
#define LAYOUT_EMERGENCY_SIZE 0x1000
/* core's direct map begins at DIRECTMAP_BASE (arch/mm.h); below it lies only the boot identity map. */

#define LAYOUT_DTB_MAX 0x200000 /* the boot protocol's limit, docs of the arm64 Image format */
