# SPDX-License-Identifier: Apache-2.0
"""Devices given to running guests: the document's DomU sequence on stock Debian, the unmodified `xl`, and a second
UART, whose far end the test holds. Numbers are rows of the list of what others get wrong."""
import itertools
import re

import pytest

import conftest
import domu
import interrupts
import uart

ENOENT, EEXIST, EBUSY, EINVAL, EXDEV, EPERM = 2, 17, 16, 22, 18, 1
RAM = 0x40000000
TOOL = domu.TOOLS + "graft-overlay"
OVERLAY = "/tmp/overlay.dtbo"  # the host's, and the guest's, in Dom0
OVERLAY_DOMU = "/tmp/overlay_domu.dtbo"
NUMBERS = itertools.count(1)


class Board:
	"""A machine with the UART, and its far end."""

	def __init__(self, machine, folder, wire, gic):
		self.machine, self.folder, self.wire = machine, folder, wire
		self.check, self.run = machine.check, machine.run
		self.put(OVERLAY, uart.host_blob(folder, gic))
		self.put(OVERLAY_DOMU, self.blob())

	def blob(self, **changes):
		return uart.guest_blob(self.folder, **changes)

	def put(self, path, blob):
		self.check(f"cp {domu.share_file(self.machine, 'blob', blob)} {path}")

	def tool(self, *words):
		return self.check(" ".join([TOOL, *map(str, words)])).strip()

	def attach(self, guest, path=OVERLAY_DOMU):
		self.check(f"xl dt-overlay attach {path} {guest.domid}")

	def detach(self, guest, path=OVERLAY_DOMU):
		assert self.tool("detach", path, guest.domid) == "0"

	def refused(self, guest, error, words, path=OVERLAY_DOMU):
		assert self.tool("attach", path, guest.domid) == str(-error), self.tool("reason")
		assert re.search(words, self.tool("reason")), self.tool("reason")

	def guest(self, name, **config):
		return domu.Guest(self.machine, name, **{"nr_spis": 16, **config})


def apply(guest):
	guest.check(f"mkdir {uart.TOP}/new_overlay && cat /tmp/overlay_domu.dtbo >{uart.TOP}/new_overlay/dtbo")
	guest.check("i=0; until [ -c /dev/ttyAMA0 ] || [ $i -ge 1000 ]; do i=$((i+1)); sleep 0.1; done; [ -c /dev/ttyAMA0 ]")
	guest.check("stty -F /dev/ttyAMA0 raw -echo")


def withdraw(guest):
	guest.check(f"rmdir {uart.TOP}/new_overlay")


# Both ways through the UART, and the interrupts that took: the driver counts from when the port is opened. Who had
# it before may have left half a line, on either end, or an answer.
TALK = ("exec 3<>/dev/ttyAMA0; echo >&3; echo ping %s >&3; "
	"while read -t 100 x <&3 && [ \"$x\" != 'pong %s' ]; do :; done; cat /proc/interrupts; exec 3>&-")


def check_talk(said, word):
	assert sum(interrupts.counts(said, 32 + uart.SPI)) > 0, said
	assert said.splitlines()[-1] == f"pong {word}", said


def talk(guest):
	word = f"w{next(NUMBERS)}"
	check_talk(guest.check(f"{TALK % (word, word)}; echo $x"), word)


@pytest.fixture(scope="module")
def shared_board(tmp_path_factory):
	folder = tmp_path_factory.mktemp("uart")
	config, path, gic = uart.extend(conftest.config(share=domu.default_share(), memory=4096,
		options="guest_loglvl=none"), folder)  # what guests do shall not come between a test's lines
	def prepare(booted):
		return Board(conftest.prepare_host(booted), folder, uart.Wire(path), gic)

	yield from conftest.shared_by(conftest.Shared("overlay-domu", config, prepare))


@pytest.fixture
def board(shared_board):
	"""Without guests and overlays; afterwards all memory is free again."""
	board = shared_board.get()
	board.wire.clear()
	before = domu.info(board.machine)[0]
	yield board
	if board.machine.broken:
		return
	domu.destroy_all(board.machine)
	board.run(f"xl dt-overlay remove {OVERLAY}")
	assert board.tool("list") == ""
	domu.wait_free(board.machine, before)


