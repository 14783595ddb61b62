/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the boot loader handed over, read from the host's blob before there is an allocator: RAM, boot
 * modules as Xen takes them, command line, console (design: boot contract).
 */
#pragma once

#include "core/page.h"
#include "dt/fdt.h"

/* Of RAM, and of reserved memory. No tree of a board comes near it: one with more is refused. */
#define BOOT_RANGES_MAX 1024

enum boot_module_kind {
	MODULE_KERNEL,
	MODULE_RAMDISK,
	MODULE_KINDS,
};

struct boot_module {
	paddr_t base;
	uint64_t size;       /* bytes; 0: there is none */
	const char *bootargs; /* NULL: none */
};

struct boot_info {
	struct dtb dtb;
	struct page_range dtb_range;
	struct page_range ram[BOOT_RANGES_MAX]; /* sorted, disjoint, page-aligned */
	size_t ram_count;
	struct page_range reserved[BOOT_RANGES_MAX]; /* memory reserve map and /reserved-memory */
	size_t reserved_count;
	struct boot_module modules[MODULE_KINDS];
	const char *command_line; /* Graft's own; "" when there is none */
};

extern struct boot_info boot_info;

/* Checks the blob and finds Graft's command line: enough to start a console. dtb: mapped, at dtb_pa. */
void bootinfo_open(const void *dtb, paddr_t dtb_pa);

/* The rest. Panics with one clear line on what cannot be booted. */
void bootinfo_read(void);

/* What the allocator must not hand out: image, blob, modules, reservations, sorted. */
size_t bootinfo_taken(struct page_range *out, size_t max);
