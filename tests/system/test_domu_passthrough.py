# SPDX-License-Identifier: Apache-2.0
"""Static passthrough: irqs= and iomem= of a guest's config, with the machine's second serial port."""
import socket
import subprocess
import time

import conftest
import domu
import hotplug
import interrupts
import pytest

IRQ = 40
PAGE = 0x9040
NODE = "/pl011@9040000"

# A part of a device tree that libxl puts into the guest's.
PARTIAL = """/dts-v1/;
/ {
	#address-cells = <2>;
	#size-cells = <2>;
	passthrough {
		compatible = "simple-bus";
		ranges;
		#address-cells = <2>;
		#size-cells = <2>;
		serial@9040000 {
			compatible = "arm,sbsa-uart";
			reg = <0x0 0x9040000 0x0 0x1000>;
			interrupt-parent = <0xfde8>;
			interrupts = <0 8 4>;
			current-speed = <115200>;
		};
	};
};
"""
DEVICE = {"irqs": [IRQ], "iomem": [f"{PAGE:#x},1"]}


class Port:
	"""The outside of the second serial port."""

	def __init__(self, folder):
		self.path = folder / "port"
		self.socket = None
		self.seen = b""

	def options(self):
		return ["-serial", "mon:stdio", "-chardev", f"socket,id=second,path={self.path},server=on,wait=off",
			"-serial", "chardev:second"]

	def open(self, booted):
		self.seen = b""
		self.socket = socket.socket(socket.AF_UNIX)
		self.socket.connect(str(self.path))
		self.socket.settimeout(1)
		return booted, self

	def wait(self, text, limit=domu.RUN_LIMIT):
		end = time.monotonic() + limit
		while text not in self.seen:
			assert time.monotonic() < end, self.seen
			try:
				self.seen += self.socket.recv(4096)
			except TimeoutError:
				pass
		self.seen = self.seen.split(text, 1)[1]


def config_with(port):
	return conftest.config(share=domu.default_share(), memory=4096, bootargs="iomem=relaxed", extra=port.options())


@pytest.fixture(scope="module")
def shared_port(tmp_path_factory):
	port = Port(tmp_path_factory.mktemp("port"))
	yield from conftest.shared_by(conftest.Shared("dom0-second-port", config_with(port), port.open))


@pytest.fixture
def machine_with_port(shared_port):
	booted, port = shared_port.get()
	booted.xl_dmesg("-c")
	yield booted, port
	if not booted.broken:
		domu.destroy_all(booted)


@pytest.fixture
def dom0(machine_with_port):
	return machine_with_port[0]


@pytest.fixture
def port(machine_with_port):
	return machine_with_port[1]


def partial_tree():
	return subprocess.run(["dtc", "-q", "-I", "dts", "-O", "dtb"], input=PARTIAL.encode(), check=True,
		capture_output=True).stdout


def guest_with(dom0, **config):
	return domu.Guest(dom0, device_tree=domu.share_file(dom0, "partial.dtb", partial_tree()), **config)


def dom0_reads(dom0):
	"""Whether Dom0 has its registers; iomem=relaxed lets devmem try, driver or not."""
	return dom0.run(f"busybox devmem {PAGE << 12 | 0x18:#x} 32").status == 0


def test_bytes_and_interrupts(dom0, port):
	"""As a board's user has it: the device's node in the guest, its driver, its interrupt; Dom0 has it before and after."""
	assert dom0_reads(dom0)
	guest = guest_with(dom0, **DEVICE).boot()
	assert not dom0_reads(dom0)
	guest.check("stty -F /dev/ttyAMA0 raw -echo; dmesg -n 1")
	guest.check("echo out of the guest >/dev/ttyAMA0")
	port.wait(b"out of the guest\n")
	guest.check("exec 8<>/dev/ttyAMA0")  # while it is open, its interrupt is listed
	guest.check("head -n 3 <&8 >/tmp/in 2>/dev/null &")
	for line in (b"one\n", b"two\n", b"three\n"):
		port.socket.sendall(line)
	guest.check("until [ $(wc -l </tmp/in) = 3 ]; do sleep 0.2; done")
	assert guest.check("cat /tmp/in") == "one\ntwo\nthree"
	assert interrupts.taken(guest, IRQ) > 0
	assert f"d0 loses interrupt {IRQ} of {NODE} to d{guest.domid}" in dom0.xl_dmesg("-c")
	guest.destroy()
	assert dom0_reads(dom0)
	assert f"d0 has interrupt {IRQ} of {NODE} again" in dom0.xl_dmesg()


