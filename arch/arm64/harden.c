/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CVE-2017-5715 (branch targets), CVE-2022-23960 (branch history), CVE-2018-3639 (store bypass): by what the ID
 * registers say (CSV2, ECBHB, CLRBHB; Arm ARM D19.2), the table of errata, and firmware (Arm DEN0028, 7).
 */
#include "arch/arm64/harden.h"

#include "arch/arm64/boot.h"
#include "arch/arm64/errata.h"
#include "arch/arm64/psci.h"
#include <arch/sysreg.h>

#define PFR0_CSV2    GENMASK(59, 56)
#define PFR1_SSBS    GENMASK(7, 4)
#define MMFR1_ECBHB  GENMASK(63, 60)
#define ISAR2_CLRBHB GENMASK(31, 28)

/*
 * SMCCC_ARCH_FEATURES of a workaround that this CPU does not need of firmware. That is no promise about branch history:
 * Trusted Firmware-A answers so of SMCCC_ARCH_WORKAROUND_3 on cores where the branch loop is enough.
 */
#define NOT_NEEDED 1

static const uint32_t workarounds[ARCH_WORKAROUNDS] = { SMCCC_ARCH_WORKAROUND_1,
	SMCCC_ARCH_WORKAROUND_2, SMCCC_ARCH_WORKAROUND_3 };
#define WORKAROUND_1 0
#define WORKAROUND_2 1
#define WORKAROUND_3 2

static int answer_of(const struct cpu *cpu, unsigned workaround)
{
	return cpu->arch.firmware[workaround];
}

/* Of store bypass alone there is one more answer: no CPU of the machine needs it. */
static int8_t ask(unsigned workaround)
{
	int answer = firmware_workaround(workarounds[workaround]);

	if (workaround == WORKAROUND_2 && answer == SMCCC_NOT_REQUIRED)
		return NOT_NEEDED;
	return (int8_t)(answer == 0 || answer == NOT_NEEDED ? answer : SMCCC_NOT_SUPPORTED);
}

/* WORKAROUND_3 does all that WORKAROUND_1 does (Arm DEN0028, 7.4). */
static enum harden by_firmware(struct cpu *cpu)
{
	if (answer_of(cpu, WORKAROUND_3) == 0)
		cpu->arch.workaround = SMCCC_ARCH_WORKAROUND_3;
	else if (answer_of(cpu, WORKAROUND_1) == 0)
		cpu->arch.workaround = SMCCC_ARCH_WORKAROUND_1;
	else
		return HARDEN_VULNERABLE;
	return HARDEN_FIRMWARE;
}

static bool targets_are_safe(const struct cpu *cpu)
{
	return FIELD_GET(PFR0_CSV2, sysreg_read(id_aa64pfr0_el1)) != 0 ||
	       errata_targets_are_safe(cpu->arch.midr) ||
	       answer_of(cpu, WORKAROUND_1) == NOT_NEEDED;
}

static bool history_is_safe(void)
{
	return FIELD_GET(PFR0_CSV2, sysreg_read(id_aa64pfr0_el1)) >= 3 ||
	       FIELD_GET(MMFR1_ECBHB, sysreg_read(id_aa64mmfr1_el1));
}

static enum harden choose(struct cpu *cpu)
{
	if (errata_branches_are_safe(cpu->arch.midr))
		return HARDEN_NONE;
	if (!targets_are_safe(cpu))
		return by_firmware(cpu);
	if (history_is_safe())
		return HARDEN_NONE;
	if (FIELD_GET(ISAR2_CLRBHB, sysreg_read(s3_0_c0_c6_2)))
		return HARDEN_CLRBHB;
	cpu->arch.branch_loops = errata_branch_loops(cpu->arch.midr);
	if (cpu->arch.branch_loops)
		return HARDEN_LOOP;
	return answer_of(cpu, WORKAROUND_3) == 0 ? by_firmware(cpu) : HARDEN_VULNERABLE;
}

void harden_init_cpu(struct cpu *cpu)
{
	for (unsigned i = 0; i < ARCH_WORKAROUNDS; i++)
		cpu->arch.firmware[i] = ask(i);
	cpu->arch.harden = (uint8_t)choose(cpu);
	cpu->arch.has_ssbs = FIELD_GET(PFR1_SSBS, sysreg_read(id_aa64pfr1_el1)) != 0;
	if (answer_of(cpu, WORKAROUND_2) == 0)
		firmware_call(SMCCC_ARCH_WORKAROUND_2, 1);
}

const char *harden_vectors(enum harden harden)
{
	static const char *const tables[HARDEN_KINDS] = {
		[HARDEN_NONE] = vectors,
		[HARDEN_LOOP] = vectors_loop,
		[HARDEN_CLRBHB] = vectors_clrbhb,
		[HARDEN_FIRMWARE] = vectors_firmware,
		[HARDEN_VULNERABLE] = vectors,
	};

	return tables[harden];
}

const char *harden_store_bypass(const struct cpu *cpu)
{
	if (cpu->arch.has_ssbs)
		return "off in Graft by PSTATE.SSBS";
	if (answer_of(cpu, WORKAROUND_2) == 0)
		return "off by firmware, for guests too";
	if (answer_of(cpu, WORKAROUND_2) == NOT_NEEDED)
		return "none, or off by firmware for good";
	if (errata_branches_are_safe(cpu->arch.midr))
		return "none";
	return "firmware offers nothing to turn it off";
}

int64_t harden_guest_answer(uint32_t function)
{
	for (unsigned i = 0; i < ARCH_WORKAROUNDS; i++) {
		int answer = answer_of(this_cpu(), i);

		/* Store bypass stays off for everybody: a guest has nothing to turn on. */
		if (function == workarounds[i])
			return i == WORKAROUND_2 && answer == 0 ? NOT_NEEDED : answer;
	}
	return SMCCC_NOT_SUPPORTED;
}

void harden_guest_call(uint32_t function)
{
	const struct cpu *cpu = this_cpu();

	/* The way in has called firmware already where HARDEN_FIRMWARE is chosen. */
	if (harden_guest_answer(function) == 0 && cpu->arch.harden != HARDEN_FIRMWARE)
		firmware_call(function, 0);
}
