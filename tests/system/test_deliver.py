# SPDX-License-Identifier: Apache-2.0
"""graftctl overlay attach and detach --deliver: into Dom0's kernel and into running guests'. docs/deliver.md."""
import base64
import hashlib
import re
import socket

import pytest

import conftest
import domu
import hotplug
import interrupts

UART = "/pl011@9040000"  # QEMU's second
UART_NODE = "/serial@9040000"
DISK = hotplug.node(hotplug.DISK_SLOT)
CONTENT = bytes(range(256)) * 4096  # of the disk
MODULE = "modprobe dt-overlay-configfs"
LIMIT = 120


def uart(gic, more=""):
	"""With a label, which Linux would refuse in a guest's overlay."""
	return f"""uart1: serial@9040000 {{
		compatible = "arm,sbsa-uart"; reg = <0x0 0x9040000 0x0 0x1000>;
		interrupt-parent = <{gic:#x}>; interrupts = <0 8 4>; current-speed = <115200>; {more} }};"""


def spare(gic):
	"""The same UART as a board's tree has what it does not use."""
	return uart(gic, 'status = "disabled";').replace("uart1: serial@", "spare@")


ENABLE = '/dts-v1/; /plugin/; &{/spare@9040000} { status = "okay"; };'


class Board:
	"""A machine whose tree lacks a disk and a UART that it has; the UART's other end."""

	def __init__(self, machine, line, files):
		self.machine, self.line, self.blobs = machine, line, files
		self.files = {name: domu.share_file(machine, f"{name}.dtbo", blob) for name, blob in files.items()}

	def ctl(self, words, limit=LIMIT):
		for name, path in self.files.items():
			words = re.sub(rf"\b{name}\.dtbo\b", path, words)
		# The serial line is a terminal.
		return self.machine.run(domu.script(self.machine, f"NO_COLOR=1 graftctl overlay {words}\n"), limit)

	def done(self, words):
		result = self.ctl(words)
		assert result.status == 0, result.output
		return result.output

	def refused(self, words):
		result = self.ctl(words)
		assert result.status == 1, result.output
		return result.output

	def holder(self, name):
		"""State and holder of the overlay whose first node this is; None when there is none."""
		for row in self.done("list").splitlines()[1:]:
			found = re.match(r" *\d+ +(\w+) +(.+?) +(?:\d+ +){4}[0-9a-f]{16} ", row)
			if name in row.split():
				return found[1] if found[1] == "added" else f"{found[1]} {found[2]}"
		return None

	def guest(self, name="guest", module=True):
		guest = domu.Guest(self.machine, name, nr_spis=64).boot()
		if module:
			guest.check(MODULE)
		return guest

	def open_uart(self, guest):
		"""It stays open in the guest's shell, so that nothing is lost, and the device is in use."""
		guest.check("timeout 100 sh -c 'until [ -c /dev/ttyAMA0 ]; do sleep 0.1; done'; exec 9<>/dev/ttyAMA0; "
			"stty raw -echo <&9")

	def hears(self, guest, text):
		"""What the guest writes comes out of the machine."""
		guest.check(f"echo {text} >&9")
		heard = b""
		while not heard.endswith(b"\n"):
			heard += self.line.recv(4096)
		assert heard.split() == [text.encode()]

	def tells(self, guest, text):
		"""What goes into the machine comes to the guest, by interrupt."""
		self.line.sendall(text.encode() + b"\n")
		assert guest.check("timeout 100 head -n 1 <&9") == text


