/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Loads and stores of every kind (Arm ARM C4.1.88) at the interrupt controller, the UART, other people's memory and
 * nowhere; system registers; words that may be instructions; PSCI.
 */
#include "tests/guest/hostile/hostile.h"

#include "core/xen_abi.h"

#define RN(n)  ((uint32_t)(n) << 5)
#define RT2(n) ((uint32_t)(n) << 10)
#define RS(n)  ((uint32_t)(n) << 16)

#define PSCI_SYSTEM_OFF   0x84000008U
#define PSCI_SYSTEM_RESET 0x84000009U

/* With base register x1 and transfer register x0 to be filled in. */
static const uint32_t accesses[] = {
	0x39400000, 0x79400000, 0xb9400000, 0xf9400000, /* ldrb ldrh ldr w ldr x */
	0x39000000, 0x79000000, 0xb9000000, 0xf9000000, /* the stores */
	0x39400000, 0x79400000, 0xb9400000, 0xf9400000, /* and again: these are emulated */
	0x39000000, 0x79000000, 0xb9000000, 0xf9000000, 0x39c00000, 0x39800000, 0x79800000,
	0x79c00000, 0xb9800000, /* sign-extending */
	0xa9400000 | RT2(7), 0xa9000000 | RT2(7), 0xa8c10000 | RT2(7),
	0xa9bf0000 | RT2(7), /* pairs */
	0x29400000 | RT2(7), 0x69400000 | RT2(7), 0xf8408400, 0xf8008c00,
	0x38401400, /* write-back */
	0xf8403000, 0xf8003000, 0xb8401000, 0x78401000, /* not aligned */
	0xc85f7c00, 0xc8007c00 | RS(5), 0xc85ffc00, 0xc87f0000 | RT2(7), 0x085f7c00, /* exclusive */
	0xc8dffc00, 0xc89ffc00, 0x88dffc00, 0x089ffc00, /* acquire and release */
	0xc8a07c00 | RS(5), 0xf8208000 | RS(5), 0xf8200000 | RS(5), /* atomics of Armv8.1 */
	0x3dc00000, 0x3d800000, 0xad400000 | RT2(7), 0xad000000 | RT2(7), 0x4c407000,
	0x4c002000, /* SIMD */
	0xbd400000, 0xfd000000, 0x3d400000, 0x0d408000, /* parts of its registers */
	0xf9800000, 0xf8400800, 0xf8000800, 0x38400800, /* prefetch, as EL0 would */
};

static const uint32_t cache_words[] = {
	0xd50b7420, 0xd50b7e20, 0xd50b7a20, 0xd50b7b20,
	0xd5087620, /* dc zva civac cvac cvau ivac */
	0xd5087640, 0xd5087a40, 0xd5087e40, 0xd50b7520, 0xd508751f, /* dc isw csw cisw, ic */
	0xd5087800, 0xd5087820, 0xd5087840, 0xd5087860, 0xd50c7880, /* at */
	0xd5088720, 0xd5088320, 0xd508871f, 0xd508831f, 0xd50c8320, 0xd50c871f, /* tlbi */
};

static const struct place {
	uint64_t base, size;
	enum tally what;
} places[] = {
	{ GUEST_GICV3_GICD_BASE, 0x10000, TALLY_GICD },
	{ GUEST_GICV3_GICD_BASE, 0x1000, TALLY_GICD },
	{ GUEST_GICV3_GICD_BASE, 0x100, TALLY_GICD },
	{ GUEST_GICV3_GICR0_BASE, 0x100000, TALLY_GICR },
	{ GUEST_GICV3_GICR0_BASE, 0x1000, TALLY_GICR },
	{ GUEST_GICV3_GICR0_BASE + 0x10000, 0x1000, TALLY_GICR },
	{ GUEST_PL011_BASE, 0x1000, TALLY_UART },
	{ GUEST_PL011_BASE, 0x50, TALLY_UART },
	{ GUEST_GICV3_GICD_BASE - 0x10, 0x20, TALLY_NOWHERE },
	{ 0x08000000, 0x200000, TALLY_NOWHERE },
	{ 0x09000000, 0x2000, TALLY_NOWHERE },
	{ 0x0a000000, 0x4000, TALLY_NOWHERE },
	{ UINT64_C(0x100000000), UINT64_C(0x100000000), TALLY_NOWHERE },
	{ UINT64_C(0x6fffff0000), 0x10000, TALLY_NOWHERE },
	{ UINT64_C(0x7ffffff000), 0x1000, TALLY_NOWHERE },
	{ 0x38000000, 0x100000, TALLY_OWN },
};

