/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The virtual GICv3 (Arm IHI 0069): a distributor and redistributors emulated from const tables of
 * registers, and the list registers that carry interrupts into the running vCPU. Builds for the host
 * too: list registers and the physical GIC are reached through arch/arm64/gic.h.
 *
 * Locking. Each interrupt has a home: the vCPU in whose queue it is or would be. The home's vgic lock
 * guards the interrupt and the queue; nothing else does, and no two vgic locks are ever held together, so
 * they have no order among themselves. They are leaves: under one only registers of the GIC are touched.
 *
 * Who may change an interrupt that sits in a list register: while its vCPU is in the guest the hardware
 * owns it (listed is odd). vgic_sync(), first on the way out, brings the state home and makes listed even;
 * from then to vgic_flush() whoever holds the lock may change it or take it back. Another CPU that needs
 * it kicks the CPU and waits for an even number: at most the time of one exit, whatever locks it holds,
 * because nothing is locked between the vector and vgic_sync(). So that exit must come to vgic_sync()
 * before it takes any lock.
 */
#pragma once

#include "core/spinlock.h"
#include "core/types.h"
#include "lib/list.h"

struct domain;
struct vcpu;

#define VGIC_PRIVATE_COUNT 32
#define VGIC_SPIS_MAX      988 /* INTIDs 32 … 1019 */
#define VGIC_LRS_MAX       16
#define VGIC_PPI_VTIMER    27 /* the one private interrupt that is the hardware's own */
#define VGIC_DIST_SIZE     KIB(64)
#define VGIC_RDIST_SIZE    KIB(128) /* of one vCPU */

typedef uint32_t vintid_t;

/* One interrupt of a domain (SPI) or of a vCPU (SGI, PPI). Guarded by its home's vgic lock. */
struct virq {
	struct list_node node; /* in home's queue; a list of its own: in none */
	struct vcpu *_Atomic home;
	struct vcpu *target; /* who gets it (GICD_IROUTER); NULL: nobody */
	/* NULL, or reads the level of a line that can change unseen. */
	bool (*sample)(const struct vcpu *v);
	uint64_t route;  /* GICD_IROUTER as written */
	uint16_t intid;
	uint16_t hw_intid; /* physical interrupt that is deactivated with it; 0: none */
	uint8_t priority;
	bool enabled, group1, edge;
	bool latch; /* pending by an edge, a write, or the hardware; not what a list register holds */
	bool by_line; /* of a hardware PPI: latch and list register came of its line, and end with it */
	bool line; /* pending by level; only used while not `edge` */
	bool rise_told; /* a rise of the line that `sample` reads is always told by vgic_set_line() */
	bool active;
	bool in_lr; /* of home, list register `lr` */
	bool lr_pending; /* what that holds as of the last sync or flush */
	uint8_t lr;
};

struct vgic_vcpu {
	/* The entry path reads these two: sync if lrs_used, flush if dirty. */
	uint32_t lrs_used; /* list registers that are not zero: this CPU only */
	_Atomic bool dirty; /* flush before the next entry */
	bool changed; /* the queue is not what the list registers show */
	bool loaded; /* ICH_* registers are on a CPU */
	bool timer_put_off; /* its interrupt is latched, and not yet in the queue */
	bool timer_held; /* the virtual timer's PPI is active at that CPU's redistributor */
	bool rdist_awake;
	_Atomic uint32_t listed; /* odd: the guest runs, its interrupts may be in list registers */
	struct spinlock lock;
	struct list_node queue; /* struct virq, most urgent first: active, or pending and enabled */
	struct virq *lr_irq[VGIC_LRS_MAX]; /* NULL: taken back */
	uint64_t lr[VGIC_LRS_MAX]; /* what the hardware holds */
	uint64_t vmcr, hcr;
	uint32_t ap0r[4], ap1r[4];
	_Atomic unsigned cpu; /* physical target of its SPIs */
	_Atomic uint64_t hw_spis[16]; /* bit n: hardware SPI 32 + n is routed here */
	struct virq private[VGIC_PRIVATE_COUNT];
};

/* Redistributors of vCPUs first … end - 1, VGIC_RDIST_SIZE each, one behind the other. */
struct vgic_window {
	ipa_t base;
	unsigned first, end;
};

#define VGIC_WINDOWS_MAX 64 /* one for each vCPU */

struct vgic_domain {
	_Atomic uint32_t ctlr; /* GICD_CTLR: group enables */
	unsigned spi_count; /* a multiple of 32, but for the last that fit below 1020 */
	struct virq *spis;
	ipa_t dist_base; /* VGIC_DIST_SIZE */
	unsigned window_count;
	struct vgic_window windows[VGIC_WINDOWS_MAX]; /* in vCPU order, without gaps */
};

/*
 * MPIDR affinity of a vCPU: 16 to an Aff1, as many as one SGI's target list reaches. The guest's MPIDR_EL1
 * must show it.
 */
static inline uint64_t vgic_affinity(unsigned vcpu_id)
{
	return (vcpu_id & 0xf) | (uint64_t)(vcpu_id >> 4) << 8;
}

