/* SPDX-License-Identifier: Apache-2.0 */
/* Which CPU this is: a test says so. And what arch keeps of each. */
#pragma once

#include "arch/arm64/cpu_state.h"

struct cpu;

extern struct cpu *host_this_cpu; /* arch/host/cpu.c; starts as &cpus[0] */

static inline struct cpu *this_cpu(void)
{
	return host_this_cpu;
}
