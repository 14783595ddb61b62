# SPDX-License-Identifier: Apache-2.0
"""What newcomers are told to type first works, also without a terminal."""
import pathlib
import subprocess

DEMO = pathlib.Path(__file__).resolve().parents[2] / "scripts" / "demo.py"


def test_demo(on_graft):
	done = subprocess.run([DEMO], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=900)
	assert done.returncode == 0, done.stdout + done.stderr
	assert "\ndom0# xl dt-overlay add overlay.dtbo\n" in done.stdout
	assert done.stdout.splitlines()[-1].startswith("graft: all of it worked")
	assert "\033" not in done.stdout
