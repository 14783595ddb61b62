/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Overlay hypercalls without a toolstack between:
 *	graft-overlay add|remove|attach|detach FILE		one, its result (-errno) is printed
 *	graft-overlay time NODES ROUNDS [attach]		median ns of add, attach and remove of an overlay
 *	graft-overlay mutate FILE ROUNDS [SEED]			bytes of FILE changed at random, added, attached, removed
 *	graft-overlay list					overlays of the live tree
 *	graft-overlay reason					of the last refusal
 */
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>

#include <xen/privcmd.h>

#include "include/graft/sysctl.h"

#define SYSCTL         35
#define DOMCTL         36
#define SYSCTL_VERSION 0x15
#define DOMCTL_VERSION 0x17
#define CMD_SYSCTL     30 /* XEN_SYSCTL_dt_overlay */
#define CMD_DOMCTL     87 /* XEN_DOMCTL_dt_overlay */
#define ADD            1
#define REMOVE         2
#define ATTACH         1
#define BLOB_MAX       (4 << 20)
#define SAMPLES_MAX    10000

/* Both structures have the request at the same place behind their heads. */
struct request {
	uint64_t blob;
	uint32_t size;
	uint8_t op, pad[3];
};

struct sysctl {
	uint32_t cmd, version;
	struct request request;
	uint8_t rest[128 - sizeof(struct request)];
};

struct domctl {
	uint32_t cmd, version;
	uint16_t domain, pad[3];
	struct request request;
	uint8_t rest[128 - sizeof(struct request)];
};

static int privcmd;
static uint8_t *blob; /* locked in memory */
static size_t blob_size;

/* So that it is mapped: even locked memory is moved by the kernel, or made old, now and then. */
static void touch_blob(void)
{
	for (size_t at = 0; at < blob_size; at += 4096)
		(void)*(volatile uint8_t *)(blob + at);
}

static long hypercall(unsigned number, void *arg)
{
	struct privcmd_hypercall call = { .op = number, .arg = { (uintptr_t)arg } };

	for (unsigned tries = 0;; tries++) {
		int result = ioctl(privcmd, IOCTL_PRIVCMD_HYPERCALL, &call);

		if (result >= 0 || errno != EFAULT || tries == 100)
			return result < 0 ? -errno : result;
		touch_blob();
		(void)*(volatile uint8_t *)arg;
	}
}

static long by_sysctl(unsigned op)
{
	struct sysctl arg = { .cmd = CMD_SYSCTL,
		.version = SYSCTL_VERSION,
		.request = { (uintptr_t)blob, (uint32_t)blob_size, (uint8_t)op, { 0 } } };

	return hypercall(SYSCTL, &arg);
}

static long by_domctl(unsigned op)
{
	struct domctl arg = { .cmd = CMD_DOMCTL,
		.version = DOMCTL_VERSION,
		.request = { (uintptr_t)blob, (uint32_t)blob_size, (uint8_t)op, { 0 } } };

	return hypercall(DOMCTL, &arg);
}

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static void load(const char *path)
{
	FILE *file = fopen(path, "rb");

	if (!file)
		die(path);
	blob_size = fread(blob, 1, BLOB_MAX, file);
	fclose(file);
}

/* A blob of its own making. */

static void put32(size_t *at, uint32_t value)
{
	value = __builtin_bswap32(value);
	memcpy(blob + *at, &value, 4);
	*at += 4;
}

static void put_text(size_t *at, const char *text)
{
	size_t size = strlen(text) + 1;

	memcpy(blob + *at, text, size);
	memset(blob + *at + size, 0, 3);
	*at += (size + 3) & ~(size_t)3;
}

static const char names[] = "target-path\0compatible\0reg\0status\0interrupts";
enum { TARGET_PATH = 0, COMPATIBLE = 12, REG = 23, STATUS = 27, INTERRUPTS = 34 };

static void put_string(size_t *at, unsigned name, const char *value)
{
	put32(at, 3);
	put32(at, (uint32_t)strlen(value) + 1);
	put32(at, name);
	put_text(at, value);
}

static void put_cells(size_t *at, unsigned name, const uint32_t *cells, unsigned count)
{
	put32(at, 3);
	put32(at, count * 4);
	put32(at, name);
	for (unsigned i = 0; i < count; i++)
		put32(at, cells[i]);
}

static void begin_node(size_t *at, const char *name)
{
	put32(at, 1);
	put_text(at, name);
}

/* With an SPI while there are any; each its own page of free address space. */
static void put_device(size_t *at, unsigned n)
{
	uint32_t reg[] = { 0, 0x0b000000 + n * 0x1000, 0, 0x1000 };
	uint32_t irq[] = { 0, 100 + n, 4 };
	char name[64];

	snprintf(name, sizeof(name), "graft-device@%x", reg[1]);
	begin_node(at, name);
	put_string(at, COMPATIBLE, "graft,test-device-with-some-longer-name");
	put_cells(at, REG, reg, 4);
	if (n < 100)
		put_cells(at, INTERRUPTS, irq, 3);
	put_string(at, STATUS, "okay");
	put32(at, 2);
}

static void make(unsigned nodes)
{
	size_t at = 40 + 16, structure = at;

	memset(blob, 0, at);
	begin_node(&at, "");
	begin_node(&at, "fragment@0");
	put_string(&at, TARGET_PATH, "/");
	begin_node(&at, "__overlay__");
	for (unsigned n = 0; n < nodes; n++)
		put_device(&at, n);
	put32(&at, 2);
	put32(&at, 2);
	put32(&at, 2);
	put32(&at, 9);
	size_t strings = at, head = 0;

	memcpy(blob + at, names, sizeof(names));
	blob_size = at + sizeof(names);
	put32(&head, 0xd00dfeed);
	put32(&head, (uint32_t)blob_size);
	put32(&head, (uint32_t)structure);
	put32(&head, (uint32_t)strings);
	put32(&head, 40);
	put32(&head, 17);
	put32(&head, 16);
	put32(&head, 0);
	put32(&head, sizeof(names));
	put32(&head, (uint32_t)(strings - structure));
}

