/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Work that stops for ever when one interrupt is lost: timers, wake-ups between CPUs, and a disk read and
 * written past the page cache. Any worker that makes no progress for a while, or reads a wrong byte, fails it.
 *
 * Usage: graft-stress SECONDS [DISK]. The first half of the disk holds pattern() (tests/system/disk.py
 * writes it), the second half is written here.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/futex.h>
#include <pthread.h>
#include <sched.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define BLOCK       (64u * 1024)
#define TIMER_NS    1000000
#define STALL_S     20 /* of the guest's time; an emulated machine under load may well take one */
#define WORKERS_MAX 64
#define NS_PER_S    1000000000

struct worker {
	char name[32];
	_Atomic uint64_t count;
	uint64_t seen; /* count when the watcher last saw it move */
	time_t moved;
	uint64_t worst_ns;
	pthread_t thread;
	int cpu;
	_Atomic uint32_t *word; /* ping-pong: the futex, and whose turn is ours */
	uint32_t turn;
	int disk;
	uint64_t start, blocks;
	bool writes;
};

static struct worker workers[WORKERS_MAX];
static unsigned worker_count;
static _Atomic bool stop;

static _Noreturn void fail(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
static _Noreturn void fail(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	printf("graft-stress: FAILED: ");
	vprintf(fmt, args);
	printf("\n");
	va_end(args);
	fflush(stdout);
	_exit(1);
}

static uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * NS_PER_S + (uint64_t)ts.tv_nsec;
}

/* What the disk holds at word index n: splitmix64, so that no two blocks are alike. */
static uint64_t pattern(uint64_t n)
{
	uint64_t z = (n + 1) * 0x9e3779b97f4a7c15u;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

static void pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET((size_t)cpu, &set);
	if (sched_setaffinity(0, sizeof(set), &set) != 0)
		fail("CPU %d: %s", cpu, strerror(errno));
}

static void *run_timer(void *arg)
{
	struct worker *w = arg;
	struct timespec ts = { 0, TIMER_NS };

	pin(w->cpu);
	while (!stop) {
		uint64_t late, before = now_ns();

		clock_nanosleep(CLOCK_MONOTONIC, 0, &ts, NULL);
		late = now_ns() - before - TIMER_NS;
		if (late > w->worst_ns)
			w->worst_ns = late;
		w->count++;
	}
	return NULL;
}

static void futex(_Atomic uint32_t *word, int op, uint32_t value)
{
	syscall(SYS_futex, word, op, value, NULL, NULL, 0);
}

static void *run_ping(void *arg)
{
	struct worker *w = arg;

	pin(w->cpu);
	while (!stop) {
		uint32_t value = atomic_load(w->word);

		if ((value & 1) != w->turn) {
			futex(w->word, FUTEX_WAIT_PRIVATE, value);
			continue;
		}
		atomic_store(w->word, value + 1);
		futex(w->word, FUTEX_WAKE_PRIVATE, 1);
		w->count++;
	}
	atomic_fetch_add(w->word, 2);
	futex(w->word, FUTEX_WAKE_PRIVATE, 2);
	return NULL;
}

static void check_block(const struct worker *w, const uint64_t *data, uint64_t block, uint64_t seed)
{
	for (uint64_t i = 0; i < BLOCK / 8; i++)
		if (data[i] != pattern(block * (BLOCK / 8) + i + seed))
			fail("%s: wrong data in block %llu", w->name, (unsigned long long)block);
}

static void *run_disk(void *arg)
{
	struct worker *w = arg;
	uint64_t *data = aligned_alloc(4096, BLOCK);
	uint64_t seed = 0;

	if (data == NULL)
		fail("no memory");
	for (uint64_t round = 0; !stop; round++) {
		uint64_t block = w->start + pattern(round) % w->blocks;
		off_t at = (off_t)(block * BLOCK);

		if (w->writes) {
			seed = round;
			for (uint64_t i = 0; i < BLOCK / 8; i++)
				data[i] = pattern(block * (BLOCK / 8) + i + seed);
			if (pwrite(w->disk, data, BLOCK, at) != BLOCK)
				fail("%s: write: %s", w->name, strerror(errno));
			memset(data, 0, BLOCK);
		}
		if (pread(w->disk, data, BLOCK, at) != BLOCK)
			fail("%s: read: %s", w->name, strerror(errno));
		check_block(w, data, block, seed);
		w->count++;
	}
	free(data);
	return NULL;
}

static struct worker *add(int cpu, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static struct worker *add(int cpu, const char *fmt, ...)
{
	struct worker *w = &workers[worker_count++];
	va_list args;

	if (worker_count == WORKERS_MAX)
		fail("too many CPUs");
	va_start(args, fmt);
	vsnprintf(w->name, sizeof(w->name), fmt, args);
	va_end(args);
	w->cpu = cpu;
	w->moved = (time_t)(now_ns() / NS_PER_S);
	return w;
}

static void start(struct worker *w, void *(*run)(void *))
{
	if (pthread_create(&w->thread, NULL, run, w) != 0)
		fail("no thread");
}

static void start_pings(int cpus)
{
	static _Atomic uint32_t words[WORKERS_MAX];

	for (int cpu = 0; cpu + 1 < cpus; cpu += 2) {
		for (uint32_t turn = 0; turn < 2; turn++) {
			struct worker *w = add(cpu + (int)turn, "wake-up %d-%d", cpu, cpu + 1);

			w->word = &words[cpu];
			w->turn = turn;
			start(w, run_ping);
		}
	}
}

static void start_disk(const char *path)
{
	int disk = open(path, O_RDWR | O_DIRECT);
	off_t size = disk < 0 ? 0 : lseek(disk, 0, SEEK_END);
	uint64_t half = (uint64_t)size / BLOCK / 2;

	if (disk < 0 || half == 0)
		fail("%s: %s", path, strerror(errno));
	for (uint64_t i = 0; i < 2; i++) {
		struct worker *w = add(0, i == 0 ? "disk read" : "disk write");

		w->disk = disk;
		w->start = i * half;
		w->blocks = half;
		w->writes = i == 1;
		start(w, run_disk);
	}
}

static void watch(time_t until)
{
	time_t now;

	do {
		sleep(1);
		now = (time_t)(now_ns() / NS_PER_S);
		for (unsigned i = 0; i < worker_count; i++) {
			struct worker *w = &workers[i];

			if (w->count != w->seen) {
				w->seen = w->count;
				w->moved = now;
			} else if (now - w->moved >= STALL_S) {
				fail("%s on CPU %d stands still", w->name, w->cpu);
			}
		}
	} while (now < until);
}

int main(int argc, char **argv)
{
	int cpus = (int)sysconf(_SC_NPROCESSORS_ONLN);
	int seconds = argc > 1 ? atoi(argv[1]) : 10;

	for (int cpu = 0; cpu < cpus; cpu++)
		start(add(cpu, "timer %d", cpu), run_timer);
	start_pings(cpus);
	if (argc > 2)
		start_disk(argv[2]);
	watch((time_t)(now_ns() / NS_PER_S) + seconds);
	stop = true;
	for (unsigned i = 0; i < worker_count; i++) {
		pthread_join(workers[i].thread, NULL);
		printf("%-16s %10llu times, at worst %llu us late\n", workers[i].name,
				(unsigned long long)workers[i].count,
				(unsigned long long)workers[i].worst_ns / 1000);
	}
	printf("graft-stress: passed\n");
	return 0;
}
