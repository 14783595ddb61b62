# SPDX-License-Identifier: Apache-2.0
"""Dom0 boots: as under Xen, without a warning that Xen does not also cause, from every form of kernel."""
import re

import qemu


# What a kernel says of a machine that is loaded, as the one below it may be.
OF_LOAD = re.compile(r"hogged CPU|hrtimer: interrupt took")


def warnings(machine):
	"""The kernel's messages of level warning and above, without what differs from boot to boot."""
	found = set()
	for line in machine.check("dmesg -r").splitlines():
		match = re.match(r"<(\d+)>\[[ .\d]+\] ?(.*)", line)
		if match and int(match[1]) & 7 <= 4 and not OF_LOAD.search(match[2]):
			found.add(re.sub(r"0x[0-9a-f]+|\b[0-9a-f]{8,}\b|\d+", "N", match[2]))
	return found


def test_init_is_reached_without_more_warnings_than_on_xen(dom0, xen_dom0):
	assert warnings(dom0) - warnings(xen_dom0) == set()


def test_kernel_found_its_hypervisor(dom0):
	assert dom0.check("cat /sys/hypervisor/type") == "xen"
	assert dom0.check("cat /sys/hypervisor/version/major /sys/hypervisor/version/minor").split() == ["4", "20"]
	assert "control_d" in dom0.check("cat /proc/xen/capabilities")
	assert dom0.check("cat /sys/hypervisor/properties/features") != ""


def test_kernel_and_toolstack_are_debians_own(dom0):
	release = (qemu.IMAGES / "base" / "release").read_text().strip()
	assert dom0.check("uname -r") == release
	assert "Debian" in dom0.check("cat /proc/version")
	# By nothing but a module that is not Debian's, nor signed: the one in linux/.
	assert dom0.check("cat /proc/sys/kernel/tainted") == str(1 << 12 | 1 << 13)


def test_gzip_kernel(start):
	machine = start(kernel=str(qemu.IMAGES / "base" / "Image.gz")).boot_quiet()
	assert "nr_cpus" in machine.check("xl info")
	assert machine.poweroff() == 0


def test_no_kernel_is_refused_in_one_line(start, on_graft):
	import machine as names
	machine = start(kernel=None)
	reason = machine.expect(names.REFUSED)[1]
	assert "multiboot,kernel" in reason


def test_too_much_dom0_memory_is_refused_in_one_line(start, on_graft):
	import machine as names
	machine = start(dom0_memory=65536)
	reason = machine.expect(names.REFUSED)[1]
	assert "dom0_mem" in reason