static uint64_t device_address(struct me *m, const struct place *place)
{
	uint64_t at = place->base + random_below(m, place->size);

	if (!one_in(m, 8))
		at &= ~(one_in(m, 2) ? UINT64_C(3) : UINT64_C(7));
	return one_in(m, 8) && at >> 30 == 0 ? at + ALIAS_DEVICES : at;
}

/* Addresses of RAM, and any number at all. */
static uint64_t other_address(struct me *m, enum tally *what)
{
	*what = one_in(m, 2) ? TALLY_OWN : TALLY_NOWHERE;
	if (*what == TALLY_NOWHERE)
		return random64(m);
	return ALIAS_RAM + (arena & ((UINT64_C(1) << 30) - 1)) + random_below(m, PAGE_SIZE);
}

static enum run_mode random_mode(struct me *m)
{
	return one_in(m, 8) ? RUN_EL0 : RUN_EL1;
}

void do_access(struct me *m)
{
	const struct place *place = &places[random_below(m, ARRAY_SIZE(places))];
	bool cache = one_in(m, 12);
	uint32_t word = cache ? cache_words[random_below(m, ARRAY_SIZE(cache_words))]
	                      : accesses[random_below(m, ARRAY_SIZE(accesses))];
	enum tally what = place->what;
	uint64_t regs[30];

	random_registers(m, regs);
	regs[1] = one_in(m, 8) ? other_address(m, &what) : device_address(m, place);
	word = cache ? (word & ~31U) | 1 : word | RN(1) | (uint32_t)random_below(m, 29);
	if (!cache && one_in(m, 16))
		word |= 31;
	tally(m, cache ? TALLY_CACHE : what, run_words(m, random_mode(m), &word, 1, regs));
}

/* What is there is executed, if it is memory: so there is none but what another vCPU puts there meanwhile. */
void do_fetch(struct me *m)
{
	const struct place *place = &places[random_below(m, ARRAY_SIZE(places) - 1)];
	uint64_t regs[30];

	random_registers(m, regs);
	tally(m, TALLY_FETCH, run_at(m, device_address(m, place), regs));
}

static uint32_t sysreg_word(
		uint32_t op0, uint32_t op1, uint32_t crn, uint32_t crm, uint32_t op2, bool read)
{
	return 0xd5000000 | (uint32_t)read << 21 | op0 << 19 | op1 << 16 | crn << 12 | crm << 8 |
	       op2 << 5;
}

static uint32_t any4(struct me *m)
{
	return (uint32_t)random_below(m, 16);
}

static uint32_t any3(struct me *m)
{
	return (uint32_t)random_below(m, 8);
}

static uint32_t pick(struct me *m, const uint32_t *words, size_t count, bool read)
{
	return words[random_below(m, count)] | (uint32_t)read << 21;
}

/* SCR, ERR*: of the reliability extension (Arm ARM D19.6). */
static uint32_t ras_word(struct me *m, bool read)
{
	return sysreg_word(3, 0, one_in(m, 4) ? 12 : 5, 1 + any4(m) % 5, any3(m), read);
}

