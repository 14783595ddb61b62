/* SPDX-License-Identifier: Apache-2.0 */
/* System time: nanoseconds since boot, one clock on all CPUs; and the one deadline each CPU can set. */
#pragma once

#include <stdint.h>

#define NS_PER_S   UINT64_C(1000000000)
#define NS_PER_MS  UINT64_C(1000000)
#define NS_PER_US  UINT64_C(1000)
#define TIME_NEVER UINT64_MAX

uint64_t time_now(void);

/* Ticks of the system counter (CNTPCT_EL0) and nanoseconds; UINT64_MAX for what is beyond the other's end. */
uint64_t time_to_ticks(uint64_t ns);
uint64_t time_from_ticks(uint64_t ticks);
uint64_t time_frequency_hz(void);
/* What the device tree states, for guests whose CNTFRQ_EL0 firmware has left wrong; 0: it states nothing. */
uint32_t time_stated_frequency_hz(void);

/* This CPU's EL2 timer; TIME_NEVER stops it. A deadline that has passed fires at once. */
void arch_timer_set_deadline(uint64_t ns);
