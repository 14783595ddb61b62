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


class Shared:
	"""A booted machine, booted anew when a test broke it, but not for ever."""

	BOOTS = 3

	def __init__(self):
		self.machine = None
		self.boots = 0

	def get(self):
		if self.machine is None or self.machine.broken:
			self.close()
			self.boots += 1
			if self.boots > self.BOOTS:
				pytest.fail(f"the shared machine broke {self.BOOTS} times: see dom0-*.log", pytrace=False)
			self.machine = machine.Machine(config(), f"dom0-{self.boots}")
			self.machine.boot_quiet()
		return self.machine

	def close(self):
		if self.machine is not None:
			self.machine.close()


@pytest.fixture(scope="session")
def shared():
	holder = Shared()
	yield holder
	holder.close()


@pytest.fixture
def dom0(shared):
	"""One booted machine for all tests that only look."""
	return shared.get()


@pytest.fixture
def xen_dom0():
	"""Debian's Xen, booted the same way: what a guest does there is no fault of Graft."""
	with machine.Machine(config(hypervisor="xen"), "dom0-on-xen") as booted:
		yield booted.boot_quiet()


@pytest.fixture
def on_graft():
	if HYPERVISOR == "xen":
		pytest.skip("about Graft alone")
