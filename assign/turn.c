/* SPDX-License-Identifier: Apache-2.0 */
/* Who has the turn. A paused operation belongs to a context of a guest, which may come back on another vCPU. */
#include "assign/turn.h"

#include "core/arch.h"
#include "core/cpu.h"
#include "core/domain.h"
#include "core/fiber.h"
#include "core/panic.h"
#include "core/printk.h"
#include "core/spinlock.h"
#include "core/time.h"

/* A guest that works comes back at once, however loaded it is. */
#define ABANDONED_AFTER (10 * NS_PER_S)

static struct spinlock lock = SPINLOCK_INIT; /* of the fields to the next blank line */
static bool taken, paused;
static const struct domain *paused_domain;
static uint64_t paused_context, paused_at;
static bool left; /* nobody waits for the operation: whoever comes next goes on with it, to its end */

/* Of the operation; the turn's holder alone uses them. */
static void (*work_close)(void *arg);
static void *work_arg;

static enum turn whose(void)
{
	if (!taken)
		return TURN_NEW;
	if (!paused)
		return TURN_OTHERS;
	if (left)
		return TURN_LEFT;
	if (paused_domain == current_vcpu()->domain && paused_context == guest_context())
		return TURN_PAUSED;
	return time_now() - paused_at > ABANDONED_AFTER ? TURN_LEFT : TURN_OTHERS;
}

/* The turn is the caller's unless the answer is TURN_OTHERS. */
static enum turn claim(bool may_go_on)
{
	enum turn turn;

	spin_lock(&lock);
	turn = whose();
	if (turn == TURN_PAUSED && !may_go_on)
		turn = TURN_OTHERS;
	if (turn != TURN_OTHERS) {
		taken = true;
		paused = false;
	}
	spin_unlock(&lock);
	return turn;
}

static enum turn enter(bool may_go_on)
{
	enum turn turn = claim(may_go_on);

	while (turn == TURN_LEFT)
		turn = turn_end() ? claim(may_go_on) : TURN_OTHERS;
	return turn;
}

bool turn_take(void)
{
	return enter(false) == TURN_NEW;
}

enum turn turn_enter(void)
{
	return enter(true);
}

void turn_give(void)
{
	spin_lock(&lock);
	ASSERT(taken && !paused);
	taken = false;
	left = false;
	spin_unlock(&lock);
}

void turn_start(void (*run)(void *arg), void (*close)(void *arg), void *arg)
{
	work_close = close;
	work_arg = arg;
	fiber_start(run, arg);
}

bool turn_end(void)
{
	spin_lock(&lock);
	left = true;
	spin_unlock(&lock);
	if (!turn_continue())
		return false;
	log_warn("overlay: nobody came back for an operation; it is ended");
	work_close(work_arg);
	turn_give();
	return true;
}

bool turn_is_left(void)
{
	return left;
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
