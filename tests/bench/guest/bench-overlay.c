/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Overlays: add, attach, detach, remove, each a hypercall through privcmd; and how late a timer of the same CPU
 * gets while the largest blob is added, attached, detached and removed.
 */
#include <pthread.h>
#include <stdatomic.h>

#include "bench.h"
#include "tests/system/guest/overlay.h"

#define ROUNDS_MAX  101
#define LARGEST     4700 /* nodes: just below the limit of 1 MiB */
#define PERIOD_NS   200000
#define LATE_ROUNDS 3

enum step { STEP_ADD, STEP_ATTACH, STEP_DETACH, STEP_REMOVE_ATTACHED, STEP_REMOVE, STEPS };

static uint64_t values[STEPS][ROUNDS_MAX];

static void step(enum step step, unsigned round)
{
	uint64_t start = bench_now_ns();
	long result;

	if (step == STEP_ATTACH || step == STEP_DETACH)
		result = by_domctl(step == STEP_ATTACH ? ATTACH : GRAFT_DOMCTL_DT_OVERLAY_DETACH);
	else
		result = by_sysctl(step == STEP_ADD ? ADD : REMOVE);
	values[step][round] = bench_now_ns() - start;
	if (result) {
		errno = (int)-result;
		perror("overlay");
		exit(errno == EOPNOTSUPP ? 0 : 1);
	}
}

/* tests/bench/overlay-source has made it. */
static void load_nodes(unsigned nodes)
{
	char path[48];

	snprintf(path, sizeof(path), "/mnt/share/bench-%u.dtbo", nodes);
	load(path);
}

static void print_step(const char *what, unsigned nodes, enum step step, unsigned rounds)
{
	char name[32];

	snprintf(name, sizeof(name), "overlay-%s-%u", what, nodes);
	bench_print_median(name, values[step], rounds, 1);
}

/* Added, attached, detached, attached again and removed while attached. */
static void bench_nodes(unsigned nodes, unsigned rounds)
{
	load_nodes(nodes);
	for (unsigned i = 0; i < rounds; i++) {
		step(STEP_ADD, i);
		step(STEP_ATTACH, i);
		step(STEP_DETACH, i);
		step(STEP_ATTACH, i);
		step(STEP_REMOVE_ATTACHED, i);
	}
	print_step("add", nodes, STEP_ADD, rounds);
	print_step("attach", nodes, STEP_ATTACH, rounds);
	print_step("detach", nodes, STEP_DETACH, rounds);
	print_step("remove", nodes, STEP_REMOVE_ATTACHED, rounds);
}

static atomic_bool done;
static _Atomic uint64_t latest;

/* Before everything else on this CPU, so that it is late only when the CPU took no interrupt. */
static void *watch(void *arg)
{
	struct sched_param param = { .sched_priority = 90 };
	struct timespec next;

	(void)arg;
	if (sched_setscheduler(0, SCHED_FIFO, &param))
		bench_fail("SCHED_FIFO");
	clock_gettime(CLOCK_MONOTONIC, &next);
	while (!atomic_load(&done)) {
		uint64_t due, late;

		next.tv_nsec += PERIOD_NS;
		if (next.tv_nsec >= 1000000000) {
			next.tv_nsec -= 1000000000;
			next.tv_sec++;
		}
		due = (uint64_t)next.tv_sec * 1000000000u + (uint64_t)next.tv_nsec;
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
		late = bench_now_ns() - due;
		if (late > atomic_load(&latest))
			atomic_store(&latest, late);
		clock_gettime(CLOCK_MONOTONIC, &next);
	}
	return NULL;
}

static void idle(enum step step, unsigned round)
{
	uint64_t start = bench_now_ns();

	(void)step;
	(void)round;
	while (bench_now_ns() - start < 10000000)
		;
}

static void print_late(
		const char *name, void (*run)(enum step step, unsigned round), enum step which)
{
	uint64_t value;

	atomic_store(&latest, 0);
	run(which, 0);
	value = atomic_load(&latest);
	bench_print_median(name, &value, 1, 1);
}

static void bench_late(void)
{
	pthread_t thread;

	load_nodes(LARGEST);
	if (pthread_create(&thread, NULL, watch, NULL))
		bench_fail("pthread_create");
	print_late("overlay-late-idle", idle, STEP_ADD);
	for (unsigned i = 0; i < LATE_ROUNDS; i++) {
		print_late("overlay-late-add", step, STEP_ADD);
		print_late("overlay-late-attach", step, STEP_ATTACH);
		print_late("overlay-late-detach", step, STEP_DETACH);
		print_late("overlay-late-remove", step, STEP_REMOVE);
	}
	atomic_store(&done, true);
	pthread_join(thread, NULL);
}

int main(void)
{
	bench_pin(0);
	open_hypercalls();
	bench_nodes(1, ROUNDS_MAX);
	bench_nodes(10, ROUNDS_MAX);
	bench_nodes(100, 51);
	bench_nodes(1000, 11);
	bench_nodes(2000, 7);
	bench_late();
	return 0;
}
