/* SPDX-License-Identifier: Apache-2.0 */
/* Bring-up of the system counter. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* dt_frequency: Hz from the timer node's clock-frequency, 0 to trust CNTFRQ_EL0. */
void arch_time_init(uint32_t dt_frequency);

/* False: neither the device tree nor CNTFRQ_EL0 tells how fast the counter runs. */
bool arch_time_is_known(void);
