/* SPDX-License-Identifier: Apache-2.0 */
/* Exceptions: stepped over, or led back from wherever an instruction went (Arm ARM D1.3). */
#include "tests/guest/hostile/hostile.h"

#include "core/xen_abi.h"

#define EC_SVC32  0x11
#define EC_SVC64  0x15
#define SPSR_EL1H 0x3c5
/* Of what is run: on SP_EL0, all masked. */
#define SPSR_EL1T   0x3c4
#define SPSR_EL0    0x3c0
#define SPSR_USR    0x1d0
#define SPSR_I      BIT(7)
#define SPSR_F      BIT(6)
#define SPSR_A      BIT(8)
#define RET         0xd65f03c0U
#define SVC64       0xd4000001U
#define SVC32       0xef000000U
#define ICC_PMR     "S3_0_C4_C6_0"
#define ICC_IGRPEN0 "S3_0_C12_C12_6"
#define ICC_IGRPEN1 "S3_0_C12_C12_7"
#define ICC_IAR0    "S3_0_C12_C8_0"
#define ICC_EOIR0   "S3_0_C12_C8_1"
#define ICC_IAR1    "S3_0_C12_C12_0"
#define ICC_EOIR1   "S3_0_C12_C12_1"
#define CODE_WORDS  (PAGE_SIZE / 4)

#define RDIST_SIZE     0x20000
#define GICD_GROUPS    0x13 /* both, by affinity */
#define GICR_WAKER     (0x14 / 4)
#define GICR_ISENABLER (0x10100 / 4)

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

static void lead_back(struct frame *f)
{
	f->elr = (uintptr_t)run_lost;
	f->spsr = SPSR_EL1H;
}

/* At its own address, or at the one that EL0 sees it at. */
static bool in_code(const struct me *m, unsigned kind, uint64_t at)
{
	return at - (uintptr_t)m->code - (kind >= 8 ? ALIAS_USER : 0) < PAGE_SIZE;
}

/* Instructions made at run time run on SP_EL0 (kinds 0 to 3) or at EL0 (8 to 15), all else on SP_EL1. */
static void handle_sync(struct me *m, unsigned kind, struct frame *f)
{
	uint64_t esr;

	__asm__ volatile("mrs %0, esr_el1" : "=r"(esr));
	esr >>= 26;
	if (kind >= 8 && (esr == EC_SVC64 || esr == EC_SVC32)) {
		lead_back(f);
		return;
	}
	m->faults++;
	if (in_code(m, kind, f->elr) || (kind >= 4 && kind < 8 && in_image(f->elr))) {
		f->elr += esr == EC_SVC64 ? 0 : 4;
		return;
	}
	tally(m, TALLY_LOST, true);
	lead_back(f);
}

/* Once: then it waits until the mask is lifted again, since nobody tells the device to be quiet. */
static void handle_interrupt(struct me *m, unsigned kind, struct frame *f)
{
	uint64_t intid;

	tally(m, TALLY_INTERRUPTS, true);
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

/* All are let in that there are, as long as the vCPU does not change its mind. */
void interrupts_init(struct me *m)
{
	volatile uint32_t *dist = (void *)(uintptr_t)GUEST_GICV3_GICD_BASE;
	volatile uint32_t *rdist = (void *)(uintptr_t)(GUEST_GICV3_GICR0_BASE + m->id * RDIST_SIZE);

	dist[0] = GICD_GROUPS;
	rdist[GICR_WAKER] = 0;
	rdist[GICR_ISENABLER] = UINT32_MAX;
	__asm__ volatile("msr " ICC_PMR ", %0\n\tmsr " ICC_IGRPEN0 ", %1\n\tmsr " ICC_IGRPEN1
			 ", %1\n\tisb" ::"r"(UINT64_C(0xff)),
			"r"(UINT64_C(1)));
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

static bool run(struct me *m, uint64_t at, uint64_t regs[30], uint64_t spsr)
{
	uint64_t stack = arena + random_below(m, arena_size / 2) / 16 * 16;
	uint64_t faults = m->faults;

	if (one_in(m, 4))
		spsr &= ~(SPSR_I | SPSR_F);
	run_raw((void *)at, regs, (void *)stack, &m->saved_sp, spsr);
	return m->faults == faults;
}

/* What EL0 sees of the first two GiB. */
static void make_user(uint64_t regs[30])
{
	for (unsigned i = 0; i < 30; i++)
		if (regs[i] < ALIAS_USER)
			regs[i] += ALIAS_USER;
}

/* False where the vCPU has changed TTBR0_EL1 or TCR_EL1: stores to code[] fault, and handle_sync() skips them. */
static bool is_written(const volatile uint32_t *code, const uint32_t *words, unsigned count)
{
	for (unsigned i = 0; i < count; i++)
		if (code[i] != words[i])
			return false;
	return true;
}

bool run_words(struct me *m, enum run_mode mode, const uint32_t *words, unsigned count,
		uint64_t regs[30])
{
	static const uint64_t spsr[] = { SPSR_EL1T, SPSR_EL0, SPSR_USR };
	static const uint32_t last[] = { RET, SVC64, SVC32 };
	uint64_t at = (uintptr_t)m->code;

	count = MIN(count, (unsigned)CODE_WORDS - 1);
	for (unsigned i = 0; i < count; i++)
		m->code[i] = words[i];
	m->code[count] = last[mode];
	publish(m->code, count + 1);
	if (!is_written(m->code, words, count))
		return false;
	if (mode != RUN_EL1) {
		make_user(regs);
		at += ALIAS_USER;
	}
	return run(m, at, regs, spsr[mode]);
}

bool run_at(struct me *m, uint64_t address, uint64_t regs[30])
{
	return run(m, address, regs, SPSR_EL1T);
}
