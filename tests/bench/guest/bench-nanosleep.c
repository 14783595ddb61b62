/* SPDX-License-Identifier: Apache-2.0 */
/* How late a sleep of 50 us ends when the kernel may add no slack of its own. */
#include <sys/prctl.h>

#include "bench.h"

#define SAMPLES  2001
#define SLEEP_NS 50000

int main(void)
{
	static uint64_t values[SAMPLES];
	struct timespec ts = { 0, SLEEP_NS };

	if (prctl(PR_SET_TIMERSLACK, 1) != 0)
		bench_fail("PR_SET_TIMERSLACK");
	bench_pin(0);
	for (unsigned i = 0; i < SAMPLES; i++) {
		uint64_t start = bench_now_ns();

		clock_nanosleep(CLOCK_MONOTONIC, 0, &ts, NULL);
		values[i] = bench_now_ns() - start - SLEEP_NS;
	}
	bench_print_median("nanosleep", values, SAMPLES, 1);
	return 0;
}
