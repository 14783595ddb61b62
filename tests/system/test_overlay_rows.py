# SPDX-License-Identifier: Apache-2.0
"""What others get wrong about overlays, as far as Dom0 can show it: each test names the row of the list it is about.

Elsewhere: rows 3-6, 8, 11, 12, 14-16, 21-23, 25, 27 in test_overlay_dom0.py, 28 in test_graftctl.py too; rows 13, 15 (each
allocation failing in turn), 17 and 18 in tests/unit/test_assign*.c; 24 in tests/unit/test_dt_bad.c as well.
"""
import base64
import gzip
import re

import pytest

import conftest
import domu
import hotplug
import interrupts
from test_overlay_dom0 import MAGIC, do, free_memory, log, refused, tool, xl

E2BIG, EINVAL = 7, 22
UART = 0x09040000
UART_DR, UART_CR, UART_IMSC, UART_MIS = (UART + offset for offset in (0, 0x30, 0x38, 0x40))
UART_SPI = 8
GICD_ISENABLER = 0x08000104  # of INTIDs 32 to 63
TOP = "/sys/kernel/config/device-tree/overlays"
MIB = 1 << 20


def holes(gic):
	"""Source of nodes where the machine has nothing: page number, then properties."""
	def node(page, irqs="", more=""):
		irqs = f"interrupt-parent = <{gic:#x}>; interrupts = {irqs};" if irqs else ""
		return f"device@b{page:03x}000 {{ reg = <0x0 {0x0b000000 + page * 0x1000:#x} 0x0 0x1000>; {irqs} {more} }};"
	return node


def sources(gic):
	"""Overlays by name: what hotplug.overlay() takes."""
	node = holes(gic)
	return {
		"own-one": (node(1, more="phandle = <1>; other = <&one>; one: part { };"),),
		"own-two": (node(2, more="phandle = <1>; other = <&two>; two: part { };"),),
		"base": (node(3, more="#address-cells = <1>; #size-cells = <0>;").replace("device@", "bus: device@"),),
		"bootargs": ('bootargs = "something else";', "/chosen"),
		"below": ("chosen { brought { a = <1>; }; };",),
		"neighbours": (node(4, "<0 100 4>, <0 101 4>, <0 102 4>") + node(5, "<0 103 4>"),),
		"edges": (node(6, "<0 100 1>, <0 101 1>, <0 102 1>, <0 103 1>"),),
		"across": (f"slots@a002e00 {{ reg = <0x0 {hotplug.PAGE - 0x200:#x} 0x0 0x400>; }};",),
		"across-gic": ("thief@800fe00 { reg = <0x0 0x0800fe00 0x0 0x400>; };",),
		"off": (node(7, more='status = "disabled"; #address-cells = <2>; #size-cells = <2>; ranges; '
			"inner { reg = <0x0 0x0b008000 0x0 0x1000>; };") + node(9),),
		"most": (f"large {{ a = [{'5a' * (MIB - 1024)}]; }};",),
		"uart": (f"""uart@9040000 {{ compatible = "arm,sbsa-uart"; reg = <0x0 {UART:#x} 0x0 0x1000>;
			interrupt-parent = <{gic:#x}>; interrupts = <0 {UART_SPI} 4>; current-speed = <115200>; }};""",),
	}


LABEL = "&bus { child@1 { reg = <1>; again = <&bus>; }; };"
LOCAL_FIXUP = """/ {
	fragment@0 { target-path = "/"; __overlay__ { bad { phandle = <1>; refs = <1>; }; }; };
	__local_fixups__ { fragment@0 { __overlay__ { bad { refs = <%s>; }; }; }; };
};"""
LOCAL_FIXUPS = {"local-behind": "4", "local-far": "0x7ffffffc", "local-wraps": "0xfffffffe"}


def raw(folder, name, source):
	"""Compiled as it stands: dtc adds no fixups of its own."""
	text, blob = folder / f"{name}.dts", folder / f"{name}.dtbo"
	text.write_text("/dts-v1/;\n" + source)
	hotplug.run("dtc", "-q", "-f", "-I", "dts", "-O", "dtb", "-o", str(blob), str(text))
	return blob


def padded(folder, name, blob, size):
	"""The same overlay with `size` bytes, which its header says too."""
	content = blob.read_bytes()
	out = folder / f"{name}.dtbo"
	out.write_bytes(content[:4] + size.to_bytes(4, "big") + content[8:] + bytes(size - len(content)))
	return out


