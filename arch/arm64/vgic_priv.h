/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the virtual GIC share: fields of ICH_* registers (IHI 0069 12.4), the homes' locks. */
#pragma once

#include "arch/arm64/gic.h"
#include "arch/arm64/vgic.h"
#include "core/domain.h"

#define LR_PENDING  BIT(62)
#define LR_ACTIVE   BIT(63)
#define LR_STATE    (LR_PENDING | LR_ACTIVE)
#define LR_HW       BIT(61)
#define LR_GROUP1   BIT(60)
#define LR_PRIORITY GENMASK(55, 48)
#define LR_PINTID   GENMASK(44, 32)
#define LR_EOI      BIT(41) /* HW = 0: maintenance interrupt on deactivation */
#define LR_VINTID   GENMASK(31, 0)

#define ICH_HCR_EN       BIT(0)
#define ICH_HCR_UIE      BIT(1) /* none or one list register valid */
#define ICH_HCR_LRENPIE  BIT(2) /* a deactivation found no list register */
#define ICH_HCR_VGRP0EIE BIT(4)
#define ICH_HCR_VGRP1EIE BIT(6)
#define ICH_HCR_TDIR     BIT(14)
#define ICH_HCR_EOICOUNT GENMASK(31, 27)

#define VMCR_VENG0 BIT(0)
#define VMCR_VENG1 BIT(1)
#define VMCR_VCBPR BIT(4)
#define VMCR_VBPR1 GENMASK(20, 18)
#define VMCR_VBPR0 GENMASK(23, 21)
#define VMCR_VPMR  GENMASK(31, 24)

#define VGIC_CTLR_GROUPS 3U /* EnableGrp0, EnableGrp1: as VENG0, VENG1 */

/* NULL: the domain (the vCPU v, for SGIs and PPIs) has no such interrupt. */
struct virq *virq_find(const struct domain *d, struct vcpu *v, vintid_t intid);

/* Locks the home and returns it. What a list register of a running guest holds is not known. */
struct vcpu *virq_lock(struct virq *irq);
/* The same once the state is known: waits for the home's guest to exit if it must. */
struct vcpu *virq_lock_synced(struct virq *irq);
/* The same, and the interrupt is in no list register: all of it may be changed. */
struct vcpu *virq_lock_taken(struct virq *irq);
void virq_unlock(struct vcpu *home);
/* After a change: to the right place of the right queue, unlock, and tell the vCPU if it must look. */
void virq_commit(struct vcpu *home, struct virq *irq);

/* Under the lock of home v. */
static inline bool virq_is_pending(const struct virq *irq)
{
	if (irq->edge || irq->hw_intid)
		return irq->latch || irq->lr_pending;
	return irq->latch || irq->line; /* whatever a list register still shows */
}

bool virq_is_wanted(const struct vcpu *v, const struct virq *irq); /* in v's queue */
bool virq_must_move(
		const struct vcpu *v, const struct virq *irq); /* to its target, by virq_commit() */
/* The line of a sampled one as it is now: a level that has fallen is not pending (IHI 0069 4.1.2). */
void virq_resample(struct vcpu *v, struct virq *irq);
bool virq_place(struct vcpu *v, struct virq *irq); /* true: v must look */
void virq_enqueue(struct vgic_vcpu *g, struct virq *irq); /* it is in no queue */
/*
 * The short way of an interrupt to the vCPU that is on this CPU: it is written to a list register that is free, and
 * there is nothing to flush but the entry itself. False: nothing is done, the queue must be looked at.
 */
bool virq_list_now(struct vcpu *v, struct virq *irq);
void virq_take_back(struct vcpu *v, struct virq *irq);
void virq_mark(struct vcpu *v); /* v has something to flush */

/* Returns when v's guest is not running with list registers filled before the call. */
void vgic_wait_synced(struct vcpu *v);

/* Whether group `irq->group1` is enabled in a mask of VGIC_CTLR_GROUPS. */
static inline bool virq_group_in(const struct virq *irq, uint32_t groups)
{
	return groups >> irq->group1 & 1;
}

static inline bool virq_is_hw_spi(const struct virq *irq)
{
	return irq->hw_intid >= GIC_INTID_SPI_BASE;
}

/* IROUTER of a hardware SPI follows the virtual one's target. */
void vgic_hw_retarget(const struct virq *irq, struct vcpu *from);

/*
 * A frame of registers: rows that do not overlap, but for the last, which catches all the rest. A row is
 * an array of fields of `bits` each: one per interrupt (irq_get, irq_set, first field INTID 0) or plain
 * (get, set: field number). No function: reads zero, ignores writes.
 */
