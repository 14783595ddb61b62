/* SPDX-License-Identifier: Apache-2.0 */
/* Trapped system registers: one table of what a guest may touch; all else is undefined to it. */
#include "arch/arm64/el2.h"
#include "arch/arm64/guest.h"
#include "arch/arm64/guest_debug.h"
#include "arch/arm64/trap.h"
#include "arch/arm64/vgic.h"
#include "core/domain.h"
#include "core/printk.h"
#include <arch/sysreg.h>

/*
 * ISS packs op2 above op1 above CRn and CRm; put in the order of the architecture's tables so that a range of
 * registers is a range of numbers.
 */
#define KEY(op0, op1, crn, crm, op2) ((op0) << 14 | (op1) << 11 | (crn) << 7 | (crm) << 3 | (op2))

struct sysreg {
	uint32_t first, last; /* KEY() */
	uint64_t (*read)(struct vcpu *v);
	void (*write)(struct vcpu *v, uint64_t value);
	bool el0; /* also from EL0 */
};

static uint64_t read_zero(struct vcpu *v)
{
	(void)v;
	return 0;
}

static void write_ignore(struct vcpu *v, uint64_t value)
{
	(void)v;
	(void)value;
}

static uint64_t read_actlr(struct vcpu *v)
{
	(void)v;
	return sysreg_read(actlr_el1);
}

/*
 * MDCCSR_EL0: nothing has come on the debug channel, and it is full (TXfull), since nobody reads what is sent.
 * A console that tries it finds so, and does not use it.
 */
static uint64_t read_mdccsr(struct vcpu *v)
{
	(void)v;
	return BIT(29);
}

/* ICC_SRE_EL1: system registers are on and stay on (SRE, DFB, DIB). */
static uint64_t read_sre(struct vcpu *v)
{
	(void)v;
	return 0x7;
}

static void write_dir(struct vcpu *v, uint64_t value)
{
	vgic_deactivate(v, (vintid_t)(value & GENMASK(23, 0)));
}

/* Registers of the guest's stage 1: the CPU holds them while the guest runs. */
#define STAGE_1_WRITE(name)                                                                        \
	static void write_##name(struct vcpu *v, uint64_t value)                                   \
	{                                                                                          \
		(void)v;                                                                           \
		sysreg_write(name, value);                                                         \
	}
STAGE_1_WRITE(ttbr0_el1)
STAGE_1_WRITE(ttbr1_el1)
STAGE_1_WRITE(tcr_el1)
STAGE_1_WRITE(afsr0_el1)
STAGE_1_WRITE(afsr1_el1)
STAGE_1_WRITE(esr_el1)
STAGE_1_WRITE(far_el1)
STAGE_1_WRITE(mair_el1)
STAGE_1_WRITE(amair_el1)
STAGE_1_WRITE(contextidr_el1)