/* Keys (APIA, APIB, APDA, APDB, APGA); ZCR, SMCR, SMPRI, TRFCR; RGSR, GCR, TFSR, TFSRE0; GMID, SMIDR, SVCR. */
static uint32_t feature_word(struct me *m, bool read)
{
	static const uint32_t words[] = { 0xd5181200, 0xd51812c0, 0xd5181280, 0xd5181220,
		0xd51810a0, 0xd51810c0, 0xd5185600, 0xd5185620, 0xd5190080, 0xd51900c0, 0xd51b4240,
		0xd51b42e0, 0xd51bd0a0 };

	if (one_in(m, 2))
		return sysreg_word(3, 0, 2, 1 + any4(m) % 3, any3(m) % 4, read);
	return pick(m, words, ARRAY_SIZE(words), read);
}

/* What every kernel has of its own, and those that lead to instructions and vectors for who may lose them. */
static uint32_t kernel_word(struct me *m, bool read)
{
	static const uint32_t words[] = {
		0xd5181000, 0xd5181020, 0xd5181040, /* SCTLR, ACTLR, CPACR */
		0xd5182000, 0xd5182020, 0xd5182040, /* TTBR0, TTBR1, TCR */
		0xd5184000, 0xd5184020, 0xd5184100, 0xd5184200, /* SPSR, ELR, SP_EL0, SPSel */
		0xd5185100, 0xd5185120, 0xd5185200, 0xd5186000, /* AFSR0, AFSR1, ESR, FAR */
		0xd5187400, 0xd518a200, 0xd518a300, 0xd518c000, /* PAR, MAIR, AMAIR, VBAR */
		0xd518d020, 0xd518d080, 0xd518e100,
		0xd51a0000, /* CONTEXTIDR, TPIDR, CNTKCTL, CSSELR */
		0xd51bd040, 0xd51bd060, 0xd51b4200, 0xd51b4220, /* TPIDR_EL0, TPIDRRO, NZCV, DAIF */
		0xd51b4400, 0xd51b4420, 0xd5390000, 0xd5390020, /* FPCR, FPSR, CCSIDR, CLIDR */
		0xd53b0020, 0xd53b00e0, 0xd538c100, 0xd5384240, /* CTR, DCZID, ISR, CurrentEL */
	};

	return pick(m, words, ARRAY_SIZE(words), read);
}

/* Whole groups that a hypervisor answers for. */
static uint32_t hot_sysreg(struct me *m, bool read, enum tally *what)
{
	static const enum tally groups[] = { TALLY_ICC, TALLY_ICC, TALLY_ICC, TALLY_TIMER,
		TALLY_DEBUG, TALLY_PMU, TALLY_RAS, TALLY_IMPDEF, TALLY_ID, TALLY_FEATURE,
		TALLY_HIGHER, TALLY_SYSREG };

	*what = groups[random_below(m, ARRAY_SIZE(groups))];
	switch (*what) {
	case TALLY_ICC:
		return one_in(m, 8) ? sysreg_word(3, 0, 4, 6, 0, read) /* ICC_PMR */
		                    : sysreg_word(3, 0, 12, 8 + any3(m), any3(m), read);
	case TALLY_TIMER:
		return sysreg_word(3, 3, 14, any4(m) % 4, any3(m), read);
	case TALLY_DEBUG: /* and trace */
		return sysreg_word(
				2, one_in(m, 2) ? 0 : any3(m), any3(m) % 2, any4(m), any3(m), read);
	case TALLY_PMU: /* PMCR …, PMEVCNTR …, PMINTENSET … */
		return one_in(m, 3)   ? sysreg_word(3, 3, 14, 8 + any3(m), any3(m), read)
		       : one_in(m, 3) ? sysreg_word(3, 0, 9, 14, any3(m), read)
		                      : sysreg_word(3, 3, 9, 12 + any4(m) % 4, any3(m), read);
	case TALLY_RAS:
		return ras_word(m, read);
	case TALLY_IMPDEF:
		return sysreg_word(3, any3(m), one_in(m, 2) ? 11 : 15, any4(m), any3(m), read);
	case TALLY_ID:
		return sysreg_word(3, 0, 0, any3(m), any3(m), true);
	case TALLY_FEATURE:
		return feature_word(m, read);
	case TALLY_SYSREG:
		return kernel_word(m, read);
	default:
		return sysreg_word(3, one_in(m, 2) ? 4 : 6, any4(m), any4(m), any3(m), read);
	}
}

