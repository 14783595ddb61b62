/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Self-hosted debug of a guest (Arm ARM D2): two breakpoints, two watchpoints and software step, as id_regs.c shows
 * them. Every access traps (MDCR_EL2.TDA, TDOSA) and reads or writes struct guest_debug. The hardware gets the values
 * only of a vCPU that has debug exceptions on; MDSCR_EL1 is zero for any other, and with MDE and SS clear no
 * breakpoint, watchpoint or step is taken (D2.4). A vCPU that does not debug so costs a comparison at a switch, and no
 * vCPU reads or meets what another one set.
 *
 * Debug exceptions go to EL1 (MDCR_EL2.TDE is 0), so none is taken from EL2 whatever a guest writes (D2.3).
 */
#include "arch/arm64/guest_debug.h"

#include "arch/arm64/el2.h"
#include "core/domain.h"
#include <arch/sysreg.h>

/* MDSCR_EL1; the rest is the external debugger's, or is there only while the OS lock is locked */
#define MDSCR_SS   BIT(0)
#define MDSCR_TDCC BIT(12)
#define MDSCR_KDE  BIT(13)
#define MDSCR_MDE  BIT(15)
#define MDSCR_ALL  (MDSCR_SS | MDSCR_TDCC | MDSCR_KDE | MDSCR_MDE)

/*
 * DBGBCR<n>_EL1 and DBGWCR<n>_EL1 without what is of other exception levels and security states (HMC, SSC) and of
 * EL2's contexts (BT[3:2]): a guest has EL0 and EL1.
 */
#define BCR_ALL (GENMASK(2, 0) | GENMASK(8, 5) | CR_LBN | GENMASK(21, 20))
#define WCR_ALL (GENMASK(12, 0) | CR_LBN | BIT(20) | GENMASK(28, 24))
#define CR_LBN  GENMASK(19, 16) /* the breakpoint that a linked one also asks */

#define DFR0_BRPS GENMASK(15, 12) /* breakpoints, minus 1 */
#define DFR0_WRPS GENMASK(23, 20)

#define OSLSR_OSLM BIT(3) /* an OS lock is implemented */
#define OSLSR_OSLK BIT(1)
#define CLAIM_TAGS 0xffU

#define EACH_REGISTER(op)                                                                          \
	op(0) op(1) op(2) op(3) op(4) op(5) op(6) op(7) op(8) op(9) op(10) op(11) op(12) op(13)    \
			op(14) op(15)
