/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Stepping over a trapped instruction. EL0 may run AArch32 code: T32 instructions of 16 bits, IT blocks, and
 * conditions that the CPU may trap without having checked them (Arm ARM, ESR_EL2: IL, CV, COND; PSTATE.IT).
 */
#include "arch/arm64/el2.h"
#include "arch/arm64/trap.h"
#include "core/domain.h"

#define COND_ALWAYS 0xeU

/* SPSR_EL2 of AArch32: IT[7:2] and IT[1:0]. */
#define PSTATE_IT_HIGH GENMASK(15, 10)
#define PSTATE_IT_LOW  GENMASK(26, 25)
#define IT_COUNT       GENMASK(2, 0) /* 0: the last instruction of the block */
#define IT_BASE_COND   GENMASK(7, 5)
#define IT_COND        GENMASK(7, 4) /* of the instruction that trapped */

static bool is_aarch32(uint64_t pstate)
{
	return pstate & PSTATE_AARCH32;
}

static uint64_t it_state(uint64_t pstate)
{
	return FIELD_GET(PSTATE_IT_HIGH, pstate) << 2 | FIELD_GET(PSTATE_IT_LOW, pstate);
}

/* ITAdvance() of the Arm ARM. Outside an IT block, and in A32 code, IT is 0 and stays so. */
static uint64_t advance_it(uint64_t pstate)
{
	uint64_t it = it_state(pstate);

	it = it & IT_COUNT ? (it & IT_BASE_COND) | ((it << 1) & ~IT_BASE_COND & 0xff) : 0;
	return (pstate & ~(PSTATE_IT_HIGH | PSTATE_IT_LOW)) | FIELD_PREP(PSTATE_IT_HIGH, it >> 2) |
	       FIELD_PREP(PSTATE_IT_LOW, it & 3);
}

void trap_skip(struct vcpu *v, uint64_t esr)
{
	struct guest_regs *regs = &v->arch.regs;

	regs->pc += esr & ESR_IL ? 4 : 2;
	/* PSTATE.BTYPE has the place of IT[3:2], and AArch64 alone has it. */
	regs->pstate = is_aarch32(regs->pstate) ? advance_it(regs->pstate)
	                                        : regs->pstate & ~PSTATE_BTYPE;
	regs->pstate &= ~PSTATE_SS;
}

/* ConditionHolds() of the Arm ARM: pairs of opposite conditions, of which the last is no pair. */
static bool condition_holds(unsigned cond, uint64_t pstate)
{
	bool n = pstate & PSTATE_N, z = pstate & PSTATE_Z, c = pstate & PSTATE_C,
	     v = pstate & PSTATE_V;
	const bool even[] = { z, c, n, v, c && !z, n == v, n == v && !z };

	return cond >= COND_ALWAYS || even[cond / 2] != (cond & 1);
}

/* The condition is in the syndrome, or, for T32, may have to be looked up in the IT state. */
static unsigned condition(uint64_t esr, uint64_t pstate)
{
	uint64_t it = it_state(pstate);

	if (esr & ISS_CV)
		return (unsigned)FIELD_GET(ISS_COND, esr);
	return it ? (unsigned)FIELD_GET(IT_COND, it) : COND_ALWAYS;
}

bool trap_condition_failed(const struct vcpu *v, uint64_t esr)
{
	uint64_t pstate = v->arch.regs.pstate;
	unsigned ec = (unsigned)FIELD_GET(ESR_EC, esr);

	return is_aarch32(pstate) && ec >= EC_WFX && ec <= EC_CP14_64 &&
	       !condition_holds(condition(esr, pstate), pstate);
}
