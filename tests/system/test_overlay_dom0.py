# SPDX-License-Identifier: Apache-2.0
"""Overlays on stock Debian as Dom0, with the unmodified `xl dt-overlay`: what design section 2 promises.

Whether Dom0 reaches a device is seen by reading its registers through /dev/mem: a device that is not attached
answers with a bus error. Numbers in names are rows of the list of what others get wrong.
"""
import re

import pytest

import conftest
import domu
import hotplug
import machine

MAGIC = 0x74726976  # "virt", the first register of every virtio-mmio transport
DISK = hotplug.address(hotplug.DISK_SLOT)
GICD = 0x08000000
RAM = 0x40000000
ENOENT, EBUSY, EINVAL = 2, 16, 22


def sources(gic):
	"""Overlays by name: what hotplug.overlay() takes."""
	disk = hotplug.device(gic)
	return {
		"disk": (disk,),
		"other": (hotplug.device(gic, 30),),
		"disabled": (hotplug.device(gic, 29, more='status = "disabled";'),),
		"child": (hotplug.device(gic, 28, more=f"""#address-cells = <2>; #size-cells = <2>; ranges;
			part {{ reg = <0x0 {0x0b000000:#x} 0x0 0x1000>; }};"""),),
		"above": ("more { a = <1>; };", hotplug.node(hotplug.DISK_SLOT)),
		"gic": (f"thief {{ reg = <0x0 {GICD:#x} 0x0 0x1000>; }};",),
		"ram": (f"thief {{ reg = <0x0 {RAM:#x} 0x0 0x1000>; }};",),
		"ppi": (f"thief {{ interrupt-parent = <{gic:#x}>; interrupts = <1 11 4>; }};",),
		"middle": (disk + f"thief {{ reg = <0x0 {GICD:#x} 0x0 0x1000>; }};",),
		"nowhere": ("lost { };", "/not/there"),
		"property": ('graft,test = "new"; ', "/chosen"),
	}


def grow(booted):
	"""The tables of the live tree: as large as these tests make them, and they stay so."""
	tool(booted, "time", "4000", "1")
	return booted


@pytest.fixture(scope="module")
def shared_board(tmp_path_factory):
	"""A booted machine whose tree lacks the disk that it has, with the overlays at hand."""
	folder = tmp_path_factory.mktemp("board")
	disk = folder / "disk.img"
	disk.write_bytes(b"graft" * 1024 * 1024)
	config = conftest.config(disks=[str(disk)])
	gic = hotplug.gic_phandle(config, folder)
	files = [hotplug.overlay(folder, name, *source) for name, source in sources(gic).items()]
	junk = folder / "junk.dtbo"
	junk.write_bytes(b"\xd0\x0d\xfe\xed" + bytes(60))
	config.initrd = hotplug.initrd_with(config.initrd, files + [junk], folder)
	config.dtb = hotplug.machine_tree(config, folder)
	yield from conftest.shared_by(conftest.Shared("overlay-dom0", config, grow))


@pytest.fixture
def board(shared_board):
	"""Whatever a test adds is removed again, and nothing of Graft's memory is gone."""
	board = shared_board.get()
	before = free_memory(board)
	yield board
	if board.broken:
		return
	for name in reversed(sources(0)):
		board.run(f"xl dt-overlay remove /{name}.dtbo")
	domu.wait_free(board, before)


def free_memory(board):
	"""In pages."""
	return domu.info(board)[0]


def xl(board, verb, name, *more):
	return board.run(" ".join(["xl", "dt-overlay", verb, f"/{name}.dtbo", *more]))


def do(board, verb, name, *more):
	result = xl(board, verb, name, *more)
	assert result.status == 0, result.output


def log(board):
	"""What Graft said since the last look."""
	return board.xl_dmesg("-c")


def refused(board, verb, name, *more, words):
	log(board)
	assert xl(board, verb, name, *more).status != 0
	said = log(board)
	assert "refused: " in said and re.search(words, said), said


def tool(board, *words, limit=machine.RUN_LIMIT):
	return board.check(" ".join(["/usr/lib/graft-test/graft-overlay", *words]), limit)


def magic(board, slot=hotplug.DISK_SLOT):
	"""The first register of a slot; None: Dom0 cannot reach it."""
	result = board.run(f"busybox devmem {hotplug.address(slot):#x} 32")
	return int(result.output, 16) if result.status == 0 else None


