/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Data cache maintenance by set and way, SCTLR_EL1.C, and the registers that a hypervisor may trap meanwhile (Arm ARM,
 * HCR_EL2.TSW, TVM). A hypervisor may take long for it, during which other vCPUs of its CPU run.
 */
#include "tests/guest/checks/checks.h"

#define SCTLR_M      BIT(0)
#define SCTLR_C      BIT(2)
#define SCTLR_UCI    BIT(26)
#define TCR_TBI1     BIT(38)
#define CACHE_LEVELS 7
#define CACHE_DATA   2 /* CLIDR_EL1.Ctype from here on: there is a data cache */
#define TIMER_ENABLE 1U
#define SINGLE_TRIES 8
#define ROUNDS       4
#define PER_SWEEP    16 /* timers in the time of one instruction */
#define LEAST_A_ROUND                                                                              \
	8 /* interrupts in the time of three: with none in between, three would come */

static volatile uint64_t pattern[8192];

enum sw { DC_ISW, DC_CSW, DC_CISW };

static void by_set_way(enum sw what, uint64_t value)
{
	if (what == DC_ISW)
		__asm__ volatile("dc isw, %0" ::"r"(value) : "memory");
	else if (what == DC_CSW)
		__asm__ volatile("dc csw, %0" ::"r"(value) : "memory");
	else
		__asm__ volatile("dc cisw, %0" ::"r"(value) : "memory");
}

/* CCSIDR_EL1 has two layouts (Arm ARM, ID_AA64MMFR2_EL1.CCIDX). */
static void each_of_level(enum sw what, unsigned level)
{
	sysreg_write(csselr_el1, level << 1);
	uint64_t size = sysreg_read(ccsidr_el1);
	bool wide = sysreg_read(S3_0_C0_C7_2) >> 20 & 0xf;
	unsigned line = (unsigned)(size & 7) + 4;
	uint32_t ways = (uint32_t)(size >> 3 & (wide ? 0x1fffff : 0x3ff));
	uint32_t sets = (uint32_t)(wide ? size >> 32 & 0xffffff : size >> 13 & 0x7fff);
	unsigned shift = ways ? (unsigned)__builtin_clz(ways) : 0;

	for (uint32_t way = 0; way <= ways; way++)
		for (uint32_t set = 0; set <= sets; set++)
			by_set_way(what, (uint64_t)way << shift | (uint64_t)set << line |
							 level << 1);
}

static void each_set_way(enum sw what)
{
	uint64_t clidr = sysreg_read(clidr_el1);

	__asm__ volatile("dsb sy" ::: "memory");
	for (unsigned level = 0; level < CACHE_LEVELS; level++)
		if ((clidr >> (3 * level) & 7) >= CACHE_DATA)
			each_of_level(what, level);
	__asm__ volatile("dsb sy\n\tisb" ::: "memory");
}

static void one_set_way(void)
{
	__asm__ volatile("dsb sy\n\tdc cisw, xzr\n\tdsb sy" ::: "memory");
}

/* After both, whatever traps by set and way does so again. */
static void caches_off(uint64_t bits)
{
	sysreg_write(sctlr_el1, sysreg_read(sctlr_el1) & ~bits);
}

static void caches_on(void)
{
	sysreg_write(sctlr_el1, sysreg_read(sctlr_el1) | SCTLR_M | SCTLR_C);
}

static void fill(uint64_t seed)
{
	for (size_t i = 0; i < ARRAY_SIZE(pattern); i++)
		pattern[i] = seed + i * UINT64_C(0x9e3779b97f4a7c15);
}

static bool is_filled(uint64_t seed)
{
	for (size_t i = 0; i < ARRAY_SIZE(pattern); i++)
		if (pattern[i] != seed + i * UINT64_C(0x9e3779b97f4a7c15))
			return false;
	return true;
}

/* DC ISW, CSW and CISW lose no data: HCR_EL2.SWIO makes invalidation clean and invalidate in a guest. */
static bool check_contents(void)
{
	struct seen *s = see_anew();
	bool good = true;

	for (enum sw what = DC_ISW; what <= DC_CISW; what++) {
		fill(what);
		each_set_way(what);
		good = good && is_filled(what);
	}
	return good && s->count[EC_UNKNOWN] == 0;
}

/* As a boot loader: what was written through the caches is there without them, and the other way round. */
static bool check_switch(void)
{
	static const uint64_t bits[] = { SCTLR_C, SCTLR_M, SCTLR_M | SCTLR_C };
	bool good = true;

	for (size_t i = 0; i < ARRAY_SIZE(bits); i++) {
		fill(i);
		each_set_way(DC_CISW);
		caches_off(bits[i]);
		good = good && (sysreg_read(sctlr_el1) & bits[i]) == 0 && is_filled(i);
		each_set_way(DC_CISW);
		fill(i + 100);
		each_set_way(DC_ISW);
		caches_on();
		good = good && is_filled(i + 100);
	}
	return good;
}

