# SPDX-License-Identifier: Apache-2.0
"""graftctl guest: its result passes graftctl check against a guest's tree, or it refuses with a reason."""
import os
import pathlib
import subprocess

import pytest

import random_overlay
from conftest import DTS, TOP, graftctl, run
from test_guest import guest_tree  # noqa: F401

ALL = os.environ.get("GRAFT_TEST_ALL")  # else a sample
BATCHES = 8  # so that a failure names a small one
RANDOM = 1500 if ALL else 96


def holds(overlay, base, guest, out, *more):
	"""Whether an overlay was made; then it is checked and applied."""
	out.unlink(missing_ok=True)
	done = graftctl("guest", overlay, "--base", base, "-o", out, "--clock-rate", "1000000", *more)
	assert done.returncode in (0, 1), done.err
	if done.returncode:
		assert "graftctl: error: " in done.err and not out.exists()
		return False
	checked = graftctl("check", out, "--base", guest)
	assert checked.returncode == 0, f"{overlay} on {base}: {checked.out}"
	graftctl("apply", guest, out, "-o", out.with_suffix(".merged"), status=0)
	return True


def likeness(overlay, base):
	return len(os.path.commonprefix([overlay.stem, base.stem]))


def pairs():
	"""Overlays of Debian's kernels, each with the tree that is named most like it; or all of the board's family."""
	done = subprocess.run([TOP / "tests/corpus/get-dtbs"], capture_output=True, check=True)
	found = []
	for folder in [pathlib.Path(line) for line in done.stdout.decode().split("\n") if line]:
		bases = sorted(folder.glob("*.dtb"))
		for overlay in sorted(folder.glob("*.dtbo")):
			near = [base for base in bases if likeness(overlay, base) >= 8]
			if near and not ALL:
				near = [max(near, key=lambda base: likeness(overlay, base))]
			found += [(overlay, base) for base in near]
	return found if ALL else found[::max(1, len(found) // 64)]


@pytest.fixture(scope="module")
def debian():
	return pairs()


@pytest.mark.parametrize("batch", range(BATCHES))
def test_debian(debian, guest_tree, tmp_path, batch):  # noqa: F811
	out, some = tmp_path / "out.dtbo", debian[batch::BATCHES]
	made = [pair for pair in some if holds(*pair, guest_tree, out)]
	for overlay, base in made[:4]:
		holds(overlay, base, guest_tree, out)
		run("fdtoverlay", "-i", guest_tree, "-o", out.with_suffix(".merged"), out, status=0)
	if batch == 0:
		assert any(holds(*pair, guest_tree, out) for pair in debian), "a refusal of everything would hold, too"


@pytest.mark.parametrize("batch", range(BATCHES))
def test_random(compile_dts, guest_tree, tmp_path, batch):  # noqa: F811
	board, made, applied = compile_dts(DTS / "fpga.dts", "board"), 0, 0
	for seed in range(batch, RANDOM, BATCHES):
		overlay = compile_dts(random_overlay.source(seed), "random")
		applied += graftctl("apply", board, overlay, "-o", tmp_path / "whole.dtb").returncode == 0
		made += holds(overlay, board, guest_tree, tmp_path / "out.dtbo", "--host-part", tmp_path / "host.dtbo")
	# Seeds give both: overlays that go to a guest, and overlays that apply but do not.
	assert 0 < made <= applied
