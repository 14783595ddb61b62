/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TLB maintenance of stage 2 (Arm ARM D8.16). TLBI acts on the VMID in VTTBR_EL2, so another guest's is
 * loaded for the time it takes, with empty tables: stage 1 is still the current guest's, and a speculative AT must
 * not walk one guest's stage 1 in another's stage 2 (guest_switch.c). Graft runs with interrupts masked here.
 */
#include <arch/barrier.h>
#include <arch/sysreg.h>
#include <arch/tlb.h>
#include <arch/tlbi.h>

#include "arch/arm64/errata.h"
#include "arch/arm64/p2m_table.h"
#include "core/types.h"

/* From here on one instruction for all is cheaper than one per page. */
#define RANGE_MAX (64 * PAGE_SIZE)

static uint64_t load_vttbr(uint64_t vttbr)
{
	uint64_t old = sysreg_read(vttbr_el2);

	if (old != vttbr) {
		sysreg_write(vttbr_el2, p2m_empty_vttbr() | (vttbr & VTTBR_VMID));
		isb();
	}
	return old;
}

static void restore_vttbr(uint64_t old, uint64_t vttbr)
{
	if (old != vttbr) {
		sysreg_write(vttbr_el2, old);
		isb();
	}
}

/*
 * Waits for a broadcast invalidation. On some cores it may be complete before stores through the old translations
 * are (errata.c): after a second TLBI, of any address, and DSB they are.
 */
static void wait_done(void)
{
	dsb_ish();
	if (errata_any(ERRATUM_TLBI_REPEAT)) {
		tlbi_arg(vale2is, 0);
		dsb_ish();
	}
}

static void complete(void)
{
	wait_done();
	isb();
}

void tlb_flush_guest(uint64_t vttbr)
{
	uint64_t old;

	dsb_ishst(); /* the changed entries are there to be seen */
	old = load_vttbr(vttbr);
	tlbi(vmalls12e1is);
	complete();
	restore_vttbr(old, vttbr);
}

void tlb_flush_guest_range(uint64_t vttbr, uint64_t ipa, uint64_t size)
{
	uint64_t old;

	if (size > RANGE_MAX) {
		tlb_flush_guest(vttbr);
		return;
	}
	dsb_ishst();
	old = load_vttbr(vttbr);
	for (uint64_t end = ipa + size; ipa < end; ipa += PAGE_SIZE)
		tlbi_arg(ipas2e1is, ipa >> PAGE_SHIFT);
	/* Entries that combine both stages are found by virtual address only: all of them go. */
	wait_done();
	tlbi(vmalle1is);
	complete();
	restore_vttbr(old, vttbr);
}

void tlb_flush_all_guests(void)
{
	dsb_ishst();
	tlbi(alle1is);
	complete();
}