static uint64_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC_RAW, &t);
	return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

static int ascending(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static uint64_t timed(long (*call)(unsigned), unsigned op, const char *what)
{
	uint64_t start = now();
	long result = call(op);
	uint64_t end = now();

	if (result) {
		printf("%s: %ld\n", what, result);
		exit(1);
	}
	return end - start;
}

static int time_all(unsigned nodes, unsigned rounds, bool attach)
{
	static uint64_t samples[3][SAMPLES_MAX];
	static const char *const what[] = { "add", "attach", "remove" };

	make(nodes);
	if (rounds == 0 || rounds > SAMPLES_MAX)
		return 1;
	for (unsigned i = 0; i < rounds; i++) {
		samples[0][i] = timed(by_sysctl, ADD, "add");
		samples[1][i] = attach ? timed(by_domctl, ATTACH, "attach") : 0;
		samples[2][i] = timed(by_sysctl, REMOVE, "remove");
	}
	for (unsigned k = 0; k < 3; k++) {
		qsort(samples[k], rounds, sizeof(samples[k][0]), ascending);
		printf("%s %u nodes %zu bytes: %llu ns\n", what[k], nodes, blob_size,
			(unsigned long long)samples[k][rounds / 2]);
	}
	return 0;
}

static int mutate(unsigned rounds, unsigned seed)
{
	uint8_t *good = malloc(blob_size);
	unsigned accepted = 0, attached = 0;

	srand(seed);
	memcpy(good, blob, blob_size);
	for (unsigned i = 0; i < rounds; i++) {
		memcpy(blob, good, blob_size);
		for (int n = rand() % 3; n >= 0; n--)
			blob[(size_t)rand() % blob_size] ^= (uint8_t)(1U << rand() % 8);
		if (by_sysctl(ADD))
			continue;
		accepted++;
		attached += by_domctl(ATTACH) == 0;
		if (by_sysctl(REMOVE)) {
			printf("round %u: cannot be removed\n", i);
			return 1;
		}
	}
	printf("mutated: %u rounds, %u added, %u attached\n", rounds, accepted, attached);
	return 0;
}

static int list(void)
{
	static struct graft_overlay all[64];
	struct graft_sysctl arg = { .cmd = GRAFT_SYSCTL_overlay_list,
		.interface_version = GRAFT_SYSCTL_VERSION };
	long result;

	memset(all, 0, sizeof(all));
	mlock(all, sizeof(all));
	arg.u.overlay_list =
		(struct graft_sysctl_overlay_list){ .buffer = (uintptr_t)all, .count = 64 };
	result = hypercall(SYSCTL, &arg);
	for (uint32_t i = 0; result == 0 && i < arg.u.overlay_list.count; i++)
		printf("%u %s %s %u nodes, %u ranges, %u interrupts, holder %u\n", all[i].id,
			all[i].name, all[i].state == GRAFT_OVERLAY_ATTACHED ? "attached" : "added",
			all[i].nodes, all[i].ranges, all[i].interrupts, all[i].holder);
	return result ? 1 : 0;
}

static int reason(void)
{
	static char text[GRAFT_REASON_MAX];
	struct graft_sysctl arg = { .cmd = GRAFT_SYSCTL_last_reason,
		.interface_version = GRAFT_SYSCTL_VERSION };
	long result;

	memset(text, 0, sizeof(text));
	mlock(text, sizeof(text));
	arg.u.last_reason =
		(struct graft_sysctl_last_reason){ .text = (uintptr_t)text, .size = sizeof(text) };
	result = hypercall(SYSCTL, &arg);
	printf("%d %s\n", arg.u.last_reason.error, text);
	return result ? 1 : 0;
}

static int one(const char *verb)
{
	long result = -EINVAL;

	if (strcmp(verb, "add") == 0)
		result = by_sysctl(ADD);
	else if (strcmp(verb, "remove") == 0)
		result = by_sysctl(REMOVE);
	else if (strcmp(verb, "attach") == 0)
		result = by_domctl(ATTACH);
	else if (strcmp(verb, "detach") == 0)
		result = by_domctl(GRAFT_DOMCTL_DT_OVERLAY_DETACH);
	printf("%ld\n", result);
	return 0;
}

int main(int argc, char **argv)
{
	const char *verb = argc > 1 ? argv[1] : "";

	privcmd = open("/dev/xen/privcmd", O_RDWR | O_CLOEXEC);
	if (privcmd < 0)
		die("/dev/xen/privcmd");
	blob = mmap(NULL, BLOB_MAX, PROT_READ | PROT_WRITE,
		MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOCKED, -1, 0);
	if (blob == MAP_FAILED)
		die("mmap");
	if (strcmp(verb, "list") == 0)
		return list();
	if (strcmp(verb, "reason") == 0)
		return reason();
	if (strcmp(verb, "time") == 0 && argc > 3)
		return time_all((unsigned)atoi(argv[2]), (unsigned)atoi(argv[3]), argc > 4);
	if (argc > 2)
		load(argv[2]);
	if (strcmp(verb, "mutate") == 0 && argc > 3)
		return mutate((unsigned)atoi(argv[3]), argc > 4 ? (unsigned)atoi(argv[4]) : 1);
	return argc > 2 ? one(verb) : 2;
}
