# SPDX-License-Identifier: Apache-2.0
"""The command line: help, version, bad usage, colour, the manual."""
import os
import pathlib
import pty
import re
import subprocess

import pytest

from conftest import GRAFTCTL, TOP, graftctl, run

MANUAL = TOP / "tools/graftctl.1"
VERBS = ["apply", "check", "plan", "guest", "overlay add", "overlay remove", "overlay attach", "overlay detach",
	"overlay list", "overlay plan", "tree"]


def test_help():
	done = graftctl("--help", status=0)
	for verb in VERBS:
		assert re.search(rf"^  {verb} ", done.out, re.M)
	assert graftctl("-h", status=0).out == done.out


@pytest.mark.parametrize("verb", VERBS)
def test_help_of_verb(verb):
	done = graftctl(*verb.split(), "--help", status=0)
	assert re.match(f"usage: graftctl {verb}[ \n]", done.out)
	assert done.err == ""
	assert graftctl(*verb.split(), "-h", status=0).out == done.out


def test_version():
	version = re.escape((TOP / "VERSION").read_text().strip())
	assert re.match(rf"graftctl {version} \(.*git:[0-9a-f]{{12}}", graftctl("--version", status=0).out)


@pytest.mark.parametrize("words, sentence", [
	([], "no verb given"),
	(["frobnicate"], "no verb 'frobnicate'"),
	(["appl"], "no verb 'appl'"),
	(["apply", "a.dtb", "b.dtbo"], "--output is missing"),
	(["apply", "a.dtb", "-o", "x"], "too few files"),
	(["apply", "a.dtb", "b.dtbo", "-o"], "--output needs OUT.dtb"),
	(["apply", "a.dtb", "b.dtbo", "-o", "x", "-o", "y"], "--output is given twice"),
	(["check"], "too few files"),
	(["check", "a", "b"], "too many files"),
	(["check", "a", "--bas", "b"], "unknown option --bas"),
	(["check", "a", "-z"], "unknown option -z"),
	(["plan", "a"], "--base is missing"),
	(["overlay"], "no verb 'overlay'"),
	(["overlay", "frobnicate"], "no verb 'overlay'"),
	(["overlay", "attach", "a"], "too few files"),
	(["overlay", "list", "a"], "takes none"),
	(["tree", "a"], "takes none"),
	(["plan", "a", "--base=b", "--json=c"], "--json takes no value"),
	(["guest", "a", "--base", "b"], "--output is missing"),
	(["guest", "a", "--base", "b", "-o", "c", "--at", "here"], "--at here"),
	(["guest", "a", "--base", "b", "-o", "c", "--at", "-1"], "--at -1"),
	(["guest", "a", "--base", "b", "-o", "c", "--at", "0x10000000000000000"], "not a number"),
	(["guest", "a", "--base", "b", "-o", "c", "--clock-rate", "0"], "--clock-rate 0"),
])
def test_bad_usage(words, sentence):
	done = graftctl(*words, status=2)
	assert sentence in done.err
	assert done.out == ""


def test_file_not_there(tmp_path, base):
	done = graftctl("apply", base, tmp_path / "no.dtbo", "-o", tmp_path / "out", status=1)
	assert "cannot open" in done.err and "No such file" in done.err
	assert not (tmp_path / "out").exists()


def on_terminal(words, env):
	"""What a command prints when its output is a terminal."""
	ours, theirs = pty.openpty()
	environment = {key: value for key, value in os.environ.items() if key != "NO_COLOR"}
	subprocess.run([str(word) for word in words], stdin=theirs, stdout=theirs, stderr=theirs, timeout=60,
		env={**environment, "TERM": "xterm", **env})
	os.close(theirs)
	out = b""
	try:
		while part := os.read(ours, 65536):
			out += part
	except OSError:
		pass
	os.close(ours)
	return out


def test_colour(base, good):
	words = [GRAFTCTL, "plan", good("device"), "--base", base]
	assert b"\033[" in on_terminal(words, {})
	assert b"\033[" not in on_terminal(words, {"NO_COLOR": "1"})
	assert b"\033[" not in on_terminal(words, {"TERM": "dumb"})
	assert b"\033[" in on_terminal(words, {"NO_COLOR": ""})
	assert "\033[" not in run(*words).out


def test_full_disk_is_said(base, good):
	if not pathlib.Path("/dev/full").exists():
		pytest.skip("no /dev/full")
	done = graftctl("apply", base, good("device"), "-o", "/dev/full", status=1)
	assert "cannot write" in done.err
	done = run("sh", "-c", f"{GRAFTCTL} --help >/dev/full")
	assert done.returncode == 1 and "cannot write" in done.err


def test_manual_lint():
	done = run("mandoc", "-T", "lint", "-W", "warning", MANUAL)
	assert done.out == "" and done.returncode == 0


def test_manual_names_everything():
	text = run("mandoc", "-T", "ascii", "-O", "width=1000", MANUAL, status=0).out
	text = re.sub(r".\x08", "", text)
	for verb in VERBS:
		assert verb in text
		for option in re.findall(r"--[a-z-]+", graftctl(*verb.split(), "--help", status=0).out):
			assert option in text, f"{verb} {option}"


def test_what_is_shipped():
	for tool in [TOP / "build/host/graftctl", TOP / "build/tools/graftctl"]:
		assert "statically linked" in run("file", tool, status=0).out
	assert "aarch64" in run("file", TOP / "build/tools/graftctl", status=0).out
