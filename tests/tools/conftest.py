# SPDX-License-Identifier: Apache-2.0
"""What the tests of graftctl share. They run in the tool root, by `make test-tools`."""
import os
import pathlib
import subprocess

import pytest

import fdt

TOP = pathlib.Path(__file__).resolve().parents[2]
GRAFTCTL = TOP / "build/host/graftctl-checked"  # with sanitizers; else the same
DTS = TOP / "tests/dts"
# It runs once, and leaves its memory to the system.
os.environ.update(ASAN_OPTIONS="detect_leaks=0:exitcode=99", UBSAN_OPTIONS="print_stacktrace=1:exitcode=99")


def run(*words, status=None, env=None, stdin=None):
	"""Runs a command; with `status`, it must exit so."""
	done = subprocess.run([str(word) for word in words], capture_output=True, timeout=60, input=stdin,
		env={**os.environ, **env} if env else None)
	done.out, done.err = done.stdout.decode(errors="replace"), done.stderr.decode(errors="replace")
	if status is not None:
		assert done.returncode == status, f"{words}: exit {done.returncode}\n{done.out}{done.err}"
	# A crash is never an answer.
	assert 0 <= done.returncode < 99, f"{words}: {done.returncode}\n{done.err}"
	return done


def graftctl(*words, **more):
	return run(GRAFTCTL, *words, **more)


@pytest.fixture
def compile_dts(tmp_path):
	"""Source text, or a path below tests/, to a blob's path."""
	def compile_one(source, name="a"):
		out = tmp_path / f"{name}.dtb"
		if not isinstance(source, pathlib.Path):
			text, source = source, tmp_path / f"{name}.dts"
			source.write_text(text)
		run("dtc", "-q", "-@", "-I", "dts", "-O", "dtb", "-o", out, source, status=0)
		return out
	return compile_one


@pytest.fixture
def base(compile_dts):
	return compile_dts(DTS / "base.dts", "base")


@pytest.fixture
def good(compile_dts):
	return lambda name: compile_dts(DTS / f"good/{name}.dtso", name)


@pytest.fixture
def read():
	return lambda path: fdt.parse(pathlib.Path(path).read_bytes())
