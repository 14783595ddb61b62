# SPDX-License-Identifier: Apache-2.0
"""graftctl overlay attach and detach --deliver: into Dom0's kernel and into running guests'. docs/deliver.md."""
import re
import socket

import pytest

import conftest
import domu
import hotplug
import machine as machines

UART = "/pl011@9040000"  # QEMU's second
UART_NODE = "/serial@9040000"
DISK = hotplug.node(hotplug.DISK_SLOT)
MODULE = "modprobe dt-overlay-configfs"
LIMIT = 120


def uart(gic, more=""):
	return f"""serial@9040000 {{
		compatible = "arm,sbsa-uart"; reg = <0x0 0x9040000 0x0 0x1000>;
		interrupt-parent = <{gic:#x}>; interrupts = <0 8 4>; current-speed = <115200>; {more} }};"""


class Board:
	"""A machine whose tree lacks a disk and a UART that it has; the UART's other end."""

	def __init__(self, machine, line, files):
		self.machine, self.line = machine, line
		self.files = {name: domu.share_file(machine, f"{name}.dtbo", blob) for name, blob in files.items()}

	def ctl(self, words, limit=LIMIT):
		# The serial line is a terminal, and Graft's log goes there too.
		for name, path in self.files.items():
			words = re.sub(rf"\b{name}\.dtbo\b", path, words)
		result = self.machine.run(domu.script(self.machine, f"NO_COLOR=1 graftctl overlay {words}\n"), limit)
		lines = [text for text in result.output.splitlines() if not text.startswith("(GRAFT) ")]
		return result._replace(output="\n".join(lines))

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
			cells = row.split()
			if name in cells:
				return " ".join(cells[1:2] if cells[1] == "added" else cells[1:-6])
		return None


@pytest.fixture(scope="module")
def whole_board(tmp_path_factory):
	folder = tmp_path_factory.mktemp("board")
	disk = folder / "disk.img"
	disk.write_bytes(bytes(range(256)) * 4096)
	config = conftest.config(share=domu.default_share(), memory=4096, disks=[str(disk)],
		extra=["-serial", "mon:stdio", "-serial", f"unix:{folder}/uart,server=on,wait=off"])
	gic = hotplug.gic_phandle(config, folder)
	files = {name: hotplug.overlay(folder, name, source).read_bytes() for name, source in {
		"disk": hotplug.device(gic), "uart": uart(gic),
		# Fine for Graft; Linux refuses two phandles for a node of its own tree.
		"refused": uart(gic),
	}.items()}
	config.dtb = hotplug.machine_tree(config, folder)
	hotplug.run("fdtput", "-r", config.dtb, UART)
	with machines.Machine(config, "deliver") as booted:
		booted.boot_quiet()
		line = socket.socket(socket.AF_UNIX)
		line.connect(f"{folder}/uart")
		line.settimeout(LIMIT)
		yield Board(booted, line, files)


@pytest.fixture
def board(whole_board, on_graft):
	yield whole_board
	if whole_board.machine.broken:
		return
	domu.destroy_all(whole_board.machine)
	whole_board.machine.run("rmmod dt-overlay-configfs")
	for name in whole_board.files:
		whole_board.ctl(f"remove {name}.dtbo")
	assert len(whole_board.done("list").splitlines()) == 1


def test_a_disk_for_dom0(board):
	dom0 = board.machine
	board.done("add disk.dtbo")
	assert "modprobe dt-overlay-configfs" in board.refused("attach disk.dtbo 0 --deliver")
	assert board.holder(DISK) == "added"
	dom0.check(MODULE)
	for _ in range(3):
		assert "domain 0 has applied" in board.done("attach disk.dtbo 0 --deliver")
		assert board.holder(DISK) == "attached Dom0"
		dom0.check("timeout 60 sh -c 'until [ -b /dev/vda ]; do sleep 0.1; done'")
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
		assert dom0.run(f"grep 'GICv3 *{32 + hotplug.SPI_OF_SLOT_0 + hotplug.DISK_SLOT} ' /proc/interrupts").output == ""
	assert "was not delivered" in board.refused("detach disk.dtbo 0 --deliver")
	assert dom0.run("dmesg | grep -E 'memory leak|WARNING|BUG|Oops|refcount|Call trace|IRQ index'").output == ""