static const struct sysreg sysregs[] = {
	{ KEY(3, 0, 12, 11, 5), KEY(3, 0, 12, 11, 5), NULL, vgic_send_sgi,
			false }, /* ICC_SGI1R: first, since all others are rare */
	{ KEY(2, 0, 1, 0, 4), KEY(2, 0, 1, 0, 4), NULL, guest_debug_write_oslar,
			false }, /* OSLAR */
	{ KEY(2, 0, 1, 1, 4), KEY(2, 0, 1, 1, 4), guest_debug_read_oslsr, NULL, false }, /* OSLSR */
	{ KEY(2, 0, 1, 3, 4), KEY(2, 0, 1, 3, 4), read_zero, write_ignore, false }, /* OSDLR */
	{ KEY(2, 0, 1, 4, 4), KEY(2, 0, 1, 4, 4), read_zero, write_ignore, false }, /* DBGPRCR */
	{ KEY(2, 0, 7, 8, 6), KEY(2, 0, 7, 8, 6), guest_debug_read_claimset,
			guest_debug_write_claimset, false }, /* DBGCLAIMSET */
	{ KEY(2, 0, 7, 9, 6), KEY(2, 0, 7, 9, 6), guest_debug_read_claimclr,
			guest_debug_write_claimclr, false }, /* DBGCLAIMCLR */
	{ KEY(2, 3, 0, 1, 0), KEY(2, 3, 0, 1, 0), read_mdccsr, NULL, false },
	{ KEY(2, 3, 0, 4, 0), KEY(2, 3, 0, 4, 0), read_zero, write_ignore, false }, /* DBGDTR */
	{ KEY(2, 3, 0, 5, 0), KEY(2, 3, 0, 5, 0), read_zero, write_ignore,
			false }, /* DBGDTRRX, DBGDTRTX */
	{ KEY(2, 0, 1, 0, 0), KEY(2, 0, 1, 0, 0), read_zero, NULL, false }, /* MDRAR */
	{ KEY(2, 0, 7, 14, 6), KEY(2, 0, 7, 14, 6), read_zero, NULL, false }, /* DBGAUTHSTATUS */
	{ KEY(3, 0, 1, 0, 1), KEY(3, 0, 1, 0, 1), read_actlr, write_ignore, false },
	{ KEY(3, 0, 12, 11, 1), KEY(3, 0, 12, 11, 1), NULL, write_dir, false }, /* ICC_DIR */
	/* ICC_ASGI1R, ICC_SGI0R: the other group, of which a guest has none */
	{ KEY(3, 0, 12, 11, 6), KEY(3, 0, 12, 11, 7), NULL, write_ignore, false },
	{ KEY(3, 0, 12, 12, 5), KEY(3, 0, 12, 12, 5), read_sre, write_ignore, false }, /* ICC_SRE */
	{ KEY(3, 3, 14, 2, 0), KEY(3, 3, 14, 2, 0), ptimer_read_tval, ptimer_write_tval, true },
	{ KEY(3, 3, 14, 2, 1), KEY(3, 3, 14, 2, 1), ptimer_read_ctl, ptimer_write_ctl, true },
	{ KEY(3, 3, 14, 2, 2), KEY(3, 3, 14, 2, 2), ptimer_read_cval, ptimer_write_cval, true },
	/* HCR_EL2.TSW: DC ISW, CSW, CISW. Those on allocation tags (FEAT_MTE2) are hidden. */
	{ KEY(1, 0, 7, 6, 2), KEY(1, 0, 7, 6, 2), NULL, setway_trap, false },
	{ KEY(1, 0, 7, 10, 2), KEY(1, 0, 7, 10, 2), NULL, setway_trap, false },
	{ KEY(1, 0, 7, 14, 2), KEY(1, 0, 7, 14, 2), NULL, setway_trap, false },
	/* HCR_EL2.TVM: writes alone */
	{ KEY(3, 0, 1, 0, 0), KEY(3, 0, 1, 0, 0), NULL, setway_write_sctlr, false },
	{ KEY(3, 0, 2, 0, 0), KEY(3, 0, 2, 0, 0), NULL, write_ttbr0_el1, false },
	{ KEY(3, 0, 2, 0, 1), KEY(3, 0, 2, 0, 1), NULL, write_ttbr1_el1, false },
	{ KEY(3, 0, 2, 0, 2), KEY(3, 0, 2, 0, 2), NULL, write_tcr_el1, false },
	{ KEY(3, 0, 5, 1, 0), KEY(3, 0, 5, 1, 0), NULL, write_afsr0_el1, false },
	{ KEY(3, 0, 5, 1, 1), KEY(3, 0, 5, 1, 1), NULL, write_afsr1_el1, false },
	{ KEY(3, 0, 5, 2, 0), KEY(3, 0, 5, 2, 0), NULL, write_esr_el1, false },
	{ KEY(3, 0, 6, 0, 0), KEY(3, 0, 6, 0, 0), NULL, write_far_el1, false },
	{ KEY(3, 0, 10, 2, 0), KEY(3, 0, 10, 2, 0), NULL, write_mair_el1, false },
	{ KEY(3, 0, 10, 3, 0), KEY(3, 0, 10, 3, 0), NULL, write_amair_el1, false },
	{ KEY(3, 0, 13, 0, 1), KEY(3, 0, 13, 0, 1), NULL, write_contextidr_el1, false },
};

