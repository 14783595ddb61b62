/* SPDX-License-Identifier: Apache-2.0 */
/* Private interrupts (IHI 0069): SGIs between vCPUs, and the state that redistributors show. */
#include "tests/guest/checks/checks.h"

#define RDIST_SIZE     0x20000
#define GICR_WAKER     0x14
#define GICR_ISENABLER 0x10100
#define GICR_ICENABLER 0x10180
#define GICR_ISPENDR   0x10200
#define GICR_ICPENDR   0x10280
#define GICR_ISACTIVER 0x10300
#define GICR_ICACTIVER 0x10380
#define GICR_IGROUPR   0x10080
#define GICR_PRIORITY  0x10400
#define GICD_GROUPS    0x12 /* ARE, Group 1 */

volatile unsigned interrupts[2][32];
void (*volatile on_interrupt)(unsigned intid);

/* One plain register: only such an access has the syndrome that a hypervisor emulates by (ESR_EL2.ISV). */
static void write32(uint64_t at, uint32_t value)
{
	__asm__ volatile("str %w0, [%1]" ::"r"(value), "r"(at) : "memory");
}

static uint32_t read32(uint64_t at)
{
	uint32_t value;

	__asm__ volatile("ldr %w0, [%1]" : "=r"(value) : "r"(at) : "memory");
	return value;
}

static uint64_t rdist(unsigned vcpu, unsigned reg)
{
	return machine.gic_rdist + vcpu * RDIST_SIZE + reg;
}

void gic_init(void)
{
	unsigned me = this_vcpu();

	write32(machine.gic_dist, GICD_GROUPS);
	write32(rdist(me, GICR_WAKER), 0);
	write32(rdist(me, GICR_IGROUPR), UINT32_MAX);
	for (unsigned i = 0; i < 32; i += 4)
		write32(rdist(me, GICR_PRIORITY + i), 0xa0a0a0a0);
	write32(rdist(me, GICR_ISENABLER), 0xffff);
	sysreg_write(S3_0_C12_C12_5, 7); /* ICC_SRE_EL1 */
	sysreg_write(S3_0_C4_C6_0, 0xf0); /* ICC_PMR_EL1 */
	sysreg_write(S3_0_C12_C12_7, 1); /* ICC_IGRPEN1_EL1 */
}

void gic_enable(unsigned intid, bool enable)
{
	write32(rdist(this_vcpu(), enable ? GICR_ISENABLER : GICR_ICENABLER), UINT32_C(1) << intid);
}

bool gic_pending(unsigned vcpu, unsigned intid)
{
	return read32(rdist(vcpu, GICR_ISPENDR)) >> intid & 1;
}

void gic_interrupt(void)
{
	unsigned intid = (unsigned)sysreg_read(S3_0_C12_C12_0); /* ICC_IAR1_EL1 */

	if (intid >= 32)
		return;
	interrupts[this_vcpu()][intid]++;
	sysreg_write(S3_0_C12_C12_1, intid); /* ICC_EOIR1_EL1 */
	if (on_interrupt)
		on_interrupt(intid);
}

void irqs_on(void)
{
	__asm__ volatile("msr daifclr, #2\n\tisb" ::: "memory");
}

void irqs_off(void)
{
	__asm__ volatile("msr daifset, #2\n\tisb" ::: "memory");
}

static void send(unsigned vcpu, unsigned intid)
{
	sysreg_write(S3_0_C12_C11_5, (uint64_t)intid << 24 | BIT(vcpu)); /* ICC_SGI1R_EL1 */
}

static bool came_here(void)
{
	return interrupts[0][3];
}

static bool came_there(void)
{
	return interrupts[1][4];
}

static bool check_sgi_to_itself(void)
{
	interrupts[0][3] = 0;
	send(0, 3);
	return wait_for(came_here) && interrupts[0][3] == 1 && !gic_pending(0, 3);
}

static bool check_sgi_to_another(void)
{
	interrupts[1][4] = 0;
	send(1, 4);
	return wait_for(came_there) && interrupts[1][4] == 1 && interrupts[0][4] == 0;
}

/* Pending while disabled, taken once enabled; active by a write holds it back. */
static bool check_state(void)
{
	interrupts[0][3] = 0;
	gic_enable(3, false);
	send(0, 3);
	if (!gic_pending(0, 3) || interrupts[0][3])
		return false;
	write32(rdist(0, GICR_ICPENDR), 1 << 3);
	if (gic_pending(0, 3))
		return false;
	write32(rdist(0, GICR_ISACTIVER), 1 << 3);
	gic_enable(3, true);
	send(0, 3);
	if (interrupts[0][3] || !(read32(rdist(0, GICR_ISACTIVER)) >> 3 & 1))
		return false;
	write32(rdist(0, GICR_ICACTIVER), 1 << 3);
	return wait_for(came_here) && interrupts[0][3] == 1;
}

const struct check gic_checks[] = {
	{ "gic-sgi-to-itself", check_sgi_to_itself },
	{ "gic-sgi-to-another", check_sgi_to_another },
	{ "gic-state", check_state },
	{ NULL, NULL },
};
