/* SPDX-License-Identifier: Apache-2.0 */
/* Alone, since every test has locks and some bring what is in the other files themselves. */
#include <arch/spinlock.h>

#include <stddef.h>

void (*host_lock_hook)(void) = NULL;
