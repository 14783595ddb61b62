/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One operation on the live tree and the ledger at a time: whoever has the turn may read and change both. Nobody
 * waits for it at EL2: a hypercall that does not get it is issued again.
 *
 * A long operation runs as a fiber (core/fiber.h), which pauses when interrupts are pending: the guest takes them
 * and issues the same hypercall again. The turn stays with that hypercall meanwhile.
 */
#pragma once

#include <stdbool.h>

/* For a short operation. False: another has it. */
bool turn_take(void);
void turn_give(void);

enum turn {
	TURN_OTHERS, /* another has it: come again */
	TURN_NEW, /* this hypercall has it now: turn_start(), or turn_give() */
	TURN_PAUSED, /* this hypercall had it and paused: turn_continue() */
	TURN_ABANDONED, /* nobody came back for the paused one, which is now the caller's to end first */
};

/* For a long one, of the hypercall that the current vCPU makes. */
enum turn turn_enter(void);
void turn_start(void (*run)(void *arg), void *arg);
/* Runs until it has ended: true, and turn_give() is due; or pauses: false, and the hypercall is to be issued again. */
bool turn_continue(void);

/* Inside any operation, between two steps of it: a long one makes way for interrupts that are pending. */
void turn_poll(void);
