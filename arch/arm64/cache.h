/* SPDX-License-Identifier: Apache-2.0 */
/* Caches of CPUs that may differ (core/arch.h has their maintenance). */
#pragma once

/* The CPU that runs is one of those that are up, from now on. One CPU at a time; the first before any maintenance. */
void cache_init_cpu(void);
