/* SPDX-License-Identifier: Apache-2.0 */
/* The host's PSCI firmware: other CPUs, power off, reset (Arm DEN0022; Linux's binding arm/psci.yaml). */
#include "arch/arm64/psci.h"
#include "core/arch.h"
#include "core/error.h"
#include "core/printk.h"
#include "dt/tree.h"
#include "lib/string.h"

static enum conduit { CONDUIT_NONE, CONDUIT_SMC, CONDUIT_HVC } conduit;

static int64_t call(uint64_t function, uint64_t a, uint64_t b, uint64_t c)
{
	register uint64_t x0 __asm__("x0") = function;
	register uint64_t x1 __asm__("x1") = a;
	register uint64_t x2 __asm__("x2") = b;
	register uint64_t x3 __asm__("x3") = c;

	if (conduit == CONDUIT_NONE)
		return PSCI_NOT_SUPPORTED;
	if (conduit == CONDUIT_SMC)
		__asm__ volatile(".inst 0xd4000003" /* smc #0 */
			: "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3)
			:
			: "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13", "x14",
			"x15", "x16", "x17", "memory");
	else
		__asm__ volatile("hvc #0"
			: "+r"(x0), "+r"(x1), "+r"(x2), "+r"(x3)
			:
			: "x4", "x5", "x6", "x7", "x8", "x9", "x10", "x11", "x12", "x13", "x14",
			"x15", "x16", "x17", "memory");
	return (int64_t)x0;
}

int firmware_init(const struct dt_tree *tree)
{
	const struct dt_node *node = dt_find_compatible(tree, NULL, "arm,psci-1.0");
	const char *method;

	if (!node)
		node = dt_find_compatible(tree, NULL, "arm,psci-0.2");
	method = node ? dt_prop_string(tree, node, "method") : NULL;
	if (!method)
		return fail(-ENODEV,
			"no PSCI 0.2 or later in the device tree: one CPU, no power control");
	conduit = strcmp(method, "smc") == 0 ? CONDUIT_SMC : CONDUIT_HVC;
	return 0;
}

int firmware_cpu_on(uint64_t mpidr, uint64_t entry, uint64_t context)
{
	return (int)call(PSCI_CPU_ON | SMCCC_64BIT, mpidr, entry, context);
}

static _Noreturn void stop(void)
{
	for (;;)
		__asm__ volatile("wfi");
}

void arch_machine_poweroff(void)
{
	call(PSCI_SYSTEM_OFF, 0, 0, 0);
	log_err("the firmware did not power the machine off: it is safe to do so by hand");
	stop();
}

void arch_machine_reset(void)
{
	call(PSCI_SYSTEM_RESET, 0, 0, 0);
	log_err("the firmware did not reset the machine: it is safe to do so by hand");
	stop();
}
