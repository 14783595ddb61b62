# SPDX-License-Identifier: Apache-2.0
"""graftctl on Dom0, on the running hypervisor: everything that it prints is about a real tree."""
import base64
import re

import pytest

import conftest
import hotplug

DISK = hotplug.node(hotplug.DISK_SLOT)


@pytest.fixture(scope="module")
def shared_board(tmp_path_factory):
	"""A booted machine whose tree lacks the disk that it has, with overlays in the root folder."""
	folder = tmp_path_factory.mktemp("board")
	disk = folder / "disk.img"
	disk.write_bytes(bytes(1024 * 1024))
	config = conftest.config(disks=[str(disk)])
	gic = hotplug.gic_phandle(config, folder)
	files = [hotplug.overlay(folder, name, *source) for name, source in {
		"disk": (hotplug.device(gic),),
		"above": ("more { a = <1>; };", DISK),
		"thief": ("thief { reg = <0x0 0x08000000 0x0 0x1000>; };",),
		"nowhere": ("lost { };", "/not/there"),
		"property": ('graft,test = "new"; ', "/chosen"),
		"large": ("large { a = [" + "5a" * 300000 + "]; };",),
	}.items()]
	config.initrd = hotplug.initrd_with(config.initrd, files, folder)
	config.dtb = hotplug.machine_tree(config, folder)
	yield from conftest.shared_by(conftest.Shared("graftctl", config))


@pytest.fixture
def board(on_graft, shared_board):
	"""What a test leaves is removed, and the tree is then what it was."""
	board = shared_board.get()
	before = done(board, "tree")
	yield board
	if board.broken:
		return
	for name in ("above", "disk", "thief", "property", "large"):
		board.run(f"graftctl overlay remove /{name}.dtbo")
	assert rows(board) == []
	assert done(board, "tree") == before


def ctl(board, *words):
	return board.run("NO_COLOR=1 graftctl " + " ".join(words))  # the serial line is a terminal


def done(board, *words):
	"""What it prints; it prints no error, and ends well."""
	result = ctl(board, *words)
	assert result.status == 0, result.output
	assert "graftctl:" not in result.output
	return result.output


def refused(board, *words):
	result = ctl(board, *words)
	assert result.status == 1, result.output
	return result.output


def rows(board):
	return [row.split() for row in done(board, "overlay", "list").splitlines()[1:]]


def node_row(board, name):
	found = re.findall(rf"^ *{re.escape(name)}(?: .*)?$", done(board, "tree"), re.M)
	assert len(found) <= 1
	return found[0].split()[1:] if found else None


def test_add_and_remove(board):
	name = DISK[1:]
	assert node_row(board, name) is None
	assert done(board, "overlay add /disk.dtbo") == ""
	[row] = rows(board)
	assert row[1:3] == ["added", "-"] and row[-1] == DISK
	assert node_row(board, name) == ["nobody", "overlay", row[0]]
	assert done(board, "overlay remove /disk.dtbo") == ""
	assert rows(board) == [] and node_row(board, name) is None


def test_attach_and_detach(board):
	name = DISK[1:]
	done(board, "overlay add /disk.dtbo")
	done(board, "overlay attach /disk.dtbo 0")
	[row] = rows(board)
	assert row[1:3] == ["attached", "Dom0"] and row[4:6] == ["1", "1"]
	assert node_row(board, name) == ["Dom0", "overlay", row[0]]
	done(board, "overlay detach /disk.dtbo 0")
	[row] = rows(board)
	assert row[1:3] == ["added", "-"]
	assert node_row(board, name) == ["nobody", "overlay", row[0]]


def test_same_as_xl(board):
	"""What the one added, the other removes."""
	board.check("xl dt-overlay add /disk.dtbo")
	assert len(rows(board)) == 1
	done(board, "overlay remove /disk.dtbo")
	done(board, "overlay add /disk.dtbo")
	board.check("xl dt-overlay remove /disk.dtbo")


def test_list_of_several(board):
	for name in ("disk", "above", "property"):
		done(board, f"overlay add /{name}.dtbo")
	first, second, third = rows(board)
	assert int(first[0]) < int(second[0]) < int(third[0])
	assert "(1 build on it)" in " ".join(first)
	assert third[-1] == "/chosen"


