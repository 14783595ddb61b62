/* SPDX-License-Identifier: Apache-2.0 */
/* The physical GICv3 in use: the accesses of every interrupt and of every guest switch (IHI 0069). */
#include "arch/arm64/gic.h"
#include "arch/arm64/gic_regs.h"
#include "arch/arm64/vgic.h"
#include "core/panic.h"
#include "core/spinlock.h"
#include <arch/barrier.h>
#include <arch/mmio.h>
#include <arch/sysreg.h>

/* clang-format off */
#define LR_CASES(op) \
	op(0, S3_4_C12_C12_0) op(1, S3_4_C12_C12_1) op(2, S3_4_C12_C12_2) op(3, S3_4_C12_C12_3) \
	op(4, S3_4_C12_C12_4) op(5, S3_4_C12_C12_5) op(6, S3_4_C12_C12_6) op(7, S3_4_C12_C12_7) \
	op(8, S3_4_C12_C13_0) op(9, S3_4_C12_C13_1) op(10, S3_4_C12_C13_2) op(11, S3_4_C12_C13_3) \
	op(12, S3_4_C12_C13_4) op(13, S3_4_C12_C13_5) op(14, S3_4_C12_C13_6) op(15, S3_4_C12_C13_7)
#define AP0R_CASES(op) \
	op(0, S3_4_C12_C8_0) op(1, S3_4_C12_C8_1) op(2, S3_4_C12_C8_2) op(3, S3_4_C12_C8_3)
#define AP1R_CASES(op) \
	op(0, S3_4_C12_C9_0) op(1, S3_4_C12_C9_1) op(2, S3_4_C12_C9_2) op(3, S3_4_C12_C9_3)
/* clang-format on */
#define CASE_READ(n, reg)                                                                          \
	case n:                                                                                    \
		return sysreg_read(reg);
#define CASE_READ32(n, reg)                                                                        \
	case n:                                                                                    \
		return (uint32_t)sysreg_read(reg);
#define CASE_WRITE(n, reg)                                                                         \
	case n:                                                                                    \
		sysreg_write(reg, value);                                                          \
		return;

struct gic_info gic_info = { .vtimer_intid = VGIC_PPI_VTIMER };
volatile uint8_t *gic_dist;
struct gic_cpu gic_cpus[CPUS_MAX];
/* Of the one register that is read and written back. */
static struct spinlock config_lock = SPINLOCK_INIT;

uint32_t gic_acknowledge(void)
{
	uint32_t intid = (uint32_t)sysreg_read_enc(ICC_IAR1_EL1);

	dsb_sy(); /* what the interrupt tells of is visible after it was acknowledged */
	return intid;
}

void gic_drop_priority(uint32_t intid)
{
	sysreg_write_enc(ICC_EOIR1_EL1, intid);
	isb();
}

void gic_deactivate(uint32_t intid)
{
	sysreg_write_enc(ICC_DIR_EL1, intid);
	isb();
}

void gic_send_sgi(unsigned cpu, enum gic_sgi sgi)
{
	dsb_ishst(); /* what the other CPU is to see, before it is told */
	sysreg_write_enc(ICC_SGI1R_EL1, gic_cpus[cpu].sgi1r | (uint64_t)sgi << 24);
	isb();
}

void gic_dist_wait(void)
{
	if (!gic_poll_clear(gic_dist + GICD_CTLR, GICD_CTLR_RWP))
		panic("GIC: GICD_CTLR.RWP stays set: the distributor does not finish a write");
}

void gic_rdist_wait(volatile uint8_t *rdist)
{
	if (!gic_poll_clear(rdist + GICR_CTLR, GICR_CTLR_RWP))
		panic("GIC: GICR_CTLR.RWP stays set: the redistributor of CPU %u does not finish a write",
				cpu_id());
}

/* Registers of one bit per interrupt where writing zeroes does nothing. */
static void bit_write(volatile uint8_t *frame, uint32_t reg, uint32_t intid)
{
	mmio_write32(frame + reg + intid / 32 * 4, UINT32_C(1) << intid % 32);
}

