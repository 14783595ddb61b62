/* SPDX-License-Identifier: Apache-2.0 */
/* TLB maintenance of stage 2 on the host: counted, so that a test sees that it was done. */
#pragma once

#include <stdint.h>

/* The translations of one guest, stages 1 and 2. vttbr: its VTTBR_EL2. Any CPU, any guest loaded. */
void tlb_flush_guest(uint64_t vttbr);

/* Those that stem from stage-2 entries of [ipa, ipa + size). */
void tlb_flush_guest_range(uint64_t vttbr, uint64_t ipa, uint64_t size);

/* Every guest's, when VMIDs are used anew. */
void tlb_flush_all_guests(void);

struct host_tlb {
	unsigned guest_flushes, range_flushes, all_flushes;
	uint64_t last_ipa, last_size;
	void (*hook)(void); /* called by each invalidation: what holds at that moment; may be NULL */
};
extern struct host_tlb host_tlb;
