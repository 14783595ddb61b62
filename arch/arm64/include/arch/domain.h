/* SPDX-License-Identifier: Apache-2.0 */
/* What a domain and a vCPU are made of on arm64. */
#pragma once

#include "arch/arm64/guest_state.h"
#include "arch/arm64/vgic.h"
#include "core/cpu.h"
#include "core/types.h"

struct guest_fpsimd {
	__uint128_t v[32];
	uint64_t fpcr, fpsr;
};

struct arch_vcpu {
	struct guest_regs regs; /* first */
	struct guest_sysregs sysregs;
	struct guest_debug debug;
	struct guest_setway setway;
	struct guest_timer vtimer, ptimer;
	struct guest_patience patience;
	struct vgic_vcpu vgic;
	struct guest_fpsimd fpsimd __attribute__((aligned(16)));
};

struct arch_domain {
	struct vgic_domain vgic;
	uint64_t cntvoff;
	struct guest_faults faults;
	uint8_t last_vcpu
			[CPUS_MAX]; /* by CPU, written there: 1 + id of the vCPU that ran last; 0: none */
	struct vuart *vuart; /* NULL: it has none */
};
