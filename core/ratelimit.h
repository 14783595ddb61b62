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

/*
 * Takes a token: true if there was one. *refused: how many were refused before this one was granted, so
 * that the reader learns of the gap. A zeroed struct is a full bucket.
 */
bool ratelimit_take(struct ratelimit *r, uint64_t now, uint32_t *refused);
