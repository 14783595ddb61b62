/* SPDX-License-Identifier: Apache-2.0 */
/* Waiting for another thread's store, which the test's hook may make itself. */
#pragma once

#include <stdatomic.h>
#include <stdint.h>

/* Called each time somebody waits; NULL: another thread is to run. */
extern void (*host_wait_hook)(void);

uint32_t wait_for_change(_Atomic uint32_t *word, uint32_t seen);
