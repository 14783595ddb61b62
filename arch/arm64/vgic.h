/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The virtual GICv3 (Arm IHI 0069): a distributor and redistributors emulated from one const table of
 * registers, and the list registers that carry interrupts into the running vCPU. Builds for the host
 * too: list registers and the physical GIC are reached through arch/arm64/gic.h.
 */
#pragma once

#include "core/spinlock.h"
#include "core/types.h"
#include "lib/list.h"

struct domain;
struct vcpu;

#define VGIC_PRIVATE_COUNT 32
#define VGIC_LRS_MAX	   16

typedef uint32_t vintid_t;

/* One interrupt of a domain (SPI) or of a vCPU (SGI, PPI). */
struct virq {
	struct spinlock lock;
	struct list_node node;	/* in the pending list of `queued_on`, guarded by that vCPU's vgic lock */
	struct vcpu *queued_on;
	struct vcpu *target;	/* SPIs: who gets it (GICD_IROUTER) */
	uint32_t intid;
	uint32_t hw_intid;	/* physical interrupt that is deactivated with it; 0: none */
	uint8_t priority;
	bool enabled, edge, pending_latch, line, active, group1;
	bool in_lr;
};

struct vgic_vcpu {
	struct spinlock lock;
	struct list_node pending;	/* struct virq by priority: what is or should be in list registers */
	struct virq private[VGIC_PRIVATE_COUNT];
	uint64_t lr[VGIC_LRS_MAX];
	uint32_t lrs_used;
	uint64_t vmcr, hcr;
	uint32_t ap0r[4], ap1r[4];
	_Atomic bool dirty;		/* something to flush at the next entry */
	bool rdist_awake;
};

struct vgic_domain {
	struct spinlock lock;
	bool enabled_group1;
	unsigned spi_count;
	struct virq *spis;
	ipa_t dist_base;		/* 64 KiB */
	ipa_t rdist_base;		/* 128 KiB per vCPU, contiguous, in vCPU order */
};

/* dist_base, rdist_base: where the guest sees them. 0, -ENOMEM. */
int vgic_init_domain(struct domain *d, unsigned spi_count, ipa_t dist_base, ipa_t rdist_base);
void vgic_free_domain(struct domain *d);
void vgic_init_vcpu(struct vcpu *v);

/*
 * The level of a virtual interrupt's line, or an edge (level then is true). Any CPU; wakes or kicks the
 * vCPU that should take it. v: the vCPU for SGIs and PPIs, any vCPU of the domain for SPIs.
 */
void vgic_set_line(struct vcpu *v, vintid_t intid, bool level);

/* ICC_SGI1R_EL1 as the guest wrote it. */
void vgic_send_sgi(struct vcpu *from, uint64_t sgi1r);

/*
 * Hardware interrupts. A physical SPI that a domain owns: enabled, targeted and configured at the physical
 * GIC as the guest does so with the virtual one; delivered with LR.HW so that the guest's deactivation
 * reaches the hardware. 0, -EINVAL (no such INTID), -EBUSY.
 */
int vgic_route_hw(struct domain *d, vintid_t intid, uint32_t hw_intid, bool edge);
/* Takes it back, also when pending, active or in a list register now: disabled and deactivated after. */
void vgic_unroute_hw(struct domain *d, vintid_t intid);
/* From the physical interrupt handler, after the priority drop. */
void vgic_deliver_hw(struct domain *d, uint32_t hw_intid);
/* The virtual timer's PPI 27 of the current vCPU fired (already dropped): inject it, HW-linked. */
void vgic_deliver_hw_ppi(struct vcpu *v, uint32_t hw_intid);

/* Entry and exit of a guest on this CPU: v is current. Cheap when there is nothing to do. */
void vgic_flush(struct vcpu *v);
void vgic_sync(struct vcpu *v);
/* vCPU switch: ICH_* state off and on the CPU. */
void vgic_save(struct vcpu *v);
void vgic_restore(struct vcpu *v);

/* An enabled pending interrupt of sufficient priority to end WFI. Any CPU. */
bool vgic_irq_pending(const struct vcpu *v);

/*
 * A stage-2 fault at ipa. size in bytes (1 2 4 8). True: it was the GIC's and *value is read / value is
 * written; an access the architecture leaves to the implementation reads zero, ignores writes.
 */
bool vgic_mmio_read(struct vcpu *v, ipa_t ipa, unsigned size, uint64_t *value);
bool vgic_mmio_write(struct vcpu *v, ipa_t ipa, unsigned size, uint64_t value);

void vgic_dump(struct domain *d);