@pytest.mark.parametrize("words, reason", [
	("add /nowhere.dtbo", "/not/there"),
	("remove /disk.dtbo", "not in the tree"),
	("attach /disk.dtbo 0", "not in the tree"),
	("detach /disk.dtbo 0", "is in the tree nor were they attached to d0"),
	("attach /disk.dtbo 77", "there is no such domain"),
])
def test_refused(board, words, reason):
	said = refused(board, "overlay", words)
	assert re.match(r"graftctl: error: overlay \w+ /\w+\.dtbo: ", said) and reason in said
	assert len(said.splitlines()) == 1


def test_refused_for_the_owner(board):
	done(board, "overlay add /thief.dtbo")
	assert "owned by Graft" in refused(board, "overlay attach /thief.dtbo 0")
	assert node_row(board, "thief")[0] == "Graft"


def test_refused_for_the_order(board):
	done(board, "overlay add /disk.dtbo")
	assert "already" in refused(board, "overlay add /disk.dtbo")
	done(board, "overlay add /above.dtbo")
	refused(board, "overlay remove /disk.dtbo")
	assert len(rows(board)) == 2


def test_plan_changes_nothing(board):
	before = done(board, "tree")
	assert DISK in done(board, "overlay plan /disk.dtbo")
	assert "refused: " in refused(board, "overlay plan /nowhere.dtbo").splitlines()[-1]
	assert "refused: " in refused(board, "overlay plan /disk.dtbo --remove").splitlines()[-1]
	assert done(board, "tree") == before and rows(board) == []
	done(board, "overlay add /disk.dtbo")
	assert DISK in done(board, "overlay plan /disk.dtbo --attach 0")
	assert "added" in rows(board)[0]
	done(board, "overlay attach /disk.dtbo 0")
	done(board, "overlay plan /disk.dtbo --detach 0")
	done(board, "overlay plan /disk.dtbo --remove")
	assert "attached" in rows(board)[0]


def test_tree_of_owners(board):
	assert node_row(board, "intc@8000000")[0] == "Graft"
	assert node_row(board, "pl011@9000000")[0] == "Graft"
	assert node_row(board, "pl031@9010000")[0] == "Dom0"
	assert node_row(board, "chosen") == []


def test_tree_in_colour(board):
	assert "\033[1;33mGraft\033[0m" in board.check("TERM=xterm graftctl tree")
	assert "\033[" not in board.check("NO_COLOR=1 TERM=xterm graftctl tree")
	assert "\033[" not in board.check("TERM=xterm graftctl tree | cat")


def test_tree_as_a_blob(board, tmp_path):
	done(board, "overlay add /disk.dtbo")
	done(board, "tree -o /tmp/live.dtb")
	(tmp_path / "live.dtb").write_bytes(base64.b64decode(board.check("base64 /tmp/live.dtb")))
	assert DISK[1:] in hotplug.run("fdtget", "-l", str(tmp_path / "live.dtb"), "/").split()
	# The offline verbs read it.
	assert f"changes property 'reg' of {DISK}" in done(board, "plan /disk.dtbo --base /tmp/live.dtb")
	done(board, "overlay remove /disk.dtbo")
	done(board, "tree -o /tmp/live.dtb")
	assert "changes" not in done(board, "plan /disk.dtbo --base /tmp/live.dtb")


def test_a_large_one(board):
	"""More than the kernel's own pages for hypercalls hold."""
	done(board, "overlay add /large.dtbo")
	assert int(rows(board)[0][6]) > 300000
	done(board, "tree -o /tmp/large.dtb")
	assert int(board.check("wc -c </tmp/large.dtb")) > 300000
	done(board, "tree")


def test_bad_usage(board):
	for words in ("overlay", "overlay add", "overlay attach /disk.dtbo", "overlay attach /disk.dtbo 70000", "tree --no"):
		assert ctl(board, words).status == 2


def test_guest_of_unknown_name(board):
	assert "there is no domain of this name" in refused(board, "overlay attach /disk.dtbo nobody")


def test_on_xen(xen_dom0):
	"""Debian's Xen is built without overlays: each verb says what is missing, and none does harm."""
	for words in ("add /init", "remove /init", "attach /init 0", "detach /init 0"):
		assert "this Xen cannot" in refused(xen_dom0, "overlay", words)
	for words in ("overlay list", "overlay plan /init", "tree", "tree -o /tmp/live.dtb"):
		assert "Xen has no" in refused(xen_dom0, words)
	assert xen_dom0.run("ls /tmp/live.dtb").status != 0
