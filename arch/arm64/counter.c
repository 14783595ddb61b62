/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The counter is read again until what it shows is right. Compare values of timers (CVAL) are right on all of these
 * machines; what is wrong beside the counter are the TVAL views (Arm ARM D12.2.4), which Graft never uses.
 */
#include "arch/arm64/counter.h"

#include "arch/arm64/errata.h"
#include "lib/bits.h"
#include <arch/barrier.h>
#include <arch/sysreg.h>

/* More than it takes: 150 reads of 24 MHz are three ticks, and no machine is wrong for longer. */
#define TRIES 200

/* How far the second of two reads in a row may be from the first (161010101). */
#define STEP_MAX 32

#define LOW_BITS GENMASK(9, 0)

static const struct {
	const char *name, *property;
} errata[COUNTER_ERRATA] = {
	[COUNTER_A008585] = { "Freescale A-008585", "fsl,erratum-a008585" },
	[COUNTER_161010101] = { "HiSilicon 161010101", "hisilicon,erratum-161010101" },
	[COUNTER_UNKNOWN1] = { "Allwinner unknown1", "allwinner,erratum-unknown1" },
};

static enum counter_erratum machine;

const char *counter_property(enum counter_erratum erratum)
{
	return errata[erratum].property;
}

void counter_init(enum counter_erratum erratum)
{
	machine = erratum;
}

static bool is_right(uint64_t first, uint64_t second)
{
	switch (machine) {
	case COUNTER_A008585:
		return first == second;
	case COUNTER_161010101:
		return second - first < STEP_MAX;
	case COUNTER_UNKNOWN1: /* both ends of a carry are left out */
		return (second & LOW_BITS) && (second & LOW_BITS) != LOW_BITS;
	default:
		return true;
	}
}

static uint64_t read_again(void)
{
	uint64_t first, second;

	for (unsigned i = 0; i < TRIES; i++) {
		first = sysreg_read(cntpct_el0);
		second = sysreg_read(cntpct_el0);
		if (is_right(first, second))
			break;
	}
	return second;
}

/* 858921: a read while the low half wraps may show the new high half beside the old low one, never the other way. */
static uint64_t read_across_wrap(void)
{
	uint64_t first = sysreg_read(cntpct_el0);
	uint64_t second = sysreg_read(cntpct_el0);

	return (first ^ second) & BIT(32) ? first : second;
}

uint64_t counter_now(void)
{
	isb(); /* CNTPCT_EL0 may be read early otherwise (Arm ARM D12.1.3) */
	if (unlikely(machine != COUNTER_GOOD))
		return read_again();
	if (unlikely(errata_any(ERRATUM_COUNTER_WRAP)))
		return read_across_wrap();
	return sysreg_read(cntpct_el0);
}

const char *counter_erratum_name(void)
{
	return errata[machine].name;
}