@pytest.fixture
def guest(board):
	"""A guest that runs, with its blob in it; the host's overlay is added."""
	guest = board.guest("a").boot()
	uart.put(guest, "/tmp/overlay_domu.dtbo", board.blob())
	guest.check("modprobe dt-overlay-configfs")
	board.check(f"xl dt-overlay add {OVERLAY}")
	return guest


def test_documented_sequence(board):  # 1, 2, 3, 17
	guest = board.guest("a").boot()
	uart.put(guest, "/tmp/overlay_domu.dtbo", board.blob())
	board.check(f"xl dt-overlay add {OVERLAY}")
	board.check(f"xl dt-overlay attach {OVERLAY_DOMU} {guest.domid}")
	guest.check("modprobe dt-overlay-configfs")
	guest.check(f"mkdir -p {uart.TOP}/new_overlay")
	guest.check(f"cat /tmp/overlay_domu.dtbo > {uart.TOP}/new_overlay/dtbo")
	guest.check("stty -F /dev/ttyAMA0 raw -echo")
	guest.check("echo >/dev/ttyAMA0; echo out of the guest >/dev/ttyAMA0")
	board.wire.wait("out of the guest")
	for _ in range(5):
		talk(guest)
	assert board.run(f"xl dt-overlay remove {OVERLAY}").status != 0
	assert board.tool("remove", OVERLAY) == str(-EBUSY)
	withdraw(guest)
	board.detach(guest)
	board.check(f"xl dt-overlay remove {OVERLAY}")
	assert guest.check("echo alive") == "alive"


WRONG = {
	"outside": (dict(physical=0x09050000), EPERM, "it has none there"),
	"larger": (dict(size=0x2000), EPERM, "more than it has"),
	"unplaced": (dict(placed=False), EINVAL, "no xen,reg"),
	"ram": (dict(at=RAM + 0x100000), EBUSY, "has something else"),
	"gic": (dict(at=0x03001000), EBUSY, "has its interrupt controller"),
	"redistributor": (dict(at=0x03020000), EBUSY, "has its interrupt controller"),
	"grant-table": (dict(at=0x38000000), EBUSY, "has its grant table"),
	"unaligned": (dict(at=uart.GUEST_ADDRESS + 4), EINVAL, "not page-aligned"),
	"far": (dict(at=1 << 47), EINVAL, "address space"),
	"interrupt": (dict(irq=1), EPERM, "no such interrupt"),
	"parent": (dict(parent=0x8002), EINVAL, "interrupt controller is 0xfde8"),
	"unforced": (dict(forced=False), EXDEV, "force-assign-without-iommu"),  # 13
	"unknown": (dict(node_name="nothing@1"), ENOENT, "no overlay in the tree brought"),
}


def test_wrong_blobs(board, guest):
	before, free = board.tool("list"), domu.info(board.machine)[0]
	for name, (changes, error, words) in WRONG.items():
		board.put(f"/tmp/{name}.dtbo", board.blob(name=name, **changes))
		board.refused(guest, error, words, f"/tmp/{name}.dtbo")
		assert board.run(f"xl dt-overlay attach /tmp/{name}.dtbo {guest.domid}").status != 0
		assert board.tool("list") == before
	domu.wait_free(board.machine, free)
	board.attach(guest)
	board.refused(guest, EEXIST, "already")  # 14
	apply(guest)
	talk(guest)


def test_too_few_interrupts(board, guest):
	small = board.guest("small", nr_spis=None).boot()
	board.refused(small, EINVAL, rf"nr_spis={uart.SPI + 1}")


def test_busy(board, guest):  # 14
	other = board.guest("b").boot()
	board.attach(guest)
	board.refused(other, EBUSY, rf"attached to d{guest.domid}")
	assert board.tool("attach", OVERLAY, 0) == str(-EBUSY)
	board.detach(guest)
	assert board.tool("detach", OVERLAY_DOMU, guest.domid) == str(-ENOENT)


def test_moves(board, guest):  # 5
	"""Guest, other guest, Dom0, and again."""
	other = board.guest("b").boot()
	uart.put(other, "/tmp/overlay_domu.dtbo", board.blob())
	other.check("modprobe dt-overlay-configfs")
	for _ in range(3):
		for each in (guest, other):
			board.attach(each)
			apply(each)
			talk(each)
			withdraw(each)
			board.detach(each)
		board.check(f"xl dt-overlay attach {OVERLAY} 0")
		assert int(board.check(f"busybox devmem {uart.ADDRESS + 0xfe0:#x} 32"), 16) == 0x11  # PeriphID0
		board.detach(domu_of(0), OVERLAY)
		assert board.run(f"busybox devmem {uart.ADDRESS + 0xfe0:#x} 32").status != 0


