/* SPDX-License-Identifier: Apache-2.0 */
/* A guest that never leaves a word alone: a thread that stores two values in turn until it is stopped. */
#pragma once

#include <stdint.h>

struct hammer;
struct hammer *hammer_start(uint32_t *word, uint32_t first, uint32_t second);
void hammer_stop(struct hammer *h);