void gic_spi_enable(uint32_t intid, bool enable)
{
	bit_write(gic_dist, enable ? GICD_ISENABLER : GICD_ICENABLER, intid);
	if (!enable)
		gic_dist_wait();
}

void gic_spi_configure(uint32_t intid, bool edge)
{
	volatile uint8_t *reg = gic_dist + GICD_ICFGR + intid / 16 * 4;
	uint32_t bit = UINT32_C(2) << intid % 16 * 2;

	spin_lock(&config_lock);
	uint32_t old = mmio_read32(reg);

	mmio_write32(reg, edge ? old | bit : old & ~bit);
	spin_unlock(&config_lock);
}

void gic_spi_set_target(uint32_t intid, unsigned cpu)
{
	uint64_t mpidr = cpus[cpu].mpidr;

	mmio_write64(gic_dist + GICD_IROUTER + intid * 8,
			mpidr & (GENMASK(39, 32) | GENMASK(23, 0)));
}

void gic_spi_set_active(uint32_t intid, bool active)
{
	bit_write(gic_dist, active ? GICD_ISACTIVER : GICD_ICACTIVER, intid);
}

void gic_spi_set_pending(uint32_t intid, bool pending)
{
	bit_write(gic_dist, pending ? GICD_ISPENDR : GICD_ICPENDR, intid);
}

bool gic_spi_is_pending(uint32_t intid)
{
	return mmio_read32(gic_dist + GICD_ISPENDR + intid / 32 * 4) >> intid % 32 & 1;
}

void gic_ppi_enable(uint32_t intid, bool enable)
{
	volatile uint8_t *rdist = gic_cpus[cpu_id()].rdist;

	bit_write(rdist + GICR_SGI, enable ? GICD_ISENABLER : GICD_ICENABLER, intid);
	if (!enable)
		gic_rdist_wait(rdist);
}

void gic_ppi_set_active(uint32_t intid, bool active)
{
	bit_write(gic_cpus[cpu_id()].rdist + GICR_SGI, active ? GICD_ISACTIVER : GICD_ICACTIVER,
			intid);
}

bool gic_ppi_is_pending(unsigned cpu, uint32_t intid)
{
	return mmio_read32(gic_cpus[cpu].rdist + GICR_SGI + GICD_ISPENDR) >> intid & 1;
}

uint64_t gic_lr_read(unsigned n)
{
	switch (n) {
		LR_CASES(CASE_READ)
	}
	panic("list register %u", n);
}

void gic_lr_write(unsigned n, uint64_t value)
{
	switch (n) {
		LR_CASES(CASE_WRITE)
	}
	panic("list register %u", n);
}

uint32_t gic_ap0r_read(unsigned n)
{
	switch (n) {
		AP0R_CASES(CASE_READ32)
	}
	panic("active priorities register %u", n);
}

void gic_ap0r_write(unsigned n, uint32_t value)
{
	switch (n) {
		AP0R_CASES(CASE_WRITE)
	}
	panic("active priorities register %u", n);
}

uint32_t gic_ap1r_read(unsigned n)
{
	switch (n) {
		AP1R_CASES(CASE_READ32)
	}
	panic("active priorities register %u", n);
}

void gic_ap1r_write(unsigned n, uint32_t value)
{
	switch (n) {
		AP1R_CASES(CASE_WRITE)
	}
	panic("active priorities register %u", n);
}

uint32_t gic_elrsr(void)
{
	return (uint32_t)sysreg_read_enc(ICH_ELRSR_EL2);
}

uint64_t gic_misr(void)
{
	return sysreg_read_enc(ICH_MISR_EL2);
}

uint64_t gic_vmcr_read(void)
{
	return sysreg_read_enc(ICH_VMCR_EL2);
}

void gic_vmcr_write(uint64_t value)
{
	sysreg_write_enc(ICH_VMCR_EL2, value);
}

uint64_t gic_hcr_read(void)
{
	return sysreg_read_enc(ICH_HCR_EL2);
}

void gic_hcr_write(uint64_t value)
{
	sysreg_write_enc(ICH_HCR_EL2, value);
}
