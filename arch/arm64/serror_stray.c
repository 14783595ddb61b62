/* SPDX-License-Identifier: Apache-2.0 */
/* SErrors that no guest is charged with: left by firmware, or taken between guests. */
#include "arch/arm64/el2.h"
#include "arch/arm64/serror.h"
#include "core/cpu.h"
#include "core/printk.h"
#include <arch/sysreg.h>

#define PFR0_RAS GENMASK(31, 28)

static bool is_pending(void)
{
	return sysreg_read(isr_el1) & ISR_A;
}

void serror_init_cpu(void)
{
	struct cpu *cpu = this_cpu();
	uint64_t esr = 0;

	cpu->arch.has_ras = FIELD_GET(PFR0_RAS, sysreg_read(id_aa64pfr0_el1)) != 0;
	if (cpu->arch.has_ras) {
		sysreg_write_enc(VSESR_EL2, VSESR_IDS);
		sysreg_write_enc(VDISR_EL2, 0);
	}
	if (is_pending())
		esr = serror_window();
	if (esr)
		log_warn("CPU %u: an SError was pending from before Graft, ESR_EL2 %#llx: cleared",
				cpu->id, (unsigned long long)esr);
}

void serror_take_stray(void)
{
	uint64_t esr = is_pending() ? serror_window() : 0;

	if (esr)
		this_cpu()->arch.serror = esr;
}

void serror_report(void)
{
	struct cpu *cpu = this_cpu();
	uint64_t esr = cpu->arch.serror;

	if (!esr)
		return;
	cpu->arch.serror = 0;
	guest_printk(LOG_WARN, "CPU %u: SError of no guest's, ESR_EL2 %#llx", cpu->id,
			(unsigned long long)esr);
}
