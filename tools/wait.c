/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/wait.h"

#include <signal.h>
#include <stddef.h>
#include <time.h>

static volatile sig_atomic_t interrupted;

uint64_t wait_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void note(int number)
{
	(void)number;
	interrupted = 1;
}

/* A job in the background, and one under nohup, come with signals that are none of theirs. */
static void handle(int number, void (*handler)(int))
{
	struct sigaction action = { .sa_handler = handler }, before;

	if (sigaction(number, NULL, &before) == 0 && before.sa_handler != SIG_IGN)
		sigaction(number, &action, NULL);
}

void wait_catch_signals(void)
{
	handle(SIGINT, note);
	handle(SIGTERM, note);
	handle(SIGHUP, note);
	/* A reader of ours who left must not end it in the middle of an undo. */
	handle(SIGPIPE, SIG_IGN);
}

bool wait_interrupted(void)
{
	return interrupted;
}

void wait_moment(void)
{
	struct timespec moment = { .tv_nsec = 20 * 1000000 };

	nanosleep(&moment, NULL);
}
