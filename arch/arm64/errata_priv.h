/* SPDX-License-Identifier: Apache-2.0 */
/* What a row of the table of errata is made of, for the table (errata.c) and its report (errata_report.c). */
#pragma once

#include "arch/arm64/errata.h"

/* MIDR_EL1 (Arm ARM D19.2): implementer, architecture and part make a model, variant and revision its age. */
#define MIDR_MODEL    UINT32_C(0xff0ffff0)
#define MIDR_VARIANT  GENMASK(23, 20)
#define MIDR_REVISION GENMASK(3, 0)
#define CORE(implementer, part)                                                                    \
	((uint32_t)(implementer) << 24 | UINT32_C(0xf0000) | (uint32_t)(part) << 4)
#define ARM(part)       CORE(0x41, part)
#define BRAHMA_B53      CORE(0x42, 0x100)
#define VULCAN          CORE(0x42, 0x516)
#define CAVIUM(part)    CORE(0x43, part)
#define A64FX           CORE(0x46, 0x001)
#define TSV110          CORE(0x48, 0xd01)
#define HIP09           CORE(0x48, 0xd02)
#define NVIDIA(part)    CORE(0x4e, part)
#define OLYMPUS         NVIDIA(0x010)
#define QUALCOMM(part)  CORE(0x51, part)
#define KRYO_2XX_SILVER QUALCOMM(0x801)
#define KRYO_3XX_SILVER QUALCOMM(0x803)
#define KRYO_4XX_GOLD   QUALCOMM(0x804)
#define KRYO_4XX_SILVER QUALCOMM(0x805)
#define COBALT_100      CORE(0x6d, 0xd49)
#define AMPERE1         CORE(0xc0, 0xac3)
#define AMPERE1A        CORE(0xc0, 0xac4)

struct cores {
	uint32_t model;
	uint8_t first, last; /* revisions */
};

struct erratum {
	const char *name;
	const char *done; /* NULL: harden.c says */
	const struct cores *cores;
	uint32_t flags; /* ERRATUM_* */
	uint8_t branch_loops;
	bool warn; /* Graft cannot mend all of it */
};

/* r1p2 as 0x12. */
static inline unsigned errata_revision(uint32_t midr)
{
	return (unsigned)(FIELD_GET(MIDR_VARIANT, midr) << 4 | FIELD_GET(MIDR_REVISION, midr));
}

/* The next row that such a core has; after: NULL for the first. NULL: there is none. */
const struct erratum *errata_next(uint32_t midr, const struct erratum *after);
