# SPDX-License-Identifier: Apache-2.0
"""What runs the tests (scripts/run-*, scripts/prove): a failure is counted and shown, and a proof that held is not made twice."""
import os
import subprocess

import pytest

from conftest import TOP

SCRIPTS = TOP / "scripts"


def call(*words, cwd, **env):
	return subprocess.run([str(word) for word in words], cwd=cwd, capture_output=True, text=True, timeout=600,
		env={**os.environ, "MAKEFLAGS": "", **env})


def program(path, text):
	path.write_text("#!/bin/sh\n" + text)
	path.chmod(0o755)
	return path


def test_unit_programs(tmp_path):
	"""Beside a program that passes, one that fails, one that dies and one without tests."""
	good = program(tmp_path / "sample_good", "echo '[       OK ] a'; echo '[       OK ] b-2.dts'; echo '[  SKIPPED ] c'")
	bad = program(tmp_path / "sample_bad", "echo '[       OK ] a'; echo '1 is not 2'; echo '[  FAILED  ] b.dts'; exit 1")
	dead = program(tmp_path / "sample_dead", "echo last words; kill -9 $$")
	none = program(tmp_path / "sample_none", "true")
	done = call(SCRIPTS / "run-unit-tests", good, cwd=tmp_path)
	assert done.returncode == 0
	assert done.stdout.splitlines()[-1].startswith("unit: 2 passed, 0 failed, 1 skipped ")
	done = call(SCRIPTS / "run-unit-tests", good, bad, dead, none, cwd=tmp_path)
	assert done.returncode == 1
	assert done.stdout.splitlines()[-1].startswith("unit: 3 passed, 3 failed, 1 skipped ")
	for what in ("1 is not 2", f"command: {bad}", "last words", "sample_none: no test ran"):
		assert what in done.stdout
	log = next(line for line in done.stdout.splitlines() if "log:" in line and "sample_bad" in line).split()[-1]
	assert "1 is not 2" in open(log, encoding="utf-8").read()


def test_pytest_modules(tmp_path):
	(tmp_path / "test_a.py").write_text("import pytest\ndef test_x(): pass\n@pytest.mark.skip\ndef test_y(): pass\n")
	done = call(SCRIPTS / "run-pytest", "sample", ".", cwd=tmp_path)
	assert done.returncode == 0, done.stdout
	assert done.stdout.splitlines()[-1].startswith("sample: 1 passed, 0 failed, 1 skipped ")
	(tmp_path / "test_b.py").write_text("def test_z():\n\tseen = 'what was seen'\n\tassert seen == ''\n")
	(tmp_path / "test_c.py").write_text("import not_there\n")
	done = call(SCRIPTS / "run-pytest", "sample", ".", cwd=tmp_path)
	assert done.returncode == 1
	assert done.stdout.splitlines()[-1].startswith("sample: 1 passed, 2 failed, 1 skipped ")
	assert "test_b.py::test_z FAILED" in done.stdout
	assert "'what was seen' == ''" in done.stdout and "not_there" in done.stdout
	assert call(SCRIPTS / "run-pytest", "sample", ".", "-k", "nothing", cwd=tmp_path).returncode == 1


def test_parts(tmp_path):
	(tmp_path / "Makefile").write_text("one:\n\t@echo 'one: 2 passed, 0 failed, 1 skipped in 1 s'\n"
		"bad:\n\t@echo 'bad: 1 passed, 1 failed, 0 skipped'; exit 1\n"
		"dead:\n\t@exit 1\nvar:\n\t@echo \"var: $(N) passed, 0 failed, 0 skipped\"\n")
	done = call(SCRIPTS / "run-parts", "one=one", "var=var N=5", cwd=tmp_path)
	assert done.returncode == 0
	assert done.stdout.splitlines()[-1] == "7 passed, 0 failed, 1 skipped"
	done = call(SCRIPTS / "run-parts", "one=one", "second=bad", "third=dead", "fourth=var N=3", cwd=tmp_path)
	assert done.returncode == 1
	closing = done.stdout.splitlines()
	assert closing[-1] == "6 passed, 2 failed, 1 skipped"
	assert [line.split()[0] for line in closing[-6:-2]] == ["one", "second", "third", "fourth"]
	assert all(" min " in line for line in closing[-6:-1])


@pytest.fixture
def prove(tmp_path):
	"""scripts/prove on a harness of one line, with programs in CBMC's place that note each proof in `made`."""
	(tmp_path / "tests/prove").mkdir(parents=True)
	(tmp_path / "bin").mkdir()
	for name in ("goto-cc", "goto-instrument"):
		program(tmp_path / "bin" / name, "true")
	program(tmp_path / "bin/cbmc", "case $1 in --version) echo 1 ;; --fail) echo 'x: FAILURE'; exit 10 ;;\n"
		"*) echo made >>made; echo '** 0 of 3 failed' ;; esac")

	def run(text, *options, **env):
		(tmp_path / "tests/prove/sample.c").write_text(text)
		done = call(SCRIPTS / "prove", "sample", "", "cbmc", *options, cwd=tmp_path,
			PATH=f"{tmp_path}/bin:{os.environ['PATH']}", GRAFT_CACHE=str(tmp_path / "cache"), **env)
		made = tmp_path / "made"
		return done, len(made.read_text().splitlines()) if made.exists() else 0
	return run


def test_a_proof_that_held(prove):
	assert prove("int a;\n")[1] == 1
	done, made = prove("int a; /* the same */\n")
	assert made == 1 and "before" in done.stdout
	assert prove("int a;\n", PROVE="quick")[1] == 1
	assert prove("int b;\n")[1] == 2
	assert prove("int b;\n", "--other")[1] == 3
	assert prove("int b;\n", PROVE="all")[1] == 4


def test_a_proof_without_record(prove):
	done, made = prove("int a;\n", PROVE="quick", PROVE_QUICK="other")
	assert made == 0 and done.returncode == 0 and "skipped" in done.stdout
	assert prove("int a;\n", PROVE="quick", PROVE_QUICK="other sample")[1] == 1


def test_a_proof_that_fails(prove):
	for _ in range(2):
		done, _ = prove("int a;\n", "--fail")
		assert done.returncode == 1
		assert "x: FAILURE" in done.stdout and "FAILED proof sample" in done.stdout and "log: " in done.stdout