@conftest.rounds(2, 5)
def test_again_and_again(dom0, port, rounds):
	for _ in range(rounds):
		guest = guest_with(dom0, **DEVICE).create("-p")
		assert not dom0_reads(dom0)
		guest.destroy()
		assert dom0_reads(dom0)
	guest = guest_with(dom0, **DEVICE).boot()
	guest.check("echo one more round >/dev/ttyAMA0")
	port.wait(b"one more round")


def test_at_another_address(dom0, port):
	guest = domu.Guest(dom0, iomem=[f"{PAGE:#x},1@0x12340"]).boot()
	for byte in b"moved":
		guest.check(f"devmem 0x12340000 8 {byte:#x}")
	port.wait(b"moved")
	assert guest.run(f"devmem {PAGE << 12:#x} 32").status != 0  # an abort, in the guest
	assert guest.check("echo alive") == "alive"


def test_one_owner(dom0):
	first = domu.Guest(dom0, "first", **DEVICE).create("-p")
	for part in ({"irqs": [IRQ]}, {"iomem": [f"{PAGE:#x},1"]}):
		second = domu.Guest(dom0, "second", **part)
		assert second.try_create("-p").status != 0
		assert dom0.run("xl domid second").status != 0
		assert f"owned by d{first.domid} ({NODE})" in dom0.xl_dmesg("-c")
	first.destroy()
	assert domu.Guest(dom0, "second", **DEVICE).try_create("-p").status == 0


@pytest.mark.parametrize("part, why", [
	({"iomem": ["0x9000,1"]}, "owned by Graft"),
	({"irqs": [33]}, "owned by Graft"),
	({"iomem": ["0x8000,1"]}, "owned by Graft"),  # the GIC
	({"iomem": ["0x40000,1"]}, "memory"),
	({"iomem": ["0xb000,1"]}, "no node"),  # a hole of this machine
	({"iomem": [f"{PAGE:#x},1@0x40000"]}, "something else"),
	({"iomem": [f"{PAGE:#x},1@0x3001"]}, "something else"),  # its GIC
	({"iomem": [f"{PAGE:#x},1@0x22000"], "vuart": "sbsa_uart"}, "something else"),
	({"irqs": [27]}, "cannot have such"),  # no SPI
])
def test_refused(dom0, part, why):
	"""With the reason in the log, and nothing left behind."""
	guest = domu.Guest(dom0, **part)
	assert guest.try_create("-p").status != 0
	assert why in dom0.xl_dmesg("-c")
	assert dom0.run(f"xl domid {guest.name}").status != 0
	assert dom0_reads(dom0)


def test_in_use(dom0):
	tty = dom0.check("basename /sys/bus/amba/devices/9040000.*/*/tty/ttyAMA* /sys/bus/amba/devices/9040000.*/tty/ttyAMA* "
		"2>/dev/null | grep ttyAMA | tail -n 1; ls /sys/class/tty | grep AMA").splitlines()[-1]
	dom0.check(f"exec 9<>/dev/{tty}")
	for part in ({"irqs": [IRQ]}, {"iomem": [f"{PAGE:#x},1"]}):
		assert domu.Guest(dom0, **part).try_create("-p").status != 0
		assert f"drives {NODE}" in dom0.xl_dmesg("-c")
	dom0.check("exec 9>&-")
	assert domu.Guest(dom0, **DEVICE).try_create("-p").status == 0


def test_marked_for_guests(start, tmp_path):
	"""xen,passthrough in the host's tree: nobody's from the start, disabled in Dom0's tree, as on Xen."""
	port = Port(tmp_path)
	config = config_with(port)
	dumped, packed = hotplug.dump_tree(config, tmp_path), tmp_path / "machine.dtb"
	hotplug.run("fdtput", "-t", "x", str(dumped), NODE, "xen,passthrough")
	hotplug.run("dtc", "-q", "-I", "dtb", "-O", "dtb", "-o", str(packed), str(dumped))
	dom0 = start(share=domu.default_share(), memory=4096, bootargs="iomem=relaxed", extra=port.options(), dtb=str(packed))
	port.open(dom0.boot_quiet())
	assert dom0.check(f"tr -d '\\0' </proc/device-tree{NODE}/status") == "disabled"
	assert not dom0_reads(dom0)
	guest = guest_with(dom0, **DEVICE).boot()
	guest.check("echo for guests >/dev/ttyAMA0")
	port.wait(b"for guests")
	guest.destroy()
	assert not dom0_reads(dom0)
