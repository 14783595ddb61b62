/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The physical GIC, faked: a record of what was set, and list registers that behave (IHI 0069 6.4, 12.4),
 * so that a test can be the guest.
 */
#include "arch/host/gic.h"

#include <assert.h>
#include <string.h>

#define LR_PENDING       BIT(62)
#define LR_ACTIVE        BIT(63)
#define LR_STATE         (LR_PENDING | LR_ACTIVE)
#define LR_HW            BIT(61)
#define LR_GROUP1        BIT(60)
#define LR_PRIORITY      GENMASK(55, 48)
#define LR_PINTID        GENMASK(44, 32)
#define LR_EOI           BIT(41)
#define LR_VINTID        GENMASK(31, 0)
#define EOICOUNT         GENMASK(31, 27)
#define PREEMPTION_SHIFT 3 /* 5 bits */

struct gic_info gic_info = { .vtimer_intid = VGIC_PPI_VTIMER };
struct host_gic_cpu host_gic_cpus[CPUS_MAX];
struct host_irq host_spis[1020];

static struct host_gic_cpu *here(void)
{
	return &host_gic_cpus[cpu_id()];
}

void host_gic_reset(unsigned lr_count)
{
	memset(host_gic_cpus, 0, sizeof(host_gic_cpus));
	memset(host_spis, 0, sizeof(host_spis));
	gic_info = (struct gic_info){ .spi_count = 988,
		.vtimer_intid = gic_info.vtimer_intid,
		.lr_count = lr_count,
		.priority_bits = 5,
		.preemption_bits = 5,
		.maintenance_intid = 25 };
}

static struct host_irq *spi(uint32_t intid)
{
	assert(intid >= GIC_INTID_SPI_BASE && intid < GIC_INTID_SPECIAL);
	return &host_spis[intid];
}

static struct host_irq *ppi(uint32_t intid)
{
	assert(intid < GIC_INTID_SPI_BASE);
	return &here()->ppis[intid];
}

static bool is_pending(const struct host_irq *irq)
{
	return irq->pending || (irq->line && !irq->edge);
}

/* A pending interrupt of this CPU, now active; 1023: none. */
uint32_t gic_acknowledge(void)
{
	for (uint32_t intid = 0; intid < GIC_INTID_SPECIAL; intid++) {
		struct host_irq *irq = intid < GIC_INTID_SPI_BASE ? ppi(intid) : spi(intid);

		if (!irq->enabled || !is_pending(irq) || irq->active)
			continue;
		if (intid >= GIC_INTID_SPI_BASE && irq->target != cpu_id())
			continue;
		irq->pending = false;
		irq->active = true;
		return intid;
	}
	return 1023;
}

void gic_drop_priority(uint32_t intid)
{
	(void)intid;
}

void gic_deactivate(uint32_t intid)
{
	(intid < GIC_INTID_SPI_BASE ? ppi(intid) : spi(intid))->active = false;
}

void gic_send_sgi(unsigned cpu, enum gic_sgi sgi)
{
	host_gic_cpus[cpu].sgis[sgi]++;
}

void gic_spi_enable(uint32_t intid, bool enable)
{
	spi(intid)->enabled = enable;
}

void gic_spi_configure(uint32_t intid, bool edge)
{
	assert(!spi(intid)->enabled);
	spi(intid)->edge = edge;
}

void gic_spi_set_target(uint32_t intid, unsigned cpu)
{
	spi(intid)->target = cpu;
}

void gic_spi_set_active(uint32_t intid, bool active)
{
	spi(intid)->active = active;
}

void gic_spi_set_pending(uint32_t intid, bool pending)
{
	spi(intid)->pending = pending;
}

bool gic_spi_is_pending(uint32_t intid)
{
	return is_pending(spi(intid));
}

void gic_ppi_enable(uint32_t intid, bool enable)
{
	ppi(intid)->enabled = enable;
}

void gic_ppi_set_active(uint32_t intid, bool active)
{
	ppi(intid)->active = active;
}

bool gic_ppi_is_pending(unsigned cpu, uint32_t intid)
{
	return is_pending(&host_gic_cpus[cpu].ppis[intid]);
}

uint64_t gic_lr_read(unsigned n)
{
	assert(n < gic_info.lr_count);
	return here()->lr[n];
}

/* What the architecture calls unpredictable is a bug of the caller's. */
void gic_lr_write(unsigned n, uint64_t value)
{
	struct host_gic_cpu *g = here();

	assert(n < gic_info.lr_count);
	assert(!(value & LR_HW) || (value & LR_STATE) != LR_STATE);
	g->lr[n] = value;
	g->lr_writes++;
}

static unsigned eoi_pending(const struct host_gic_cpu *g)
{
	unsigned count = 0;

	for (unsigned n = 0; n < gic_info.lr_count; n++)
		count += !(g->lr[n] & (LR_STATE | LR_HW)) && g->lr[n] & LR_EOI;
	return count;
}