/* Where instructions and vectors come from: whoever watches over the others must keep them. */
static bool is_vital(uint32_t word)
{
	switch (word >> 5 & 0xffff) {
	case 0xc080: /* SCTLR_EL1 */
	case 0xc083: /* SCTLR2_EL1 */
	case 0xc100: /* TTBR0_EL1 */
	case 0xc101:
	case 0xc102: /* TCR_EL1 */
	case 0xc103:
	case 0xc510: /* MAIR_EL1 */
	case 0xc511:
	case 0xc600: /* VBAR_EL1 */
	case 0xc602: /* RMR_EL1 */
		return true;
	default:
		return false;
	}
}

void do_sysreg(struct me *m)
{
	bool read = one_in(m, 2);
	enum tally what = TALLY_SYSREG;
	uint32_t word = one_in(m, 4) ? 0xd5000000 | (uint32_t)(random64(m) & 0x3fffe0)
	                             : hot_sysreg(m, read, &what);
	uint64_t regs[30];

	word |= (uint32_t)random_below(m, one_in(m, 16) ? 32 : 29);
	/* Hints that wait are do_words()'s. */
	if ((word & 0xfffff01f) == 0xd503201f || (is_vital(word) && !reckless(m)))
		return;
	random_registers(m, regs);
	/* A compare value that wraps around where nanoseconds are more than ticks. */
	if (one_in(m, 16) && (word & 31) < 29)
		regs[word & 31] = (random_below(m, 16) << 60) + counter() + random_below(m, 100);
	tally(m, what, run_words(m, random_mode(m), &word, 1, regs));
}

/* Coprocessors 14 and 15, and those of floating point (Arm ARM F2.3); always executed, or never. */
static uint32_t aarch32_word(struct me *m)
{
	static const uint32_t coprocessors[] = { 10, 14, 15, 15, 15 };
	uint32_t word = one_in(m, 16) ? 0xf0000000 : 0xe0000000;
	uint32_t coprocessor = coprocessors[random_below(m, ARRAY_SIZE(coprocessors))] << 8;
	uint32_t rn = (uint32_t)random_below(m, 13) << 16; /* not r15: it would be written back */
	uint32_t rt = (uint32_t)random_below(m, 13) << 12, read = (uint32_t)one_in(m, 2) << 20;

	switch (random_below(m, 8)) {
	case 0: /* MCRR, MRRC */
		return word | 0x0c400000 | read | rt | coprocessor |
		       (uint32_t)random_below(m, 13) << 16 | any4(m) << 4 | any4(m);
	case 1: /* LDC, STC of coprocessor 14 */
		return word | 0x0d005e00 | read | rn | any4(m) % 2 << 23 |
		       (uint32_t)random_below(m, 256);
	case 2: /* LDR, STR and their like; LDM, STM, but not to r15 */
		return one_in(m, 2) ? word | 0x04000000 | rn |
		                                       (uint32_t)(random64(m) & 0x01f00fff) | rt
		                    : word | 0x08000000 | rn | (uint32_t)(random64(m) & 0x01f07fff);
	default: /* MCR, MRC; with r15 it is the flags that are read */
		return word | 0x0e000010 | any3(m) << 21 | read | any4(m) << 16 | rt | coprocessor |
		       any3(m) << 5 | any4(m);
	}
}

/* At EL0 alone: not every CPU has it (then the return to it is an illegal one), and no kernel of it is served. */
void do_aarch32(struct me *m)
{
	uint32_t word = aarch32_word(m);
	uint64_t regs[30];

	random_registers(m, regs);
	tally(m, TALLY_AARCH32, run_words(m, RUN_AARCH32, &word, 1, regs));
}

