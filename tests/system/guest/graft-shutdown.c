/* SPDX-License-Identifier: Apache-2.0 */
/* Ends the domain that it runs in by sched_op shutdown: graft-shutdown REASON (xen/sched.h: 3 is a crash). */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>

#include <xen/privcmd.h>

#define SCHED_OP       29
#define SCHED_SHUTDOWN 2

int main(int argc, char **argv)
{
	uint32_t reason = argc > 1 ? (uint32_t)atoi(argv[1]) : 3;
	struct privcmd_hypercall call = { SCHED_OP, { SCHED_SHUTDOWN, (uint64_t)&reason } };
	int fd = open("/dev/xen/privcmd", O_RDWR | O_CLOEXEC);

	if (fd < 0 || ioctl(fd, IOCTL_PRIVCMD_HYPERCALL, &call) < 0) {
		perror("graft-shutdown");
		return 1;
	}
	return 0;
}
