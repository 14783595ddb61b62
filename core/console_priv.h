/* SPDX-License-Identifier: Apache-2.0 */
/* What the console's output and input share: one lock and one UART. */
#pragma once

#include "core/console.h"

void console_lock(void);
void console_unlock(void);

void console_put_locked(const char *text, size_t size);
int console_get_locked(void);