def test_documented_sequence(board):
	assert magic(board) is None
	do(board, "add", "disk")
	assert magic(board) is None
	do(board, "attach", "disk", "0")
	assert magic(board) == MAGIC
	do(board, "remove", "disk")  # 4: takes it all back
	assert magic(board) is None


def test_again_and_again(board):  # 5
	for _ in range(20):
		do(board, "add", "disk")
		do(board, "attach", "disk", "0")
		assert magic(board) == MAGIC
		do(board, "remove", "disk")
	assert magic(board) is None


def test_neighbours_on_one_page(board):  # 21
	for name in ("disk", "other"):
		do(board, "add", name)
		do(board, "attach", name, "0")
	do(board, "remove", "disk")
	assert magic(board, 30) == MAGIC  # the page is still the other's
	do(board, "remove", "other")
	assert magic(board, 30) is None


def test_disabled_is_not_attached(board):  # 22
	do(board, "add", "disabled")
	log(board)
	do(board, "attach", "disabled", "0")
	assert "disabled" in log(board)
	assert magic(board, 29) is None


def test_children_are_attached(board):  # 11
	do(board, "add", "child")
	do(board, "attach", "child", "0")
	assert "2 ranges, 1 interrupts, holder 0" in tool(board, "list")


def test_overlay_on_another(board):  # 6
	do(board, "add", "disk")
	do(board, "add", "above")
	refused(board, "remove", "disk", words="builds on|overlay")
	do(board, "remove", "above")
	do(board, "remove", "disk")


@pytest.mark.parametrize("name, words", [("gic", "owned by Graft"), ("ram", "memory"), ("ppi", "private")])
def test_not_to_be_had(board, name, words):  # 12
	do(board, "add", name)
	refused(board, "attach", name, "0", words=words)


def test_attach_fails_in_the_middle(board):  # 15
	do(board, "add", "middle")
	refused(board, "attach", "middle", "0", words="owned by Graft")
	assert magic(board) is None


def test_twice(board):  # 14
	do(board, "add", "disk")
	refused(board, "add", "disk", words="already")
	do(board, "attach", "disk", "0")
	refused(board, "attach", "disk", "0", words="already")
	assert magic(board) == MAGIC


def test_not_there(board):  # 23
	refused(board, "remove", "disk", words="not in the tree")
	refused(board, "attach", "disk", "0", words="not in the tree")
	refused(board, "add", "nowhere", words="/not/there")


def test_failing_adds_lose_nothing(board):  # 16
	before = free_memory(board)
	for _ in range(20):
		assert xl(board, "add", "nowhere").status != 0
	domu.wait_free(board, before)


def test_property_only(board):  # 8
	do(board, "add", "property")
	do(board, "attach", "property", "0")
	do(board, "remove", "property")


def test_list(board):  # 27
	do(board, "add", "disk")
	do(board, "add", "above")
	do(board, "attach", "disk", "0")
	first, second = tool(board, "list").splitlines()
	assert re.match(rf"\d+ {hotplug.node(hotplug.DISK_SLOT)} attached 1 nodes, 1 ranges, 1 interrupts, holder 0", first)
	assert "added 1 nodes" in second


def test_reason_in_words(board):  # 23
	assert tool(board, "add", "/nowhere.dtbo") == str(-ENOENT)
	assert re.match(rf"{-ENOENT} .*/not/there", tool(board, "reason"))
	assert tool(board, "add", "/junk.dtbo") == str(-EINVAL)
	do(board, "add", "gic")
	assert tool(board, "attach", "/gic.dtbo") == str(-EBUSY)
	assert "owned by Graft (/intc@8000000)" in tool(board, "reason")


def test_detach(board):  # 3
	do(board, "add", "disk")
	do(board, "attach", "disk", "0")
	assert tool(board, "detach", "/disk.dtbo") == "0"
	assert magic(board) is None
	assert tool(board, "detach", "/disk.dtbo") == str(-ENOENT)


def test_large(board):  # 25, 26
	assert "add 4000 nodes" in tool(board, "time", "4000", "2")


@conftest.rounds(6000, 60000)
def test_mutated_blobs(board, rounds):
	tool(board, "mutate", "/disk.dtbo", "500")  # tables grow once
	before = free_memory(board)
	assert f"{rounds} rounds" in tool(board, "mutate", "/disk.dtbo", str(rounds), "2", limit=900)
	domu.wait_free(board, before)
