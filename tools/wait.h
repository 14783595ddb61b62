/* SPDX-License-Identifier: Apache-2.0 */
/* Time, and signals that end a wait but not the program, so that what was begun is finished or undone. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* Milliseconds of a clock that never goes back. */
uint64_t wait_now(void);

/* From now on SIGINT, SIGTERM and SIGHUP, where they are not ignored, are only noted; SIGPIPE is not. */
void wait_catch_signals(void);
/* Did one come since? */
bool wait_interrupted(void);

/* Between two looks at what another may have changed: 20 ms, less when a signal comes. */
void wait_moment(void);
