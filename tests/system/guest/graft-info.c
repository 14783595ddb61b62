/* SPDX-License-Identifier: Apache-2.0 */
/* What xl rounds: free pages of the machine, and each domain's pages and CPU time. */
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#define __XEN_TOOLS__
#include <xen/privcmd.h>
#include <xen/sysctl.h>

#define DOMAINS 64

static struct xen_sysctl call __attribute__((aligned(4096)));
static xen_domctl_getdomaininfo_t info[DOMAINS] __attribute__((aligned(4096)));

static int make_call(uint32_t cmd)
{
	struct privcmd_hypercall hypercall = { __HYPERVISOR_sysctl, { (uintptr_t)&call } };
	int fd = open("/dev/xen/privcmd", O_RDWR | O_CLOEXEC);

	call.cmd = cmd;
	call.interface_version = XEN_SYSCTL_INTERFACE_VERSION;
	if (fd < 0 || ioctl(fd, IOCTL_PRIVCMD_HYPERCALL, &hypercall) < 0) {
		fprintf(stderr, "graft-info: %s\n", strerror(errno));
		return -1;
	}
	return 0;
}

int main(void)
{
	memset(info, 0, sizeof(info));
	if (make_call(XEN_SYSCTL_physinfo) != 0)
		return 1;
	printf("free %" PRIu64 "\n", (uint64_t)call.u.physinfo.free_pages);
	memset(&call, 0, sizeof(call));
	call.u.getdomaininfolist.max_domains = DOMAINS;
	set_xen_guest_handle(call.u.getdomaininfolist.buffer, info);
	if (make_call(XEN_SYSCTL_getdomaininfolist) != 0)
		return 1;
	for (uint32_t i = 0; i < call.u.getdomaininfolist.num_domains; i++)
		printf("domain %u pages %" PRIu64 " cpu_ns %" PRIu64 " flags %x\n", info[i].domain,
				(uint64_t)info[i].tot_pages, (uint64_t)info[i].cpu_time,
				info[i].flags);
	return 0;
}
