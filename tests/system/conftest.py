# SPDX-License-Identifier: Apache-2.0
"""Fixtures: machines with Graft, or with what GRAFT_HYPERVISOR names (xen: Debian's own, to test the tests)."""
import os
import pathlib
import re
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2] / "scripts"))

import domu  # noqa: E402
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

	def __init__(self, name, **changes):
		self.name = name
		self.changes = changes
		self.machine = None
		self.boots = 0

	def get(self):
		if self.machine is None or self.machine.broken:
			self.close()
			self.boots += 1
			if self.boots > self.BOOTS:
				pytest.fail(f"the shared machine broke {self.BOOTS} times: see {self.name}-*.log", pytrace=False)
			self.machine = machine.Machine(config(**self.changes), f"{self.name}-{self.boots}")
			self.machine.boot_quiet()
			self.prepare(self.machine)
		return self.machine

	def prepare(self, booted):
		"""What a test may take for granted beside a prompt."""

	def close(self):
		if self.machine is not None:
			self.machine.close()


@pytest.fixture(scope="session")
def shared():
	holder = Shared("dom0")
	yield holder
	holder.close()


@pytest.fixture
def dom0(shared):
	"""One booted machine for all tests that only look."""
	return shared.get()


class SharedHost(Shared):
	# What Dom0 keeps of its own: tables of its address space and handles, which grow with what it maps at once.
	TABLES = 16
	BOOTS = 8

	def prepare(self, booted):
		domu.Guest(booted, "first").create("-p").destroy()
		domu.wait_alone(booted)


@pytest.fixture(scope="session")
def shared_host():
	holder = SharedHost("host", share=domu.default_share(), memory=4096)
	yield holder
	holder.close()


@pytest.fixture
def host(shared_host):
	"""One booted machine for all tests that make guests, without any at the start of each. Whatever a test does,
	all memory is free again when its guests are destroyed."""
	booted = shared_host.get()
	before = domu.info(booted)[0]
	yield booted
	if booted.broken:
		return
	domu.destroy_all(booted)
	free, domains = domu.info(booted)
	if not before - SharedHost.TABLES <= free <= before or set(domains) != {0}:
		booted.broken = True
		pytest.fail(f"{before} pages were free, now {free}; domains left: {sorted(domains)}", pytrace=False)


@pytest.fixture
def xen_dom0():
	"""Debian's Xen, booted the same way: what a guest does there is no fault of Graft."""
	with machine.Machine(config(hypervisor="xen"), "dom0-on-xen") as booted:
		yield booted.boot_quiet()


@pytest.fixture
def on_graft():
	if HYPERVISOR == "xen":
		pytest.skip("about Graft alone")
