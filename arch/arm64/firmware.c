/* SPDX-License-Identifier: Apache-2.0 */
/* The host's PSCI firmware: other CPUs, power off, reset (Arm DEN0022; Linux's binding arm/psci.yaml). */
#include "arch/arm64/psci.h"
#include "core/arch.h"
#include "core/error.h"
#include "core/printk.h"
#include "dt/tree.h"
#include "lib/string.h"

/* Function, three arguments; x4-x17 are the caller's to lose in SMCCC as in any call. */
int64_t conduit_smc(uint64_t function, uint64_t a, uint64_t b, uint64_t c); /* conduit.S */

static bool has_psci;

static int64_t call(uint64_t function, uint64_t a, uint64_t b, uint64_t c)
{
	return has_psci ? conduit_smc(function, a, b, c) : PSCI_NOT_SUPPORTED;
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
	if (strcmp(method, "smc") != 0)
		return fail(-ENODEV,
				"%s: method \"%s\" does not lead out of EL2: one CPU, no power control",
				dt_path(node), method);
	has_psci = true;
	return 0;
}

/* SMCCC_VERSION may only be called when PSCI_FEATURES knows it (Arm DEN0028, 7.2). */
static bool has_smccc_1_1(void)
{
	return (int32_t)call(PSCI_FEATURES, SMCCC_VERSION, 0, 0) >= 0 &&
	       (int32_t)call(SMCCC_VERSION, 0, 0, 0) >= SMCCC_VERSION_1_1;
}

int firmware_workaround(uint32_t function)
{
	return has_smccc_1_1() ? (int32_t)call(SMCCC_ARCH_FEATURES, function, 0, 0)
	                       : SMCCC_NOT_SUPPORTED;
}

void firmware_call(uint32_t function, uint64_t argument)
{
	(void)call(function, argument, 0, 0);
}

int firmware_cpu_on(uint64_t mpidr, uint64_t entry, uint64_t context)
{
	return (int)call(PSCI_CPU_ON | SMCCC_64BIT, mpidr, entry, context);
}

void firmware_cpu_off(void)
{
	call(PSCI_CPU_OFF, 0, 0, 0);
}

bool firmware_cpu_is_off(uint64_t mpidr)
{
	return call(PSCI_AFFINITY_INFO | SMCCC_64BIT, mpidr, 0, 0) == PSCI_AFFINITY_OFF;
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
