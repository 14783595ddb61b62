# SPDX-License-Identifier: Apache-2.0
"""Fixtures: machines with Graft, or with what GRAFT_HYPERVISOR names (xen: Debian's own, to test the tests)."""
import os
import pathlib
import re
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "scripts"))

import machine  # noqa: E402
import qemu  # noqa: E402

HYPERVISOR = os.environ.get("GRAFT_HYPERVISOR", "graft")


def config(**changes):
	return qemu.Config(**{"hypervisor": HYPERVISOR, **changes})


@pytest.fixture
def start(request):
	"""start(...) -> Machine, fields of qemu.Config as arguments; closed after the test."""
	machines = []

	def start(**changes):
		name = re.sub(r"[^\w.-]+", "-", request.node.name)
		suffix = f"-{len(machines)}" if machines else ""
		machines.append(machine.Machine(config(**changes), f"{request.module.__name__}-{name}{suffix}"))
		return machines[-1]

	yield start
	for each in machines:
		each.close()


@pytest.fixture(scope="session")
def dom0():
	"""One booted machine for all tests that only look."""
	with machine.Machine(config(), "dom0") as booted:
		yield booted.boot_quiet()


@pytest.fixture(scope="session")
def xen_dom0():
	"""Debian's Xen, booted the same way: what a guest does there is no fault of Graft."""
	with machine.Machine(config(hypervisor="xen"), "dom0-on-xen") as booted:
		yield booted.boot_quiet()


@pytest.fixture
def on_graft():
	if HYPERVISOR == "xen":
		pytest.skip("about Graft alone")
