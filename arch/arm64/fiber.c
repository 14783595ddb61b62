/* SPDX-License-Identifier: Apache-2.0 */
/* The fiber's stack, and what is on it before it first runs. A word at its far end tells when it was too small. */
#include "core/fiber.h"

#include "core/panic.h"
#include "lib/bits.h"

#include <stdint.h>

#define STACK_SIZE 16384
#define UNTOUCHED  UINT64_C(0x6772616674656e64)
#define FRAME      12 /* registers that fiber_switch() takes from a stack; x30 is the second */

void fiber_switch(uint64_t *save, uint64_t load);

/* In .bss, where a backtrace knows it as a stack. */
static uint64_t stack[STACK_SIZE / sizeof(uint64_t)] __attribute__((aligned(16)));
static uint64_t fiber_sp, caller_sp;
static void (*work)(void *arg);
static void *work_arg;
static bool ended;

static _Noreturn void fiber_main(void)
{
	work(work_arg);
	ended = true;
	fiber_switch(&fiber_sp, caller_sp);
	panic("the fiber goes on behind its end");
}

void fiber_start(void (*run)(void *arg), void *arg)
{
	uint64_t *frame = stack + ARRAY_SIZE(stack) - FRAME;

	stack[0] = UNTOUCHED;
	for (unsigned i = 0; i < FRAME; i++)
		frame[i] = 0;
	frame[1] = (uint64_t)(uintptr_t)fiber_main;
	fiber_sp = (uint64_t)(uintptr_t)frame;
	work = run;
	work_arg = arg;
	ended = false;
}

bool fiber_continue(void)
{
	fiber_switch(&caller_sp, fiber_sp);
	ASSERT(stack[0] == UNTOUCHED);
	return ended;
}

void fiber_pause(void)
{
	fiber_switch(&fiber_sp, caller_sp);
}

bool fiber_is_here(void)
{
	uintptr_t here = (uintptr_t)__builtin_frame_address(0);

	return here - (uintptr_t)stack < sizeof(stack);
}
