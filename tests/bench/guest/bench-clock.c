/* SPDX-License-Identifier: Apache-2.0 */
/* How far the virtual counter is ahead of Dom0's clock: what it had counted when the kernel's clock began. */
#include "bench.h"

int main(void)
{
	uint64_t counter, frequency;
	struct timespec ts;

	__asm__ volatile("mrs %0, cntfrq_el0" : "=r"(frequency));
	if (clock_gettime(CLOCK_BOOTTIME, &ts) != 0)
		bench_fail("clock_gettime");
	__asm__ volatile("isb; mrs %0, cntvct_el0" : "=r"(counter));
	printf("bench ahead %.3f s\n", (double)counter / (double)frequency - (double)ts.tv_sec -
						       (double)ts.tv_nsec / 1e9);
	return 0;
}
