/* SPDX-License-Identifier: Apache-2.0 */
/* Where the engine refuses on purpose what libfdt takes: which sentences, and why. */
#pragma once

#include <stdbool.h>

/* Is this sentence one of them? Counts it. */
bool purpose_of(const char *sentence);
void purpose_print(void);
