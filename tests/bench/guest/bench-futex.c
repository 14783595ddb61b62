/* SPDX-License-Identifier: Apache-2.0 */
/* Two threads on two CPUs that wake each other: each wake-up is a virtual interrupt between CPUs. */
#include <linux/futex.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "bench.h"

#define SAMPLES 3001

static _Atomic uint32_t turn;

static void wait_while(uint32_t value)
{
	while (atomic_load(&turn) == value)
		syscall(SYS_futex, &turn, FUTEX_WAIT_PRIVATE, value, NULL, NULL, 0);
}

static void hand_over(uint32_t value)
{
	atomic_store(&turn, value);
	syscall(SYS_futex, &turn, FUTEX_WAKE_PRIVATE, 1, NULL, NULL, 0);
}

static void *answer(void *unused)
{
	bench_pin(1);
	for (unsigned i = 0; i < SAMPLES; i++) {
		wait_while(0);
		hand_over(0);
	}
	return unused;
}

int main(void)
{
	static uint64_t values[SAMPLES];
	pthread_t other;

	bench_pin(0);
	if (pthread_create(&other, NULL, answer, NULL) != 0)
		bench_fail("pthread_create");
	for (unsigned i = 0; i < SAMPLES; i++) {
		uint64_t start = bench_now_ns();

		hand_over(1);
		wait_while(1);
		values[i] = bench_now_ns() - start;
	}
	pthread_join(other, NULL);
	bench_print_median("futex", values, SAMPLES, 1);
	return 0;
}
