/* SPDX-License-Identifier: Apache-2.0 */
/* Stage-2 descriptors with a 4 KiB granule (VMSAv8-64, Arm ARM D8.3). */
#pragma once

#include "core/p2m.h"

typedef _Atomic uint64_t pte_t;

#define PTE_ENTRIES    512
#define PTE_LEVEL_LAST 3

#define PTE_VALID    BIT(0)
#define PTE_TABLE    BIT(1) /* level 0 … 2: a table follows; level 3: always set */
#define PTE_MEMATTR  GENMASK(5, 2)
#define PTE_S2AP     GENMASK(7, 6)
#define PTE_SH       GENMASK(9, 8)
#define PTE_AF       BIT(10)
#define PTE_ADDRESS  GENMASK(47, 12)
#define PTE_XN       BIT(54)
#define PTE_SOFTWARE GENMASK(58, 55) /* enum p2m_type */

#define PTE_MEMATTR_DEVICE_nGnRE 0x1
#define PTE_MEMATTR_WRITE_BACK   0xf
#define PTE_S2AP_READ            0x1
#define PTE_S2AP_READ_WRITE      0x3
#define PTE_SH_INNER             0x3

#define VTCR_T0SZ  GENMASK(5, 0)
#define VTCR_SL0   GENMASK(7, 6)
#define VTCR_IRGN0 GENMASK(9, 8)
#define VTCR_ORGN0 GENMASK(11, 10)
#define VTCR_SH0   GENMASK(13, 12)
#define VTCR_PS    GENMASK(18, 16)
#define VTCR_VS    BIT(19)
#define VTCR_RES1  BIT(31)

#define VTTBR_VMID GENMASK(63, 48)

/* Bits of the address below the ones that index a table of this level. */
static inline unsigned pte_shift(unsigned level)
{
	return PAGE_SHIFT + 9 * (PTE_LEVEL_LAST - level);
}

/* Bytes that one entry of this level translates. */
static inline uint64_t pte_size(unsigned level)
{
	return BIT(pte_shift(level));
}

static inline bool pte_is_table(uint64_t pte, unsigned level)
{
	return level < PTE_LEVEL_LAST && (pte & (PTE_VALID | PTE_TABLE)) == (PTE_VALID | PTE_TABLE);
}

static inline bool pte_is_leaf(uint64_t pte, unsigned level)
{
	return (pte & PTE_VALID) && !pte_is_table(pte, level);
}

static inline enum p2m_type pte_type(uint64_t pte)
{
	return (enum p2m_type)FIELD_GET(PTE_SOFTWARE, pte);
}
