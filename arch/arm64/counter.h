/* SPDX-License-Identifier: Apache-2.0 */
/* The physical counter, CNTPCT_EL0, which some machines show wrong for a moment (docs/cpus.md). */
#pragma once

#include <stdint.h>

/* Errata of the whole machine's counter, which the timer node names; 858921 is a core's, and in errata.c. */
enum counter_erratum {
	COUNTER_GOOD,
	COUNTER_A008585, /* Freescale: any value while it changes */
	COUNTER_161010101, /* HiSilicon: far off for a moment */
	COUNTER_UNKNOWN1, /* Allwinner: bits below 10 are any while a carry goes through them */
	COUNTER_ERRATA,
};

/* The timer node's property of an erratum; NULL: COUNTER_GOOD. */
const char *counter_property(enum counter_erratum erratum);

/* Bring-up; until then the counter is taken to be good. */
void counter_init(enum counter_erratum erratum);

/* CNTPCT_EL0, not read ahead of what came before. */
uint64_t counter_now(void);

/* The machine's erratum; NULL: it has none. */
const char *counter_erratum_name(void);
