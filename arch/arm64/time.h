/* SPDX-License-Identifier: Apache-2.0 */
/* Bring-up of the system counter. */
#pragma once

#include <stdint.h>

/* dt_frequency: Hz from the timer node's clock-frequency, 0 to trust CNTFRQ_EL0. */
void arch_time_init(uint64_t dt_frequency);
