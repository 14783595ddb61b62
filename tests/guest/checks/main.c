/* SPDX-License-Identifier: Apache-2.0 */
/* The run: the first vCPU makes the checks, the second what the first asks of it. */
#include "tests/guest/checks/checks.h"

#include "core/xen_abi.h"

#define PSCI_VERSION  0x84000000
#define CPU_ON        0xc4000003
#define AFFINITY_INFO 0xc4000004
#define SYSTEM_OFF    0x84000008
#define ALREADY_ON    (-4)
#define INVALID       (-2)
/* No memory and no device of either memory map. */
#define NOWHERE UINT64_C(0x3ff00000)

static void (*volatile job)(void);
static volatile bool other_up;

void first_main(const void *fdt);
void other_main(void);

unsigned this_vcpu(void)
{
	return sysreg_read(mpidr_el1) & 1;
}

void begin_on_other(void (*what)(void))
{
	__atomic_store_n(&job, what, __ATOMIC_RELEASE);
}

void wait_for_other(void)
{
	while (__atomic_load_n(&job, __ATOMIC_ACQUIRE))
		;
}

void on_other(void (*what)(void))
{
	begin_on_other(what);
	wait_for_other();
}

static size_t put(char *line, size_t at, const char *text)
{
	while (*text)
		line[at++] = *text++;
	return at;
}

static void say(const char *first, const char *second)
{
	char line[128];
	size_t n = put(line, 0, "checks: ");

	n = put(line, n, first);
	n = put(line, n, second);
	line[n++] = '\n';
	hypercall_raw(__HYPERVISOR_console_io,
			(uint64_t[5]){ CONSOLEIO_write, n, (uintptr_t)line });
}

static bool check_undefined(void)
{
	struct seen *s = see_anew();

	__asm__ volatile(".inst 0" ::: "memory");
	return s->count[EC_UNKNOWN] == 1;
}

static bool check_svc(void)
{
	struct seen *s = see_anew();

	s->steps_wanted = 0;
	__asm__ volatile("svc #7" ::: "memory");
	return s->count[EC_SVC64] == 1;
}

static bool check_abort(void)
{
	struct seen *s = see_anew();

	__asm__ volatile("ldr wzr, [%0]" ::"r"(NOWHERE) : "memory");
	return s->count[EC_DATA_ABORT] == 1 && s->far == NOWHERE;
}

static bool check_psci(void)
{
	return smccc_raw(PSCI_VERSION, 0, 0, 0) >= 0x10000 &&
	       smccc_raw(AFFINITY_INFO, 1, 0, 0) == 0 &&
	       (int32_t)smccc_raw(CPU_ON, 1, (uintptr_t)other_entry, 0) == ALREADY_ON &&
	       (int32_t)smccc_raw(CPU_ON, 0xff, (uintptr_t)other_entry, 0) == INVALID;
}

const struct check basic_checks[] = {
	{ "undefined", check_undefined },
	{ "svc", check_svc },
	{ "abort", check_abort },
	{ "psci", check_psci },
	{ NULL, NULL },
};

static unsigned run(const struct check *checks)
{
	unsigned failed = 0;

	for (; checks->name; checks++) {
		bool good = checks->run();

		say(good ? "PASS " : "FAIL ", checks->name);
		failed += !good;
	}
	return failed;
}

void other_main(void)
{
	gic_init();
	irqs_on();
	other_up = true;
	for (;;) {
		void (*what)(void) = __atomic_load_n(&job, __ATOMIC_ACQUIRE);

		if (!what)
			continue;
		what();
		__atomic_store_n(&job, NULL, __ATOMIC_RELEASE);
	}
}

static bool is_other_up(void)
{
	return other_up;
}

/* Told to the toolstack too: off, or crashed. */
static void end(bool failed)
{
	struct sched_shutdown reason = { .reason = SHUTDOWN_crash };

	if (failed)
		hypercall_raw(__HYPERVISOR_sched_op,
				(uint64_t[5]){ SCHEDOP_shutdown, (uintptr_t)&reason });
	smccc_raw(SYSTEM_OFF, 0, 0, 0);
}

void first_main(const void *fdt)
{
	unsigned failed = 1;

	fdt_read(fdt);
	mmu_init();
	mmu_on();
	gic_init();
	irqs_on();
	smccc_raw(CPU_ON, 1, (uintptr_t)other_entry, 0);
	if (wait_for(is_other_up)) {
		failed = run(basic_checks);
		failed += run(gic_checks);
		failed += run(timer_checks);
		failed += run(cache_checks);
		failed += run(debug_checks);
		say("end, ", failed ? "some failed" : "all passed");
	} else {
		say("FAIL ", "second vCPU");
	}
	end(failed);
	for (;;)
		__asm__ volatile("wfi");
}
