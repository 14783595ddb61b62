/* SPDX-License-Identifier: Apache-2.0 */
/*
 * SErrors. Each exit from a guest waits for the guest's accesses and takes what they caused (vectors.S), before
 * another guest can run; the guest gets a virtual SError, as from a bus without a hypervisor. An SError at any other
 * time may stem from Graft, from firmware, or late from any guest: it is logged, and no guest pays for it.
 */
#include "arch/arm64/serror.h"

#include "arch/arm64/guest.h"
#include "core/cpu.h"
#include "core/domain.h"
#include "core/printk.h"
#include <arch/sysreg.h>

/* VSESR_EL2 gives the guest's syndrome where there is FEAT_RAS (serror_init_cpu); the ID registers hide it. */
void serror_charge(struct vcpu *v, uint64_t esr)
{
	guest_printk(LOG_WARN, "SError of its own, ESR_EL2 %#llx, pc %#llx: handed to it",
			(unsigned long long)esr, (unsigned long long)v->arch.regs.pc);
	guest_write_hcr(sysreg_read(hcr_el2) | HCR_VSE);
}
