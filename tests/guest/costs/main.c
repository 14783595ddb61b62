/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A guest kernel that measures what exits cost, in ticks of its counter, and says so on the console. One vCPU; runs as
 * Dom0's kernel, on Graft and on Xen. Where virtual time counts instructions (QEMU's -icount shift=0), so do these.
 */
#include "tests/guest/checks/checks.h"

#include "core/xen_abi.h"

#define ROUNDS      256
#define PSCI        0x84000000 /* PSCI_VERSION */
#define SYSTEM_OFF  0x84000008
#define GICD_IIDR   8
#define ENABLE      1U
#define IMASK       2U
#define NS_PER_S    1000000000U
#define WAITS_PER_S 100 /* 10 ms, as long as a tick of a kernel at HZ=100 */

static volatile unsigned handled;
static volatile uint64_t handled_at;
static uint64_t due, latency;

void first_main(const void *fdt);
void other_main(void);

unsigned this_vcpu(void)
{
	return 0;
}

void other_main(void)
{
}

static size_t put(char *line, size_t at, const char *text)
{
	while (*text)
		line[at++] = *text++;
	return at;
}

static size_t put_number(char *line, size_t at, uint64_t number)
{
	if (number >= 10)
		at = put_number(line, at, number / 10);
	line[at] = (char)('0' + number % 10);
	return at + 1;
}

static void say(const char *name, uint64_t ticks)
{
	char line[128];
	size_t n = put(line, 0, "cost ");

	n = put(line, n, name);
	line[n++] = ' ';
	n = put_number(line, n, ticks * (NS_PER_S / sysreg_read(cntfrq_el0)) / ROUNDS);
	n = put(line, n, " ns\n");
	hypercall_raw(__HYPERVISOR_console_io,
			(uint64_t[5]){ CONSOLEIO_write, n, (uintptr_t)line });
}

static void measure(const char *name, void (*what)(void))
{
	what();
	uint64_t start = counter();

	for (unsigned i = 0; i < ROUNDS; i++)
		what();
	say(name, counter() - start);
}

static void nothing(void)
{
	__asm__ volatile("" ::: "memory");
}

static void hypercall(void)
{
	smccc_raw(PSCI, 0, 0, 0);
}

static void mmio_read(void)
{
	uint32_t value;

	__asm__ volatile("ldr %w0, [%1]"
			: "=r"(value)
			: "r"(machine.gic_dist + GICD_IIDR)
			: "memory");
}

/* Of no interrupt: what the access alone costs. */
static void eoi(void)
{
	sysreg_write(S3_0_C12_C12_1, 1023); /* ICC_EOIR1_EL1 */
}

static void ipi(void)
{
	unsigned before = handled;

	sysreg_write(S3_0_C12_C11_5, UINT64_C(3) << 24 | 1); /* ICC_SGI1R_EL1: SGI 3 to this vCPU */
	while (handled == before)
		;
}

static void on_any(unsigned intid)
{
	handled_at = counter();
	if (intid == PPI_VTIMER)
		sysreg_write(cntv_ctl_el0, ENABLE | IMASK);
	handled++;
}

/* As long as the timer runs, nothing counts: from the compare value until the interrupt has been handled. */
static uint64_t timer_round(void)
{
	unsigned before = handled;

	due = counter() + sysreg_read(cntfrq_el0) / WAITS_PER_S;
	sysreg_write(cntv_cval_el0, due);
	sysreg_write(cntv_ctl_el0, ENABLE);
	while (handled == before)
		;
	latency += handled_at - due;
	return counter() - due;
}

static void measure_timer(void)
{
	uint64_t whole = 0;

	gic_enable(PPI_VTIMER, true);
	timer_round();
	latency = 0;
	for (unsigned i = 0; i < ROUNDS; i++)
		whole += timer_round();
	say("timer-until-handler", latency);
	say("timer-until-handled", whole);
}

void first_main(const void *fdt)
{
	fdt_read(fdt);
	mmu_init();
	mmu_on();
	gic_init();
	on_interrupt = on_any;
	irqs_on();
	measure("loop", nothing);
	measure("hypercall", hypercall);
	measure("mmio-read", mmio_read);
	measure("eoi", eoi);
	measure("ipi-to-itself", ipi);
	measure_timer();
	smccc_raw(SYSTEM_OFF, 0, 0, 0);
	for (;;)
		__asm__ volatile("wfi");
}
