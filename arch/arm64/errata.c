/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of errata: which revisions of which core, and what is done. Numbers and revisions are those of Arm's
 * software developers errata notices, as Linux's cpu_errata.c and proton-pack.c, Xen's cpuerrata.c and Trusted
 * Firmware-A have them; where these differ, the wider range. The branch counts are those of Arm's document 110280,
 * "Spectre-BHB"; of cores that it does not have, Trusted Firmware-A's, their makers', or those of the core they are
 * made from.
 */
#include "arch/arm64/errata_priv.h"

#include <arch/sysreg.h>

/* r1p2 as 0x12. */
#define ANY 0x00, 0xff

/* Lists end with a model of 0. */
static const struct cores a53_to_r0p4[] = { { ARM(0xd03), 0x00, 0x04 }, { 0 } };
static const struct cores a53_brahma_b53[] = { { ARM(0xd03), 0x00, 0x04 },
	{ BRAHMA_B53, 0x00, 0x00 }, { 0 } };
static const struct cores a53[] = { { ARM(0xd03), ANY }, { 0 } };
static const struct cores a55[] = { { ARM(0xd05), ANY }, { 0 } };
/* Kryo 4xx Silver rdpe is Cortex-A55 r1p0, Kryo 4xx Gold rcpe to rfpe are Cortex-A76 r0p0 to r3p0. */
static const struct cores a55_kryo[] = { { ARM(0xd05), ANY }, { KRYO_4XX_SILVER, 0xde, 0xde },
	{ 0 } };
static const struct cores a57[] = { { ARM(0xd07), ANY }, { 0 } };
static const struct cores a57_to_r1p2[] = { { ARM(0xd07), 0x00, 0x12 }, { 0 } };
static const struct cores a72[] = { { ARM(0xd08), ANY }, { 0 } };
static const struct cores a73[] = { { ARM(0xd09), ANY }, { 0 } };
static const struct cores a76_to_r3p0[] = { { ARM(0xd0b), 0x00, 0x30 },
	{ KRYO_4XX_GOLD, 0xce, 0xfe }, { 0 } };
static const struct cores a76_n1[] = { { ARM(0xd0b), ANY }, { ARM(0xd0c), 0x00, 0x20 }, { 0 } };
static const struct cores a77_to_r1p0[] = { { ARM(0xd0d), 0x00, 0x10 }, { 0 } };
static const struct cores a510_to_r1p1[] = { { ARM(0xd46), 0x00, 0x11 }, { 0 } };
/* The part number of Falkor r0p0 is also that of Kryo 2xx Gold, whose revisions begin at rap0. */
static const struct cores falkor_kryo[] = { { QUALCOMM(0x800), 0x00, 0x00 },
	{ QUALCOMM(0x201), ANY }, { QUALCOMM(0x205), ANY }, { QUALCOMM(0x211), ANY }, { 0 } };
/* Trusted Firmware-A's advisory TFV-17 (Arm 112137), and cores of others that are made from these. */
static const struct cores cve_2025_10263[] = { { ARM(0xd0b), ANY }, { ARM(0xd0c), ANY },
	{ ARM(0xd0d), ANY }, { ARM(0xd0e), ANY }, { ARM(0xd40), ANY }, { ARM(0xd41), ANY },
	{ ARM(0xd42), ANY }, { ARM(0xd44), ANY }, { ARM(0xd47), ANY }, { ARM(0xd48), ANY },
	{ ARM(0xd49), ANY }, { ARM(0xd4b), ANY }, { ARM(0xd4c), ANY }, { ARM(0xd4e), ANY },
	{ ARM(0xd4f), ANY }, { ARM(0xd82), ANY }, { ARM(0xd83), ANY }, { ARM(0xd84), ANY },
	{ ARM(0xd85), ANY }, { ARM(0xd8c), ANY }, { ARM(0xd90), ANY }, { OLYMPUS, ANY },
	{ COBALT_100, ANY }, { 0 } };
