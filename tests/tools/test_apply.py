# SPDX-License-Identifier: Apache-2.0
"""graftctl apply, with fdtoverlay and dtc beside it."""
import hashlib
import os
import pathlib
import subprocess

import pytest

import fdt
from conftest import TOP, graftctl, run

SAMPLE = 60


def fdtoverlay(base, overlays, out):
	return run("fdtoverlay", "-i", base, "-o", out, *overlays).returncode == 0


def dts(path):
	"""dtc's own sorted text, phandles out of sight: fdt.same() follows them."""
	lines = run("dtc", "-q", "-s", "-I", "dtb", "-O", "dts", path, status=0).out.splitlines()
	return [line for line in lines if "phandle = <" not in line]


def dumped(path):
	"""The names of nodes and properties in the order in which fdtdump finds them."""
	lines = run("fdtdump", path, status=0).out.splitlines()
	lines = [line.strip() for line in lines if line.startswith(("/ {", " "))]
	names = [line.split(" = ")[0].removesuffix(";").removesuffix(" {") for line in lines]
	return [name for name in names if name != "}"]


def has_guess(ours, theirs):
	"""libfdt takes "port" for "port@0": on purpose not so here (tests/corpus/purpose.c)."""
	paths = {node.path for node in theirs.walk()}
	return any(node.path not in paths and "@" not in node.name and
		any(path.startswith(node.path + "@") for path in paths) for node in ours.walk())


def assert_agree(base, overlays, tmp_path):
	"""Both refuse, or both give the same tree. True when they applied it."""
	ours, theirs = tmp_path / "ours.dtb", tmp_path / "theirs.dtb"
	ours.unlink(missing_ok=True)
	done = graftctl("apply", base, *overlays, "-o", ours)
	good = fdtoverlay(base, overlays, theirs)
	if "comes from two fragments" in done.err:
		return False  # on purpose: tests/corpus/purpose.c
	assert (done.returncode == 0) == good, done.err
	assert done.returncode in (0, 1)
	if not good:
		assert not ours.exists()
		return False
	a, b = fdt.parse(ours.read_bytes()), fdt.parse(theirs.read_bytes())
	if has_guess(a, b):
		return False
	assert fdt.same(a, b) is None
	assert [line.split(" = ")[0] for line in dts(ours)] == [line.split(" = ")[0] for line in dts(theirs)]
	return True


@pytest.mark.parametrize("name", ["device", "status", "relabel"])
def test_as_fdtoverlay(base, good, name, tmp_path):
	assert assert_agree(base, [good(name)], tmp_path)


def test_fdtdump_reads_it(base, good, tmp_path):
	out = tmp_path / "out.dtb"
	graftctl("apply", base, good("device"), good("stacked"), "-o", out, status=0)
	wanted = []
	for node in fdt.parse(out.read_bytes()).walk():
		wanted += [node.name or "/", *node.props]
	assert dumped(out) == wanted


def test_stack(base, good, tmp_path):
	assert assert_agree(base, [good("device"), good("stacked"), good("status")], tmp_path)


def test_order_matters(base, good, tmp_path):
	done = graftctl("apply", base, good("stacked"), good("device"), "-o", tmp_path / "out", status=1)
	assert "label 'dev0' is not in the tree: was the base built with dtc -@ ?" in done.err
	assert "stacked.dtb: " in done.err


def test_twice_the_same(base, good, tmp_path):
	done = graftctl("apply", base, good("device"), good("device"), "-o", tmp_path / "out", status=1)
	assert "there already" in done.err


def test_refused_leaves_the_old_file(base, good, tmp_path):
	out = tmp_path / "out"
	out.write_text("old")
	graftctl("apply", base, good("stacked"), "-o", out, status=1)
	assert out.read_text() == "old"
	graftctl("apply", base, good("device"), "-o", out, status=0)
	assert out.read_bytes()[:4] == bytes.fromhex("d00dfeed")
	assert sorted(path.name for path in tmp_path.iterdir() if path.name.startswith("out")) == ["out"]


def test_stdin_and_stdout(base, good, tmp_path):
	out = tmp_path / "out"
	graftctl("apply", base, good("device"), "-o", out, status=0)
	done = graftctl("apply", base, "-", "-o", "-", stdin=good("device").read_bytes(), status=0)
	assert done.stdout == out.read_bytes()


def test_rubbish(base, tmp_path):
	rubbish = tmp_path / "rubbish"
	for content in [b"", b"\0", b"hello", os.urandom(4096), bytes.fromhex("d00dfeed") + b"\xff" * 60,
			base.read_bytes()[:-50], base.read_bytes() + b"\0" * (2 << 20)]:
		rubbish.write_bytes(content)
		graftctl("apply", rubbish, rubbish, "-o", tmp_path / "out", status=1)
		graftctl("apply", base, rubbish, "-o", tmp_path / "out", status=1)
	assert not (tmp_path / "out").exists()


def folders():
	done = subprocess.run([TOP / "tests/corpus/get-dtbs"], capture_output=True, check=True)
	return [pathlib.Path(line) for line in done.stdout.decode().split("\n") if line]


def sample():
	"""The same pairs on every machine: those whose names hash lowest, half of them by what they apply to."""
	pairs = []
	for folder in folders():
		bases = sorted(folder.glob("*.dtb"))
		for overlay in sorted(folder.glob("*.dtbo")):
			stem = overlay.stem[:len("k3-am62")]
			near = [base for base in bases if base.stem.startswith(stem)] or bases
			pairs += [(base, overlay) for base in near]
	order = sorted(pairs, key=lambda pair: hashlib.sha256(f"{pair[0].name} {pair[1].name}".encode()).digest())
	return order[:SAMPLE]


def test_debian_overlays(tmp_path):
	"""All pairs go through tests/corpus/oracle.c; these go through the two programs themselves."""
	applied = sum(assert_agree(base, [overlay], tmp_path) for base, overlay in sample())
	assert applied >= SAMPLE // 10
