/* SPDX-License-Identifier: Apache-2.0 */
/* Makes one hypercall as given, through privcmd: graft-hypercall NUMBER [ARGUMENT...]. Prints the result. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include <xen/privcmd.h>

int main(int argc, char **argv)
{
	struct privcmd_hypercall call = { 0 };
	int fd = open("/dev/xen/privcmd", O_RDWR | O_CLOEXEC);
	int result;

	if (fd < 0 || argc < 2 || argc > 7) {
		fprintf(stderr, "graft-hypercall: %s\n",
				fd < 0 ? strerror(errno) : "1 to 6 numbers");
		return 1;
	}
	call.op = strtoull(argv[1], NULL, 0);
	for (int i = 2; i < argc; i++)
		call.arg[i - 2] = strtoull(argv[i], NULL, 0);
	result = ioctl(fd, IOCTL_PRIVCMD_HYPERCALL, &call);
	printf("%d\n", result < 0 ? -errno : result);
	return 0;
}
