/* SPDX-License-Identifier: Apache-2.0 */
/* Alone, since <sched.h> of libc and core/sched.h share a name. */
#include <arch/wait.h>

#include <sched.h>
#include <stddef.h>

void (*host_wait_hook)(void);

uint32_t wait_for_change(_Atomic uint32_t *word, uint32_t seen)
{
	uint32_t now = atomic_load_explicit(word, memory_order_acquire);

	if (now != seen)
		return now;
	if (host_wait_hook != NULL)
		host_wait_hook();
	else
		sched_yield();
	return atomic_load_explicit(word, memory_order_acquire);
}
