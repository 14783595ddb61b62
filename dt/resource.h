/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a node of the live tree uses: registers, interrupts, DMA streams, as the CPU and the root
 * interrupt controller see them (Devicetree Specification 0.4, sections 2.3 and 2.4; the iommu, pci and
 * GIC bindings). Every list is read the same way, with no allocation:
 *
 *	struct dt_list list = dt_reg(tree, node);
 *	while ((error = dt_reg_next(&list, &window, why)) > 0)
 *		use(&window);
 *
 * _next returns 1 with an entry, 0 at the end, or a negative error; the next call then goes on with the
 * entry behind it (after a cut off list: the end), so that one bad entry need not hide the others.
 */
#pragma once

#include "dt/tree.h"

struct dt_list {
	const struct dt_tree *tree;
	const struct dt_node *node;
	struct span rest;
	uint32_t index;  /* of the entry that comes next */
	bool extended;  /* each entry names its controller */
};

/* A range of CPU physical addresses. */
struct dt_window {
	uint64_t base, size;
	uint64_t bus;  /* the address as written in the node's own cells (low 64 bits) */
	uint32_t index;  /* which entry of `reg` or `ranges` */
	uint32_t space;  /* top cell of a three-cell (PCI) address, else 0 */
};

/*
 * `reg`, each entry taken through every `ranges` up to the root. -DT_ENXIO: a bus above has no `ranges`,
 * so these are not memory addresses (an I2C address, a CPU number); below a node without `ranges` the list ends
 * there, and cells are not looked at. -DT_EINVAL: malformed, or an address that no entry of a `ranges` covers
 * whole. No `reg`: an empty list.
 */
struct dt_list dt_reg(const struct dt_tree *tree, const struct dt_node *node);
int dt_reg_next(struct dt_list *list, struct dt_window *window, struct dt_why *why);

/*
 * `ranges` of a bus, each entry as the window of CPU addresses it decodes: what a PCI host bridge owns
 * besides its `reg`. An empty or missing `ranges` is an empty list.
 */
struct dt_list dt_ranges(const struct dt_tree *tree, const struct dt_node *node);
int dt_ranges_next(struct dt_list *list, struct dt_window *window, struct dt_why *why);
/* device_type "pci" with `ranges`: the node's ranges and interrupt-map are resources of the node. */
bool dt_is_pci_host(const struct dt_tree *tree, const struct dt_node *node);

#define DT_CELLS_MAX 8

struct dt_irq {
	const struct dt_node *device; /* that has the property */
	const struct dt_node *controller; /* the one at the root of the interrupt tree */
	uint32_t cells[DT_CELLS_MAX]; /* the specifier in the controller's own terms */
	uint32_t cell_count;
	uint32_t index; /* which entry of the property */
};

/*
 * Interrupts of a device: `interrupts-extended` when there, else `interrupts` with the inherited
 * `interrupt-parent`; each taken through every `interrupt-map` on the way.
 */
struct dt_list dt_irqs(const struct dt_tree *tree, const struct dt_node *node);
int dt_irqs_next(struct dt_list *list, struct dt_irq *irq, struct dt_why *why);

/*
 * The parent side of every entry of the node's own `interrupt-map`: all interrupts that a PCI host
 * bridge can raise. The same interrupt comes as often as the map names it.
 */
struct dt_list dt_irq_map(const struct dt_tree *tree, const struct dt_node *node);
int dt_irq_map_next(struct dt_list *list, struct dt_irq *irq, struct dt_why *why);

/* An interrupt specifier of a GIC (three or four cells), decoded. */
struct dt_gic_irq {
	uint32_t intid; /* PPI 16..31, SPI 32..1019, extended SPI 4096.. */
	bool spi; /* shared: can be routed to a domain */
	bool edge; /* else level */
	bool impossible; /* an SPI with a trigger that no GIC has for SPIs: falling edge, low level, two at once */
};

/*
 * -DT_ENXIO: the controller is not a GIC (a GPIO block, say: the interrupt is that device's affair);
 * -DT_EINVAL: cells that make no sense.
 */
int dt_gic_decode(const struct dt_tree *tree, const struct dt_irq *irq, struct dt_gic_irq *out,
		struct dt_why *why);

struct dt_stream {
	const struct dt_node *iommu;
	uint32_t cells[DT_CELLS_MAX]; /* SMMUv3: one cell, the StreamID */
	uint32_t cell_count;
	uint32_t first_rid; /* iommu-map only: first requester id of the bus */
	uint32_t count; /* iommu-map: how many ids in a row; iommus: 1 */
	uint32_t index;
};

/* `iommus` */
struct dt_list dt_iommus(const struct dt_tree *tree, const struct dt_node *node);
int dt_iommus_next(struct dt_list *list, struct dt_stream *stream, struct dt_why *why);
/* `iommu-map`: cells[0] is the first StreamID of `count`. */
struct dt_list dt_iommu_map(const struct dt_tree *tree, const struct dt_node *node);
int dt_iommu_map_next(struct dt_list *list, struct dt_stream *stream, struct dt_why *why);

/* `dma-coherent` on the node or inherited from a bus above (`dma-noncoherent` ends the search). */
bool dt_is_dma_coherent(const struct dt_tree *tree, const struct dt_node *node);

/* One entry of `xen,reg`: physical address, size, guest address, in the parent's cells. */
struct dt_placement {
	uint64_t physical, size, guest;
	uint32_t index;
};

struct dt_list dt_placements(const struct dt_tree *tree, const struct dt_node *node);
int dt_placements_next(struct dt_list *list, struct dt_placement *place, struct dt_why *why);
/* `xen,path`, or NULL. */
const char *dt_xen_path(const struct dt_tree *tree, const struct dt_node *node);
/* `xen,force-assign-without-iommu` */
bool dt_is_forced(const struct dt_tree *tree, const struct dt_node *node);

/* Cell counts that hold for the children of `node`: defaults 2 and 1. -DT_EINVAL when over 4. */
int dt_cells(const struct dt_tree *tree, const struct dt_node *node, uint32_t *address,
		uint32_t *size, struct dt_why *why);
/* The nearest `interrupt-parent` at or above `node`, as written: for a guest's blob, before any tree. */
bool dt_irq_parent_phandle(
		const struct dt_tree *tree, const struct dt_node *node, uint32_t *phandle);
/* The node that interrupts of `node` go to, before any map; NULL when there is none. */
const struct dt_node *dt_irq_parent(const struct dt_tree *tree, const struct dt_node *node);
