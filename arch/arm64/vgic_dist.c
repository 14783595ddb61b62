/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The virtual distributor (IHI 0069 12.9): one security state (DS), affinity routing always on (ARE), no
 * LPIs, no extended SPIs, no message-based SPIs. Writes hold when they return, so RWP reads zero.
 */
#include "arch/arm64/vgic_priv.h"

#define CTLR_ARE BIT(4)
#define CTLR_DS  BIT(6)

#define TYPER_LINES  GENMASK(4, 0)   /* (INTIDs / 32) - 1 */
#define TYPER_IDBITS GENMASK(23, 19) /* bits of an INTID - 1 */

static uint64_t dist_get_ctlr(const struct vgic_frame *frame, unsigned n)
{
	(void)n;
	return atomic_load(&frame->domain->arch.vgic.ctlr) | CTLR_ARE | CTLR_DS;
}

/* Every queue is seen with other eyes; a disabled group must be gone when the write is done. */
static void dist_set_ctlr(const struct vgic_frame *frame, unsigned n, uint64_t value)
{
	struct domain *d = frame->domain;
	uint32_t groups = (uint32_t)value & VGIC_CTLR_GROUPS;

	(void)n;
	if (atomic_exchange(&d->arch.vgic.ctlr, groups) == groups)
		return;
	for (unsigned i = 0; i < d->vcpus_count; i++) {
		struct vcpu *v = d->vcpus[i];

		if (!v)
			continue;
		spin_lock(&v->arch.vgic.lock);
		virq_mark(v);
		virq_unlock(v);
		sched_kick(v);
		vgic_wait_synced(v);
	}
}

static uint64_t dist_get_typer(const struct vgic_frame *frame, unsigned n)
{
	unsigned lines = DIV_ROUND_UP(frame->domain->arch.vgic.spi_count, 32U);

	(void)n;
	return FIELD_PREP(TYPER_LINES, lines) | FIELD_PREP(TYPER_IDBITS, 9);
}

static uint64_t dist_get_iidr(const struct vgic_frame *frame, unsigned n)
{
	(void)frame;
	(void)n;
	return VGIC_IIDR;
}

static uint64_t dist_get_pidr2(const struct vgic_frame *frame, unsigned n)
{
	(void)frame;
	(void)n;
	return VGIC_PIDR2;
}

const struct vgic_reg vgic_dist_regs[] = {
	VGIC_RW(0x0000, dist_get_ctlr, dist_set_ctlr),
	VGIC_RO(0x0004, dist_get_typer),
	VGIC_RO(0x0008, dist_get_iidr),
	VGIC_RAZ_WI(0x000c, 0x4),    /* TYPER2 */
	VGIC_RAZ_WI(0x0010, 0x4),    /* STATUSR */
	VGIC_RAZ_WI(0x0040, 0x1c),   /* SETSPI_NSR … CLRSPI_SR: TYPER.MBIS is 0 */
	VGIC_IRQ_ROWS(0, 1024),
	VGIC_RAZ_WI(0x0800, 0x400),  /* ITARGETSR: ARE */
	VGIC_RAZ_WI(0x0d00, 0x200),  /* IGRPMODR, NSACR: DS */
	VGIC_RAZ_WI(0x0f00, 0x30),   /* SGIR, CPENDSGIR, SPENDSGIR: ARE */
	VGIC_RAZ_WI(0x1000, 0x2080), /* registers of extended SPIs: TYPER.ESPI is 0 */
	VGIC_IRQ_ROW(0x6000, 64, 1024, 4 | 8, virq_get_route, virq_set_route),
	VGIC_RO(0xffe8, dist_get_pidr2),
	VGIC_RAZ_WI(0, VGIC_FRAME_SIZE),
};
