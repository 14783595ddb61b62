/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The table of errata: which revisions of which core, and what is done. Numbers and revisions are those of Arm's
 * software developers errata notices, compared with what Linux's cpu_errata.c and proton-pack.c and Trusted
 * Firmware-A have; the branch counts are those of Arm's "Spectre-BHB" white paper.
 */
#include "arch/arm64/errata_priv.h"

#include <arch/sysreg.h>

/* r1p2 as 0x12. */
#define ANY 0x00, 0xff

/* Lists end with a model of 0. */
static const struct cores a53_to_r0p4[] = { { ARM(0xd03), 0x00, 0x04 }, { 0 } };
static const struct cores a53[] = { { ARM(0xd03), ANY }, { 0 } };
static const struct cores a55[] = { { ARM(0xd05), ANY }, { 0 } };
static const struct cores a55_to_r2p0[] = { { ARM(0xd05), 0x00, 0x20 }, { 0 } };
static const struct cores a57[] = { { ARM(0xd07), ANY }, { 0 } };
static const struct cores a57_to_r1p2[] = { { ARM(0xd07), 0x00, 0x12 }, { 0 } };
static const struct cores a72[] = { { ARM(0xd08), ANY }, { 0 } };
static const struct cores a73[] = { { ARM(0xd09), ANY }, { 0 } };
static const struct cores a76_to_r3p0[] = { { ARM(0xd0b), 0x00, 0x30 }, { 0 } };
static const struct cores a76_n1_to_r2p0[] = { { ARM(0xd0b), 0x00, 0x20 },
	{ ARM(0xd0c), 0x00, 0x20 }, { 0 } };
static const struct cores a77_to_r1p0[] = { { ARM(0xd0d), 0x00, 0x10 }, { 0 } };
static const struct cores a510_to_r1p1[] = { { ARM(0xd46), 0x00, 0x11 }, { 0 } };
/* Trusted Firmware-A's advisory TFV-17 (Arm 112137), and cores of others that are made from these. */
static const struct cores cve_2025_10263[] = { { ARM(0xd0b), ANY }, { ARM(0xd0c), ANY },
	{ ARM(0xd0d), ANY }, { ARM(0xd0e), ANY }, { ARM(0xd40), ANY }, { ARM(0xd41), ANY },
	{ ARM(0xd42), ANY }, { ARM(0xd44), ANY }, { ARM(0xd47), ANY }, { ARM(0xd48), ANY },
	{ ARM(0xd49), ANY }, { ARM(0xd4b), ANY }, { ARM(0xd4c), ANY }, { ARM(0xd4e), ANY },
	{ ARM(0xd4f), ANY }, { ARM(0xd82), ANY }, { ARM(0xd83), ANY }, { ARM(0xd84), ANY },
	{ ARM(0xd85), ANY }, { ARM(0xd8c), ANY }, { ARM(0xd90), ANY }, { OLYMPUS, ANY },
	{ COBALT_100, ANY }, { 0 } };

static const struct cores bhb_8[] = { { ARM(0xd07), ANY }, { ARM(0xd08), ANY }, { 0 } };
static const struct cores bhb_11[] = { { AMPERE1, ANY }, { 0 } };
static const struct cores bhb_24[] = { { ARM(0xd0b), ANY }, { ARM(0xd0c), ANY },
	{ ARM(0xd0d), ANY }, { ARM(0xd0e), ANY }, { 0 } };
static const struct cores bhb_32[] = { { ARM(0xd40), ANY }, { ARM(0xd41), ANY },
	{ ARM(0xd42), ANY }, { ARM(0xd44), ANY }, { ARM(0xd47), ANY }, { ARM(0xd48), ANY },
	{ ARM(0xd49), ANY }, { ARM(0xd4b), ANY }, { ARM(0xd4c), ANY }, { 0 } };
static const struct cores bhb_38[] = { { ARM(0xd4d), ANY }, { ARM(0xd81), ANY }, { 0 } };
static const struct cores bhb_132[] = { { ARM(0xd4e), ANY }, { ARM(0xd4f), ANY }, { 0 } };
static const struct cores bhb_firmware[] = { { ARM(0xd09), ANY }, { ARM(0xd0a), ANY }, { 0 } };
static const struct cores no_predictor[] = { { ARM(0xd02), ANY }, { ARM(0xd03), ANY },
	{ ARM(0xd04), ANY }, { ARM(0xd05), ANY }, { ARM(0xd46), ANY }, { ARM(0xd80), ANY }, { 0 } };

#define AT_DONE   "a guest's stage 2 is only loaded beside its own stage 1"
#define TLBI_DONE "each broadcast invalidation is done twice"
#define BHB_NAME  "Spectre-BHB"

static const struct erratum errata[] = {
	{ "835769", "the image is built without the sequence", a53_to_r0p4, 0, 0, false },
	{ "843419", "the image is linked without the sequence", a53_to_r0p4, 0, 0, false },
	{ "1530924", AT_DONE, a53, 0, 0, false },
	{ "1530923", AT_DONE, a55_to_r2p0, 0, 0, false },
	{ "1319537", AT_DONE, a57, 0, 0, false },
	{ "1319367", AT_DONE, a72, 0, 0, false },
	{ "1165522", AT_DONE, a76_n1_to_r2p0, 0, 0, false },
	{ "2441007", TLBI_DONE, a55, ERRATUM_TLBI_REPEAT, 0, false },
	{ "1286807", TLBI_DONE, a76_to_r3p0, ERRATUM_TLBI_REPEAT, 0, false },
	{ "2441009", TLBI_DONE, a510_to_r1p1, ERRATUM_TLBI_REPEAT, 0, false },
	{ "CVE-2025-10263", TLBI_DONE, cve_2025_10263, ERRATUM_TLBI_REPEAT, 0, false },
	{ "1508412", "PAR_EL1 is read between DMBs; a guest that omits them can hang the CPU",
			a77_to_r1p0, ERRATUM_PAR_DMB, 0, true },
	{ "832075", "nothing: a guest that mixes exclusives with Device loads can hang the CPU",
			a57_to_r1p2, 0, 0, true },
	{ "834220", "nothing: a guest's own stage 1 fault may be reported as a fault of stage 2",
			a57_to_r1p2, 0, 0, true },
	{ "858921", "the counter is read twice", a73, ERRATUM_COUNTER_WRAP, 0, false },
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

const struct erratum *errata_next(uint32_t midr, const struct erratum *after)
{
	const struct erratum *e = after ? after + 1 : errata;

	while (e < errata + ARRAY_SIZE(errata) && !is_one_of(midr, e->cores))
		e++;
	return e < errata + ARRAY_SIZE(errata) ? e : NULL;
}
