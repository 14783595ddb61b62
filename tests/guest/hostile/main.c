/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The run: every vCPU does one thing after the other until its time is over. The first one watches: it brings back
 * vCPUs that have lost themselves, prints how far it is, and ends the guest.
 */
#include "tests/guest/hostile/hostile.h"

#include "core/xen_abi.h"

#define CPU_ON    0xc4000003
#define ARENA_MAX (UINT64_C(64) << 20)
#define CODE_SIZE                                                                                  \
	(UINT64_C(2) << 20) /* at the end of RAM: far from the image, for what it jumps to */
#define LOOK_STEPS   64
#define STALL_TENTHS 3
/* Soon and often: what it does may cost it its console, or itself, within a second. */
#define REPORTS_A_SECOND 4

struct me vcpus[VCPUS_MAX];
unsigned vcpu_count;
static volatile bool over;

void first_main(const void *fdt);
void other_main(unsigned id);

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
	static void (*const deeds[])(struct me *m) = { do_hypercall, do_access, do_sysreg, do_words,
		do_psci, do_scribble };
	static const uint8_t weights[] = { 6, 4, 4, 1, 1, 3 };
	uint64_t draw = random_below(m, 19), i = 0;

	m->beat++;
	while (draw >= weights[i])
		draw -= weights[i++];
	if (boot.only & BIT(i))
		deeds[i](m);
	if (one_in(m, 32))
		mmu_shuffle(m, 1 + (unsigned)random_below(m, 4));
}

void other_main(unsigned id)
{
	struct me *m = me();

	m->started = true;
	if (m->id == id && m->id != 0)
		while (!over)
			step(m);
	hypercall(__HYPERVISOR_vcpu_op, VCPUOP_down, m->id, 0);
	for (;;)
		__asm__ volatile("wfi");
}

/* It may be anywhere, in any state, or not know that it was ever started. */
static void bring_back(struct me *m)
{
	hypercall(__HYPERVISOR_vcpu_op, VCPUOP_down, m->id, 0);
	m->started = false;
	for (unsigned tries = 0; tries < 1000; tries++)
		if (smccc_raw(CPU_ON, m->id, (uintptr_t)other_entry, m->id) == 0)
			break;
	m->tally[TALLY_RESTARTS]++;
}

static void look_after(uint64_t now)
{
	static uint64_t beats[VCPUS_MAX], since[VCPUS_MAX];

	for (unsigned i = 1; i < vcpu_count; i++) {
		if (vcpus[i].beat != beats[i])
			since[i] = now;
		beats[i] = vcpus[i].beat;
		if (now - since[i] < counter_hz() * STALL_TENTHS / 10)
			continue;
		bring_back(&vcpus[i]);
		since[i] = now;
	}
}

static void report(const char *what)
{
	static const char *const names[TALLIES] = { "hypercalls", "refused", "control", "accepted",
		"accesses", "sysregs", "words", "psci", "faults", "interrupts", "lost",
		"restarts" };

	print("hostile:");
	print(what);
	print_number("seed", boot.seed);
	print_number("vcpus", vcpu_count);
	for (unsigned t = 0; t < TALLIES; t++) {
		uint64_t sum = 0;

		for (unsigned i = 0; i < vcpu_count; i++)
			sum += vcpus[i].tally[t];
		print_number(names[t], sum);
	}
	print_end();
}

static void init(const void *fdt)
{
	uint64_t image_end = (uintptr_t)_end, code;

	boot_read(fdt);
	vcpu_count = MIN(boot.vcpus ? boot.vcpus : 1U, (unsigned)VCPUS_MAX);
	arena = (image_end + (2 << 20) - 1) & ~((UINT64_C(2) << 20) - 1);
	code = boot.ram_base + boot.ram_size - CODE_SIZE;
	arena_size = MIN(code - arena, ARENA_MAX);
	for (unsigned i = 0; i < VCPUS_MAX; i++) {
		vcpus[i].id = i;
		vcpus[i].code = (uint32_t *)(uintptr_t)(code + i * PAGE_SIZE);
		vcpus[i].random = (boot.seed * VCPUS_MAX + i + 1) * UINT64_C(0x9e3779b97f4a7c15);
	}
	mmu_init();
	mmu_on();
	mmu_shuffle(&vcpus[0], 2000);
	print_init();
	scribble_init();
}

/* A kernel's words for it: the toolstack is told that all went as it should. */
static void power_off(void)
{
	static struct sched_shutdown op = { .reason = SHUTDOWN_poweroff };

	for (;;)
		hypercall(__HYPERVISOR_sched_op, SCHEDOP_shutdown, (uintptr_t)&op, 0);
}

void first_main(const void *fdt)
{
	uint64_t start, hz = counter_hz(), told;

	init(fdt);
	report(" begins");
	start = told = counter();
	for (uint64_t n = 0;; n++) {
		step(&vcpus[0]);
		if (n % LOOK_STEPS)
			continue;
		uint64_t now = counter();

		look_after(now);
		if (now - start >= boot.seconds * hz)
			break;
		if (now - told >= hz / REPORTS_A_SECOND) {
			told = now;
			report(" at work");
		}
	}
	over = true;
	report(" done");
	power_off();
}