@pytest.fixture(scope="module")
def shared_board(tmp_path_factory):
	"""A booted machine whose tree lacks a UART and 16 virtio transports that it has, with the overlays at hand. Its
	kernel lets root touch the GIC."""
	folder = tmp_path_factory.mktemp("board")
	disk = folder / "disk.img"
	disk.write_bytes(bytes(MIB))
	config = conftest.config(disks=[str(disk)], extra=["-serial", "mon:stdio", "-serial", "null"],
		bootargs="iomem=relaxed")
	gic = hotplug.gic_phandle(config, folder)
	files = [hotplug.overlay(folder, name, *source) for name, source in sources(gic).items()]
	files.append(hotplug.compile_overlay(folder, "label", "/dts-v1/;\n/plugin/;\n" + LABEL))
	files += [raw(folder, name, LOCAL_FIXUP % offset) for name, offset in LOCAL_FIXUPS.items()]
	most = folder / "most.dtbo"
	files += [padded(folder, "full", most, MIB), padded(folder, "over", most, MIB + 1)]
	config.initrd = hotplug.initrd_with(config.initrd, files, folder)
	config.dtb = hotplug.machine_tree(config, folder)
	for slot in range(hotplug.FIRST_SLOT - 8, hotplug.FIRST_SLOT):
		hotplug.run("fdtput", "-r", config.dtb, hotplug.node(slot))
	hotplug.run("fdtput", "-r", config.dtb, "/pl011@9040000")
	yield from conftest.shared_by(conftest.Shared("overlay-rows", config))


@pytest.fixture
def board(on_graft, shared_board):
	"""Whatever a test adds is removed again: memory and tree are then what they were."""
	board = shared_board.get()
	before, tree_before = free_memory(board), digest(board)
	yield board
	if board.broken:
		return
	for name in ["label", "full", "over", *sources(0)]:
		board.run(f"xl dt-overlay remove /{name}.dtbo")
	assert tool(board, "list") == ""
	assert digest(board) == tree_before
	domu.wait_free(board, before)


def digest(board):
	"""Of the live tree as a blob."""
	board.check("graftctl tree -o /tmp/live.dtb")
	return board.check("md5sum </tmp/live.dtb")


def tree(board):
	digest(board)
	return gzip.decompress(base64.b64decode(board.check("gzip -c /tmp/live.dtb | base64")))


def prop(board, folder, path, name, kind="x"):
	"""A property of the live tree; None: it is not there."""
	(folder / "live.dtb").write_bytes(tree(board))
	return hotplug.run("fdtget", "-d", "", "-t", kind, str(folder / "live.dtb"), path, name).strip() or None


def peek(board, address):
	"""A register; None: Dom0 cannot reach it."""
	result = board.run(f"busybox devmem {address:#x} 32")
	return int(result.output, 16) if result.status == 0 else None


def poke(board, address, value):
	board.check(f"busybox devmem {address:#x} 32 {value:#x}")


def owners(board):
	"""What is attached, as the list has it."""
	return re.findall(r"(\d+) ranges, (\d+) interrupts, holder (\d+)", tool(board, "list"))


def test_row_7_own_phandles(board, tmp_path):
	"""7: two overlays that both call a node of theirs 1 get different numbers, and references follow."""
	do(board, "add", "own-one")
	do(board, "add", "own-two")
	nodes = [f"/device@b00{n}000" for n in (1, 2)]
	handles = [prop(board, tmp_path, node + more, "phandle") for node in nodes for more in ("", "/part")]
	assert None not in handles and len(set(handles)) == 4
	assert [prop(board, tmp_path, node, "other") for node in nodes] == handles[1::2]
	do(board, "remove", "own-one")
	assert prop(board, tmp_path, nodes[1], "other") == handles[3]


def test_row_8_only_a_property(board, tmp_path):
	"""8: a fragment that only sets a property of a node that is there; its old value comes back."""
	old = prop(board, tmp_path, "/chosen", "bootargs", "s")
	do(board, "add", "bootargs")
	assert prop(board, tmp_path, "/chosen", "bootargs", "s") == "something else"
	do(board, "remove", "bootargs")
	assert prop(board, tmp_path, "/chosen", "bootargs", "s") == old


def test_row_9_below_a_node_that_is_only_named(board, tmp_path):
	"""9: the fragment names /chosen below its target, and a new node below that."""
	do(board, "add", "below")
	assert prop(board, tmp_path, "/chosen/brought", "a") == "1"
	do(board, "remove", "below")
	assert prop(board, tmp_path, "/chosen/brought", "a") is None


def test_row_10_target_by_label(board, tmp_path):
	"""6, 10: an overlay whose target is a label of another's; that one cannot go first."""
	refused(board, "add", "label", words="label 'bus' is not in the tree")
	do(board, "add", "base")
	do(board, "add", "label")
	assert prop(board, tmp_path, "/device@b003000/child@1", "again") == prop(board, tmp_path, "/device@b003000", "phandle")
	refused(board, "remove", "base", words="builds on it")
	do(board, "remove", "label")
	do(board, "remove", "base")


def test_row_16_failing_attaches(board):
	"""15, 16: what fails twenty times leaves nothing; the memory is compared by the fixture after each test, too."""
	do(board, "add", "across-gic")
	before = free_memory(board)
	for _ in range(20):
		assert xl(board, "attach", "across-gic", "0").status != 0
	domu.wait_free(board, before)
	assert owners(board) == [("0", "0", "32756")]