static uint32_t wakeup[] = {
	0xd53be040, /* mrs x0, cntvct_el0 */
	0x91400400, /* add x0, x0, #1, lsl #12 */
	0xd51be340, /* msr cntv_cval_el0, x0 */
	0xd2800020, /* mov x0, #1 */
	0xd51be320, /* msr cntv_ctl_el0, x0 */
	0xd503207f, /* wfi */
};

static uint32_t call_word(struct me *m)
{
	uint32_t imm = (uint32_t)(one_in(m, 4)   ? 0
				  : one_in(m, 2) ? random64(m) & 0xffff
						 : random_below(m, 16));

	if (imm == __HYPERVISOR_xen_version || imm == 0xea1)
		imm++; /* hypercalls are made elsewhere, with care */
	return (one_in(m, 2) ? 0xd4000002 : 0xd4000003) | imm << 5;
}

static bool ends_machine(uint64_t function)
{
	uint32_t f = (uint32_t)function & ~0x40000000U;

	return f == PSCI_SYSTEM_OFF || f == PSCI_SYSTEM_RESET || f == 0x84000012;
}

/* Random bits, for who has nothing to lose. */
static void random_words(struct me *m, uint64_t regs[30])
{
	uint32_t words[8];

	for (unsigned i = 0; i < ARRAY_SIZE(words); i++)
		words[i] = (uint32_t)random64(m);
	tally(m, TALLY_WORDS, run_words(m, random_mode(m), words, ARRAY_SIZE(words), regs));
}

/* HVC and SMC with any number; waiting; and, with nothing to lose, whatever the bits mean. */
void do_words(struct me *m)
{
	uint64_t regs[30];
	uint32_t word = call_word(m);

	random_registers(m, regs);
	if (m->id != 0 && seldom(m)) {
		run_words(m, random_mode(m), wakeup, ARRAY_SIZE(wakeup) - one_in(m, 2), regs);
		return;
	}
	if (reckless(m) && one_in(m, 8)) {
		random_words(m, regs);
		return;
	}
	if (ends_machine(regs[0]) || (m->id == 0 && ((uint32_t)regs[0] & 0xbfffff00) == 0x84000000))
		regs[0] = 0x84000000;
	tally(m, (word & 3) == 2 ? TALLY_HVC : TALLY_SMC,
			run_words(m, random_mode(m), &word, 1, regs));
}

#define PSCI_CPU_SUSPEND 0x84000001U
#define PSCI_CPU_OFF     0x84000002U

/* The first one must not sleep, nor off go; the others seldom. */
static bool sleeps(struct me *m, uint64_t function)
{
	uint32_t f = (uint32_t)function & ~0x40000000U;

	return (f == PSCI_CPU_SUSPEND || f == PSCI_CPU_OFF) && (m->id == 0 || !seldom(m));
}

void do_psci(struct me *m)
{
	static const uint32_t functions[] = { 0x84000000, PSCI_CPU_SUSPEND, PSCI_CPU_OFF,
		0x84000003, 0x84000004, 0x84000006, 0x8400000a, 0x80000000, 0x80000001, 0x80008000,
		0x80003fff, 0x8600ff01, 0x8600ff03 };
	uint64_t function = functions[random_below(m, ARRAY_SIZE(functions))];
	uint64_t a = random_below(m, one_in(m, 8) ? 1000 : VCPUS_MAX), b = random_value(m);
	int64_t rc;

	if (one_in(m, 8))
		function = random64(m) & 0xffffffff;
	if (one_in(m, 2))
		function |= 0x40000000;
	if (ends_machine(function) || sleeps(m, function))
		return;
	if (one_in(m, 2))
		b = (uintptr_t)other_entry;
	rc = smccc_raw(function, a, b, b == (uintptr_t)other_entry ? a : random_value(m));
	tally(m, TALLY_PSCI, (int32_t)rc >= 0);
}
