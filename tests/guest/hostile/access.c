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

static uint64_t device_address(struct me *m)
{
	static const struct {
		uint64_t base, size;
	} places[] = {
		{ GUEST_GICV3_GICD_BASE, 0x10000 },
		{ GUEST_GICV3_GICD_BASE, 0x1000 },
		{ GUEST_GICV3_GICR0_BASE, 0x100000 },
		{ GUEST_GICV3_GICR0_BASE, 0x1000 },
		{ GUEST_GICV3_GICR0_BASE + 0x10000, 0x1000 },
		{ GUEST_GICV3_GICD_BASE - 0x10, 0x20 },
		{ GUEST_PL011_BASE, 0x1000 },
		{ GUEST_PL011_BASE, 0x50 },
		{ 0x08000000, 0x200000 },
		{ 0x09000000, 0x2000 },
		{ 0x0a000000, 0x4000 },
		{ 0x38000000, 0x100000 },
		{ 0x80000000, 0x40000000 },
		{ UINT64_C(0x100000000), UINT64_C(0x100000000) },
		{ UINT64_C(0x6fffff0000), 0x10000 },
	};
	size_t i = random_below(m, ARRAY_SIZE(places));
	uint64_t at = places[i].base + random_below(m, places[i].size);

	if (!one_in(m, 8))
		at &= ~(one_in(m, 2) ? UINT64_C(3) : UINT64_C(7));
	if (one_in(m, 8) && at >> 30 == 0)
		return at + ALIAS_DEVICES;
	return one_in(m, 64) ? random64(m) : at;
}

void do_access(struct me *m)
{
	bool cache = one_in(m, 16);
	uint32_t word = cache ? cache_words[random_below(m, ARRAY_SIZE(cache_words))]
	                      : accesses[random_below(m, ARRAY_SIZE(accesses))];
	uint64_t regs[30];

	random_registers(m, regs);
	regs[1] = device_address(m);
	if (one_in(m, 8))
		regs[1] = ALIAS_RAM + (arena & ((UINT64_C(1) << 30) - 1)) +
		          random_below(m, PAGE_SIZE);
	word = cache ? (word & ~31U) | 1 : word | RN(1) | (uint32_t)random_below(m, 29);
	if (!cache && one_in(m, 16))
		word |= 31;
	run_words(m, &word, 1, regs);
	m->tally[TALLY_ACCESSES]++;
}

static uint32_t sysreg_word(
	uint32_t op0, uint32_t op1, uint32_t crn, uint32_t crm, uint32_t op2, bool read)
{
	return 0xd5000000 | (uint32_t)read << 21 | op0 << 19 | op1 << 16 | crn << 12 | crm << 8 |
	       op2 << 5;
}

/* Whole groups that a hypervisor answers for: GIC, timers, debug, performance monitors, the implementation's own. */
static uint32_t hot_sysreg(struct me *m, bool read)
{
	uint32_t a = (uint32_t)random_below(m, 16), b = (uint32_t)random_below(m, 8);

	switch (random_below(m, 10)) {
	case 0:
	case 1:
		return sysreg_word(3, 0, 12, 8 + a % 8, b, read); /* ICC_* */
	case 2:
		return sysreg_word(3, 0, 4, 6, 0, read); /* ICC_PMR */
	case 3:
		return sysreg_word(3, 3, 14, a % 4, b, read); /* timers */
	case 4:
		return sysreg_word(
			2, a % 8, random_below(m, 2) ? 0 : 1, a, b, read); /* debug, trace */
	case 5:
		return sysreg_word(3, 3, 9, 12 + a % 4, b, read); /* PMU */
	case 6:
		return sysreg_word(
			3, a % 8, one_in(m, 2) ? 11 : 15, a, b, read); /* IMPLEMENTATION DEFINED */
	case 7:
		return sysreg_word(3, 0, 0, a % 8, b, true); /* ID registers */
	case 8:
		return sysreg_word(3, one_in(m, 2) ? 4 : 6, (uint32_t)random_below(m, 16), a, b,
			read); /* EL2, EL3 */
	default:
		return sysreg_word(3, 3, 14, 8 + a % 8, b, read); /* PMEVCNTR … */
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
	uint32_t word = one_in(m, 3) ? 0xd5000000 | (uint32_t)(random64(m) & 0x3fffe0)
	                             : hot_sysreg(m, read);
	uint64_t regs[30];

	word |= (uint32_t)random_below(m, one_in(m, 16) ? 32 : 29);
	/* Hints that wait are do_words()'s. */
	if ((word & 0xfffff01f) == 0xd503201f || (is_vital(word) && !reckless(m)))
		return;
	random_registers(m, regs);
	/* A compare value that wraps around where nanoseconds are more than ticks. */
	if (one_in(m, 16) && (word & 31) < 29)
		regs[word & 31] = (random_below(m, 16) << 60) + counter() + random_below(m, 100);
	run_words(m, &word, 1, regs);
	m->tally[TALLY_SYSREGS]++;
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

/* HVC and SMC with any number; waiting; and, with nothing to lose, whatever the bits mean. */
void do_words(struct me *m)
{
	uint32_t words[8];
	uint64_t regs[30];
	unsigned n = 1;

	random_registers(m, regs);
	m->tally[TALLY_WORDS]++;
	if (m->id != 0 && one_in(m, 64)) {
		run_words(m, wakeup, ARRAY_SIZE(wakeup) - one_in(m, 2), regs);
		return;
	}
	words[0] = call_word(m);
	if (reckless(m) && one_in(m, 8))
		for (n = 0; n < ARRAY_SIZE(words); n++)
			words[n] = (uint32_t)random64(m);
	else if (ends_machine(regs[0]) ||
		 (m->id == 0 && ((uint32_t)regs[0] & 0xbfffff00) == 0x84000000))
		regs[0] = 0x84000000;
	run_words(m, words, n, regs);
}

void do_psci(struct me *m)
{
	static const uint32_t functions[] = { 0x84000000, 0x84000001, 0x84000002, 0x84000003,
		0x84000004, 0x84000006, 0x8400000a, 0x80000000, 0x80000001, 0x8600ff01,
		0x8600ff03 };
	uint64_t function = functions[random_below(m, ARRAY_SIZE(functions))];
	uint64_t a = random_below(m, one_in(m, 8) ? 1000 : VCPUS_MAX), b = random_value(m);

	if (one_in(m, 8))
		function = random64(m) & 0xffffffff;
	if (one_in(m, 2))
		function |= 0x40000000;
	if (ends_machine(function) || (m->id == 0 && (function & 0xbffffffe) == 0x84000000))
		return;
	/* The first one must not sleep, nor off go. */
	if (m->id == 0 &&
		((function & 0xbfffffff) == 0x84000001 || (function & 0xbfffffff) == 0x84000002))
		return;
	if (m->id != 0 && (function & 0xbfffffff) == 0x84000002 && !one_in(m, 32))
		return;
	if (one_in(m, 2))
		b = (uintptr_t)other_entry;
	smccc_raw(function, a, b, b == (uintptr_t)other_entry ? a : random_value(m));
	m->tally[TALLY_PSCI]++;
}
