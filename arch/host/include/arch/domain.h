/* SPDX-License-Identifier: Apache-2.0 */
/* What a domain and a vCPU are made of on the host: the virtual GIC, and a record of what core asked for. */
#pragma once

#include "arch/arm64/vgic.h"
#include "core/types.h"

struct guest_regs {
	uint64_t x[31];
	uint64_t pc;
	uint64_t pstate;
};

struct arch_vcpu {
	struct guest_regs regs;
	struct vgic_vcpu vgic;
	unsigned upcalls_raised;
	bool irq_pending; /* what arch_vcpu_irq_pending() answers, set by tests */
	uint64_t entry, x0; /* what arch_vcpu_reset() was given */
};

struct arch_domain {
	struct vgic_domain vgic;
};