@pytest.fixture(scope="module")
def shared_board(tmp_path_factory):
	folder = tmp_path_factory.mktemp("board")
	disk = folder / "disk.img"
	disk.write_bytes(CONTENT)
	config = conftest.config(share=domu.default_share(), memory=4096, disks=[str(disk)],
		extra=["-serial", "mon:stdio", "-serial", f"unix:{folder}/uart,server=on,wait=off"])
	gic = hotplug.gic_phandle(config, folder)
	files = {name: hotplug.overlay(folder, name, source).read_bytes() for name, source in {
		"disk": hotplug.device(gic), "uart": uart(gic),
		"celled": uart(gic, "#address-cells = <1>; #size-cells = <0>;"),
		# For a guest itself, after which it refuses the one before: a node in use changes no cells.
		"inguest": "serial@9040000 { #address-cells = <2>; };",
	}.items()}
	files["enable"] = hotplug.compile_overlay(folder, "enable", ENABLE).read_bytes()
	config.dtb = hotplug.tree_with(hotplug.machine_tree(config, folder, [*hotplug.NODES_OF_PAGE, UART]), folder, spare(gic))

	def prepare(booted):
		line = socket.socket(socket.AF_UNIX)
		line.connect(f"{folder}/uart")
		line.settimeout(LIMIT)
		return Board(booted, line, files)

	yield from conftest.shared_by(conftest.Shared("deliver", config, prepare))


@pytest.fixture
def board(shared_board, on_graft):
	board = shared_board.get()
	yield board
	if board.machine.broken:
		return
	domu.destroy_all(board.machine)
	board.machine.run("rmmod refuse-removal; rmmod dt-overlay-configfs")
	for name in board.files:
		board.ctl(f"remove {name}.dtbo")
	assert len(board.done("list").splitlines()) == 1


def test_a_disk_for_dom0(board):
	dom0 = board.machine
	dom0.run("rmmod dt-overlay-configfs")
	board.done("add disk.dtbo")
	assert "modprobe dt-overlay-configfs" in board.refused("attach disk.dtbo 0 --deliver")
	assert board.holder(DISK) == "added"
	dom0.check(MODULE)
	for _ in range(3):
		assert "domain 0 has applied" in board.done("attach disk.dtbo 0 --deliver")
		assert board.holder(DISK) == "attached Dom0"
		dom0.check("timeout 100 sh -c 'until [ -b /dev/vda ]; do sleep 0.1; done'")
		assert dom0.check("dd if=/dev/vda bs=512 count=2048 2>/dev/null | md5sum") == \
			dom0.check("dd if=/dev/vda bs=4096 count=256 iflag=direct 2>/dev/null | md5sum")
		assert "already" in board.refused("attach disk.dtbo 0 --deliver")
		# What Dom0 delivered holds the module, and is no folder that root could remove.
		assert dom0.run("rmmod dt-overlay-configfs").status != 0
		assert dom0.check("ls /sys/kernel/config/device-tree/overlays") == ""
		board.done("detach disk.dtbo 0 --deliver")
		assert board.holder(DISK) == "added"
		assert dom0.run("[ -b /dev/vda ]").status != 0
		# Its handler went with it, which the kernel alone does not see to.
		assert interrupts.taken(dom0, 32 + hotplug.SPI_OF_SLOT_0 + hotplug.DISK_SLOT) is None
	assert "was not delivered" in board.refused("detach disk.dtbo 0 --deliver")
	assert dom0.run("dmesg | grep -E 'memory leak|WARNING|BUG|Oops|refcount|Call trace|IRQ index'").output == ""


FORCE = "--force-without-iommu"


def test_a_uart_for_two_guests(board):
	"""The document's flow in one command each way: to a guest, back, to another."""
	board.done("add uart.dtbo")
	one, two = board.guest("one"), board.guest("two")
	assert "behind no IOMMU" in board.refused("attach uart.dtbo one --deliver")
	for guest in (one, two, one):
		assert f"domain {guest.domid} has applied" in board.done(f"attach uart.dtbo {guest.name} --deliver {FORCE}")
		assert board.holder(UART_NODE) == f"attached {guest.name}"
		board.open_uart(guest)
		board.hears(guest, f"from-{guest.name}")
		board.tells(guest, f"to-{guest.name}")
		assert guest.run("rmmod dt-overlay-configfs").status != 0
		other = two if guest is one else one
		assert "attached to" in board.refused(f"attach uart.dtbo {other.domid} --deliver {FORCE}")
		board.done(f"detach uart.dtbo {guest.domid} --deliver")
		assert board.holder(UART_NODE) == "added"
		assert guest.run("exec 9>&-; [ -c /dev/ttyAMA0 ]").status != 0
		assert guest.check("dmesg | grep -E 'WARNING|BUG|Oops|Call trace' || true") == ""


