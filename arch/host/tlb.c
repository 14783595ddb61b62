/* SPDX-License-Identifier: Apache-2.0 */
/* TLB maintenance of stage 2 on the host: counts what was asked for. And how large its stage 2 is. */
#include <arch/stage2.h>
#include <arch/tlb.h>

struct host_tlb host_tlb;
unsigned host_pa_bits = 40, host_vmid_bits = 8;

static void call_hook(void)
{
	if (host_tlb.hook)
		host_tlb.hook();
}

void tlb_flush_guest(uint64_t vttbr)
{
	(void)vttbr;
	host_tlb.guest_flushes++;
	call_hook();
}

void tlb_flush_guest_range(uint64_t vttbr, uint64_t ipa, uint64_t size)
{
	(void)vttbr;
	host_tlb.range_flushes++;
	host_tlb.last_ipa = ipa;
	host_tlb.last_size = size;
	call_hook();
}

void tlb_flush_all_guests(void)
{
	host_tlb.all_flushes++;
	call_hook();
}