def domu_of(domid):
	"""Something with a domid."""
	return type("Domain", (), {"domid": domid})


ROUND = (f"mkdir {uart.TOP}/r && cat /tmp/overlay_domu.dtbo >{uart.TOP}/r/dtbo && "
	f"stty -F /dev/ttyAMA0 raw -echo; {TALK}; rmdir {uart.TOP}/r; echo $x")


@conftest.rounds(6, 50)
def test_rounds(board, guest, rounds):
	"""While both guests and Dom0 are busy."""
	other = board.guest("b").boot()
	uart.put(other, "/tmp/overlay_domu.dtbo", board.blob())
	other.check("modprobe dt-overlay-configfs")
	board.check("{ while :; do :; done & } ; echo $! >/tmp/busy")
	for each in (guest, other):
		each.start("(while :; do :; done) &")
	# Domains' tables, and the engine's, are as large as they get after a round each.
	for number in range(2 + rounds):
		if number == 2:
			free = domu.info(board.machine)[0]
		each = (guest, other)[number % 2]
		board.attach(each)
		check_talk(each.check(ROUND % (f"r{number}", f"r{number}"), 300), f"r{number}")
		board.detach(each)
	domu.wait_free(board.machine, free)
	board.check("kill $(cat /tmp/busy)")


FLOOD = "(while :; do echo flood; done >/dev/ttyAMA0 2>/dev/null) & (while read x; do :; done </dev/ttyAMA0) &"


def crash(board, guest):
	"""As Graft ends a guest that cannot go on. A kernel that panics spins, and tells nobody."""
	board.check(f"{domu.TOOLS}graft-shutdown 3 {guest.domid}")


ENDS = {
	"destroyed": ({}, lambda board, guest: guest.destroy()),
	"crashed": ({"on_crash": "destroy"}, lambda board, guest: crash(board, guest)),
	"rebooted": ({}, lambda board, guest: guest.start("reboot -f")),
	"powered-off": ({}, lambda board, guest: guest.start("poweroff -f")),
}


@pytest.mark.parametrize("how", ENDS)
def test_ends_in_the_middle_of_use(board, how):  # 18
	changes, end = ENDS[how]
	guest = board.guest("a", vcpus=2, **changes).boot()
	other = board.guest("b").boot()
	for each in (guest, other):
		uart.put(each, "/tmp/overlay_domu.dtbo", board.blob())
		each.check("modprobe dt-overlay-configfs")
	board.check(f"xl dt-overlay add {OVERLAY}")
	board.attach(guest)
	apply(guest)
	guest.start(FLOOD)
	board.wire.wait("flood")
	board.wire.send(b"something\n" * 50)
	end(board, guest)
	guest.wait_gone(domu.BOOT_LIMIT)
	board.check(f"xl dt-overlay remove {OVERLAY}")
	board.check(f"xl dt-overlay add {OVERLAY}")
	board.attach(other)
	apply(other)
	talk(other)
	if how == "rebooted":
		guest.wait_again().wait()  # without its UART; and no later test shall meet it


STATES = {
	"running": lambda board, guest: None,
	"paused": lambda board, guest: board.check(f"xl pause {guest.domid}"),
	"crashed": crash,
	"panicked": lambda board, guest: guest.start("echo c >/proc/sysrq-trigger"),
}


@pytest.mark.parametrize("state", STATES)
def test_taken_in_the_middle_of_use(board, state):
	"""The guest gets an abort; nobody else notices."""
	guest = board.guest("a", vcpus=2, on_crash="preserve").boot()
	other = board.guest("b").boot()
	for each in (guest, other):
		uart.put(each, "/tmp/overlay_domu.dtbo", board.blob())
		each.check("modprobe dt-overlay-configfs")
	board.check(f"xl dt-overlay add {OVERLAY}")
	board.attach(guest)
	apply(guest)
	guest.start(FLOOD)
	board.wire.wait("flood")
	STATES[state](board, guest)
	board.detach(guest)
	board.attach(other)
	apply(other)
	talk(other)
	if state == "paused":
		board.check(f"xl unpause {guest.domid}")
	for _ in range(5):
		talk(other)
	board.detach(other)
	board.check(f"xl dt-overlay remove {OVERLAY}")