def test_a_device_that_an_overlay_only_enables(board):
	"""Its node is the board's own; nothing but its status comes with the overlay."""
	board.done("add enable.dtbo")
	guest = board.guest()
	assert "behind no IOMMU" in board.refused("attach enable.dtbo guest --deliver")
	for word in ("enabled", "again"):
		board.done(f"attach enable.dtbo guest --deliver {FORCE}")
		board.open_uart(guest)
		board.hears(guest, word)
		board.tells(guest, word)
		assert "holds devices of it" in board.refused("remove enable.dtbo")
		board.done("detach enable.dtbo guest --deliver")
		assert guest.run("exec 9>&-; [ -c /dev/ttyAMA0 ]").status != 0
	board.done("remove enable.dtbo")


def test_the_users_guide(board):
	"""docs/overlays.md, "A guest, line by line": the same in many commands, and on the way back by the host's overlay."""
	dom0, overlay = board.machine, board.files["uart"]
	guest = board.guest(module=False)
	dom0.check("cd /tmp && graftctl tree -o host.dtb")
	dom0.check(f"xl dt-overlay add {overlay}")
	dom0.check(f"cd /tmp && graftctl guest {overlay} --base host.dtb -o overlay_domu.dtbo {FORCE}")
	dom0.check(f"xl dt-overlay attach /tmp/overlay_domu.dtbo {guest.domid}")
	assert board.holder(UART_NODE) == f"attached {guest.name}"
	guest.check(f"echo {dom0.check('base64 -w 0 /tmp/overlay_domu.dtbo')} | base64 -d >/tmp/overlay_domu.dtbo")
	guest.check(MODULE)
	folder = "/sys/kernel/config/device-tree/overlays/new_overlay"
	guest.check(f"mkdir -p {folder}")
	guest.check(f"cat /tmp/overlay_domu.dtbo > {folder}/dtbo")
	board.open_uart(guest)
	board.hears(guest, "by-hand")
	board.tells(guest, "by-hand")
	guest.check(f"exec 9>&-; rmdir {folder}")
	board.done(f"detach uart.dtbo {guest.domid}")
	dom0.check(f"xl dt-overlay remove {overlay}")


def test_a_guest_that_dies_with_it(board):
	board.done("add uart.dtbo")
	for name in ("first", "second"):
		guest = board.guest(name)
		board.done(f"attach uart.dtbo {name} --deliver {FORCE}")
		board.open_uart(guest)
		board.hears(guest, name)
		guest.destroy()
		guest.wait_gone()
		assert board.holder(UART_NODE) == "added"


def test_without_the_module(board):
	board.done("add uart.dtbo")
	guest = board.guest(module=False)
	said = board.refused(f"attach uart.dtbo guest --deliver {FORCE}")
	assert "modprobe dt-overlay-configfs" in said and board.holder(UART_NODE) == "added"
	guest.check(MODULE)
	board.done(f"attach uart.dtbo guest --deliver {FORCE}")
	board.done("detach uart.dtbo guest --deliver")
	guest.check("rmmod dt-overlay-configfs")
	assert "modprobe dt-overlay-configfs" in board.refused(f"attach uart.dtbo guest --deliver {FORCE}")