/* spi_count is rounded up to 32; dist_base, rdist_base: where the guest sees them. 0, -EINVAL, -ENOMEM. */
int vgic_init_domain(struct domain *d, unsigned spi_count, ipa_t dist_base, ipa_t rdist_base);
/* Redistributors in several places instead of all at rdist_base. Before d has a vCPU. */
void vgic_set_windows(struct domain *d, const struct vgic_window *windows, unsigned count);
/* No vCPU runs any more, none is freed yet. Hardware interrupts still routed are taken back. */
void vgic_free_domain(struct domain *d);
/* vCPU 0 first: it is the first home of all SPIs. */
void vgic_init_vcpu(struct vcpu *v);
/* PSCI CPU_ON: the CPU interface and the redistributor as after reset. v must not be loaded. */
void vgic_reset_vcpu(struct vcpu *v);

/*
 * The level of a virtual interrupt's line, or an edge (level then is true). Any CPU; wakes or kicks the
 * vCPU that should take it. v: the vCPU for SGIs and PPIs, any vCPU of the domain for SPIs. Hardware
 * interrupts come by vgic_deliver_hw(); but true on the virtual timer's PPI says that it ran out while its
 * vCPU was away, and is nothing new while it is not.
 */
void vgic_set_line(struct vcpu *v, vintid_t intid, bool level);

/*
 * A PPI whose line changes without a call of vgic_set_line(): sample is asked whenever the level matters, on any
 * CPU, with v's vgic lock held. rise_told: vgic_set_line() still tells of every rise, also of one that follows a
 * deactivation.
 */
void vgic_set_sample(struct vcpu *v, vintid_t intid, bool (*sample)(const struct vcpu *v),
		bool rise_told);

/* ICC_SGI1R_EL1 as the guest wrote it. */
void vgic_send_sgi(struct vcpu *from, uint64_t sgi1r);
/* ICC_DIR_EL1 as v wrote it, when it trapped (ICH_HCR_EL2.TDIR: active interrupts outnumber list registers). */
void vgic_deactivate(struct vcpu *v, vintid_t intid);

/*
 * Hardware interrupts. A physical SPI that a domain owns: enabled, targeted and configured at the physical
 * GIC as the guest does so with the virtual one; delivered with LR.HW so that the guest's deactivation
 * reaches the hardware. Numbers are the same in the guest. 0, -EINVAL (no such INTID, or the domain has no
 * vCPU yet), -EBUSY (is routed).
 */
int vgic_may_route_hw(struct domain *d, vintid_t intid); /* what the next would answer */
int vgic_route_hw(struct domain *d, vintid_t intid, uint32_t hw_intid, bool edge);
/* Whether d's kernel has the SPI enabled. */
bool vgic_is_enabled(const struct domain *d, vintid_t intid);
/*
 * Takes it back, also when pending, active or in a list register now: disabled and deactivated after. Any
 * locks but vgic locks may be held. Nothing to do when it is not routed.
 */
void vgic_unroute_hw(struct domain *d, vintid_t intid);
/* From the physical interrupt handler, after the priority drop. */
void vgic_deliver_hw(struct domain *d, uint32_t hw_intid);
/* The virtual timer's PPI 27 of the current vCPU fired (already dropped): inject it, HW-linked. */
void vgic_deliver_hw_ppi(struct vcpu *v, vintid_t intid);
/*
 * The same, but the guest does not see it before vgic_tell_timer(), which delivers it if the line is still up and
 * ends it if not. v is current.
 */
void vgic_put_off_timer(struct vcpu *v);
void vgic_tell_timer(struct vcpu *v);
/* v runs on `cpu` from now on: its hardware SPIs go there. Cheap when it did not move. */
void vgic_vcpu_moved(struct vcpu *v, unsigned cpu);

/*
 * Entry and exit of a guest on this CPU: v is current. Sync when lrs_used, before anything that takes a
 * lock; flush when dirty, with nothing between it and the guest that could change an interrupt. Either may
 * be called for nothing.
 */
void vgic_flush(struct vcpu *v);
void vgic_sync(struct vcpu *v);
/*
 * vCPU switch: ICH_* state off and on the CPU. The virtual timer must be stopped before save and started
 * after restore: the active state of its PPI, which holds it back, changes hands here.
 */
void vgic_save(struct vcpu *v);
void vgic_restore(struct vcpu *v);

/*
 * An enabled pending interrupt of sufficient priority to end WFI. Any CPU; exact where v is current or not
 * loaded, else true when in doubt.
 */
bool vgic_irq_pending(const struct vcpu *v);

/* An SGI or PPI of v waits to be taken: not yet acknowledged by the guest. On v's CPU, between its stays. */
bool vgic_is_waiting(const struct vcpu *v, vintid_t intid);

/*
 * A stage-2 fault at ipa. size in bytes (1 2 4 8). True: it was the GIC's and *value is read / value is
 * written; an access the architecture leaves to the implementation reads zero, ignores writes.
 */
bool vgic_mmio_read(struct vcpu *v, ipa_t ipa, unsigned size, uint64_t *value);
bool vgic_mmio_write(struct vcpu *v, ipa_t ipa, unsigned size, uint64_t value);
/* Whether the GIC of d is at one of these bytes. */
bool vgic_overlaps(const struct domain *d, ipa_t ipa, uint64_t size);

void vgic_dump(struct domain *d);
