# SPDX-License-Identifier: Apache-2.0
"""Dom0's packages of the day (images/): what Graft needs of them and they do not have is said in one line that names it."""
import subprocess

import pytest

from conftest import TOP

IMAGES = TOP / "images"
RELEASE = "6.0.1-arm64"


def names(path):
	return [line.split("#")[0].split()[0] for line in (IMAGES / path).read_text().splitlines() if line.split("#")[0].strip()]


OPTIONS = names("kernel.config")


def call(script, *words):
	return subprocess.run([str(IMAGES / script), *map(str, words)], capture_output=True, text=True, timeout=600)


def configured(root, options, place=f"usr/lib/modules/{RELEASE}/config"):
	path = root / place
	path.parent.mkdir(parents=True, exist_ok=True)
	path.write_text("".join(f"CONFIG_{option}={'ym'[i % 2]}\n" for i, option in enumerate(options)))
	return call("check-kernel", root, RELEASE)


@pytest.mark.parametrize("place", [f"usr/lib/modules/{RELEASE}/config", f"boot/config-{RELEASE}"])
def test_kernel_that_has_all(tmp_path, place):
	done = configured(tmp_path, OPTIONS, place)
	assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("lacking", OPTIONS)
def test_kernel_that_lacks_an_option(tmp_path, lacking):
	done = configured(tmp_path, [option for option in OPTIONS if option != lacking])
	assert done.returncode == 1
	lines = done.stderr.splitlines()
	assert len(lines) == 1
	assert f"linux-image-{RELEASE}" in lines[0] and f"without CONFIG_{lacking}: it is needed for " in lines[0]


def test_kernel_without_its_configuration(tmp_path):
	done = call("check-kernel", tmp_path, RELEASE)
	assert done.returncode == 0
	assert f"linux-image-{RELEASE} comes without its configuration" in done.stderr


def packed(root, out):
	(root / "usr/lib/modules" / RELEASE).mkdir(parents=True, exist_ok=True)
	(root / "lib").symlink_to("usr/lib")
	return call("pack-base", root, RELEASE, "domu", out)


def test_a_file_that_has_gone(tmp_path):
	done = packed(tmp_path / "root", tmp_path / "out")
	assert done.returncode == 1
	assert done.stderr == f"pack-base: no file of the packages is called {names('domu.files')[0]}, which images/domu.files names\n"


def test_a_module_that_has_gone(tmp_path):
	for name in names("domu.files"):
		path = tmp_path / "root" / name.replace("*", "x")
		path.parent.mkdir(parents=True, exist_ok=True)
		path.write_text("")
	done = packed(tmp_path / "root", tmp_path / "out")
	assert done.returncode == 1
	assert done.stderr.splitlines()[-1] == \
		f"pack-base: linux-image-{RELEASE} has no module {names('domu.modules')[0]}, which images/*.modules names"
