/* SPDX-License-Identifier: Apache-2.0 */
/* The end of the machine: what happened, registers, who called whom, then silence on every CPU. */
#include "core/panic.h"

#include <stdarg.h>

#include "arch/arm64/boot.h"
#include "arch/arm64/gic.h"
#include "arch/arm64/image.h"
#include "arch/arm64/layout.h"
#include "arch/arm64/panic.h"
#include "core/arch.h"
#include "core/console.h"
#include "core/cpu.h"
#include "core/domain.h"
#include "core/printk.h"
#include "core/symtab.h"
#include "lib/printf.h"
#include <arch/sysreg.h>

#define BACKTRACE_MAX 32

static _Atomic unsigned panicking; /* 1 + id of the first CPU that panics */

static unsigned this_id(void)
{
	return this_cpu() ? cpu_id() : 0;
}

/* Only the first CPU reports; one that panics while it reports stops at once. */
static void begin(void)
{
	unsigned expected = 0;

	if (!atomic_compare_exchange_strong(&panicking, &expected, 1 + this_id()))
		panic_halt_cpu();
	for (unsigned cpu = 0; cpu < cpu_count; cpu++) {
		if (cpu != this_id() && atomic_load(&cpus[cpu].online))
			gic_send_sgi(cpu, GIC_SGI_HALT);
	}
	console_force_unlock();
}

_Noreturn void panic_halt_cpu(void)
{
	for (;;)
		__asm__ volatile("wfi");
}

static void print_address(const char *what, uint64_t address)
{
	uint64_t offset;
	char name[48];

	if (address < (uint64_t)image_text_end &&
			symtab_lookup(address, name, sizeof(name), &offset))
		log_err("  %s %016llx %s+0x%llx", what, (unsigned long long)address, name,
				(unsigned long long)offset);
	else
		log_err("  %s %016llx", what, (unsigned long long)address);
}

static bool is_stack(uint64_t address)
{
	bool own = address >= LAYOUT_STACK_BASE &&
	           address < LAYOUT_STACK_BASE + (uint64_t)CPUS_MAX * LAYOUT_STACK_SLOT;
	bool boot = address >= (uint64_t)image_rodata_end && address < (uint64_t)image_end;

	return (own || boot) && (address & 15) == 0;
}

/* Frame records of the procedure call standard: {caller's frame, return address}. */
static void backtrace(uint64_t frame)
{
	for (unsigned i = 0; i < BACKTRACE_MAX && is_stack(frame); i++) {
		const uint64_t *record = (const uint64_t *)frame;

		if (!record[1])
			break;
		print_address("from", record[1] - 4);
		if (record[0] <= frame)
			break;
		frame = record[0];
	}
}

static _Noreturn void end(void)
{
	if (this_cpu() && this_cpu()->current && this_cpu()->current->domain->id != DOMAIN_IDLE_ID)
		arch_vcpu_dump(this_cpu()->current);
	log_err("Graft has stopped: the machine needs a reset");
	panic_halt_cpu();
}

void panic(const char *fmt, ...)
{
	va_list args;

	begin();
	log_err("Graft panic on CPU %u:", this_id());
	va_start(args, fmt);
	vprintk(LOG_ERR, fmt, args);
	va_end(args);
	backtrace((uint64_t)__builtin_frame_address(0));
	end();
}

_Noreturn void boot_refuse(const char *fmt, ...)
{
	char reason[256];
	va_list args;

	begin();
	va_start(args, fmt);
	vsnprintf(reason, sizeof(reason), fmt, args);
	va_end(args);
	log_err("Graft cannot boot: %s", reason);
	panic_halt_cpu();
}

void fatal_exception(const struct fatal_frame *f, uint64_t kind)
{
	static const char *const kinds[] = { "synchronous exception", "IRQ", "FIQ", "SError" };

	begin();
	log_err("Graft panic on CPU %u: %s at EL2 (vector %llu)", this_id(), kinds[kind & 3],
			(unsigned long long)kind);
	log_err("  esr %08llx far %016llx hpfar %010llx pstate %08llx",
			(unsigned long long)sysreg_read(esr_el2),
			(unsigned long long)sysreg_read(far_el2),
			(unsigned long long)sysreg_read(hpfar_el2), (unsigned long long)f->pstate);
	print_address("pc", f->pc);
	print_address("lr", f->x[30]);
	log_err("  sp %016llx", (unsigned long long)f->sp);
	for (unsigned i = 0; i < 30; i += 3)
		log_err("  x%-2u %016llx  x%-2u %016llx  x%-2u %016llx", i,
				(unsigned long long)f->x[i], i + 1, (unsigned long long)f->x[i + 1],
				i + 2, (unsigned long long)f->x[i + 2]);
	backtrace(f->x[29]);
	end();
}
