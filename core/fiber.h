/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One long piece of work on a stack of its own, so that it can stand still in the middle and go on later, on
 * whichever CPU. Implemented by the architecture. There is one at a time; assign/turn.h sees to that.
 *
 * What it calls must not keep what it knows of the CPU it runs on, or a lock, across fiber_pause().
 */
#pragma once

#include <stdbool.h>

/* Work that the next fiber_continue() begins; the one before has ended. */
void fiber_start(void (*run)(void *arg), void *arg);
/* Runs it until it ends (true) or pauses (false). */
bool fiber_continue(void);
/* Only on the fiber: back to who called fiber_continue(). */
void fiber_pause(void);
/* Whether the caller is on the fiber. */
bool fiber_is_here(void);
