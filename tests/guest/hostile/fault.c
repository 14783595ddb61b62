/* SPDX-License-Identifier: Apache-2.0 */
/* Exceptions: stepped over, or led back from wherever an instruction went (Arm ARM D1.3). */
#include "tests/guest/hostile/hostile.h"

#define EC_SVC64   0x15
#define SPSR_EL1H  0x3c5
#define SPSR_I     BIT(7)
#define SPSR_F     BIT(6)
#define SPSR_A     BIT(8)
#define RET        0xd65f03c0U
#define ICC_IAR0   "S3_0_C12_C8_0"
#define ICC_EOIR0  "S3_0_C12_C8_1"
#define ICC_IAR1   "S3_0_C12_C12_0"
#define ICC_EOIR1  "S3_0_C12_C12_1"
#define CODE_WORDS (PAGE_SIZE / 4)

struct frame {
	uint64_t x[31], elr, spsr, pad;
};

uint64_t where_was_i(void);
void fault_handle(unsigned kind, struct frame *f);

uint64_t where_was_i(void)
{
	return me()->saved_sp;
}

static bool in_image(uint64_t at)
{
	return at - (uintptr_t)_start < (uintptr_t)_end - (uintptr_t)_start;
}

static bool in_code(const struct me *m, uint64_t at)
{
	return at - (uintptr_t)m->code < PAGE_SIZE;
}

/* Instructions made at run time run on SP_EL0 (kinds 0 to 3), all else on SP_EL1. */
static void handle_sync(struct me *m, unsigned kind, struct frame *f)
{
	uint64_t esr;

	__asm__ volatile("mrs %0, esr_el1" : "=r"(esr));
	m->tally[TALLY_FAULTS]++;
	if (in_code(m, f->elr) || (kind >= 4 && in_image(f->elr))) {
		f->elr += esr >> 26 == EC_SVC64 ? 0 : 4;
		return;
	}
	m->tally[TALLY_LOST]++;
	f->elr = (uintptr_t)run_lost;
	f->spsr = SPSR_EL1H;
}

/* Once: then it waits until the mask is lifted again, since nobody tells the device to be quiet. */
static void handle_interrupt(struct me *m, unsigned kind, struct frame *f)
{
	uint64_t intid;

	m->tally[TALLY_INTERRUPTS]++;
	if ((kind & 3) == 1) {
		__asm__ volatile("mrs %0, " ICC_IAR1 : "=r"(intid));
		if (!one_in(m, 8))
			__asm__ volatile("msr " ICC_EOIR1 ", %0" ::"r"(intid));
		f->spsr |= SPSR_I;
	} else if ((kind & 3) == 2) {
		__asm__ volatile("mrs %0, " ICC_IAR0 : "=r"(intid));
		if (!one_in(m, 8))
			__asm__ volatile("msr " ICC_EOIR0 ", %0" ::"r"(intid));
		f->spsr |= SPSR_F;
	} else {
		f->spsr |= SPSR_A;
	}
}

void fault_handle(unsigned kind, struct frame *f)
{
	struct me *m = me();

	if ((kind & 3) == 0)
		handle_sync(m, kind, f);
	else
		handle_interrupt(m, kind, f);
}

static void publish(const uint32_t *code, unsigned count)
{
	for (unsigned i = 0; i < count; i += 4)
		__asm__ volatile("dc cvau, %0" ::"r"(code + i) : "memory");
	__asm__ volatile("dsb ish" ::: "memory");
	for (unsigned i = 0; i < count; i += 4)
		__asm__ volatile("ic ivau, %0" ::"r"(code + i) : "memory");
	__asm__ volatile("dsb ish\n\tisb" ::: "memory");
}

void run_words(struct me *m, const uint32_t *words, unsigned count, uint64_t regs[30])
{
	uint64_t stack = arena + random_below(m, arena_size / 2) / 16 * 16;

	if (count > CODE_WORDS - 1)
		count = CODE_WORDS - 1;
	for (unsigned i = 0; i < count; i++)
		m->code[i] = words[i];
	m->code[count] = RET;
	publish(m->code, count + 1);
	run_raw(m->code, regs, (void *)stack, &m->saved_sp);
}
