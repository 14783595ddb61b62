/* SPDX-License-Identifier: Apache-2.0 */
/* The virtual counter, and waiting by it. */
#include "tests/guest/checks/checks.h"

#define PATIENCE_SECOND 10

uint64_t counter(void)
{
	__asm__ volatile("isb" ::: "memory");
	return sysreg_read(cntvct_el0);
}

bool wait_for(bool (*condition)(void))
{
	uint64_t end = counter() + PATIENCE_SECOND * sysreg_read(cntfrq_el0);

	while (!condition())
		if (counter() > end)
			return false;
	return true;
}
