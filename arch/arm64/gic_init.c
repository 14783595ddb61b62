/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bring-up of the physical GICv3 from its device tree node (arm,gic-v3 binding): the distributor once, the
 * redistributor and the CPU interface on each CPU (IHI 0069 chapters 3, 8, 12).
 */
#include "arch/arm64/gic.h"
#include "arch/arm64/gic_regs.h"
#include "arch/arm64/vgic.h"
#include "core/error.h"
#include "core/printk.h"
#include "dt/resource.h"
#include <arch/barrier.h>
#include <arch/device.h>
#include <arch/mmio.h>
#include <arch/sysreg.h>

#define REGIONS_MAX   CPUS_MAX /* at most one for each CPU */
#define GICD_SIZE     KIB(64)
#define RDIST_SIZE    KIB(128)
#define RDIST_SIZE_V4 KIB(256) /* with the two frames of virtual LPIs */

struct region {
	volatile uint8_t *base;
	uint64_t size;
};

static struct region regions[REGIONS_MAX];
static unsigned region_count;
static uint64_t rdist_stride; /* bytes from one redistributor to the next; 0: what each one's TYPER says */

static int map_regions(const struct dt_tree *tree, const struct dt_node *node)
{
	struct dt_list list = dt_reg(tree, node);
	struct dt_window window;
	struct dt_why why = { 0 };
	uint32_t wanted = 1;
	int error;

	dt_prop_u32(tree, node, "#redistributor-regions", &wanted);
	if (wanted > REGIONS_MAX)
		return fail(-ENODEV, "%s: %u redistributor regions, at most %u are known",
				dt_path(node), wanted, REGIONS_MAX);
	while ((error = dt_reg_next(&list, &window, &why)) > 0 && window.index <= wanted) {
		void *base = device_map(PADDR(window.base), window.size);

		if (!base || (window.index == 0 && window.size < GICD_SIZE))
			return fail(-ENODEV, "%s: reg %u cannot be mapped", dt_path(node),
					window.index);
		if (window.index == 0)
			gic_dist = base;
		else
			regions[region_count++] = (struct region){ base, window.size };
	}
	if (error < 0)
		return fail(-ENODEV, "%s", why.text);
	if (region_count != wanted)
		return fail(-ENODEV, "%s: reg has %u redistributor regions of %u", dt_path(node),
				region_count, wanted);
	return 0;
}

/* One or two cells. */
static void read_stride(const struct dt_tree *tree, const struct dt_node *node)
{
	const struct dt_prop *prop = dt_prop(tree, node, "redistributor-stride");

	rdist_stride = 0;
	for (uint32_t i = 0; prop && i < prop->size && i < 8; i++)
		rdist_stride = rdist_stride << 8 | prop->value[i];
	if (!IS_ALIGNED(rdist_stride, KIB(64)))
		rdist_stride = 0;
}

static int read_maintenance(const struct dt_tree *tree, const struct dt_node *node)
{
	struct dt_list list = dt_irqs(tree, node);
	struct dt_why why = { 0 };
	struct dt_irq irq;
	struct dt_gic_irq gic_irq;

	if (dt_irqs_next(&list, &irq, &why) <= 0 || dt_gic_decode(tree, &irq, &gic_irq, &why) < 0 ||
			gic_irq.spi)
		return fail(-ENODEV,
				"%s: interrupts does not tell the maintenance interrupt (a PPI) %s",
				dt_path(node), why.text);
	gic_info.maintenance_intid = gic_irq.intid;
	return 0;
}

/* Everything off, for Graft to turn on one by one: Group 1, one priority, level, deactivated. */
static void init_dist(void)
{
	/* ARE from 1 to 0 is UNPREDICTABLE (IHI 0069, 12.9.4 GICD_CTLR): what firmware has set stays. */
	mmio_write32(gic_dist + GICD_CTLR,
			mmio_read32(gic_dist + GICD_CTLR) & (uint32_t)GICD_CTLR_ARE);
	gic_dist_wait();
	for (uint32_t at = 4; at < (gic_info.spi_count + 32) / 8; at += 4) {
		mmio_write32(gic_dist + GICD_ICENABLER + at, UINT32_MAX);
		mmio_write32(gic_dist + GICD_ICPENDR + at, UINT32_MAX);
		mmio_write32(gic_dist + GICD_ICACTIVER + at, UINT32_MAX);
		mmio_write32(gic_dist + GICD_IGROUPR + at, UINT32_MAX);
	}
	for (uint32_t at = 32; at < gic_info.spi_count + 32; at += 4)
		mmio_write32(gic_dist + GICD_IPRIORITYR + at, GIC_PRIORITY * 0x01010101U);
	gic_dist_wait();
	mmio_write32(gic_dist + GICD_CTLR, (uint32_t)GICD_CTLR_ARE);
	gic_dist_wait();
	mmio_write32(gic_dist + GICD_CTLR, (uint32_t)(GICD_CTLR_ARE | GICD_CTLR_GRP1));
	gic_dist_wait();
}

