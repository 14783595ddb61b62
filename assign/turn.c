/* SPDX-License-Identifier: Apache-2.0 */
/* The turn is a lock that nobody waits for. */
#include "assign/turn.h"

#include "core/spinlock.h"

static struct spinlock turn = SPINLOCK_INIT;

bool turn_take(void)
{
	return spin_trylock(&turn);
}

void turn_give(void)
{
	spin_unlock(&turn);
}

void turn_poll(void)
{
}
