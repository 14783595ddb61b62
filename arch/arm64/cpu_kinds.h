/* SPDX-License-Identifier: Apache-2.0 */
/* Kinds of CPUs, for the scheduler and for the log. */
#pragma once

/* Sets `alike` of each CPU that is up. Once, at boot, when the last CPU is up and before the scheduler has a vCPU. */
void cpu_group_kinds(void);
