/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Overlay hypercalls without a toolstack between:
 *	graft-overlay add|remove FILE				one, its result (-errno) is printed
 *	graft-overlay attach|detach FILE [DOMID]		the same; 0 is the domain unless it is given
 *	graft-overlay time NODES ROUNDS [attach]		median ns of add, attach and remove of an overlay
 *	graft-overlay mutate FILE ROUNDS [SEED]			bytes of FILE changed at random, added, attached, removed
 *	graft-overlay list					overlays of the live tree
 *	graft-overlay reason					of the last refusal
 */
#include "tests/system/guest/overlay_blob.h"

#define SAMPLES_MAX 10000

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
				all[i].name,
				all[i].state == GRAFT_OVERLAY_ATTACHED ? "attached" : "added",
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
	arg.u.last_reason = (struct graft_sysctl_last_reason){ .text = (uintptr_t)text,
		.size = sizeof(text) };
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

	open_hypercalls();
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
	domid = argc > 3 ? (uint16_t)atoi(argv[3]) : 0;
	return argc > 2 ? one(verb) : 2;
}