static int read_virtual(void)
{
	uint64_t vtr = sysreg_read_enc(ICH_VTR_EL2);

	gic_info.lr_count = (unsigned)FIELD_GET(ICH_VTR_LRS, vtr) + 1;
	gic_info.priority_bits = (unsigned)FIELD_GET(ICH_VTR_PRIBITS, vtr) + 1;
	gic_info.preemption_bits = (unsigned)FIELD_GET(ICH_VTR_PREBITS, vtr) + 1;
	gic_info.dir_traps = vtr & ICH_VTR_TDS;
	if (gic_info.lr_count < 2 || gic_info.lr_count > VGIC_LRS_MAX)
		return fail(-ENODEV, "GIC: %u list registers: 2 to %u are needed",
				gic_info.lr_count, VGIC_LRS_MAX);
	return 0;
}

/* A vCPU goes from any CPU to any: what one has less than the others, nobody uses. */
static void join_virtual(uint64_t vtr)
{
	unsigned lrs = (unsigned)FIELD_GET(ICH_VTR_LRS, vtr) + 1;
	unsigned priority_bits = (unsigned)FIELD_GET(ICH_VTR_PRIBITS, vtr) + 1;
	unsigned preemption_bits = (unsigned)FIELD_GET(ICH_VTR_PREBITS, vtr) + 1;

	gic_info.lr_count = MIN(gic_info.lr_count, lrs);
	gic_info.priority_bits = MIN(gic_info.priority_bits, priority_bits);
	gic_info.preemption_bits = MIN(gic_info.preemption_bits, preemption_bits);
	gic_info.dir_traps = gic_info.dir_traps && (vtr & ICH_VTR_TDS);
}

/*
 * System registers, or there is no virtual CPU interface to give. ICC_SRE_EL1 is one of the CPU, not of the
 * guest: without Enable its accesses trap, or a guest could turn the registers off for the next one.
 */
static int init_sre(void)
{
	sysreg_write_enc(ICC_SRE_EL2, ICC_SRE_SRE | ICC_SRE_DFB | ICC_SRE_DIB);
	isb();
	if (!(sysreg_read_enc(ICC_SRE_EL2) & ICC_SRE_SRE))
		return fail(-ENODEV,
				"GIC: firmware keeps ICC_SRE_EL2.SRE off: it must set ICC_SRE_EL3.Enable");
	return 0;
}

int gic_init(const struct dt_tree *tree, const struct dt_node *node)
{
	int error = map_regions(tree, node);

	if (error)
		return error;
	uint64_t arch = FIELD_GET(GIC_PIDR2_ARCH, mmio_read32(gic_dist + GICD_PIDR2));

	if (arch != 3 && arch != 4)
		return fail(-ENODEV, "%s: GIC architecture version %u, 3 or 4 is needed",
				dt_path(node), (unsigned)arch);
	error = read_maintenance(tree, node);
	if (error)
		return error;
	error = init_sre();
	if (error)
		return error;
	error = read_virtual();
	if (error)
		return error;
	read_stride(tree, node);
	gic_info.phandle = node->phandle;
	uint64_t lines = FIELD_GET(GICD_TYPER_LINES, mmio_read32(gic_dist + GICD_TYPER));

	gic_info.spi_count = (unsigned)MIN(lines * 32, (uint64_t)VGIC_SPIS_MAX);
	init_dist();
	log_info("GICv%u: %u SPIs, %u redistributor region%s, %u list registers", (unsigned)arch,
			gic_info.spi_count, region_count, region_count == 1 ? "" : "s",
			gic_info.lr_count);
	return 0;
}

static uint64_t rdist_size(uint64_t typer)
{
	if (rdist_stride)
		return rdist_stride;
	return typer & GICR_TYPER_VLPIS ? RDIST_SIZE_V4 : RDIST_SIZE;
}

/* GICR_TYPER packs Aff3 next to Aff2; MPIDR_EL1 does not. */
static uint64_t typer_affinity(uint64_t mpidr)
{
	return FIELD_GET(GENMASK(39, 32), mpidr) << 24 | FIELD_GET(GENMASK(23, 0), mpidr);
}

static volatile uint8_t *region_find(const struct region *region, uint64_t affinity)
{
	uint64_t typer, at = 0;

	do {
		volatile uint8_t *rdist = region->base + at;

		if (region->size - at < RDIST_SIZE)
			return NULL;
		typer = mmio_read64(rdist + GICR_TYPER);
		if (FIELD_GET(GICR_TYPER_AFF, typer) == affinity)
			return rdist;
		at += rdist_size(typer);
	} while (!(typer & GICR_TYPER_LAST) && at < region->size);
	return NULL;
}

