/* SPDX-License-Identifier: Apache-2.0 */
/* What printk.c shares with error.c. */
#pragma once

#include <stdbool.h>

#include "core/printk.h"

/* True while the current vCPU is that of a domain that may not manage others. */
bool printk_guest_is_unprivileged(void);

void guest_vprintk(enum log_level level, const char *fmt, va_list args)
		__attribute__((format(printf, 2, 0)));
