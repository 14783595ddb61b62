/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Linux' /dev/xen/privcmd (xen/privcmd.h), and /dev/xen/hypercall for memory: pages that the kernel never
 * moves. It hands out few, so a large blob lies in locked pages of our own.
 */
#include "tools/transport.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>

#include "core/xen_abi.h"
#include <xen/privcmd.h>
#include "tools/say.h"
#include "tools/verb.h"

/* The kernel may move a locked page for a moment, just when the hypervisor looks: then the call is made again. */
#define ATTEMPTS 5

static int privcmd = -1;

bool transport_open(void)
{
	privcmd = open("/dev/xen/privcmd", O_RDWR | O_CLOEXEC);
	if (privcmd >= 0)
		return true;
	say_error("cannot open /dev/xen/privcmd: %s: %s", strerror(errno),
			errno == ENOENT ? "this works on Dom0, with the module xen-privcmd"
					: "this takes root on Dom0");
	return false;
}

static void *map_kernels(size_t size)
{
	int fd = open("/dev/xen/hypercall", O_RDWR | O_CLOEXEC);
	void *at = MAP_FAILED;

	if (fd >= 0) {
		at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
		close(fd);
	}
	return at;
}

static void *map_ours(size_t size)
{
	void *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (at == MAP_FAILED || mlock(at, size) == 0)
		return at;
	munmap(at, size);
	return MAP_FAILED;
}

void *transport_memory(size_t size)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE), whole = (size + page) / page * page;
	void *at = map_kernels(whole);

	if (at == MAP_FAILED)
		at = map_ours(whole);
	if (at == MAP_FAILED) {
		say_error("cannot lock %zu bytes of memory: %s", whole, strerror(errno));
		exit(REFUSED);
	}
	/* Written once, each page is there, and is ours alone. */
	memset(at, 0, whole);
	return at;
}

int transport_call(unsigned number, void *argument)
{
	struct privcmd_hypercall call = { .op = number, .arg = { (uintptr_t)argument } };
	int result = -1;

	errno = EFAULT;
	for (int i = 0; i < ATTEMPTS && result < 0 && errno == EFAULT; i++)
		result = ioctl(privcmd, IOCTL_PRIVCMD_HYPERCALL, &call);
	return result < 0 ? -errno : result;
}
