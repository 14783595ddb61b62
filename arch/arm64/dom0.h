/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The hardware domain: direct-mapped RAM, the machine's devices, a kernel, and a device tree that says so
 * (design: boot contract). Built once at boot; what cannot be built ends with one clear line.
 */
#pragma once

#include "core/domain.h"
#include "core/page.h"
#include "dt/resource.h"

#define DOM0_BANKS_MAX   32
#define DOM0_REGIONS_MAX 8

struct dom0 {
	struct domain *domain;
	struct page_range banks[DOM0_BANKS_MAX]; /* sorted by address */
	size_t bank_count;
	/* Host RAM that is not Dom0's: guest-physical space where it may map what is not its own. */
	struct page_range grant_region;
	struct page_range regions[DOM0_REGIONS_MAX];
	size_t region_count;
	uint64_t entry; /* of the kernel, guest-physical */
	struct page_range initrd; /* exact size; 0: none */
	uint64_t dtb; /* guest-physical */
	struct page_range gicd; /* what Dom0's GIC node says */
	struct page_range gicrs[VGIC_WINDOWS_MAX]; /* those that hold a redistributor or more */
	unsigned gicr_count;
	unsigned vcpus;
	const struct dt_node *gic, *uart;
};

/* Everything, ending with a domain that is ready to run. Panics with the reason. */
void dom0_build(void);

/*
 * dom0_memory.c: RAM of dom0_mem and the regions around it. load_size: bytes in one piece that kernel, ramdisk and
 * tree need (dom0_image_load_size()).
 */
void dom0_allocate_memory(struct dom0 *dom0, uint64_t load_size);

/* dom0_gic.c: the places of the machine's GIC, where Dom0 sees its own. */
void dom0_find_gic(struct dom0 *dom0);
/* vCPUs whose redistributors fit there. */
unsigned dom0_gic_room(const struct dom0 *dom0);
/* Puts the redistributors of dom0->vcpus vCPUs there; regions beyond them are not Dom0's any more. */
void dom0_place_rdists(struct dom0 *dom0);

/* dom0_devices.c: maps and routes all that Graft does not keep. */
void dom0_assign_devices(struct dom0 *dom0);
/* A node that Graft keeps for itself, so that Dom0 does not see it (the GIC it does see, emulated). */
bool dom0_is_kept(const struct dom0 *dom0, const struct dt_node *node);

/*
 * dom0_image.c: kernel and ramdisk into Dom0's RAM, leaving room for a tree of dtb_max bytes, into the lowest bank of
 * the load size (else the largest one), which is estimated for a kernel that is packed.
 */
uint64_t dom0_image_load_size(size_t dtb_max);
void dom0_load_images(struct dom0 *dom0, size_t dtb_max);

/* dom0_tree.c: an upper bound for the tree's size, and the tree itself, written to dom0->dtb. */
size_t dom0_tree_size(void);
void dom0_write_tree(const struct dom0 *dom0, size_t max);
