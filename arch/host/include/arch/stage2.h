/* SPDX-License-Identifier: Apache-2.0 */
/* The stage 2 of the machine that a test says it runs on. */
#pragma once

extern unsigned host_pa_bits, host_vmid_bits; /* arch/host/tlb.c: 40 and 8 unless changed */

static inline unsigned stage2_pa_bits(void)
{
	return host_pa_bits;
}

static inline unsigned stage2_vmid_bits(void)
{
	return host_vmid_bits;
}
