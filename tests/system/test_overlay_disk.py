# SPDX-License-Identifier: Apache-2.0
"""The documented Dom0 flow on a real device, typed as it is written: a virtio disk that the machine has and its
device tree does not name. It appears, is read, goes, and comes again; also while everything is busy.
"""
import hashlib
import re

import pytest

import conftest
import disk
import hotplug
import interrupts

MIB = 1 << 20
HOT_SIZE, STEADY_SIZE = 32 * MIB, 8 * MIB
LOAD_S = 60
OVERLAY = "/sys/kernel/config/device-tree/overlays/new_overlay"
SLOT = hotplug.DISK_SLOT
SPI = 32 + hotplug.SPI_OF_SLOT_0 + SLOT
DEVICE = f"/sys/devices/platform/{hotplug.address(SLOT):x}.virtio_mmio"
FAULT = re.compile(r"error|fail|warning|bug|oops|leak|stall|lockup|hung|nobody cared|timed out|refused|trace", re.I)
STRESS = "/usr/lib/graft-test/graft-stress"


class Board:
	"""A booted machine with a disk that stays, and one that its tree lacks."""

	def __init__(self, machine, digest):
		self.machine, self.digest = machine, digest
		self.check, self.run = machine.check, machine.run

	def give(self):
		self.attach()
		self.apply()

	# These two are as in the document, to the letter.

	def attach(self):
		self.check("xl dt-overlay add overlay.dtbo")
		self.check("xl dt-overlay attach overlay.dtbo 0")

	def apply(self):
		self.check("mkdir -p /sys/kernel/config/device-tree/overlays/new_overlay")
		self.check("cat overlay.dtbo > /sys/kernel/config/device-tree/overlays/new_overlay/dtbo")

	def take(self):
		self.check(f"rmdir {OVERLAY}")
		assert self.run(f"ls {DEVICE}").status != 0
		self.check("xl dt-overlay remove overlay.dtbo")

	def name(self):
		"""Of the disk's file in /dev. The driver has bound by the time that the write to dtbo returned."""
		return "/dev/" + self.check(f"ls {DEVICE}/virtio*/block")

	def read(self):
		"""All of it, right, a request after the other, each of which ends with an interrupt."""
		before = self.interrupts()
		said = self.check(f"dd if={self.name()} of=/tmp/copy bs=1M iflag=direct && md5sum /tmp/copy", limit=300)
		assert f"\n{self.digest} " in said
		assert self.interrupts() >= before + HOT_SIZE // MIB

	def interrupts(self):
		"""How many of the disk's Dom0 got, all CPUs together; the kernel counts on when it comes again."""
		return interrupts.taken(self, SPI)

	def key(self, letter):
		"""What Graft says to a debug key."""
		self.check(f"xl dmesg -c >/dev/null; xl debug-keys {letter}")
		return self.machine.xl_dmesg()

	def memory(self):
		"""What Graft has in use and what is free, to the byte."""
		return re.search(r"memory: .*", self.key("m"))[0]

	def memory_after_a_round(self):
		"""Tables that grow once have then grown."""
		self.give()
		self.take()
		return self.memory()

	def routed(self):
		ranges = re.findall(r"routed: (\d+) to (\d+)", self.key("i"))
		assert ranges  # others are
		return any(int(first) <= SPI <= int(last) for first, last in ranges)

	def reachable(self):
		"""For Dom0, through /dev/mem; the kernel refuses that while a driver has it."""
		return self.run(f"busybox devmem {hotplug.address(SLOT):#x} 32").status == 0

	def assert_gone(self):
		"""Nothing of it is left: no page mapped, no interrupt routed, no node, no overlay."""
		assert not self.reachable()
		assert not self.routed()
		assert hotplug.node(SLOT)[1:] not in self.check("graftctl tree")
		assert len(self.check("graftctl overlay list").splitlines()) == 1
		assert interrupts.taken(self, SPI) is None

	def complaints(self):
		"""What the logs of the kernel and of Graft tell of faults since the last look."""
		lines = (self.check("dmesg -c") + "\n" + self.machine.xl_dmesg("-c")).splitlines()
		return [line for line in lines if FAULT.search(line)]


