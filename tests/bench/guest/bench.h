/* SPDX-License-Identifier: Apache-2.0 */
/* What the measuring programs share: the clock, a CPU to stay on, the median, and the line that is parsed. */
#pragma once

#include <sched.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static inline uint64_t bench_now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static inline _Noreturn void bench_fail(const char *what)
{
	perror(what);
	exit(1);
}

static inline void bench_pin(unsigned cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set) != 0)
		bench_fail("sched_setaffinity");
}

static inline int bench_compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

/* Sorts values. per: how many operations each of them timed. */
static inline void bench_print_median(
		const char *name, uint64_t *values, size_t count, unsigned per)
{
	qsort(values, count, sizeof(*values), bench_compare);
	printf("bench %s %.2f us\n", name, (double)values[count / 2] / per / 1000.0);
}