uint32_t gic_elrsr(void)
{
	const struct host_gic_cpu *g = here();
	uint32_t empty = 0;

	for (unsigned n = 0; n < gic_info.lr_count; n++)
		if (!(g->lr[n] & LR_STATE) && (g->lr[n] & LR_HW || !(g->lr[n] & LR_EOI)))
			empty |= UINT32_C(1) << n;
	return empty;
}

uint64_t gic_misr(void)
{
	const struct host_gic_cpu *g = here();
	unsigned valid = 0, pending = 0;

	for (unsigned n = 0; n < gic_info.lr_count; n++) {
		valid += (g->lr[n] & LR_STATE) != 0;
		pending += (g->lr[n] & LR_PENDING) != 0;
	}
	uint64_t misr = eoi_pending(g) != 0;

	misr |= g->hcr & BIT(1) && valid <= 1 ? BIT(1) : 0;
	misr |= g->hcr & BIT(2) && g->hcr & EOICOUNT ? BIT(2) : 0;
	misr |= g->hcr & BIT(3) && !pending ? BIT(3) : 0;
	misr |= g->hcr & BIT(4) && g->vmcr & BIT(0) ? BIT(4) : 0;
	misr |= g->hcr & BIT(6) && g->vmcr & BIT(1) ? BIT(6) : 0;
	return misr;
}

bool host_gic_maintenance(void)
{
	return here()->hcr & BIT(0) && gic_misr();
}

uint64_t gic_vmcr_read(void)
{
	return here()->vmcr;
}

void gic_vmcr_write(uint64_t value)
{
	here()->vmcr = value;
}

uint64_t gic_hcr_read(void)
{
	return here()->hcr;
}

void gic_hcr_write(uint64_t value)
{
	here()->hcr = value;
}

uint32_t gic_ap0r_read(unsigned n)
{
	return here()->ap0r[n];
}

void gic_ap0r_write(unsigned n, uint32_t value)
{
	here()->ap0r[n] = value;
}

uint32_t gic_ap1r_read(unsigned n)
{
	return here()->ap1r[n];
}

void gic_ap1r_write(unsigned n, uint32_t value)
{
	here()->ap1r[n] = value;
}

static unsigned running_priority(const struct host_gic_cpu *g)
{
	uint32_t active = g->ap0r[0] | g->ap1r[0];

	return active ? (unsigned)__builtin_ctz(active) << PREEMPTION_SHIFT : 0x100;
}

/* The list register to take, or -1. Binary points at their minimum: all five bits preempt. */
static int highest(const struct host_gic_cpu *g)
{
	unsigned best = (unsigned)MIN(running_priority(g), FIELD_GET(GENMASK(31, 24), g->vmcr));
	int found = -1;

	for (unsigned n = 0; g->hcr & BIT(0) && n < gic_info.lr_count; n++) {
		unsigned priority = (unsigned)FIELD_GET(LR_PRIORITY, g->lr[n]);

		if ((g->lr[n] & LR_STATE) != LR_PENDING || priority >= best)
			continue;
		if (!(g->vmcr & (g->lr[n] & LR_GROUP1 ? BIT(1) : BIT(0))))
			continue;
		best = priority;
		found = (int)n;
	}
	return found;
}

bool host_guest_is_signalled(void)
{
	return highest(here()) >= 0;
}

uint32_t host_guest_acknowledge(void)
{
	struct host_gic_cpu *g = here();
	int n = highest(g);

	if (n < 0)
		return 1023;
	g->lr[n] ^= LR_STATE;
	uint32_t bit = UINT32_C(1) << (FIELD_GET(LR_PRIORITY, g->lr[n]) >> PREEMPTION_SHIFT);

	if (g->lr[n] & LR_GROUP1)
		g->ap1r[0] |= bit;
	else
		g->ap0r[0] |= bit;
	return (uint32_t)FIELD_GET(LR_VINTID, g->lr[n]);
}

static void priority_drop(struct host_gic_cpu *g)
{
	uint32_t both = g->ap0r[0] | g->ap1r[0];

	g->ap0r[0] &= ~(both & -both);
	g->ap1r[0] &= ~(both & -both);
}

void host_guest_eoi(uint32_t intid)
{
	struct host_gic_cpu *g = here();

	priority_drop(g);
	for (unsigned n = 0; n < gic_info.lr_count; n++) {
		if (!(g->lr[n] & LR_ACTIVE) || FIELD_GET(LR_VINTID, g->lr[n]) != intid)
			continue;
		g->lr[n] &= ~LR_ACTIVE;
		if (g->lr[n] & LR_HW)
			gic_deactivate((uint32_t)FIELD_GET(LR_PINTID, g->lr[n]));
		return;
	}
	g->hcr += FIELD_PREP(EOICOUNT, 1);
}
