/* SPDX-License-Identifier: Apache-2.0 */
/* Memory barriers between CPUs, and towards translation and devices (Arm ARM B2.7.3). */
#pragma once

#define smp_mb()    __asm__ volatile("dmb ish" ::: "memory")
#define smp_rmb()   __asm__ volatile("dmb ishld" ::: "memory")
#define smp_wmb()   __asm__ volatile("dmb ishst" ::: "memory")
#define dsb_sy()    __asm__ volatile("dsb sy" ::: "memory")
#define dmb_sy()    __asm__ volatile("dmb sy" ::: "memory")
#define dsb_nsh()   __asm__ volatile("dsb nsh" ::: "memory")
#define dsb_ish()   __asm__ volatile("dsb ish" ::: "memory")
#define dsb_ishst() __asm__ volatile("dsb ishst" ::: "memory")
#define isb()       __asm__ volatile("isb" ::: "memory")
#define cpu_relax() __asm__ volatile("yield" ::: "memory")
