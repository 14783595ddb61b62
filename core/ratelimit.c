/* SPDX-License-Identifier: Apache-2.0 */
/* A bucket of tokens that fills with time, and pauses that grow. */
#include "core/ratelimit.h"

#include "lib/bits.h"

static void refill(struct ratelimit *r, uint64_t now)
{
	uint64_t tokens = (now - r->updated) / RATELIMIT_PER_TOKEN;

	r->spent -= (uint32_t)MIN(tokens, r->spent);
	r->updated += tokens * RATELIMIT_PER_TOKEN;
}

bool ratelimit_take(struct ratelimit *r, uint64_t now, uint32_t *refused)
{
	refill(r, now);
	if (r->spent == RATELIMIT_BURST) {
		r->refused++;
		return false;
	}
	r->spent++;
	*refused = r->refused;
	r->refused = 0;
	return true;
}

bool repeat_take(struct repeat *r, uint64_t now, uint64_t *untold)
{
	if (now - r->last > MAX(r->pause, REPEAT_QUIET))
		r->pause = r->next = 0;
	r->last = now;
	if (now < r->next) {
		r->untold++;
		return false;
	}
	r->pause = r->pause ? MIN(r->pause * 2, REPEAT_PAUSE_MAX) : REPEAT_PAUSE_MIN;
	r->next = now + r->pause;
	*untold = r->untold;
	r->untold = 0;
	return true;
}