/* ThunderX T88 (variant 0 is pass 1, 1 is pass 2), T81, T83; OcteonTX2; ThunderX2, which Broadcom began as Vulcan. */
static const struct cores cavium_23154[] = { { CAVIUM(0x0a1), ANY }, { CAVIUM(0x0a2), ANY },
	{ CAVIUM(0x0a3), ANY }, { CAVIUM(0x0b1), ANY }, { CAVIUM(0x0b2), ANY },
	{ CAVIUM(0x0b3), ANY }, { CAVIUM(0x0b4), ANY }, { CAVIUM(0x0b5), ANY },
	{ CAVIUM(0x0b6), ANY }, { 0 } };
static const struct cores cavium_30115[] = { { CAVIUM(0x0a1), 0x00, 0x12 },
	{ CAVIUM(0x0a2), 0x00, 0x02 }, { CAVIUM(0x0a3), 0x00, 0x00 }, { 0 } };
static const struct cores thunderx2[] = { { CAVIUM(0x0af), ANY }, { VULCAN, ANY }, { 0 } };
static const struct cores ampere1a[] = { { AMPERE1A, ANY }, { 0 } };
static const struct cores olympus[] = { { OLYMPUS, ANY }, { 0 } };

static const struct cores bhb_8[] = { { ARM(0xd07), ANY }, { ARM(0xd08), ANY }, { 0 } };
static const struct cores bhb_11[] = { { AMPERE1, ANY }, { 0 } };
static const struct cores bhb_24[] = { { ARM(0xd0b), ANY }, { ARM(0xd0c), ANY },
	{ ARM(0xd0d), ANY }, { ARM(0xd0e), ANY }, { KRYO_4XX_GOLD, ANY }, { HIP09, ANY }, { 0 } };
static const struct cores bhb_32[] = { { ARM(0xd40), ANY }, { ARM(0xd41), ANY },
	{ ARM(0xd42), ANY }, { ARM(0xd44), ANY }, { ARM(0xd47), ANY }, { ARM(0xd48), ANY },
	{ ARM(0xd49), ANY }, { ARM(0xd4b), ANY }, { ARM(0xd4c), ANY }, { COBALT_100, ANY },
	{ TSV110, ANY }, { 0 } };
static const struct cores bhb_38[] = { { ARM(0xd4d), ANY }, { ARM(0xd81), ANY }, { 0 } };
static const struct cores bhb_132[] = { { ARM(0xd4e), ANY }, { ARM(0xd4f), ANY },
	{ ARM(0xd82), ANY }, { ARM(0xd83), ANY }, { ARM(0xd84), ANY }, { OLYMPUS, ANY }, { 0 } };
static const struct cores bhb_firmware[] = { { ARM(0xd09), ANY }, { ARM(0xd0a), ANY }, { 0 } };
static const struct cores no_predictor[] = { { ARM(0xd03), ANY }, { ARM(0xd04), ANY },
	{ ARM(0xd05), ANY }, { ARM(0xd46), ANY }, { ARM(0xd80), ANY }, { BRAHMA_B53, ANY },
	{ KRYO_2XX_SILVER, ANY }, { KRYO_3XX_SILVER, ANY }, { KRYO_4XX_SILVER, ANY }, { 0 } };
static const struct cores no_targets[] = { { TSV110, ANY }, { 0 } };

#define AT_DONE   "a guest's stage 2 is only loaded beside its own stage 1"
#define TLBI_DONE "each broadcast invalidation is done twice"
#define BHB_NAME  "Spectre-BHB"

