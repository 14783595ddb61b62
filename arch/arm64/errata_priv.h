/* SPDX-License-Identifier: Apache-2.0 */
/* What a row of the table of errata is made of, for the table (errata.c) and its report (errata_report.c). */
#pragma once

#include "arch/arm64/errata.h"

/* MIDR_EL1 (Arm ARM D19.2): implementer, architecture and part make a model, variant and revision its age. */
#define MIDR_MODEL    UINT32_C(0xff0ffff0)
#define MIDR_VARIANT  GENMASK(23, 20)
#define MIDR_REVISION GENMASK(3, 0)
#define ARM(part)     (UINT32_C(0x410f0000) | (uint32_t)(part) << 4)
#define AMPERE1       UINT32_C(0xc00fac30)
#define AMPERE1A      UINT32_C(0xc00fac40)
#define OLYMPUS       UINT32_C(0x4e0f0100)
#define COBALT_100    UINT32_C(0x6d0fd490)

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
