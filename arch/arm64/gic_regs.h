/* SPDX-License-Identifier: Apache-2.0 */
/* Registers of the physical GICv3 (IHI 0069 chapter 12), and what its two source files share. */
#pragma once

#include "core/cpu.h"
#include "core/types.h"
#include <arch/barrier.h>
#include <arch/mmio.h>

#define GICD_CTLR        0x0000
#define GICD_TYPER       0x0004
#define GICD_IGROUPR     0x0080
#define GICD_ISENABLER   0x0100
#define GICD_ICENABLER   0x0180
#define GICD_ISPENDR     0x0200
#define GICD_ICPENDR     0x0280
#define GICD_ISACTIVER   0x0300
#define GICD_ICACTIVER   0x0380
#define GICD_IPRIORITYR  0x0400
#define GICD_ICFGR       0x0c00
#define GICD_IROUTER     0x6000
#define GICD_PIDR2       0xffe8
#define GICD_CTLR_GRP1   BIT(1) /* EnableGrp1, or EnableGrp1A where there are two security states */
#define GICD_CTLR_ARE    BIT(4)
#define GICD_CTLR_RWP    BIT(31)
#define GICD_TYPER_LINES GENMASK(4, 0)
#define GIC_PIDR2_ARCH   GENMASK(7, 4) /* 3: GICv3, 4: GICv4 */

#define GICR_CTLR           0x0000
#define GICR_TYPER          0x0008
#define GICR_WAKER          0x0014
#define GICR_SGI            0x10000 /* the second frame: offsets as in the distributor */
#define GICR_CTLR_LPIS      BIT(0) /* EnableLPIs */
#define GICR_CTLR_RWP       BIT(3)
#define GICR_TYPER_VLPIS    BIT(1)
#define GICR_TYPER_LAST     BIT(4)
#define GICR_TYPER_AFF      GENMASK(63, 32)
#define GICR_WAKER_SLEEP    BIT(1)
#define GICR_WAKER_CHILDREN BIT(2)

/* System registers by encoding: an assembler for armv8-a need not know their names. */
#define ICC_PMR_EL1     S3_0_C4_C6_0
#define ICC_DIR_EL1     S3_0_C12_C11_1
#define ICC_SGI1R_EL1   S3_0_C12_C11_5
#define ICC_IAR1_EL1    S3_0_C12_C12_0
#define ICC_EOIR1_EL1   S3_0_C12_C12_1
#define ICC_BPR1_EL1    S3_0_C12_C12_3
#define ICC_CTLR_EL1    S3_0_C12_C12_4
#define ICC_SRE_EL1     S3_0_C12_C12_5
#define ICC_IGRPEN1_EL1 S3_0_C12_C12_7
#define ICC_SRE_EL2     S3_4_C12_C9_5
#define ICH_HCR_EL2     S3_4_C12_C11_0
#define ICH_VTR_EL2     S3_4_C12_C11_1
#define ICH_MISR_EL2    S3_4_C12_C11_2
#define ICH_ELRSR_EL2   S3_4_C12_C11_5
#define ICH_VMCR_EL2    S3_4_C12_C11_7

#define ICC_SRE_SRE      BIT(0)
#define ICC_SRE_DFB      BIT(1)
#define ICC_SRE_DIB      BIT(2)
#define ICC_CTLR_EOIMODE BIT(1)
#define ICH_VTR_LRS      GENMASK(4, 0)
#define ICH_VTR_TDS      BIT(19)
#define ICH_VTR_PREBITS  GENMASK(28, 26)
#define ICH_VTR_PRIBITS  GENMASK(31, 29)

#define GIC_PRIORITY 0xa0U /* of all of Graft's: interrupts are masked at EL2, none preempts */

#define GIC_POLLS_MAX 10000000U

struct gic_cpu {
	volatile uint8_t *rdist;
	uint64_t sgi1r; /* ICC_SGI1R_EL1 that reaches this CPU, without the INTID */
};

extern volatile uint8_t *gic_dist;
extern struct gic_cpu gic_cpus[CPUS_MAX];

void gic_dist_wait(void); /* writes that disable or configure have taken effect */
void gic_rdist_wait(volatile uint8_t *rdist);

/* Polls until the bits are clear; false: they still are not after a time that only a fault takes. */
static inline bool gic_poll_clear(const volatile uint8_t *reg, uint64_t bits)
{
	for (unsigned tries = 0; tries < GIC_POLLS_MAX; tries++) {
		if (!(mmio_read32(reg) & bits))
			return true;
		cpu_relax();
	}
	return false;
}