#define BREAKPOINT_CASE(n)                                                                         \
	case n:                                                                                    \
		sysreg_write(dbgbvr##n##_el1, value);                                              \
		sysreg_write(dbgbcr##n##_el1, control);                                            \
		break;
#define WATCHPOINT_CASE(n)                                                                         \
	case n:                                                                                    \
		sysreg_write(dbgwvr##n##_el1, value);                                              \
		sysreg_write(dbgwcr##n##_el1, control);                                            \
		break;

static void breakpoint_write(unsigned n, uint64_t value, uint64_t control)
{
	switch (n) {
		EACH_REGISTER(BREAKPOINT_CASE)
	}
}

static void watchpoint_write(unsigned n, uint64_t value, uint64_t control)
{
	switch (n) {
		EACH_REGISTER(WATCHPOINT_CASE)
	}
}

/* The highest breakpoint matches contexts on every processor (Arm ARM D2.9); a guest's highest is its second. */
static unsigned last_breakpoint(void)
{
	return (unsigned)FIELD_GET(DFR0_BRPS, sysreg_read(id_aa64dfr0_el1));
}

void guest_debug_init_cpu(void)
{
	unsigned last_watchpoint = (unsigned)FIELD_GET(DFR0_WRPS, sysreg_read(id_aa64dfr0_el1));

	sysreg_write(mdscr_el1, 0);
	for (unsigned n = 0; n <= last_breakpoint(); n++)
		breakpoint_write(n, 0, 0);
	for (unsigned n = 0; n <= last_watchpoint; n++)
		watchpoint_write(n, 0, 0);
	sysreg_write(osdlr_el1, 0);
	sysreg_write(oslar_el1, 0);
}

static bool is_on(const struct guest_debug *g)
{
	return !g->os_locked && (g->mdscr & (MDSCR_SS | MDSCR_MDE));
}

static uint64_t relink(uint64_t control, unsigned last)
{
	return (control & ~CR_LBN) | FIELD_PREP(CR_LBN, FIELD_GET(CR_LBN, control) ? last : 0);
}

static void load(const struct guest_debug *g)
{
	unsigned last = last_breakpoint();

	for (unsigned n = 0; n < GUEST_DEBUG_POINTS; n++) {
		const uint64_t *p = g->points[n];

		breakpoint_write(n ? last : 0, p[DEBUG_BVR], relink(p[DEBUG_BCR], last));
		watchpoint_write(n, p[DEBUG_WVR], relink(p[DEBUG_WCR], last));
	}
	sysreg_write(mdscr_el1, g->mdscr);
}

void guest_debug_reset(struct vcpu *v)
{
	v->arch.debug = (struct guest_debug){ .os_locked = true };
}

void guest_debug_save(const struct vcpu *v)
{
	if (is_on(&v->arch.debug))
		sysreg_write(mdscr_el1, 0);
}

void guest_debug_restore(const struct vcpu *v)
{
	if (is_on(&v->arch.debug))
		load(&v->arch.debug);
}

/* After a write of the current vCPU; was: debug exceptions were on before it. */
static void update(const struct guest_debug *g, bool was)
{
	if (is_on(g))
		load(g);
	else if (was)
		sysreg_write(mdscr_el1, 0);
}

/* NULL: reads zero, ignores writes. *mask: bits that can be written. */
static uint64_t *find(struct guest_debug *g, unsigned n, unsigned op2, uint64_t *mask)
{
	static const uint64_t masks[] = {
		[DEBUG_BVR] = ~UINT64_C(3),
		[DEBUG_BCR] = BCR_ALL,
		[DEBUG_WVR] = ~UINT64_C(3),
		[DEBUG_WCR] = WCR_ALL,
	};

	if (n == 2 && op2 == 2) {
		*mask = MDSCR_ALL;
		return &g->mdscr;
	}
	if (op2 < 4 || n >= GUEST_DEBUG_POINTS)
		return NULL;
	*mask = masks[op2 - 4];
	return &g->points[n][op2 - 4];
}

uint64_t guest_debug_read(struct vcpu *v, unsigned n, unsigned op2)
{
	uint64_t mask;
	const uint64_t *reg = find(&v->arch.debug, n, op2, &mask);

	return reg ? *reg : 0;
}

void guest_debug_write(struct vcpu *v, unsigned n, unsigned op2, uint64_t value)
{
	struct guest_debug *g = &v->arch.debug;
	bool was = is_on(g);
	uint64_t mask, *reg = find(g, n, op2, &mask);

	if (!reg)
		return;
	*reg = value & mask;
	update(g, was);
}

uint64_t guest_debug_read_oslsr(struct vcpu *v)
{
	return OSLSR_OSLM | (v->arch.debug.os_locked ? OSLSR_OSLK : 0);
}

void guest_debug_write_oslar(struct vcpu *v, uint64_t value)
{
	bool was = is_on(&v->arch.debug);

	v->arch.debug.os_locked = value & 1;
	update(&v->arch.debug, was);
}

uint64_t guest_debug_read_claimset(struct vcpu *v)
{
	(void)v;
	return CLAIM_TAGS;
}

void guest_debug_write_claimset(struct vcpu *v, uint64_t value)
{
	v->arch.debug.claim |= value & CLAIM_TAGS;
}

uint64_t guest_debug_read_claimclr(struct vcpu *v)
{
	return v->arch.debug.claim;
}

void guest_debug_write_claimclr(struct vcpu *v, uint64_t value)
{
	v->arch.debug.claim &= ~value;
}
