/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The faked physical GIC: what a test sees of it, and the guest's side of the virtual CPU interface, which
 * real hardware plays (IHI 0069 chapter 6).
 */
#pragma once

#include "arch/arm64/gic.h"
#include "arch/arm64/vgic.h"
#include "core/cpu.h"

struct host_irq {
	bool enabled, pending, active, edge;
	bool line; /* the device asserts it: a level is pending while it does */
	unsigned target; /* CPU, SPIs */
};

/* Of one CPU. */
struct host_gic_cpu {
	uint64_t lr[VGIC_LRS_MAX];
	uint64_t hcr, vmcr;
	uint32_t ap0r[4], ap1r[4];
	struct host_irq ppis[GIC_INTID_SPI_BASE];
	unsigned lr_writes;
	unsigned sgis[GIC_SGI_COUNT];
};

extern struct host_gic_cpu host_gic_cpus[CPUS_MAX];
extern struct host_irq host_spis[1020]; /* from 32 */

/* Forgets everything but which PPI the virtual timer is; 5 bits of priority, lr_count list registers. */
void host_gic_reset(unsigned lr_count);

/* The guest on this CPU reads ICC_IAR1_EL1: an INTID, now active, or 1023. Both groups are taken by it. */
uint32_t host_guest_acknowledge(void);
/* It writes ICC_EOIR1_EL1, in EOImode 0: priority drop and deactivation. */
void host_guest_eoi(uint32_t intid);
/* It would be interrupted now. */
bool host_guest_is_signalled(void);
/* This CPU's maintenance interrupt is asserted. */
bool host_gic_maintenance(void);