def test_a_guest_that_does_not_answer(board):
	"""It is paused. When it goes on, it finds nothing to do, or the device gone."""
	dom0 = board.machine
	board.done("add uart.dtbo")
	guest = board.guest()
	dom0.check("xl pause guest")
	said = board.refused(f"attach uart.dtbo guest --deliver {FORCE} --timeout 2")
	assert "did not answer in time" in said and "undone" in said and board.holder(UART_NODE) == "added"
	dom0.check("xl unpause guest")
	assert guest.run("ls /sys/firmware/devicetree/base/serial@*").status != 0
	board.done(f"attach uart.dtbo guest --deliver {FORCE}")
	dom0.check("xl pause guest")
	said = board.refused("detach uart.dtbo guest --deliver --timeout 2")
	assert "did not answer in time" in said and "--force" in said
	assert board.holder(UART_NODE) == f"attached {guest.name}"
	board.done("detach uart.dtbo guest --deliver --timeout 2 --force")
	assert board.holder(UART_NODE) == "added"
	dom0.check("xl unpause guest")
	guest.destroy()
	# Nothing of it is left for the next.
	board.done(f"attach uart.dtbo {board.guest('next').name} --deliver {FORCE}")


def test_a_guest_that_refuses(board, tmp_path):
	board.done("add celled.dtbo")
	guest = board.guest()
	guest.check(f"echo {base64.b64encode(board.blobs['inguest']).decode()} | base64 -d >/tmp/own.dtbo")
	guest.check("mkdir /sys/kernel/config/device-tree/overlays/own; "
		"cat /tmp/own.dtbo >/sys/kernel/config/device-tree/overlays/own/dtbo")
	said = board.refused(f"attach celled.dtbo guest --deliver {FORCE}")
	assert f"domain {guest.domid} refuses: " in said and "cannot change while the node is in use" in said
	assert "undone" in said and board.holder(UART_NODE) == "added"
	guest.check("rmdir /sys/kernel/config/device-tree/overlays/own")
	board.done(f"attach celled.dtbo guest --deliver {FORCE}")
	# One of the guest's own that builds on it keeps it there.
	guest.check("mkdir /sys/kernel/config/device-tree/overlays/on-top")
	upper = hotplug.compile_overlay(tmp_path, "upper",
		f"/dts-v1/; /plugin/; &{{{UART_NODE}}} {{ added {{ }}; }};").read_bytes()
	guest.check(f"echo {base64.b64encode(upper).decode()} | base64 -d >/tmp/upper.dtbo; "
		"cat /tmp/upper.dtbo >/sys/kernel/config/device-tree/overlays/on-top/dtbo")
	assert "on-top builds on it" in board.refused("detach celled.dtbo guest --deliver")
	assert board.holder(UART_NODE) == f"attached {guest.name}"
	guest.check("rmdir /sys/kernel/config/device-tree/overlays/on-top")
	board.done("detach celled.dtbo guest --deliver")


class Working:
	"""graftctl overlay ... at work in Dom0, on one guest, which has not answered yet."""

	def __init__(self, board, words):
		self.dom0 = board.machine
		for name, path in board.files.items():
			words = re.sub(rf"\b{name}\.dtbo\b", path, words)
		self.dom0.check("rm -f /tmp/said /tmp/status")
		# With job control a job in the background has SIGINT, as one at a terminal has.
		script = domu.script(self.dom0, f"NO_COLOR=1 graftctl overlay {words} >/tmp/said 2>&1; echo $? >/tmp/status\n")
		self.dom0.check(f"set -m; {script} & set +m")

	def wait_asked(self, guest):
		request = f"/local/domain/{guest.domid}/device-tree-overlay/request"
		self.dom0.check(f"timeout {LIMIT} sh -c 'until xenstore-exists {request}; do sleep 0.1; done'", LIMIT + 30)
		return self

	def signal(self, name):
		self.dom0.check(f"kill -{name} $(pidof graftctl)")
		return self

	def refused(self):
		"""When it has ended, by itself: what it said."""
		self.dom0.check(f"timeout {LIMIT} sh -c 'until [ -s /tmp/status ]; do sleep 0.1; done'", LIMIT + 30)
		said = self.dom0.check("cat /tmp/said")
		assert self.dom0.check("cat /tmp/status") == "1", said
		return said


