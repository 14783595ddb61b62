/* SPDX-License-Identifier: Apache-2.0 */
/* Memory barriers where there is one thread: the compiler's is enough. */
#pragma once

#include <arch/sysreg.h>

#define smp_mb()    __asm__ volatile("" ::: "memory")
#define smp_rmb()   smp_mb()
#define smp_wmb()   smp_mb()
#define dmb_sy()    host_trace("dmb sy", 0)
#define dsb_sy()    smp_mb()
#define dsb_nsh()   host_trace("dsb nsh", 0)
#define dsb_ish()   host_trace("dsb ish", 0)
#define dsb_ishst() smp_mb()
#define isb()       host_trace("isb", 0)

/* Waiting for another CPU: a test's hook plays that CPU; with none, nobody will ever come (arch/host/cpu.c). */
#define cpu_relax() host_cpu_relax()
void host_cpu_relax(void);