def test_row_20_neighbours(board):
	"""20: interrupts one after the other all come back: another overlay takes each, with another trigger."""
	do(board, "add", "neighbours")
	do(board, "add", "edges")
	do(board, "attach", "neighbours", "0")
	assert owners(board)[0] == ("2", "4", "0")
	refused(board, "attach", "edges", "0", words="interrupt 132: edge triggered, but /device@b004000 has it as level")
	do(board, "remove", "neighbours")
	do(board, "attach", "edges", "0")
	assert owners(board) == [("1", "4", "0")]


def test_row_21_across_a_page(board):
	"""21: registers that begin in one page and end in the next: both are mapped, and both go."""
	pages = [hotplug.address(slot) for slot in (hotplug.FIRST_SLOT - 1, hotplug.FIRST_SLOT)]
	do(board, "add", "across")
	assert [peek(board, page) for page in pages] == [None, None]
	do(board, "attach", "across", "0")
	assert [peek(board, page) for page in pages] == [MAGIC, MAGIC]
	do(board, "remove", "across")
	assert [peek(board, page) for page in pages] == [None, None]


def test_row_21_across_into_another_owners_page(board):
	"""12, 21: part of the page after the next is Graft's."""
	do(board, "add", "across-gic")
	refused(board, "attach", "across-gic", "0", words="Graft")


def test_row_22_disabled(board):
	"""22: a disabled node and what is below it are left out, and Graft says so; the other device is attached."""
	do(board, "add", "off")
	log(board)
	do(board, "attach", "off", "0")
	assert "/device@b007000: disabled" in log(board)
	assert owners(board) == [("1", "0", "0")]


@pytest.mark.parametrize("name", LOCAL_FIXUPS)
def test_row_24_local_fixups_out_of_range(board, name):
	"""24: refused with the place, nothing read behind the property."""
	refused(board, "add", name, words=f"a fixup at byte {int(LOCAL_FIXUPS[name], 0)} of 'refs', which has 4")
	assert tool(board, "add", f"/{name}.dtbo") == str(-EINVAL)


def test_row_26_limit(board):
	"""26: 1 MiB to the byte works; one more is over the limit."""
	do(board, "add", "full")
	do(board, "remove", "full")
	assert tool(board, "add", "/over.dtbo") == str(-E2BIG)
	assert re.search(rf"{-E2BIG} .*over the limit of {MIB}", tool(board, "reason"))


def test_row_28_dry_run(board):
	"""28: what an attach would take and say, without doing it."""
	do(board, "add", "neighbours")
	said = board.check("NO_COLOR=1 graftctl overlay plan /neighbours.dtbo --attach 0")
	assert "registers 0xb004000 (0x1000 bytes)" in said and "interrupt 135" in said
	assert owners(board) == [("0", "0", "32756")]


def test_row_4_removed_while_its_interrupt_is_asserted(board):
	"""4, 5: a level interrupt comes to a CPU of Dom0's again and again, and nobody calms the device. Its removal, on
	the other CPU, ends that; attached again, with a driver, its interrupts arrive."""
	do(board, "add", "uart")
	do(board, "attach", "uart", "0")
	poke(board, UART_CR, 0x301)
	poke(board, UART_IMSC, 0x20)
	poke(board, UART_DR, 0x41)
	assert peek(board, UART_MIS) == 0x20
	board.check("dmesg -c >/dev/null")
	# Enabled at the GIC behind the kernel's back: it comes to CPU 0, whose console is dumb until it ends.
	board.check("busybox taskset 2 busybox sh -c '"
		f"busybox devmem {GICD_ISENABLER:#x} 32 {1 << UART_SPI:#x} && busybox sleep 1; "
		"/usr/lib/graft-test/graft-overlay remove /uart.dtbo' >/tmp/removed")
	assert board.check("cat /tmp/removed") == "0"
	assert "Unexpected interrupt" in board.check("dmesg")
	board.check("busybox taskset 1 busybox true")
	assert peek(board, UART_MIS) is None

	do(board, "add", "uart")
	do(board, "attach", "uart", "0")
	board.check("modprobe dt-overlay-configfs")
	board.check(f"mkdir {TOP}/uart && cat /uart.dtbo >{TOP}/uart/dtbo")
	tty = board.check("cd /sys/devices/platform/9040000.uart && basename $(find . -type d -name 'ttyAMA*')")
	# What it sends comes back to it, by interrupts. The kernel shows them as long as the port is open.
	poke(board, UART_CR, 0x381)
	board.check(f"{{ head -c 2000 /dev/zero; cat /proc/interrupts >/tmp/interrupts; }} >/dev/{tty}")
	assert sum(interrupts.counts(board.check("cat /tmp/interrupts"), 32 + UART_SPI)) > 0
	board.check(f"rmdir {TOP}/uart")
	do(board, "remove", "uart")