static uint32_t sort_key(uint32_t encoding)
{
	return (uint32_t)KEY(FIELD_GET(ISS_SYSREG_OP0, encoding),
			FIELD_GET(ISS_SYSREG_OP1, encoding), FIELD_GET(ISS_SYSREG_CRN, encoding),
			FIELD_GET(ISS_SYSREG_CRM, encoding), FIELD_GET(ISS_SYSREG_OP2, encoding));
}

static const struct sysreg *find(uint32_t encoding)
{
	uint32_t key = sort_key(encoding);

	for (size_t i = 0; i < ARRAY_SIZE(sysregs); i++) {
		if (key >= sysregs[i].first && key <= sysregs[i].last)
			return &sysregs[i];
	}
	return NULL;
}

/* ID group 3: op0 3, op1 0, CRn 0, CRm 1-7. */
static bool is_id_reg(uint32_t encoding)
{
	uint64_t crm = FIELD_GET(ISS_SYSREG_CRM, encoding);

	return (encoding & (ISS_SYSREG_OP0 | ISS_SYSREG_OP1 | ISS_SYSREG_CRN)) ==
	                       SYSREG(3, 0, 0, 0, 0) &&
	       crm >= 1 && crm <= 7;
}

/* DBGBVR<n>, DBGBCR<n>, DBGWVR<n>, DBGWCR<n>, MDCCINT, MDSCR, OSDTRRX and more: op0 2, op1 0, CRn 0. */
static bool is_debug_reg(uint32_t encoding)
{
	return (encoding & (ISS_SYSREG_OP0 | ISS_SYSREG_OP1 | ISS_SYSREG_CRN)) ==
	       SYSREG(2, 0, 0, 0, 0);
}

static void access_debug(struct vcpu *v, uint32_t encoding, unsigned rt, bool read)
{
	unsigned n = (unsigned)FIELD_GET(ISS_SYSREG_CRM, encoding);
	unsigned op2 = (unsigned)FIELD_GET(ISS_SYSREG_OP2, encoding);

	if (read)
		trap_reg_write(v, rt, guest_debug_read(v, n, op2));
	else
		guest_debug_write(v, n, op2, trap_reg_read(v, rt));
}

static bool from_el0(const struct vcpu *v)
{
	return FIELD_GET(PSTATE_MODE, v->arch.regs.pstate) == 0;
}

/* EL0's use of the physical timer is the guest kernel's to allow: CNTKCTL_EL1.EL0PTEN. */
static bool permitted(const struct vcpu *v, const struct sysreg *reg)
{
	return !from_el0(v) || (reg->el0 && (sysreg_read(cntkctl_el1) & BIT(9)));
}

static void undefined(struct vcpu *v, uint32_t encoding, bool read)
{
	guest_printk(LOG_DEBUG,
			"%s of system register S%u_%u_C%u_C%u_%u, which is not there, pc %#llx",
			read ? "read" : "write", (unsigned)FIELD_GET(ISS_SYSREG_OP0, encoding),
			(unsigned)FIELD_GET(ISS_SYSREG_OP1, encoding),
			(unsigned)FIELD_GET(ISS_SYSREG_CRN, encoding),
			(unsigned)FIELD_GET(ISS_SYSREG_CRM, encoding),
			(unsigned)FIELD_GET(ISS_SYSREG_OP2, encoding),
			(unsigned long long)v->arch.regs.pc);
	trap_inject_undefined(v);
}

void trap_sysreg(struct vcpu *v, uint64_t esr)
{
	uint32_t encoding = (uint32_t)(esr & ISS_SYSREG_ENCODING);
	unsigned rt = (unsigned)FIELD_GET(ISS_SYSREG_RT, esr);
	bool read = esr & ISS_SYSREG_READ;
	const struct sysreg *reg = find(encoding);

	if (read && is_id_reg(encoding) && !from_el0(v)) {
		trap_reg_write(v, rt, id_reg_read(encoding));
	} else if (is_debug_reg(encoding) && !from_el0(v)) {
		access_debug(v, encoding, rt, read);
	} else if (!reg || !permitted(v, reg) || (read ? !reg->read : !reg->write)) {
		undefined(v, encoding, read);
		return;
	} else if (read) {
		trap_reg_write(v, rt, reg->read(v));
	} else {
		reg->write(v, trap_reg_read(v, rt));
	}
	trap_skip(v, esr);
}
