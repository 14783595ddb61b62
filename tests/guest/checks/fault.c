/* SPDX-License-Identifier: Apache-2.0 */
/* Exceptions (Arm ARM D1.3): counted by class, and passed by. */
#include "tests/guest/checks/checks.h"

#define SPSR_D  BIT(9)
#define SPSR_SS BIT(21)

struct seen seen[2];

void fault_handle(unsigned kind, struct frame *f);

struct seen *see_anew(void)
{
	struct seen *s = &seen[this_vcpu()];

	for (unsigned i = 0; i < ARRAY_SIZE(s->count); i++)
		s->count[i] = 0;
	return s;
}

/* A step after each instruction until enough were made; MDSCR_EL1.SS is set all the time. */
static void step(struct seen *s, struct frame *f)
{
	if (s->count[EC_STEP] < s->steps_wanted)
		f->spsr = (f->spsr & ~SPSR_D) | SPSR_SS;
	else
		f->spsr |= SPSR_D;
}

static void handle_sync(struct frame *f)
{
	struct seen *s = &seen[this_vcpu()];
	unsigned ec = (unsigned)(sysreg_read(esr_el1) >> 26);

	s->elr = f->elr;
	s->far = sysreg_read(far_el1);
	s->count[ec]++;
	if (ec == EC_STEP)
		step(s, f);
	else if (ec == EC_BREAKPOINT || ec == EC_WATCHPOINT)
		f->spsr |= SPSR_D; /* the instruction is made now, with debug exceptions masked */
	else if (ec == EC_SVC64)
		step(s, f);
	else
		f->elr += 4;
}

void fault_handle(unsigned kind, struct frame *f)
{
	if ((kind & 3) == 1)
		gic_interrupt();
	else
		handle_sync(f);
}