def nothing_left(board, guest):
	"""Of a delivery, in XenStore."""
	return board.machine.check(f"xenstore-ls /local/domain/{guest.domid}/device-tree-overlay") == 'overlays = ""'


REBOOTS = {
	"by-xl": lambda board, guest: board.machine.check(f"xl reboot {guest.name}"),
	"by-itself": lambda board, guest: guest.start("reboot -f"),
}


@pytest.mark.parametrize("how", REBOOTS)
def test_a_guest_that_starts_anew(board, how):
	"""With the device in use. It comes back without it, and has it again by one command."""
	board.done("add uart.dtbo")
	guest = board.guest("phoenix")
	for word in ("ash", "fire"):
		board.done(f"attach uart.dtbo phoenix --deliver {FORCE}")
		board.open_uart(guest)
		board.hears(guest, word)
		REBOOTS[how](board, guest)
		before = guest.domid
		guest.wait_again().wait()
		assert guest.domid != before
		assert board.holder(UART_NODE) == "added"
		assert "was not delivered" in board.refused("detach uart.dtbo phoenix --deliver --force")
		guest.check(MODULE)
	board.done(f"attach uart.dtbo phoenix --deliver {FORCE}")
	board.open_uart(guest)
	board.hears(guest, "again")
	board.tells(guest, "again")


def test_a_guest_that_goes_while_it_is_asked(board):
	board.done("add uart.dtbo")
	guest = board.guest()
	board.machine.check("xl pause guest")
	working = Working(board, f"attach uart.dtbo guest --deliver {FORCE} --timeout 3600").wait_asked(guest)
	guest.destroy()
	said = working.refused()
	assert f"domain {guest.domid} is gone" in said and "has nothing of" in said
	assert board.holder(UART_NODE) == "added"
	assert board.machine.run(f"xenstore-exists /local/domain/{guest.domid}").status != 0


def test_taken_by_force_and_given_back(board):
	"""The guest still has the overlay, and its driver is bound: both begin anew."""
	board.done("add uart.dtbo")
	guest = board.guest()
	board.done(f"attach uart.dtbo guest --deliver {FORCE}")
	board.machine.check("xl pause guest")
	board.done("detach uart.dtbo guest --deliver --timeout 1 --force")
	board.machine.check("xl unpause guest")
	guest.check("[ -c /dev/ttyAMA0 ]")
	board.done(f"attach uart.dtbo guest --deliver {FORCE}")
	board.open_uart(guest)
	board.hears(guest, "back")
	board.tells(guest, "back")
	guest.check("exec 9>&-")
	board.done("detach uart.dtbo guest --deliver")
	assert guest.run("[ -c /dev/ttyAMA0 ]").status != 0
	guest.check("rmmod dt-overlay-configfs")
	assert guest.check("dmesg | grep -E 'WARNING|BUG|Oops|Call trace' || true") == ""


@pytest.mark.parametrize("name", ["INT", "TERM", "HUP"])
def test_interrupted(board, name):
	"""Nothing is half-done: the attach is undone; a device that the guest may still have stays."""
	board.done("add uart.dtbo")
	guest = board.guest()
	board.machine.check("xl pause guest")
	said = Working(board, f"attach uart.dtbo guest --deliver {FORCE} --timeout 3600").wait_asked(guest).signal(name).refused()
	assert "interrupted before" in said and "undone" in said
	assert board.holder(UART_NODE) == "added" and nothing_left(board, guest)
	board.machine.check("xl unpause guest")
	assert guest.run("ls /sys/firmware/devicetree/base/serial@*").status != 0
	board.done(f"attach uart.dtbo guest --deliver {FORCE}")
	board.machine.check("xl pause guest")
	said = Working(board, "detach uart.dtbo guest --deliver --force --timeout 3600").wait_asked(guest).signal(name).refused()
	assert "interrupted before" in said and f"domain {guest.domid} keeps" in said
	assert board.holder(UART_NODE) == f"attached {guest.name}"
	board.machine.check("xl unpause guest")
	board.open_uart(guest)
	board.hears(guest, "still-here")
	guest.check("exec 9>&-")
	board.done("detach uart.dtbo guest --deliver")
	assert board.holder(UART_NODE) == "added" and nothing_left(board, guest)