static volatile uint8_t *rdist_find(uint64_t mpidr)
{
	for (unsigned i = 0; i < region_count; i++) {
		volatile uint8_t *rdist = region_find(&regions[i], typer_affinity(mpidr));

		if (rdist)
			return rdist;
	}
	return NULL;
}

static int wake_rdist(volatile uint8_t *rdist)
{
	mmio_write32(rdist + GICR_WAKER,
			mmio_read32(rdist + GICR_WAKER) & ~(uint32_t)GICR_WAKER_SLEEP);
	if (!gic_poll_clear(rdist + GICR_WAKER, GICR_WAKER_CHILDREN))
		return fail(-ENODEV,
				"GIC: the redistributor of CPU %u stays asleep (GICR_WAKER.ChildrenAsleep)",
				cpu_id());
	return 0;
}

/* LPIs that firmware left on: nobody here has tables for them. Some redistributors keep the bit (IHI 0069, 12.11). */
static void disable_lpis(volatile uint8_t *rdist)
{
	uint32_t ctlr = mmio_read32(rdist + GICR_CTLR);

	if (!(ctlr & GICR_CTLR_LPIS))
		return;
	mmio_write32(rdist + GICR_CTLR, ctlr & ~(uint32_t)GICR_CTLR_LPIS);
	gic_rdist_wait(rdist);
	log_info("GIC: firmware had left LPIs enabled at CPU %u%s", cpu_id(),
			mmio_read32(rdist + GICR_CTLR) & GICR_CTLR_LPIS
					? ", and they stay so: they are ended as they come"
					: "");
}

/* SGIs on, PPIs off but for the maintenance interrupt. */
static void init_rdist(volatile uint8_t *rdist)
{
	volatile uint8_t *sgi = rdist + GICR_SGI;

	disable_lpis(rdist);
	mmio_write32(sgi + GICD_ICENABLER, UINT32_MAX);
	gic_rdist_wait(rdist);
	mmio_write32(sgi + GICD_ICPENDR, UINT32_MAX);
	mmio_write32(sgi + GICD_ICACTIVER, UINT32_MAX);
	mmio_write32(sgi + GICD_IGROUPR, UINT32_MAX);
	for (uint32_t at = 0; at < 32; at += 4)
		mmio_write32(sgi + GICD_IPRIORITYR + at, GIC_PRIORITY * 0x01010101U);
	mmio_write32(sgi + GICD_ISENABLER, 0xffff | UINT32_C(1) << gic_info.maintenance_intid);
	gic_rdist_wait(rdist);
}

/* EOImode 1: the end of an interrupt is only the priority drop; who deactivates it is decided later. */
static void init_cpu_interface(void)
{
	uint64_t vtr = sysreg_read_enc(ICH_VTR_EL2);

	sysreg_write_enc(ICC_SRE_EL1, ICC_SRE_SRE | ICC_SRE_DFB | ICC_SRE_DIB);
	isb();
	sysreg_write_enc(ICC_PMR_EL1, 0xff);
	sysreg_write_enc(ICC_BPR1_EL1, 0);
	sysreg_write_enc(ICC_CTLR_EL1, ICC_CTLR_EOIMODE);
	isb();
	gic_hcr_write(0);
	for (unsigned n = 0; n <= FIELD_GET(ICH_VTR_LRS, vtr) && n < VGIC_LRS_MAX; n++)
		gic_lr_write(n, 0);
	join_virtual(vtr);
	sysreg_write_enc(ICC_IGRPEN1_EL1, 1);
	isb();
}

static uint64_t sgi1r_of(uint64_t mpidr)
{
	uint64_t aff0 = mpidr & 0xff;

	return FIELD_GET(GENMASK(39, 32), mpidr) << 48 | FIELD_GET(GENMASK(23, 16), mpidr) << 32 |
	       FIELD_GET(GENMASK(15, 8), mpidr) << 16 | aff0 >> 4 << 44 | BIT(aff0 & 0xf);
}

int gic_init_cpu(void)
{
	const struct cpu *cpu = this_cpu();
	struct gic_cpu *g = &gic_cpus[cpu->id];
	int error = init_sre();

	if (error)
		return error;
	if (FIELD_GET(ICH_VTR_LRS, sysreg_read_enc(ICH_VTR_EL2)) == 0)
		return fail(-ENODEV, "GIC: CPU %u has one list register: 2 are needed", cpu->id);
	g->rdist = rdist_find(cpu->mpidr);
	if (!g->rdist)
		return fail(-ENODEV, "GIC: no redistributor has the affinity of CPU %u (%#llx)",
				cpu->id, (unsigned long long)cpu->mpidr);
	g->sgi1r = sgi1r_of(cpu->mpidr);
	error = wake_rdist(g->rdist);
	if (error)
		return error;
	init_rdist(g->rdist);
	init_cpu_interface();
	return 0;
}
