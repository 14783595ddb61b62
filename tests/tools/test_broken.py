# SPDX-License-Identifier: Apache-2.0
"""Every verb on files with a few bytes wrong, under the sanitizers: it may refuse, it may not crash."""
import random

import pytest

from conftest import graftctl

ROUNDS = 30


def spoil(blob, dice):
	"""Bytes that mean something: any, or a cell that becomes extreme."""
	blob = bytearray(blob)
	for _ in range(dice.randint(1, 4)):
		if dice.random() < 0.5:
			blob[dice.randrange(len(blob))] = dice.choice([0, 1, 2, 3, 4, 9, 0x2f, 0x40, 0x80, 0xff])
		else:
			at = dice.randrange(0, len(blob) - 4) & ~3
			blob[at:at + 4] = dice.choice([b"\0\0\0\0", b"\xff" * 4, b"\x7f\xff\xff\xff", b"\0\0\0\1", b"\x80\0\0\0"])
	return bytes(blob)


@pytest.mark.parametrize("name", ["device", "own-target", "relabel", "guest"])
def test_spoilt_overlay(name, base, good, tmp_path):
	dice = random.Random(name)
	whole, broken, out = good(name).read_bytes(), tmp_path / "broken.dtbo", tmp_path / "out"
	for _ in range(ROUNDS):
		broken.write_bytes(spoil(whole, dice))
		graftctl("apply", base, broken, "-o", out)
		graftctl("check", broken)
		graftctl("check", broken, "--base", base)
		graftctl("plan", broken, "--base", base, *dice.choice([[], ["--json"]]))
		graftctl("guest", broken, "--base", base, "-o", out, "--clock-rate", "1")


def test_spoilt_base(base, good, tmp_path):
	dice = random.Random(1)
	whole, broken, out = base.read_bytes(), tmp_path / "broken.dtb", tmp_path / "out"
	for _ in range(ROUNDS):
		broken.write_bytes(spoil(whole, dice))
		graftctl("plan", good("device"), "--base", broken)
		graftctl("guest", good("device"), "--base", broken, "-o", out)
