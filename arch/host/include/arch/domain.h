/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a domain and a vCPU are made of on the host: registers, the virtual GIC, and a record
 * of what core asked for.
 */
#pragma once

#include "arch/arm64/guest_state.h"
#include "arch/arm64/vgic.h"
#include "core/cpu.h"
#include "core/types.h"

struct arch_vcpu {
	struct guest_regs regs;
	struct guest_sysregs sysregs;
	struct guest_debug debug;
	struct guest_setway setway;
	struct guest_timer vtimer, ptimer;
	struct guest_patience patience;
	struct vgic_vcpu vgic;
	unsigned upcalls_raised;
	bool irq_pending; /* what arch_vcpu_irq_pending() answers, set by tests */
	uint64_t entry, x0; /* what arch_vcpu_reset() was given */
};

struct arch_domain {
	struct vgic_domain vgic;
	uint64_t cntvoff;
	uint8_t last_vcpu[CPUS_MAX];
	struct guest_faults faults;
	struct vuart *vuart;
};
