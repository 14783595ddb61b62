/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The run: every vCPU does one thing after the other until enough is done by all together, and brings back others
 * that have lost themselves, or sleep. Who comes to the end first ends the guest.
 */
#include "tests/guest/hostile/hostile.h"

#include "core/xen_abi.h"

#define CPU_ON    0xc4000003
#define ARENA_GAP (UINT64_C(16) << 20)
#define ARENA_MAX (UINT64_C(64) << 20)
/* At the end of RAM, far from the image, for what jumps; and from what is given up, extents of 2^11 pages too. */
#define CODE_SIZE    (UINT64_C(2) << 20)
#define CODE_GAP     (UINT64_C(8) << 20)
#define LOOK_STEPS   64
#define STALL_TENTHS 4
#define TRIES        1000

struct me vcpus[VCPUS_MAX];
unsigned vcpu_count;
static volatile bool over;

void first_main(const void *fdt);
void other_main(void);

struct me *me(void)
{
	uint64_t mpidr;

	__asm__ volatile("mrs %0, mpidr_el1" : "=r"(mpidr));
	return &vcpus[mpidr % VCPUS_MAX];
}

uint64_t counter(void)
{
	uint64_t value;

	__asm__ volatile("isb\n\tmrs %0, cntvct_el0" : "=r"(value)::"memory");
	return value;
}

uint64_t counter_hz(void)
{
	uint64_t value;

	__asm__ volatile("mrs %0, cntfrq_el0" : "=r"(value));
	return value;
}

bool reckless(const struct me *m)
{
	return m->id != 0 && m->id == vcpu_count - 1;
}

/* A hypercall is what there is most to find in. */
static void step(struct me *m)
{
	static const struct {
		void (*deed)(struct me *m);
		unsigned weight;
	} deeds[] = { { do_hypercall, 6 }, { do_access, 4 }, { do_sysreg, 4 }, { do_words, 1 },
		{ do_psci, 1 }, { do_scribble, 3 }, { do_aarch32, 1 }, { do_fetch, 1 } };
	uint64_t draw = random_below(m, 21), i = 0;

	m->beat++;
	while (draw >= deeds[i].weight)
		draw -= deeds[i++].weight;
	if (boot.only & BIT(i))
		deeds[i].deed(m);
	if (one_in(m, 32))
		mmu_shuffle(m, 1 + (unsigned)random_below(m, 4));
	tally(m, TALLY_STEPS, true);
}

/* It may be anywhere, in any state, or not know that it was ever started. */
static void bring_back(struct me *other)
{
	hypercall(__HYPERVISOR_vcpu_op, VCPUOP_down, other->id, 0);
	for (unsigned tries = 0; tries < TRIES; tries++)
		if (smccc_raw(CPU_ON, other->id, (uintptr_t)other_entry, other->id) == 0)
			break;
}

/* The one before it is the first to see that a vCPU stands still; the next ones, should that stand still too. */
static void look_after(struct me *m, uint64_t now)
{
	for (unsigned i = 0; i < vcpu_count; i++) {
		uint64_t distance = (i + vcpu_count - m->id) % vcpu_count;

		if (i == m->id)
			continue;
		if (vcpus[i].beat != m->beats[i] || m->since[i] == 0) {
			m->beats[i] = vcpus[i].beat;
			m->since[i] = now;
		} else if (now - m->since[i] > distance * counter_hz() * STALL_TENTHS / 10) {
			bring_back(&vcpus[i]);
			tally(m, TALLY_RESTARTS, true);
			m->since[i] = now;
		}
	}
}

static void work(struct me *m)
{
	interrupts_init(m);
	for (uint64_t n = 0; !over; n++) {
		step(m);
		if (n % LOOK_STEPS)
			continue;
		look_after(m, counter());
		over = tally_steps() >= boot.steps;
	}
}

_Noreturn static void finish(struct me *m)
{
	static bool ended;

	if (!__atomic_exchange_n(&ended, true, __ATOMIC_ACQ_REL)) {
		report_done();
		end_guest();
	}
	hypercall(__HYPERVISOR_vcpu_op, VCPUOP_down, m->id, 0);
	for (;;)
		__asm__ volatile("wfi");
}

/* What it was to watch, it has not watched meanwhile. */
void other_main(void)
{
	struct me *m = me();

	for (unsigned i = 0; i < VCPUS_MAX; i++)
		m->since[i] = 0;
	work(m);
	finish(m);
}

static void init(const void *fdt)
{
	uint64_t code;

	boot_read(fdt);
	vcpu_count = MIN(boot.vcpus ? boot.vcpus : 1U, (unsigned)VCPUS_MAX);
	arena = boot.ram_base + ARENA_GAP;
	code = boot.ram_base + boot.ram_size - CODE_SIZE;
	arena_size = MIN(code - CODE_GAP - arena, ARENA_MAX);
	for (unsigned i = 0; i < VCPUS_MAX; i++) {
		vcpus[i].id = i;
		vcpus[i].code = (uint32_t *)(uintptr_t)(code + i * PAGE_SIZE);
		vcpus[i].random = (boot.seed * VCPUS_MAX + i + 1) * UINT64_C(0x9e3779b97f4a7c15);
	}
	mmu_init();
	mmu_on();
	mmu_shuffle(&vcpus[0], 2000);
	scribble_init();
	report_init();
}

void first_main(const void *fdt)
{
	init(fdt);
	for (unsigned i = 1; i < vcpu_count; i++)
		bring_back(&vcpus[i]);
	work(&vcpus[0]);
	finish(&vcpus[0]);
}