def make_hot_disk(path):
	data = b"".join(hashlib.sha512(b"%d" % i).digest() for i in range(HOT_SIZE // 64))
	path.write_bytes(data)
	return hashlib.md5(data).hexdigest()


@pytest.fixture(scope="module")
def shared_board(tmp_path_factory):
	folder = tmp_path_factory.mktemp("board")
	digest = make_hot_disk(folder / "hot")
	steady = disk.make(folder / "steady", STEADY_SIZE)
	config = conftest.config(disks=[str(folder / "hot")], extra=hotplug.disk_on(1, steady))
	gic = hotplug.gic_phandle(config, folder)
	overlay = hotplug.overlay(folder, "overlay", hotplug.device(gic))
	config.initrd = hotplug.initrd_with(config.initrd, [overlay], folder)
	config.dtb = hotplug.machine_tree(config, folder)

	def prepare(booted):
		booted.check("cd /; dmesg -c >/dev/null; xl dmesg -c >/dev/null")
		return Board(booted, digest)

	yield from conftest.shared_by(conftest.Shared("overlay-disk", config, prepare))
	assert disk.check_untouched(steady)


@pytest.fixture
def board(shared_board):
	return shared_board.get()


def test_the_documents_sequence(board, on_graft):
	board.assert_gone()
	board.attach()
	assert board.reachable() and board.routed()
	board.apply()
	assert board.name() == "/dev/vdb"
	assert re.search(r" attached +Dom0 +1 +1 +1 ", board.check("NO_COLOR=1 graftctl overlay list"))
	board.read()
	board.take()
	board.assert_gone()
	assert board.complaints() == []


@conftest.rounds(6, 20)
def test_again_and_again(board, on_graft, rounds):  # 5
	before = board.memory_after_a_round()
	for _ in range(rounds):
		board.give()
		board.read()
		board.take()
	assert board.memory() == before
	board.assert_gone()
	assert board.complaints() == []


def test_unplugged_while_it_is_read(board, on_graft):
	before = board.memory_after_a_round()
	for _ in range(5):
		board.give()
		seen = board.interrupts()
		board.check(f"(while dd if={board.name()} of=/dev/null bs=4k iflag=direct; do :; done) >/dev/null 2>&1 & true")
		for _ in range(500):
			if board.interrupts() >= seen + 20:
				break
		assert board.interrupts() >= seen + 20
		board.take()
		board.check("wait")  # reading ends when the disk has gone
	assert board.memory() == before
	board.assert_gone()
	board.check("dmesg -c")  # the kernel may tell of reads that failed
	board.give()
	board.read()
	board.take()
	assert board.complaints() == []


@pytest.mark.long
def test_under_load(board, on_graft):
	"""All CPUs busy, and the disk that stays read and written."""
	before, rounds = board.memory_after_a_round(), 0
	board.check("rm -f /tmp/status; stress --cpu $(nproc) >/dev/null 2>&1 & "
		f"({STRESS} {LOAD_S} /dev/vda >/tmp/stress; echo $? >/tmp/status) & true")
	while board.run("[ -e /tmp/status ]").status != 0:
		board.give()
		board.read()
		board.take()
		rounds += 1
	board.check("killall stress; wait")
	report = board.check("cat /tmp/stress")
	assert board.check("cat /tmp/status") == "0", report
	for name in ["timer 0", "timer 1", "wake-up 0-1", "disk read", "disk write"]:
		assert int(re.search(rf"{name} +(\d+) times", report)[1]) > 100, report
	assert rounds >= 1
	assert board.memory() == before
	board.assert_gone()
	assert board.complaints() == []