#define KEEPS(name, value)                                                                         \
	({                                                                                         \
		uint64_t new_ = (value), old_ = sysreg_read(name);                                 \
		sysreg_write(name, new_);                                                          \
		bool kept_ = sysreg_read(name) == new_;                                            \
		sysreg_write(name, old_);                                                          \
		kept_ &&sysreg_read(name) == old_;                                                 \
	})

/* AFSR0, AFSR1, AMAIR: what they keep is implementation defined. */
static bool check_registers(void)
{
	struct seen *s = see_anew();

	one_set_way();
	bool good = KEEPS(ttbr1_el1, 0x40001000) && KEEPS(contextidr_el1, 0x12345678) &&
	            KEEPS(far_el1, 0x123456789abcdef0) && KEEPS(esr_el1, 0x5a000123) &&
	            KEEPS(mair_el1, sysreg_read(mair_el1) ^ 0x44ff0000) &&
	            KEEPS(tcr_el1, sysreg_read(tcr_el1) ^ TCR_TBI1) &&
	            KEEPS(ttbr0_el1, sysreg_read(ttbr0_el1) ^ BIT(48)) &&
	            KEEPS(sctlr_el1, sysreg_read(sctlr_el1) ^ SCTLR_UCI);

	sysreg_write(afsr0_el1, 0);
	sysreg_write(afsr1_el1, 0);
	sysreg_write(amair_el1, 0);
	sysreg_write(far_el1, 1);
	__asm__ volatile("msr far_el1, xzr\n\tisb" ::: "memory");
	good = good && sysreg_read(far_el1) == 0;
	caches_off(SCTLR_C);
	good = good && KEEPS(contextidr_el1, 0x9abcdef0);
	caches_on();
	return good && KEEPS(contextidr_el1, 0x87654321) && s->count[EC_UNKNOWN] == 0;
}

static volatile bool stop;
static volatile uint64_t turns;

static void turn(void)
{
	while (!stop)
		turns++;
}

static bool is_turning(void)
{
	return turns;
}

static void make_ready(void (*job)(void))
{
	stop = false;
	turns = 0;
	begin_on_other(job);
	(void)wait_for(is_turning);
}

static void finish(void)
{
	stop = true;
	wait_for_other();
}

/* In the time of one instruction another vCPU gets on, also one that shares its CPU. */
static bool check_makes_way(void)
{
	uint64_t seen_turns = 0;

	make_ready(turn);
	for (unsigned i = 0; i < SINGLE_TRIES; i++) {
		caches_off(SCTLR_C);
		caches_on();
		uint64_t before = turns;

		one_set_way();
		seen_turns += turns - before;
	}
	caches_off(SCTLR_C);
	caches_on();
	finish();
	return seen_turns != 0;
}

/* Each instruction and each switch here may take long. */
static void sweep_for_ever(void)
{
	while (!stop) {
		one_set_way();
		caches_off(SCTLR_C);
		caches_on();
		turns++;
	}
}

static void quiet(unsigned intid)
{
	if (intid == PPI_VTIMER)
		sysreg_write(cntv_ctl_el0, 0);
}

/* Asleep, not in a loop: this vCPU is to run as soon as its timer is due. */
static void sleep_for(uint64_t ticks)
{
	unsigned before = interrupts[0][PPI_VTIMER];

	sysreg_write(cntv_cval_el0, counter() + ticks);
	sysreg_write(cntv_ctl_el0, TIMER_ENABLE);
	irqs_off();
	while (interrupts[0][PPI_VTIMER] == before) {
		__asm__ volatile("wfi" ::: "memory");
		irqs_on();
		irqs_off();
	}
	irqs_on();
}

static uint64_t ticks_of_one(void)
{
	caches_off(SCTLR_C);
	caches_on();
	uint64_t start = counter();

	one_set_way();
	return counter() - start;
}

/* The time of a vCPU that sleeps is not the other one's to take: counted in the other's rounds, not in seconds. */
static bool check_endless(void)
{
	uint64_t nap = ticks_of_one() / PER_SWEEP + 1;
	unsigned naps = 0;

	on_interrupt = quiet;
	gic_enable(PPI_VTIMER, true);
	make_ready(sweep_for_ever);
	for (uint64_t first = turns; turns < first + ROUNDS; naps++)
		sleep_for(nap);
	finish();
	return naps >= ROUNDS * LEAST_A_ROUND;
}

const struct check cache_checks[] = {
	{ "cache-contents", check_contents },
	{ "cache-switch", check_switch },
	{ "cache-registers", check_registers },
	{ "cache-makes-way", check_makes_way },
	{ "cache-endless", check_endless },
	{ NULL, NULL },
};
