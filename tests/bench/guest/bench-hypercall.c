/* SPDX-License-Identifier: Apache-2.0 */
/* One hypercall that does nothing else: xen_version, as a program in Dom0 makes it through privcmd. */
#include <fcntl.h>
#include <sys/ioctl.h>

#include <xen/privcmd.h>

#include "bench.h"

#define XEN_VERSION 17
#define SAMPLES     301
#define PER_SAMPLE  100

int main(void)
{
	static uint64_t values[SAMPLES];
	struct privcmd_hypercall call = { XEN_VERSION, { 0 } };
	int fd = open("/dev/xen/privcmd", O_RDWR | O_CLOEXEC);

	if (fd < 0)
		bench_fail("/dev/xen/privcmd");
	bench_pin(0);
	for (unsigned i = 0; i < SAMPLES; i++) {
		uint64_t start = bench_now_ns();

		for (unsigned n = 0; n < PER_SAMPLE; n++)
			if (ioctl(fd, IOCTL_PRIVCMD_HYPERCALL, &call) < 0)
				bench_fail("xen_version");
		values[i] = bench_now_ns() - start;
	}
	bench_print_median("hypercall", values, SAMPLES, PER_SAMPLE);
	return 0;
}