STOP, GO_ON = "kill -STOP $(pidof xenstored)", "kill -CONT $(pidof xenstored)"


def test_xenstored_is_stopped(board):
	"""Not dead: it answers no more, until later. No wait is without an end, and what is left is said."""
	dom0 = board.machine
	board.done("add uart.dtbo")
	guest = board.guest()
	dom0.check(STOP)
	try:
		said = board.refused(f"attach uart.dtbo {guest.domid} --deliver {FORCE}")
	finally:
		dom0.check(GO_ON)
	assert "xenstored has not answered" in said and board.holder(UART_NODE) == "added"
	dom0.check("xl pause guest")
	working = Working(board, f"attach uart.dtbo guest --deliver {FORCE} --timeout 3600").wait_asked(guest)
	dom0.check(STOP)
	try:
		said = working.refused()
	finally:
		dom0.check(GO_ON)
	assert "xenstored has not answered" in said and "stays attached" in said
	assert board.holder(UART_NODE) == f"attached {guest.name}"
	# The guest does what it was asked, and all is as if nothing had been.
	dom0.check("xl unpause guest")
	board.open_uart(guest)
	board.hears(guest, "late")
	guest.check("exec 9>&-")
	board.done("detach uart.dtbo guest --deliver")
	assert board.holder(UART_NODE) == "added"


REFUSER = domu.SHARED + "refuse-removal.ko"
FOLDER = "/sys/kernel/config/device-tree/overlays/disk"


def read_disk(dom0):
	dom0.check("timeout 60 sh -c 'until [ -b /dev/vda ]; do sleep 0.1; done'")
	said = dom0.check("dd if=/dev/vda bs=4096 count=256 iflag=direct 2>/dev/null | md5sum")
	assert said.split()[0] == hashlib.md5(CONTENT).hexdigest()


def test_a_kernel_that_keeps_it(board):
	"""Linux refuses to remove an overlay when its drivers have let go already: they are brought back."""
	dom0 = board.machine
	dom0.check(MODULE)
	board.done("add disk.dtbo")
	board.done("attach disk.dtbo 0 --deliver")
	read_disk(dom0)
	dom0.check(f"insmod {REFUSER}")
	for _ in range(2):
		said = board.refused("detach disk.dtbo 0 --deliver")
		assert "domain 0 refuses" in said and "domain 0 keeps" in said
		assert board.holder(DISK) == "attached Dom0"
		read_disk(dom0)
	dom0.check("rmmod refuse-removal")
	board.done("detach disk.dtbo 0 --deliver")
	assert dom0.run("[ -b /dev/vda ]").status != 0

	# By configfs, where rmdir cannot be refused: the overlay outlives its folder, and goes with the next.
	board.done("attach disk.dtbo 0")
	dom0.check(f"mkdir {FOLDER} && cat {board.files['disk']} >{FOLDER}/dtbo")
	read_disk(dom0)
	dom0.check(f"insmod {REFUSER}")
	dom0.check(f"rmdir {FOLDER}")
	read_disk(dom0)
	assert dom0.run(f"mkdir {FOLDER}").status != 0
	assert dom0.run("rmmod dt-overlay-configfs").status != 0
	dom0.check("rmmod refuse-removal")
	dom0.check(f"mkdir {FOLDER}-2 && rmdir {FOLDER}-2")
	assert dom0.run("[ -b /dev/vda ]").status != 0
	board.done("detach disk.dtbo 0")
	assert dom0.run("dmesg | grep -E 'memory leak|WARNING|BUG|Oops|refcount|Call trace|IRQ index|did not come back'").output == ""
