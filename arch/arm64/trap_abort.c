/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stage-2 faults: an access to a device that Graft emulates is carried out, any other one is an external
 * abort in the guest, as a bus without that device would give.
 */
#include "arch/arm64/el2.h"
#include "arch/arm64/errata.h"
#include "arch/arm64/guest.h"
#include "arch/arm64/trap.h"
#include "arch/arm64/vgic.h"
#include "core/arch.h"
#include "core/domain.h"
#include "core/printk.h"
#include "core/time.h"
#include "core/vuart.h"
#include <arch/sysreg.h>

struct access {
	ipa_t ipa;
	unsigned size; /* bytes */
	unsigned reg;
	bool write, sign_extend, wide;
};

/* HPFAR_EL2 is only right for faults that looked for a translation (Arm ARM D19.2.60). */
static bool fault_ipa(uint64_t esr, ipa_t *ipa)
{
	uint64_t far = sysreg_read(far_el2);
	uint64_t type = FIELD_GET(FSC_TYPE, esr);

	if (type == FSC_TRANSLATION || type == FSC_ACCESS || (esr & ISS_ABORT_S1PTW)) {
		*ipa = IPA(FIELD_GET(HPFAR_FIPA, sysreg_read(hpfar_el2)) << PAGE_SHIFT |
				(far & ~PAGE_MASK));
		return true;
	}
	return type == FSC_PERMISSION && guest_translate(GVA(far), false, ipa) == 0;
}

/*
 * What is mapped after all was being changed (break before make, core/p2m.h): the guest tries again. The
 * look waits for the change to be complete.
 */
static bool was_changing(struct vcpu *v, uint64_t esr)
{
	ipa_t ipa;

	return FIELD_GET(FSC_TYPE, esr) == FSC_TRANSLATION && fault_ipa(esr, &ipa) &&
	       p2m_lookup(v->domain, ipa).type != P2M_NONE;
}

/* A guest may fault for ever: a domain's reports become ever rarer (core/ratelimit.h). */
static bool may_report(struct domain *d, uint64_t *untold)
{
	struct guest_faults *faults = &d->arch.faults;

	spin_lock(&faults->lock);
	bool may = repeat_take(&faults->repeat, time_now(), untold);

	spin_unlock(&faults->lock);
	return may;
}

static void report(struct vcpu *v, const char *what, uint64_t esr, uint64_t far)
{
	ipa_t ipa = IPA(0);
	uint64_t untold;

	if (!may_report(v->domain, &untold))
		return;
	(void)fault_ipa(esr, &ipa);
	guest_printk(LOG_WARN,
			"%s at %#llx (guest-physical %#llx), pc %#llx, syndrome %#llx; %llu faults before it untold",
			what, (unsigned long long)far, (unsigned long long)ipa.v,
			(unsigned long long)v->arch.regs.pc, (unsigned long long)esr,
			(unsigned long long)untold);
}

void trap_instruction_abort(struct vcpu *v, uint64_t esr)
{
	uint64_t far = sysreg_read(far_el2);

	if (was_changing(v, esr))
		return;
	report(v, "instruction fetch from no memory", esr, far);
	trap_inject_abort(v, true, far);
}

static void finish_read(struct vcpu *v, const struct access *a, uint64_t value)
{
	unsigned bits = a->size * 8;

	if (bits < 64)
		value &= BIT(bits) - 1;
	if (a->sign_extend && (value & BIT(bits - 1)))
		value |= bits < 64 ? ~(BIT(bits) - 1) : 0;
	if (!a->wide)
		value &= UINT32_MAX;
	trap_reg_write(v, a->reg, value);
}

static bool emulate(struct vcpu *v, const struct access *a)
{
	uint64_t value = trap_reg_read(v, a->reg);

	if (a->write)
		return vgic_mmio_write(v, a->ipa, a->size, value) ||
		       vuart_mmio_write(v, a->ipa, value);
	if (!vgic_mmio_read(v, a->ipa, a->size, &value) && !vuart_mmio_read(v, a->ipa, &value))
		return false;
	finish_read(v, a, value);
	return true;
}

static struct access decode(uint64_t esr, ipa_t ipa)
{
	return (struct access){
		.ipa = ipa,
		.size = 1U << FIELD_GET(ISS_ABORT_SAS, esr),
		.reg = (unsigned)FIELD_GET(ISS_ABORT_SRT, esr),
		.write = esr & ISS_ABORT_WNR,
		.sign_extend = esr & ISS_ABORT_SSE,
		.wide = esr & ISS_ABORT_SF,
	};
}

/*
 * Cortex-A57 erratum 834220: a load that crosses a page may fault at stage 1 and be reported as a translation fault of
 * stage 2. Where stage 1 does not translate, the guest tries again and gets its own fault.
 */
static bool is_of_stage1(uint64_t esr, uint64_t far)
{
	ipa_t ipa;

	return errata_any(ERRATUM_FALSE_STAGE_2) && FIELD_GET(FSC_TYPE, esr) == FSC_TRANSLATION &&
	       !(esr & (ISS_ABORT_S1PTW | ISS_ABORT_WNR)) &&
	       guest_translate(GVA(far), false, &ipa) != 0;
}

void trap_data_abort(struct vcpu *v, uint64_t esr)
{
	uint64_t far = sysreg_read(far_el2);
	ipa_t ipa;

	if (unlikely(is_of_stage1(esr, far)))
		return;
	/* Without a valid syndrome (load pairs, write-back) no device can be emulated: Linux uses none. */
	if ((esr & ISS_ABORT_ISV) && !(esr & ISS_ABORT_S1PTW) && fault_ipa(esr, &ipa)) {
		struct access a = decode(esr, ipa);

		if (emulate(v, &a)) {
			trap_skip(v, esr);
			return;
		}
	}
	if (was_changing(v, esr))
		return;
	report(v, "access to nothing", esr, far);
	trap_inject_abort(v, false, far);
}
