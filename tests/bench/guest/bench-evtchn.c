/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An event channel from this domain to itself: from notify until read() says that it came.
 *	bench-evtchn [DOMID]		what this domain is called: 0 unless told
 */
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <xen/privcmd.h> /* has what <xen/evtchn.h> needs */
#include <xen/evtchn.h>

#include "bench.h"

#define SAMPLES 3001

int main(int argc, char **argv)
{
	static uint64_t values[SAMPLES];
	unsigned self = argc > 1 ? (unsigned)atoi(argv[1]) : 0;
	struct ioctl_evtchn_bind_unbound_port unbound = { .remote_domain = self };
	struct ioctl_evtchn_bind_interdomain bound = { .remote_domain = self };
	struct ioctl_evtchn_notify notify;
	int near = open("/dev/xen/evtchn", O_RDWR | O_CLOEXEC);
	int far = open("/dev/xen/evtchn", O_RDWR | O_CLOEXEC);
	int port, local;

	if (near < 0 || far < 0)
		bench_fail("/dev/xen/evtchn");
	bench_pin(0);
	port = ioctl(far, IOCTL_EVTCHN_BIND_UNBOUND_PORT, &unbound);
	if (port < 0)
		bench_fail("bind_unbound_port");
	bound.remote_port = (unsigned)port;
	local = ioctl(near, IOCTL_EVTCHN_BIND_INTERDOMAIN, &bound);
	if (local < 0)
		bench_fail("bind_interdomain");
	notify.port = (unsigned)local;
	for (unsigned i = 0; i < SAMPLES; i++) {
		uint32_t came = 0;
		uint64_t start = bench_now_ns();

		if (ioctl(near, IOCTL_EVTCHN_NOTIFY, &notify) < 0)
			bench_fail("notify");
		/* A fresh interdomain channel is pending once at its other end; what matters is our own. */
		if (read(far, &came, sizeof(came)) != sizeof(came) || came != (uint32_t)port)
			bench_fail("read");
		values[i] = bench_now_ns() - start;
		if (write(far, &came, sizeof(came)) != sizeof(came))
			bench_fail("unmask");
	}
	bench_print_median("evtchn", values, SAMPLES, 1);
	return 0;
}
