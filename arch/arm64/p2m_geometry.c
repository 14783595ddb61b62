/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How large guests' physical address space is, what shape its tables have (Arm ARM D8.2, D8.6.1: 4 KiB
 * granule, start-level tables concatenated up to 43 bits), and which VMIDs are free. VMID 0 is nobody's.
 */
#include "arch/arm64/p2m_table.h"
#include "core/error.h"
#include <arch/stage2.h>

#define VMIDS_MAX      1024
#define IPA_BITS_USUAL 40

/* By the value of VTCR_EL2.PS. Larger ones take another granule or descriptor format. */
static const unsigned char space_bits[] = { 32, 36, 40, 42, 44, 48 };

static struct spinlock vmid_lock = SPINLOCK_INIT;
static uint64_t vmids[VMIDS_MAX / 64] = { 1 };
static unsigned ipa_bits_wanted = IPA_BITS_USUAL;
static unsigned bits_needed;

/* The largest space of at most that many bits. */
static uint64_t space_of(unsigned bits)
{
	uint64_t n = ARRAY_SIZE(space_bits) - 1;

	while (n > 0 && space_bits[n] > bits)
		n--;
	return n;
}

void p2m_setup(paddr_t end)
{
	bits_needed = end.v > 1 ? ilog2(end.v - 1) + 1 : 1;
	ipa_bits_wanted = space_bits[ARRAY_SIZE(space_bits) - 1];
	for (unsigned i = ARRAY_SIZE(space_bits); i-- > 0;)
		if (space_bits[i] >= MAX(bits_needed, (unsigned)IPA_BITS_USUAL))
			ipa_bits_wanted = space_bits[i];
}

unsigned p2m_bits_needed(void)
{
	return bits_needed;
}

unsigned p2m_ipa_bits(void)
{
	return space_bits[space_of(MIN(ipa_bits_wanted, stage2_pa_bits()))];
}

uint64_t p2m_vtcr(void)
{
	uint64_t vtcr = VTCR_RES1 | FIELD_PREP(VTCR_T0SZ, 64 - p2m_ipa_bits());

	vtcr |= FIELD_PREP(VTCR_SL0, 2 - p2m_first_level(p2m_ipa_bits()));
	vtcr |= FIELD_PREP(VTCR_IRGN0, 1) | FIELD_PREP(VTCR_ORGN0, 1); /* walks hit in the caches */
	vtcr |= FIELD_PREP(VTCR_SH0, PTE_SH_INNER);
	vtcr |= FIELD_PREP(VTCR_PS, space_of(stage2_pa_bits()));
	return stage2_vmid_bits() == 16 ? vtcr | VTCR_VS : vtcr;
}

int p2m_vmid_alloc(void)
{
	unsigned count = MIN(1U << stage2_vmid_bits(), (unsigned)VMIDS_MAX);
	int vmid = -EBUSY;

	spin_lock(&vmid_lock);
	for (unsigned i = 0; i < count / 64 && vmid < 0; i++) {
		if (~vmids[i] == 0)
			continue;
		vmid = (int)(i * 64 + (unsigned)__builtin_ctzll(~vmids[i]));
		vmids[i] |= BIT(vmid % 64);
	}
	spin_unlock(&vmid_lock);
	return vmid;
}

void p2m_vmid_free(unsigned vmid)
{
	spin_lock(&vmid_lock);
	vmids[vmid / 64] &= ~BIT(vmid % 64);
	spin_unlock(&vmid_lock);
}