struct vgic_frame {
	struct domain *domain;
	struct vcpu *owner; /* of a redistributor; NULL: the distributor */
};

struct vgic_reg {
	uint32_t offset, size; /* bytes */
	uint8_t widths; /* accesses allowed: 1 | 2 | 4 | 8 bytes */
	uint8_t bits;
	uint64_t (*get)(const struct vgic_frame *frame, unsigned n);
	void (*set)(const struct vgic_frame *frame, unsigned n, uint64_t value);
	uint64_t (*irq_get)(struct virq *irq);
	void (*irq_set)(struct virq *irq, uint64_t value);
};

extern const struct vgic_reg vgic_dist_regs[];
extern const struct vgic_reg vgic_rdist_regs[];

#define VGIC_FRAME_SIZE 0x10000U
#define VGIC_IIDR       0x4700043bU /* product 'G', implementer 0x43b as most GICs in use */
#define VGIC_PIDR2      0x3bU /* GICv3 */
#define VGIC_RAZ_WI(at, bytes)                                                                     \
	{ .offset = (at), .size = (bytes), .widths = 1 | 2 | 4 | 8, .bits = 32 }
#define VGIC_RO(at, fn) { .offset = (at), .size = 4, .widths = 4, .bits = 32, .get = (fn) }
#define VGIC_RW(at, rd, wr)                                                                        \
	{ .offset = (at), .size = 4, .widths = 4, .bits = 32, .get = (rd), .set = (wr) }

/* Rows that a distributor (for SPIs) and a redistributor (for SGIs and PPIs) have at the same offsets. */
#define VGIC_IRQ_ROW(at, nbits, irqs, allow, rd, wr)                                               \
	{ .offset = (at),                                                                          \
		.size = (irqs) * (nbits) / 8,                                                      \
		.widths = (allow),                                                                 \
		.bits = (nbits),                                                                   \
		.irq_get = (rd),                                                                   \
		.irq_set = (wr) }
#define VGIC_IRQ_ROWS(base, irqs)                                                                  \
	VGIC_IRQ_ROW((base) + 0x080, 1, irqs, 4, virq_get_group, virq_set_group),                  \
			VGIC_IRQ_ROW((base) + 0x100, 1, irqs, 4, virq_get_enabled,                 \
					virq_set_enabled),                                         \
			VGIC_IRQ_ROW((base) + 0x180, 1, irqs, 4, virq_get_enabled,                 \
					virq_clear_enabled),                                       \
			VGIC_IRQ_ROW((base) + 0x200, 1, irqs, 4, virq_get_pending,                 \
					virq_set_pending),                                         \
			VGIC_IRQ_ROW((base) + 0x280, 1, irqs, 4, virq_get_pending,                 \
					virq_clear_pending),                                       \
			VGIC_IRQ_ROW((base) + 0x300, 1, irqs, 4, virq_get_active,                  \
					virq_set_active),                                          \
			VGIC_IRQ_ROW((base) + 0x380, 1, irqs, 4, virq_get_active,                  \
					virq_clear_active),                                        \
			VGIC_IRQ_ROW((base) + 0x400, 8, irqs, 1 | 4, virq_get_priority,            \
					virq_set_priority),                                        \
			VGIC_IRQ_ROW((base) + 0xc00, 2, irqs, 4, virq_get_config, virq_set_config)

/* Fields of one interrupt (arch/arm64/vgic_irq.c); no lock held. The set and clear ones act on a 1. */
uint64_t virq_get_group(struct virq *irq);
void virq_set_group(struct virq *irq, uint64_t value);
uint64_t virq_get_enabled(struct virq *irq);
void virq_set_enabled(struct virq *irq, uint64_t value);
void virq_clear_enabled(struct virq *irq, uint64_t value);
uint64_t virq_get_pending(struct virq *irq);
void virq_set_pending(struct virq *irq, uint64_t value);
void virq_clear_pending(struct virq *irq, uint64_t value);
uint64_t virq_get_active(struct virq *irq);
void virq_set_active(struct virq *irq, uint64_t value);
void virq_clear_active(struct virq *irq, uint64_t value);
uint64_t virq_get_priority(struct virq *irq);
void virq_set_priority(struct virq *irq, uint64_t value);
uint64_t virq_get_config(struct virq *irq);
void virq_set_config(struct virq *irq, uint64_t value);
uint64_t virq_get_route(struct virq *irq);
void virq_set_route(struct virq *irq, uint64_t value);
