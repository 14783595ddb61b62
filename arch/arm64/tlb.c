/* SPDX-License-Identifier: Apache-2.0 */
/*
 * TLB maintenance of stage 2 (Arm ARM D8.16). TLBI acts on the VMID in VTTBR_EL2, so another guest's is
 * loaded for the time it takes. Graft is not preempted here: it runs with interrupts masked.
 */
#include <arch/barrier.h>
#include <arch/tlb.h>

#include "core/types.h"

/* From here on one instruction for all is cheaper than one per page. */
#define RANGE_MAX (64 * PAGE_SIZE)

static uint64_t load_vttbr(uint64_t vttbr)
{
	uint64_t old;

	__asm__ volatile("mrs %0, vttbr_el2" : "=r"(old));
	if (old != vttbr) {
		__asm__ volatile("msr vttbr_el2, %0" ::"r"(vttbr) : "memory");
		isb();
	}
	return old;
}

static void restore_vttbr(uint64_t old, uint64_t vttbr)
{
	if (old != vttbr) {
		__asm__ volatile("msr vttbr_el2, %0" ::"r"(old) : "memory");
		isb();
	}
}

void tlb_flush_guest(uint64_t vttbr)
{
	uint64_t old;

	dsb_ishst(); /* the changed entries are there to be seen */
	old = load_vttbr(vttbr);
	__asm__ volatile("tlbi vmalls12e1is" ::: "memory");
	dsb_ish();
	isb();
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
		__asm__ volatile("tlbi ipas2e1is, %0" ::"r"(ipa >> PAGE_SHIFT) : "memory");
	/* Entries that combine both stages are found by virtual address only: all of them go. */
	dsb_ish();
	__asm__ volatile("tlbi vmalle1is" ::: "memory");
	dsb_ish();
	isb();
	restore_vttbr(old, vttbr);
}

void tlb_flush_all_guests(void)
{
	dsb_ishst();
	__asm__ volatile("tlbi alle1is" ::: "memory");
	dsb_ish();
	isb();
}
