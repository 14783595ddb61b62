/* SPDX-License-Identifier: Apache-2.0 */
/* Function identifiers and results of PSCI (Arm DEN0022) and SMCCC (Arm DEN0028). */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#define SMCCC_64BIT             UINT32_C(0x40000000)
#define SMCCC_VERSION           UINT32_C(0x80000000)
#define SMCCC_ARCH_FEATURES     UINT32_C(0x80000001)
#define SMCCC_ARCH_WORKAROUND_1 UINT32_C(0x80008000)
#define SMCCC_ARCH_WORKAROUND_2 UINT32_C(0x80007fff)
#define SMCCC_ARCH_WORKAROUND_3 UINT32_C(0x80003fff)
#define SMCCC_HYP_CALL_UID      UINT32_C(0x8600ff01)
#define SMCCC_HYP_REVISION      UINT32_C(0x8600ff03)
#define SMCCC_VERSION_1_1       0x10001
#define SMCCC_NOT_SUPPORTED     (-1)
#define SMCCC_NOT_REQUIRED      (-2)

#define PSCI_VERSION           UINT32_C(0x84000000)
#define PSCI_CPU_SUSPEND       UINT32_C(0x84000001)
#define PSCI_CPU_OFF           UINT32_C(0x84000002)
#define PSCI_CPU_ON            UINT32_C(0x84000003)
#define PSCI_AFFINITY_INFO     UINT32_C(0x84000004)
#define PSCI_MIGRATE_INFO_TYPE UINT32_C(0x84000006)
#define PSCI_SYSTEM_OFF        UINT32_C(0x84000008)
#define PSCI_SYSTEM_RESET      UINT32_C(0x84000009)
#define PSCI_FEATURES          UINT32_C(0x8400000a)

#define PSCI_VERSION_1_1 0x10001

enum psci_result {
	PSCI_SUCCESS = 0,
	PSCI_NOT_SUPPORTED = -1,
	PSCI_INVALID_PARAMETERS = -2,
	PSCI_DENIED = -3,
	PSCI_ALREADY_ON = -4,
	PSCI_INTERNAL_FAILURE = -6,
	PSCI_INVALID_ADDRESS = -9,
};

enum psci_affinity {
	PSCI_AFFINITY_ON = 0,
	PSCI_AFFINITY_OFF = 1,
};

#define PSCI_MIGRATE_NOT_NEEDED 2

/* The firmware below Graft (firmware.c). */
struct dt_tree;
/* Reads /psci; 0, -ENODEV: no PSCI, or none by SMC, so neither other CPUs nor power control. */
int firmware_init(const struct dt_tree *tree);
/*
 * SMCCC_ARCH_FEATURES of a workaround on the CPU that runs, as firmware answers; SMCCC_NOT_SUPPORTED also where SMCCC
 * is older than 1.1 or there is no PSCI.
 */
int firmware_workaround(uint32_t function);
/* Calls a function that firmware_workaround() has answered with 0. */
void firmware_call(uint32_t function, uint64_t argument);
/* 0 or a PSCI error. entry is physical. */
int firmware_cpu_on(uint64_t mpidr, uint64_t entry, uint64_t context);
/* The CPU that runs goes off; returns only where the firmware denies it. */
void firmware_cpu_off(void);
/* The firmware says that this CPU is off: it executes nothing any more. */
bool firmware_cpu_is_off(uint64_t mpidr);
