/* SPDX-License-Identifier: Apache-2.0 */
/* Which CPU this is: a test says so. */
#pragma once

struct cpu;

extern struct cpu *host_this_cpu; /* arch/host/cpu.c; starts as &cpus[0] */

static inline struct cpu *this_cpu(void)
{
	return host_this_cpu;
}
