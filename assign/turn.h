/* SPDX-License-Identifier: Apache-2.0 */
/* One operation on the live tree and the ledger at a time: whoever has the turn may read and change both. */
#pragma once

#include <stdbool.h>

/* Never waits. False: another has it; come again. */
bool turn_take(void);
void turn_give(void);

/* Inside a long operation, between two steps of it: interrupts that are pending may be taken first. */
void turn_poll(void);
