/* SPDX-License-Identifier: Apache-2.0 */
/* The fiber on the host: a context of libc's, its two stacks made known to AddressSanitizer. */
#include "core/fiber.h"

#include <sanitizer/common_interface_defs.h>
#include <stddef.h>
#include <ucontext.h>

#define STACK_SIZE (1 << 20)

static char stack[STACK_SIZE] __attribute__((aligned(16)));
static ucontext_t fiber, caller;
static void (*work)(void *arg);
static void *work_arg;
static bool ended, here;
static void *fiber_fake, *caller_fake;
static const void *caller_stack;
static size_t caller_size;

static void leave(void)
{
	here = false;
	__sanitizer_start_switch_fiber(ended ? NULL : &fiber_fake, caller_stack, caller_size);
}

static void fiber_main(void)
{
	__sanitizer_finish_switch_fiber(NULL, &caller_stack, &caller_size);
	work(work_arg);
	ended = true;
	leave();
}

void fiber_start(void (*run)(void *arg), void *arg)
{
	getcontext(&fiber);
	fiber.uc_stack.ss_sp = stack;
	fiber.uc_stack.ss_size = sizeof(stack);
	fiber.uc_link = &caller;
	makecontext(&fiber, fiber_main, 0);
	work = run;
	work_arg = arg;
	ended = false;
}

bool fiber_continue(void)
{
	here = true;
	__sanitizer_start_switch_fiber(&caller_fake, stack, sizeof(stack));
	swapcontext(&caller, &fiber);
	__sanitizer_finish_switch_fiber(caller_fake, NULL, NULL);
	return ended;
}

void fiber_pause(void)
{
	leave();
	swapcontext(&fiber, &caller);
	__sanitizer_finish_switch_fiber(fiber_fake, &caller_stack, &caller_size);
}

bool fiber_is_here(void)
{
	return here;
}