static const struct erratum errata[] = {
	{ "835769", "the image is built without the sequence", a53_to_r0p4, 0, 0, false },
	{ "843419", "the image is linked without the sequence", a53_brahma_b53, 0, 0, false },
	{ "1530924", AT_DONE, a53, 0, 0, false },
	{ "1530923", AT_DONE, a55_kryo, 0, 0, false },
	{ "1319537", AT_DONE, a57, 0, 0, false },
	{ "1319367", AT_DONE, a72, 0, 0, false },
	{ "1165522", AT_DONE, a76_n1, 0, 0, false },
	{ "2441007", TLBI_DONE, a55, ERRATUM_TLBI_REPEAT, 0, false },
	{ "1286807", TLBI_DONE, a76_to_r3p0, ERRATUM_TLBI_REPEAT, 0, false },
	{ "2441009", TLBI_DONE, a510_to_r1p1, ERRATUM_TLBI_REPEAT, 0, false },
	{ "CVE-2025-10263", TLBI_DONE, cve_2025_10263, ERRATUM_TLBI_REPEAT, 0, false },
	{ "E1009", TLBI_DONE, falkor_kryo, ERRATUM_TLBI_REPEAT, 0, false },
	{ "1508412", "PAR_EL1 is read between DMBs; a guest that omits them can hang the CPU",
			a77_to_r1p0, ERRATUM_PAR_DMB, 0, true },
	{ "832075", "devices are read by LDAR; a guest that mixes exclusives with Device loads can hang the CPU",
			a57_to_r1p2, 0, 0, true },
	{ "834220", "before a data abort counts as one of stage 2, stage 1 is asked", a57_to_r1p2,
			ERRATUM_FALSE_STAGE_2, 0, false },
	{ "858921", "the counter is read twice", a73, ERRATUM_COUNTER_WRAP, 0, false },
	{ "AC04_CPU_23", "HCR_EL2 is written between DSB and ISB", ampere1a, 0, 0, false },
	{ "T410-OLY-1027",
			"nothing: a device may see a read of Graft's before the write that precedes it",
			olympus, 0, 0, true },
	{ "23154, 38545", "nothing: the GIC may answer Graft with an interrupt that is not there",
			cavium_23154, 0, 0, true },
	{ "30115", "nothing: a guest that uses group 0 of its GIC can mask the CPU's interrupts",
			cavium_30115, 0, 0, true },
	{ "219", "nothing: a guest that accesses memory between TTBR0_EL1 and ISB can make other threads abort",
			thunderx2, 0, 0, true },
	{ BHB_NAME, NULL, bhb_8, 0, 8, false },
	{ BHB_NAME, NULL, bhb_11, 0, 11, false },
	{ BHB_NAME, NULL, bhb_24, 0, 24, false },
	{ BHB_NAME, NULL, bhb_32, 0, 32, false },
	{ BHB_NAME, NULL, bhb_38, 0, 38, false },
	{ BHB_NAME, NULL, bhb_132, 0, 132, false },
	{ BHB_NAME, NULL, bhb_firmware, 0, 0, false },
};

_Atomic uint32_t errata_machine;

static bool is_one_of(uint32_t midr, const struct cores *cores)
{
	for (; cores->model; cores++)
		if ((midr & MIDR_MODEL) == cores->model && errata_revision(midr) >= cores->first &&
				errata_revision(midr) <= cores->last)
			return true;
	return false;
}

void errata_init_cpu(struct cpu *cpu)
{
	uint32_t flags = 0;

	cpu->arch.midr = (uint32_t)sysreg_read(midr_el1);
	for (size_t i = 0; i < ARRAY_SIZE(errata); i++)
		if (is_one_of(cpu->arch.midr, errata[i].cores))
			flags |= errata[i].flags;
	atomic_fetch_or(&errata_machine, flags);
}

unsigned errata_branch_loops(uint32_t midr)
{
	for (size_t i = 0; i < ARRAY_SIZE(errata); i++)
		if (errata[i].branch_loops && is_one_of(midr, errata[i].cores))
			return errata[i].branch_loops;
	return 0;
}

bool errata_branches_are_safe(uint32_t midr)
{
	return is_one_of(midr, no_predictor);
}

bool errata_targets_are_safe(uint32_t midr)
{
	return is_one_of(midr, no_targets);
}

const struct erratum *errata_next(uint32_t midr, const struct erratum *after)
{
	const struct erratum *e = after ? after + 1 : errata;

	while (e < errata + ARRAY_SIZE(errata) && !is_one_of(midr, e->cores))
		e++;
	return e < errata + ARRAY_SIZE(errata) ? e : NULL;
}
