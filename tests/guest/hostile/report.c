/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the guest has done, where it stands at any time: a page of its memory that graft-tally in Dom0 maps. What the
 * guest does to its console, or to itself, takes nothing of it back.
 */
#include "tests/guest/hostile/hostile.h"

#define MAGIC     UINT64_C(0x796c6c6174667267) /* "grftally" */
#define NAME_SIZE 16

enum state { BEGINS, AT_WORK, DONE };

/* As tests/system/guest/graft-tally.c reads it. */
static struct report {
	uint64_t magic;
	uint32_t state, rows, columns, pad;
	struct row {
		char name[NAME_SIZE];
		struct cell {
			uint32_t done, refused;
		} cells[VCPUS_MAX];
	} table[TALLIES];
} report __attribute__((section(".report"), aligned(4096))) = {
	.state = BEGINS,
	.rows = TALLIES,
	.columns = VCPUS_MAX,
	.table = {
#define TALLY_ROW(id, text) [TALLY_##id] = { .name = text },
		TALLY_LIST(TALLY_ROW)
#undef TALLY_ROW
	},
};

_Static_assert(sizeof(struct report) <= PAGE_SIZE, "one page");

void report_init(void)
{
	report.state = AT_WORK;
	__atomic_store_n(&report.magic, MAGIC, __ATOMIC_RELEASE);
}

void report_done(void)
{
	__atomic_store_n(&report.state, DONE, __ATOMIC_RELEASE);
}

void tally(struct me *m, enum tally what, bool done)
{
	struct cell *cell = &report.table[what].cells[m->id];

	if (done)
		cell->done++;
	else
		cell->refused++;
}

uint64_t tally_steps(void)
{
	uint64_t sum = 0;

	for (unsigned i = 0; i < vcpu_count; i++)
		sum += __atomic_load_n(&report.table[TALLY_STEPS].cells[i].done, __ATOMIC_RELAXED);
	return sum;
}
