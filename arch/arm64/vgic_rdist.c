/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The virtual redistributor of one vCPU (IHI 0069 12.10, 12.11): the RD frame, then the frame of SGIs and
 * PPIs. No LPIs. Any vCPU may access any of them.
 */
#include "arch/arm64/vgic_priv.h"

#define TYPER_LAST      BIT(4)
#define TYPER_PROCESSOR GENMASK(23, 8)
#define TYPER_AFFINITY  GENMASK(63, 32)

#define WAKER_SLEEP    BIT(1)
#define WAKER_CHILDREN BIT(2)

static uint64_t rdist_get_iidr(const struct vgic_frame *frame, unsigned n)
{
	(void)frame;
	(void)n;
	return VGIC_IIDR;
}

/* Of its window: software goes on to the next one there. */
static bool is_last(const struct domain *d, unsigned id)
{
	const struct vgic_domain *g = &d->arch.vgic;

	for (unsigned i = 0; i < g->window_count; i++)
		if (id + 1 == g->windows[i].end)
			return true;
	return id + 1 == d->vcpus_count;
}

static uint64_t rdist_get_typer(const struct vgic_frame *frame, unsigned n)
{
	unsigned id = frame->owner->id;
	uint64_t last = is_last(frame->domain, id) ? TYPER_LAST : 0;

	(void)n;
	return FIELD_PREP(TYPER_AFFINITY, vgic_affinity(id)) | FIELD_PREP(TYPER_PROCESSOR, id) |
	       last;
}

static uint64_t rdist_get_waker(const struct vgic_frame *frame, unsigned n)
{
	(void)n;
	return frame->owner->arch.vgic.rdist_awake ? 0 : WAKER_SLEEP | WAKER_CHILDREN;
}

/* Remembered, and heeded where "any vCPU" is to be chosen. An interrupt wakes its vCPU regardless. */
static void rdist_set_waker(const struct vgic_frame *frame, unsigned n, uint64_t value)
{
	(void)n;
	frame->owner->arch.vgic.rdist_awake = !(value & WAKER_SLEEP);
}

static uint64_t rdist_get_pidr2(const struct vgic_frame *frame, unsigned n)
{
	(void)frame;
	(void)n;
	return VGIC_PIDR2;
}

const struct vgic_reg vgic_rdist_regs[] = {
	VGIC_RAZ_WI(0x00000, 0x4), /* CTLR: no LPIs, and no write is ever on its way */
	VGIC_RO(0x00004, rdist_get_iidr),
	{ .offset = 0x00008, .size = 8, .widths = 4 | 8, .bits = 64, .get = rdist_get_typer },
	VGIC_RAZ_WI(0x00010, 0x4), /* STATUSR */
	VGIC_RW(0x00014, rdist_get_waker, rdist_set_waker),
	VGIC_RAZ_WI(0x00040, 0x88), /* SETLPIR … SYNCR: TYPER.PLPIS is 0 */
	VGIC_RO(0x0ffe8, rdist_get_pidr2),
	VGIC_IRQ_ROWS(VGIC_FRAME_SIZE, 32),
	VGIC_RAZ_WI(0x10d00, 0x4), /* IGRPMODR0: DS */
	VGIC_RAZ_WI(0x10e00, 0x4), /* NSACR: DS */
	VGIC_RAZ_WI(0, VGIC_RDIST_SIZE),
};
