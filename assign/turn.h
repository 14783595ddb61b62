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

/*
 * For a short operation. False: another has it. An operation whose caller left is ended first, in steps: false as
 * long as that takes. The caller holds no lock and is a hypercall, as for turn_enter().
 */
bool turn_take(void);
void turn_give(void);

enum turn {
	TURN_OTHERS, /* another has it: come again */
	TURN_NEW, /* this hypercall has it now: turn_start(), or turn_give() */
	TURN_PAUSED, /* this hypercall had it and paused: turn_continue(), or turn_end() */
	TURN_LEFT, /* inside turn.c: the operation's caller left, and the operation is to be ended first */
};

/* For a long one, of the hypercall that the current vCPU makes: TURN_OTHERS, TURN_NEW or TURN_PAUSED. */
enum turn turn_enter(void);
/* `close` frees what the operation has, after its end, when its caller has left. */
void turn_start(void (*run)(void *arg), void (*close)(void *arg), void *arg);
/* Runs until it has ended: true, and turn_give() is due; or pauses: false, and the hypercall is to be issued again. */
bool turn_continue(void);
/* Ends a paused operation that its caller left: true, with the turn given back; false as turn_continue(). */
bool turn_end(void);
/* Inside an operation: its caller has left, and the caller's memory may be out of reach. */
bool turn_is_left(void);

/* Inside any operation, between two steps of it: a long one makes way for interrupts that are pending. */
void turn_poll(void);
