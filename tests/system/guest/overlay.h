/* SPDX-License-Identifier: Apache-2.0 */
/* Overlay hypercalls as a program in Dom0 makes them without a toolstack between. */
#pragma once

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
static uint16_t domid; /* of attach and detach */
static uint8_t *blob; /* locked in memory */
static size_t blob_size;

/* So that it is mapped: even locked memory is moved by the kernel, or made old, now and then. */
static inline void touch_blob(void)
{
	for (size_t at = 0; at < blob_size; at += 4096)
		(void)*(volatile uint8_t *)(blob + at);
}

static inline long hypercall(unsigned number, void *arg)
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

static inline long by_sysctl(unsigned op)
{
	struct sysctl arg = { .cmd = CMD_SYSCTL,
		.version = SYSCTL_VERSION,
		.request = { (uintptr_t)blob, (uint32_t)blob_size, (uint8_t)op, { 0 } } };

	return hypercall(SYSCTL, &arg);
}

static inline long by_domctl(unsigned op)
{
	struct domctl arg = { .cmd = CMD_DOMCTL,
		.version = DOMCTL_VERSION,
		.domain = domid,
		.request = { (uintptr_t)blob, (uint32_t)blob_size, (uint8_t)op, { 0 } } };

	return hypercall(DOMCTL, &arg);
}

static inline void die(const char *what)
{
	perror(what);
	exit(1);
}

static inline void load(const char *path)
{
	FILE *file = fopen(path, "rb");

	if (!file)
		die(path);
	blob_size = fread(blob, 1, BLOB_MAX, file);
	fclose(file);
}

static inline void open_hypercalls(void)
{
	privcmd = open("/dev/xen/privcmd", O_RDWR | O_CLOEXEC);
	if (privcmd < 0)
		die("/dev/xen/privcmd");
	blob = mmap(NULL, BLOB_MAX, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | MAP_LOCKED, -1, 0);
	if (blob == MAP_FAILED)
		die("mmap");
}
