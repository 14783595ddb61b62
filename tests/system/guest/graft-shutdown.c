/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Ends the domain that it runs in, or another one, by sched_op: graft-shutdown REASON [DOMID] (xen/sched.h: 3 is a
 * crash).
 */
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>

#include <xen/privcmd.h>

#define SCHED_OP              29
#define SCHED_SHUTDOWN        2
#define SCHED_REMOTE_SHUTDOWN 4

struct remote {
	uint16_t domain;
	uint32_t reason;
};

int main(int argc, char **argv)
{
	uint32_t reason = argc > 1 ? (uint32_t)atoi(argv[1]) : 3;
	struct remote remote = { argc > 2 ? (uint16_t)atoi(argv[2]) : 0, reason };
	struct privcmd_hypercall call = { SCHED_OP, { SCHED_SHUTDOWN, (uint64_t)&reason } };
	int fd = open("/dev/xen/privcmd", O_RDWR | O_CLOEXEC);

	if (argc > 2)
		call = (struct privcmd_hypercall){ SCHED_OP,
			{ SCHED_REMOTE_SHUTDOWN, (uint64_t)&remote } };
	if (fd < 0 || ioctl(fd, IOCTL_PRIVCMD_HYPERCALL, &call) < 0) {
		perror("graft-shutdown");
		return 1;
	}
	return 0;
}
