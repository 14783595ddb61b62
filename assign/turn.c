/* SPDX-License-Identifier: Apache-2.0 */
/* Who has the turn. A paused operation belongs to a context of a guest, which may come back on another vCPU. */
#include "assign/turn.h"

#include "core/arch.h"
#include "core/cpu.h"
#include "core/domain.h"
#include "core/fiber.h"
#include "core/panic.h"
#include "core/spinlock.h"
#include "core/time.h"

/* A guest that works comes back at once, however loaded it is. */
#define ABANDONED_AFTER (10 * NS_PER_S)

static struct spinlock lock = SPINLOCK_INIT; /* of the fields to the next blank line */
static bool taken, paused;
static const struct domain *paused_domain;
static uint64_t paused_context, paused_at;

bool turn_take(void)
{
	bool mine;

	spin_lock(&lock);
	mine = !taken;
	taken = true;
	spin_unlock(&lock);
	return mine;
}

void turn_give(void)
{
	spin_lock(&lock);
	ASSERT(taken && !paused);
	taken = false;
	spin_unlock(&lock);
}

static enum turn whose(void)
{
	if (!taken)
		return TURN_NEW;
	if (!paused)
		return TURN_OTHERS;
	if (paused_domain == current_vcpu()->domain && paused_context == guest_context())
		return TURN_PAUSED;
	return time_now() - paused_at > ABANDONED_AFTER ? TURN_ABANDONED : TURN_OTHERS;
}

enum turn turn_enter(void)
{
	enum turn turn;

	spin_lock(&lock);
	turn = whose();
	if (turn != TURN_OTHERS) {
		taken = true;
		paused = false;
	}
	spin_unlock(&lock);
	return turn;
}

void turn_start(void (*run)(void *arg), void *arg)
{
	fiber_start(run, arg);
}

bool turn_continue(void)
{
	if (fiber_continue())
		return true;
	spin_lock(&lock);
	paused = true;
	paused_domain = current_vcpu()->domain;
	paused_context = guest_context();
	paused_at = time_now();
	spin_unlock(&lock);
	return false;
}

void turn_poll(void)
{
	if (arch_irq_pending() && fiber_is_here())
		fiber_pause();
}
