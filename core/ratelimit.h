/* SPDX-License-Identifier: Apache-2.0 */
/* How often something may happen: a bucket of tokens that fills with time. The caller holds a lock. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

struct ratelimit {
	uint64_t updated; /* ns: when tokens were last added */
	uint32_t spent; /* tokens taken out of a full bucket */
	uint32_t refused; /* since the last time one was granted */
};

#define RATELIMIT_BURST     32
#define RATELIMIT_PER_TOKEN UINT64_C(100000000) /* ns: ten a second */

/* What goes on and on: each report is followed by a pause, twice as long as the one before. */
struct repeat {
	uint64_t last; /* ns: of the latest event, reported or not */
	uint64_t pause; /* ns, after the latest report; 0: none */
	uint64_t next; /* ns: no report before */
	uint64_t untold; /* events since the latest report */
};

#define REPEAT_PAUSE_MIN UINT64_C(1000000000)
#define REPEAT_PAUSE_MAX UINT64_C(3600000000000)
#define REPEAT_QUIET     UINT64_C(60000000000)

/*
 * One more event: true if it is to be reported. *untold: how many went unreported before it. Events that stop for
 * REPEAT_QUIET and for the pause are over: the next one is a first one. A zeroed struct has seen none.
 */
bool repeat_take(struct repeat *r, uint64_t now, uint64_t *untold);

/*
 * Takes a token: true if there was one. *refused: how many were refused before this one was granted, so
 * that the reader learns of the gap. A zeroed struct is a full bucket.
 */
bool ratelimit_take(struct ratelimit *r, uint64_t now, uint32_t *refused);
